/**
 * The compiled programs, under the permissions baked into them. Needs root, and one of:
 * SUPERVISE_DIST, the directory with both binaries; SUPERVISE_IMAGE too, the sidecar's image.
 * Without them these tests are ignored. They use the sidecar's own port, so they run one by one.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Running } from "../support/process.ts";
import { ask, hostAsk, modern, resultOf } from "../support/modern.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { MessageReader } from "../support/stdio.ts";
import { temporary } from "../support/temporary.ts";
import {
  type Deploy,
  DOCKERFILE,
  inContainer,
  inDistrolessRoot,
  PORT,
  UID,
  URL_BASE,
} from "./deployment.ts";

const dist = Deno.env.get("SUPERVISE_DIST") ?? "";
const image = Deno.env.get("SUPERVISE_IMAGE") ?? "";

const places: { readonly name: string; readonly ready: boolean; readonly deploy: Deploy }[] = [
  {
    name: "the compiled binary in a distroless root",
    ready: dist !== "",
    deploy: inDistrolessRoot(join(dist, "supervise")),
  },
  {
    name: "the image",
    ready: dist !== "" && image !== "",
    deploy: inContainer(image),
  },
];

for (const { name, ready, deploy } of places) {
  Deno.test({
    name: `${name}: asks, is approved by the compiled supervisectl, and stops in order`,
    ignore: !ready,
    async fn() {
      await using sidecar = await deploy();
      assert.equal(await (await fetch(`${URL_BASE}/health`)).text(), "ok\n");
      assert.equal(await sidecar.health(), 0);

      const answer = call("egress-block", { host: "api.example", justification: "to be approved" });
      const id = await firstProposal(sidecar.queueRoot);
      const file = await Deno.lstat(join(sidecar.queueRoot, sidecar.slug, `${id}.proposal.json`));
      assert.equal(file.uid, UID);
      assert.equal((file.mode ?? 0) & 0o777, 0o600);
      const approved = await supervisectl(sidecar.queueRoot, ["approve", id, "--notes", "fine"]);
      assert.equal(approved.code, 0, approved.stderr);
      assert.equal((await answer).text, "status: approved\nnotes: fine");

      sidecar.process.kill("SIGTERM");
      assert.equal((await sidecar.process.status).code, 0, sidecar.process.stderr);
    },
  });

  Deno.test({
    name: `${name}: serves the hosts that are no MCP clients, and a trial run`,
    ignore: !ready,
    async fn() {
      const env = { SUPERVISE_RPC: "1", SUPERVISE_METRICS: "1", SUPERVISE_MODE: "shadow" };
      await using sidecar = await deploy(undefined, env);
      const healthz = await (await fetch(`${URL_BASE}/healthz`)).json();
      assert.deepEqual([healthz.ok, healthz.queue_writable], [true, true]);
      const args = { host: "api.example", justification: "to be recorded" };
      const answer = await fetch(`${URL_BASE}/rpc`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          method: "tools/call",
          params: { name: "egress-block", arguments: args },
        }),
      });
      assert.match((await answer.json()).content[0].text, /^status: shadow\n/);
      const context = await (await fetch(`${URL_BASE}/session-context?format=text`)).text();
      assert.match(context, /^## How to ask$/m);
      const metrics = await (await fetch(`${URL_BASE}/metrics`)).text();
      assert.match(metrics, /^supervise_asks_total\{tool="egress-block",outcome="shadow"\} 1$/m);
      const exported = await supervisectl(sidecar.queueRoot, [
        "shadow",
        "export",
        "--slug",
        sidecar.slug,
      ]);
      assert.equal(exported.code, 0, exported.stderr);
      assert.match(exported.stdout, /^ {2}- host: api\.example$/m);
    },
  });

  Deno.test({
    name: `${name}: tells progress, notices who hangs up, and gives tasks that outlive it`,
    ignore: !ready,
    async fn() {
      await using queues = await temporary();
      const { path: queueRoot } = queues;
      const task = modern("tools/call", hostAsk("task.example"), { tasks: true });
      let taskId: string;
      {
        await using sidecar = await deploy(queueRoot);
        const probe = new QueueProbe(join(queueRoot, sidecar.slug));
        const parts = { meta: { progressToken: "p" } };
        using call = await ask(PORT, modern("tools/call", hostAsk("stream.example"), parts));
        assert.match((await call.message()).params.message, /^queued as /);
        const id = await probe.nextProposal();
        await probe.waiting(id, 1);
        call[Symbol.dispose]();
        await probe.waiting(id, 0);
        ({ taskId } = await resultOf(PORT, task));
      }
      await using _sidecar = await deploy(queueRoot);
      const approved = await supervisectl(queueRoot, ["approve", taskId]);
      assert.equal(approved.code, 0, approved.stderr);
      const get = modern("tasks/get", { taskId }, { tasks: true });
      assert.equal((await resultOf(PORT, get)).result.structuredContent.status, "approved");
    },
  });

  Deno.test({
    name: `${name}: shows the Dockerfile that is mounted`,
    ignore: !ready,
    async fn() {
      await using _sidecar = await deploy();
      const read = modern("resources/read", { uri: "supervise://dockerfile" });
      assert.equal((await resultOf(PORT, read)).contents[0].text, DOCKERFILE);
    },
  });

  Deno.test({
    name: `${name}: reads the routes through the proxy it was built for`,
    ignore: !ready,
    async fn() {
      await using sidecar = await deploy();
      const refused = await call("list-egress-routes", {});
      assert.equal(refused.isError, true);
      assert.match(refused.text, /refused/i);

      const asked: string[] = [];
      await using _proxy = Deno.serve(
        { hostname: "127.0.0.1", port: 9099, onListen() {} },
        (request) => {
          asked.push(request.url);
          return Response.json({ routes: [{ host: "api.example" }] });
        },
      );
      const routes = await call("list-egress-routes", {});
      assert.deepEqual(JSON.parse(routes.text), { routes: [{ host: "api.example" }] });
      assert.deepEqual(asked, ["http://_egress.local/allowlist"]);
      sidecar.process.kill("SIGTERM");
      await sidecar.process.status;
    },
  });
}

const refusals: { name: string; env: Record<string, string>; says: RegExp }[] = [
  {
    name: "another queue directory",
    env: { SUPERVISE_QUEUE_DIR: "/tmp" },
    says: /^supervise: may not read the queue directory \/tmp: [^\n]+\n$/,
  },
  {
    name: "a path that only looks like its queue directory",
    env: { SUPERVISE_QUEUE_DIR: "/run/supervise/queue/../../../etc" },
    says: /^supervise: may not read the queue directory [^\n]+\n$/,
  },
  {
    name: "another port",
    env: { SUPERVISE_PORT: "9101" },
    says: /cannot listen on 0\.0\.0\.0:9101: this program was built without the permission to\./,
  },
];

for (const { name, env, says } of refusals) {
  Deno.test({
    name: `the compiled binary: is refused ${name}, and says so`,
    ignore: dist === "",
    async fn() {
      await Deno.mkdir("/run/supervise/queue", { recursive: true });
      await using process = new Running(join(dist, "supervise"), {
        env: { SUPERVISE_BOTTLE_SLUG: "deployed", ...env },
      });
      assert.equal((await process.status).code, 2);
      assert.match(process.stderr, says);
    },
  });
}

Deno.test({
  name: "the compiled binary: reaches no other proxy, and says so at the start and in the answer",
  ignore: dist === "",
  async fn() {
    await Deno.mkdir("/run/supervise/queue", { recursive: true });
    const reached: string[] = [];
    await using other = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      reached.push(request.url);
      return Response.json({});
    });
    await using process = new Running(join(dist, "supervise"), {
      env: {
        SUPERVISE_BOTTLE_SLUG: "deployed",
        SUPERVISE_EGRESS_PROXY: `http://127.0.0.1:${other.addr.port}`,
      },
    });
    await process.output("stderr", /list-egress-routes will not work/);
    await process.output("stderr", /listening/);
    const routes = await call("list-egress-routes", {});
    assert.match(routes.text, /built without the permission/);
    assert.deepEqual(reached, []);
    process.kill("SIGTERM");
    assert.equal((await process.status).code, 0);
  },
});

const LISTEN = "/run/supervise/listen";

/** Of the two runtimes that these are only the newer one asks for a permission to use a socket. */
const programs: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ["the compiled binary", join(dist, "supervise"), []],
  [
    "the sources under the same permissions",
    Deno.execPath(),
    ["run", "--quiet", "--no-prompt", "--cached-only", "-P=supervise", "main.ts"],
  ],
];

for (const [name, command, args] of programs) {
  Deno.test({
    name: `${name}: listens on a Unix socket in its own directory, and asks itself there`,
    ignore: dist === "",
    async fn() {
      await makeDirectories();
      const path = `${LISTEN}/supervise.sock`;
      const env = { SUPERVISE_BOTTLE_SLUG: "deployed", SUPERVISE_BIND: path };
      await using process = new Running(command, { args: [...args], env });
      await process.output("stderr", /listening on \/run\/supervise\/listen\/supervise\.sock;/);
      assert.equal(((await Deno.lstat(path)).mode ?? 0) & 0o777, 0o600);
      await using health = new Running(command, { args: [...args, "--health"], env });
      assert.equal((await health.status).code, 0, health.stderr);
      process.kill("SIGTERM");
      assert.equal((await process.status).code, 0);
      await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
    },
  });
}

async function makeDirectories(): Promise<void> {
  for (const name of ["queue", "listen"]) {
    await Deno.mkdir(`/run/supervise/${name}`, { recursive: true });
  }
}

Deno.test({
  name: "the compiled binary: lets the system choose the port, and tells it in the port file",
  ignore: dist === "",
  async fn() {
    await makeDirectories();
    const path = `${LISTEN}/port`;
    const env = {
      SUPERVISE_BOTTLE_SLUG: "deployed",
      SUPERVISE_PORT: "0",
      SUPERVISE_PORT_FILE: path,
    };
    await using process = new Running(join(dist, "supervise"), { env });
    const [, port = ""] = await process.output("stderr", /listening on \S+:(\d+);/);
    assert.equal(await Deno.readTextFile(path), `${port}\n`);
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/health`)).text(), "ok\n");
    process.kill("SIGTERM");
    assert.equal((await process.status).code, 0);
    await assert.rejects(Deno.lstat(path), Deno.errors.NotFound);
  },
});

Deno.test({
  name: "the compiled binary: serves a host that starts it, and ends when its input does",
  ignore: dist === "",
  async fn() {
    await Deno.mkdir("/run/supervise/queue", { recursive: true });
    const child = new Deno.Command(join(dist, "supervise"), {
      env: { SUPERVISE_BOTTLE_SLUG: "deployed", SUPERVISE_TRANSPORT: "stdio" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const messages = new MessageReader(child.stdout);
    const input = child.stdin.getWriter();
    const list = { jsonrpc: "2.0", id: "a", method: "tools/list" };
    await input.write(new TextEncoder().encode(JSON.stringify(list) + "\n"));
    const { id, result } = await messages.next();
    assert.deepEqual([id, result.tools.length], ["a", 5]);
    await input.close();
    assert.equal(await messages.next(), undefined);
    assert.equal((await child.status).code, 0);
  },
});

async function call(
  name: string,
  args: Record<string, unknown>,
): Promise<{ readonly text: string; readonly isError: boolean }> {
  const response = await fetch(`${URL_BASE}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "tools/call",
      params: { name, arguments: args },
    }),
  });
  const { result } = await response.json();
  return { text: result.content[0].text, isError: result.isError };
}

/** The id of the proposal that appears first, as the compiled supervisectl reports it. */
async function firstProposal(queueRoot: string): Promise<string> {
  await using watch = new Running(join(dist, "supervisectl"), {
    args: ["watch", "--json"],
    env: { SUPERVISE_QUEUE_ROOT: queueRoot },
  });
  const match = await watch.output("stdout", /"proposal_id":\s*"([0-9a-f-]{36})"/);
  return match[1] ?? "";
}

async function supervisectl(
  queueRoot: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  await using process = new Running(join(dist, "supervisectl"), {
    args: [...args],
    env: {
      SUPERVISE_QUEUE_ROOT: queueRoot,
      SUPERVISE_STATE_DIR: join(queueRoot, ".state"),
      SUPERVISE_OPERATOR: "alice",
    },
  });
  const { code } = await process.status;
  return { code, stdout: process.stdout, stderr: process.stderr };
}
