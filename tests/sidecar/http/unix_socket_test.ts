/** The sidecar on a Unix socket, as a process: who gets in, and what starts and ends leave behind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { overSocket } from "../../support/over_socket.ts";
import { Running } from "../../support/process.ts";
import {
  runtimeEnvironment,
  type Sidecar,
  sidecarArguments,
  startSidecar,
} from "../../support/programs.ts";
import { runSidecar } from "../../support/sidecar_process.ts";
import { temporary, type TemporaryDirectory } from "../../support/temporary.ts";
import { eventually, within } from "../../support/within.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));

class Place implements AsyncDisposable {
  readonly #directory: TemporaryDirectory;
  readonly path: string;

  private constructor(directory: TemporaryDirectory) {
    this.#directory = directory;
    this.path = join(directory.path, "supervise.sock");
  }

  static async make(): Promise<Place> {
    return new Place(await temporary());
  }

  start(env: Readonly<Record<string, string>> = {}): Promise<Sidecar> {
    return startSidecar({
      env: { SUPERVISE_BIND: this.path, ...env },
      net: [`unix:${this.path}`],
      write: [this.#directory.path],
    });
  }

  /** Started by a shell that forbids new files nothing, with the probe before it. */
  startOpen(mode: string, flags: readonly string[]): Running {
    const { path } = this.#directory;
    const queue = join(path, "dev");
    const [run, ...rest] = sidecarArguments(queue, [`unix:${this.path}`], [], [path]);
    const probed = [run!, "--preload=tests/sidecar/http/socket_mode_probe.ts", ...flags, ...rest];
    return new Running("sh", {
      args: ["-c", 'umask 0000 && exec "$0" "$@"', Deno.execPath(), ...probed],
      env: {
        ...runtimeEnvironment(),
        SUPERVISE_BOTTLE_SLUG: "dev",
        SUPERVISE_QUEUE_DIR: queue,
        SUPERVISE_BIND: this.path,
        SUPERVISE_SOCKET_MODE: mode,
      },
      clearEnv: true,
      cwd: ROOT,
    });
  }

  async names(): Promise<string[]> {
    const { path } = this.#directory;
    return (await Array.fromAsync(Deno.readDir(path), ({ name }) => name)).sort();
  }

  health(): Promise<string> {
    return within(60, "answer", overSocket(this.path, "", { method: "GET", path: "/health" }))
      .then(({ status, body }) => `${status} ${body}`);
  }

  /** `supervise --health` */
  askHealth(queueDirectory: string): Running {
    const { path } = this.#directory;
    const net = [`unix:${this.path}`];
    return new Running(Deno.execPath(), {
      args: [...sidecarArguments(queueDirectory, net, [], [path]), "--health"],
      env: { ...runtimeEnvironment(), SUPERVISE_BIND: this.path },
      clearEnv: true,
      cwd: ROOT,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directory[Symbol.asyncDispose]();
  }
}

async function end(sidecar: Sidecar, signal: "SIGTERM" | "SIGKILL"): Promise<number> {
  sidecar.process.kill(signal);
  return (await within(60, "end", sidecar.process.status)).code;
}

const TOOLS_LIST = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });

Deno.test("a sidecar on a Unix socket says so, answers MCP there, and takes the socket away", async () => {
  await using place = await Place.make();
  await using sidecar = await place.start();
  assert.match(sidecar.process.stderr, /supervise listening on \S+\/supervise\.sock; slug=dev;/);
  assert.equal(Deno.lstatSync(place.path).mode! & 0o777, 0o600);
  const { status, body } = await within(60, "answer", overSocket(place.path, TOOLS_LIST));
  assert.equal(status, 200);
  assert.match(body, /"name":"egress-block"/);
  assert.equal(await end(sidecar, "SIGTERM"), 0);
  assert.deepEqual(await place.names(), []);
});

Deno.test("a sidecar's Unix socket has the mode that was set", async () => {
  await using place = await Place.make();
  await using _sidecar = await place.start({ SUPERVISE_SOCKET_MODE: "0660" });
  assert.equal(Deno.lstatSync(place.path).mode! & 0o777, 0o660);
});

/** The flag has no name for the umask alone, which deno.json has. */
const OF_UMASK = ["--allow-sys"];

const FIRST_MOMENTS: readonly (readonly [mode: string, flags: readonly string[], says: string])[] =
  [
    ["0600", OF_UMASK, "600, umask 0"],
    ["0660", OF_UMASK, "660, umask 0"],
    ["0666", OF_UMASK, "666, umask 0"],
    ["0600", [], "777, umask unknown"],
  ];

Deno.test("a sidecar's Unix socket is never open to more than its mode says, if the umask may be set", async (t) => {
  for (const [mode, flags, says] of FIRST_MOMENTS) {
    await t.step(`${mode} ${flags.join(" ")}`, async () => {
      await using place = await Place.make();
      await using process = place.startOpen(mode, flags);
      await within(60, "start", process.output("stderr", /listening on /));
      const seen = /^before chmod: (.*)$/m.exec(process.stderr);
      assert.equal(seen?.[1], says, process.stderr);
      assert.equal(Deno.lstatSync(place.path).mode! & 0o777, parseInt(mode, 8));
      assert.equal(await place.health(), "200 ok\n");
    });
  }
});

Deno.test("a call that waits on a Unix socket is answered as pending when the sidecar stops", async () => {
  await using place = await Place.make();
  await using sidecar = await place.start();
  const waiting = overSocket(
    place.path,
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: {
        name: "capability-block",
        arguments: { dockerfile: "FROM scratch\n", justification: "It is empty." },
      },
    }),
  );
  await eventually(60, "proposal", () =>
    Array.from(Deno.readDirSync(sidecar.queueDirectory))
      .some(({ name }) => name.endsWith(".proposal.json")));
  assert.equal(await end(sidecar, "SIGTERM"), 0);
  assert.match((await within(60, "answer", waiting)).body, /status: pending/);
});

const HOSTS: readonly (readonly [name: string, host: string | null, status: number])[] = [
  ["localhost", "localhost", 200],
  ["the sidecar's name", "supervise", 200],
  ["an address", "127.0.0.1:9100", 200],
  ["a foreign name", "evil.example", 403],
  ["no name at all", "a b", 403],
  ["the path of the socket", "%2Ftmp%2Fsupervise.sock", 403],
  ["nothing", "", 403],
  ["none", null, 200],
];

Deno.test("a sidecar on a Unix socket lets in the Hosts that it lets in on a port", async (t) => {
  await using place = await Place.make();
  await using _sidecar = await place.start();
  for (const [name, host, status] of HOSTS) {
    await t.step(name, async () => {
      const parts = { method: "GET", path: "/health", headers: { Host: host } };
      assert.equal((await within(60, "answer", overSocket(place.path, "", parts))).status, status);
    });
  }
  await t.step("an Origin", async () => {
    const headers = { Host: "localhost", Origin: "http://localhost" };
    const { status, body } = await within(
      60,
      "answer",
      overSocket(place.path, TOOLS_LIST, { headers }),
    );
    assert.equal(status, 403);
    assert.match(JSON.parse(body).error.message, /^this Origin is not allowed/);
  });
});

Deno.test("a second sidecar on a Unix socket is refused in one line, and the first goes on", async () => {
  await using place = await Place.make();
  await using _first = await place.start();
  await assert.rejects(
    place.start(),
    /\nsupervise: cannot listen on \S+\/supervise\.sock: another program does\. Stop it [^\n]+\n$/,
  );
  assert.equal(await place.health(), "200 ok\n");
});

Deno.test("a sidecar takes the place of a Unix socket that a killed one left", async () => {
  await using place = await Place.make();
  await using killed = await place.start();
  await end(killed, "SIGKILL");
  assert.deepEqual(await place.names(), ["supervise.sock"]);
  await using next = await place.start();
  assert.equal(await place.health(), "200 ok\n");
  assert.equal(await end(next, "SIGTERM"), 0);
  assert.deepEqual(await place.names(), []);
});

Deno.test("a sidecar that stops leaves the Unix socket of the one that took its place", async () => {
  await using place = await Place.make();
  await using before = await place.start();
  await Deno.remove(place.path);
  await using _next = await place.start();
  assert.equal(await end(before, "SIGTERM"), 0);
  assert.equal(await place.health(), "200 ok\n");
  assert.deepEqual(await place.names(), ["supervise.sock"]);
});

Deno.test("a sidecar leaves a file in the Unix socket's place alone, and ends with 2", async () => {
  await using place = await Place.make();
  await Deno.writeTextFile(place.path, "text");
  await assert.rejects(
    place.start(),
    /\nsupervise: cannot listen on \S+: something is there that is no socket\. [^\n]+\n$/,
  );
  assert.equal(await Deno.readTextFile(place.path), "text");
});

Deno.test("supervise --health asks a Unix socket when it is told of one", async () => {
  await using place = await Place.make();
  const sidecar = await place.start();
  const ask = async () => {
    await using process = place.askHealth(sidecar.queueDirectory);
    const { code } = await within(60, "end", process.status);
    return { code, stdout: process.stdout, stderr: process.stderr };
  };
  assert.deepEqual(await ask(), { code: 0, stdout: "", stderr: "" });
  await end(sidecar, "SIGKILL");
  const { code, stderr } = await ask();
  assert.equal(code, 1);
  assert.match(stderr, /^supervise: not well: \S+\/supervise\.sock: [^\n]*refused[^\n]*\n$/i);
  await sidecar[Symbol.asyncDispose]();
});

Deno.test("a sidecar without permission for a Unix socket says which it needs, and ends with 2", async () => {
  await using place = await Place.make();
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  await using process = runSidecar(queue, {
    SUPERVISE_BOTTLE_SLUG: "dev",
    SUPERVISE_QUEUE_DIR: queue,
    SUPERVISE_BIND: place.path,
  });
  assert.equal((await within(60, "end", process.status)).code, 2);
  assert.match(
    process.stderr,
    /supervise: cannot listen on \S+: this program was built without the permission to\. .*--allow-net=unix:\S+\n$/,
  );
});
