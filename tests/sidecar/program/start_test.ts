/** The program from outside: how it starts, what stops it, its options; long, as each way to fail is a case. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../../deno.json" with { type: "json" };
import { readSettings } from "../../../src/sidecar/settings.ts";
import { explainQueueFailure, explainShadowFailure } from "../../../src/sidecar/start_checks.ts";
import { Running } from "../../support/process.ts";
import { sidecarArguments, startSidecar } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** What the runtime needs to find itself and its caches; the sidecar may not read it. */
const RUNTIME = ["PATH", "HOME", "DENO_DIR", "DENORT_BIN"];

/** The hosts for the route table, so that no warning comes up. */
const EGRESS = ["egress:9099"];

interface Start {
  readonly queue: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly option?: readonly string[];
  readonly net?: readonly string[];
  /** Further paths it may read and write. */
  readonly write?: readonly string[];
  /** A command that runs the one it is given. */
  readonly through?: readonly string[];
}

function start(options: Start): Running {
  const { queue, env = {}, option = [], net = EGRESS, write = [], through = [] } = options;
  const runtime = RUNTIME.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const [command, ...args] = [
    ...through,
    Deno.execPath(),
    ...sidecarArguments(queue, net, [], write),
    ...option,
  ];
  return new Running(command!, {
    args,
    env: {
      ...Object.fromEntries(runtime),
      NO_COLOR: "1",
      SUPERVISE_BOTTLE_SLUG: "dev",
      SUPERVISE_QUEUE_DIR: queue,
      SUPERVISE_BIND: "127.0.0.1",
      SUPERVISE_PORT: "0",
      ...env,
    },
    clearEnv: true,
    cwd: ROOT,
  });
}

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(options: Start): Promise<End> {
  await using process = start(options);
  const { code } = await within(60, "end", process.status);
  return { code, stdout: process.stdout, stderr: process.stderr };
}

/** It ended with exit code 2 and one line that says why. */
function isRefused({ code, stdout, stderr }: End, why: RegExp): void {
  assert.match(stderr, /^supervise: [^\n]+\n$/);
  assert.match(stderr, why);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
}

const WRONG: readonly (readonly [variable: string, value: string])[] = [
  ["SUPERVISE_BOTTLE_SLUG", ""],
  ["SUPERVISE_BOTTLE_SLUG", "../x"],
  ["SUPERVISE_PORT", "http"],
  ["SUPERVISE_PORT", "65536"],
  ["SUPERVISE_BIND", "run/supervise.sock"],
  ["SUPERVISE_SOCKET_MODE", "rw"],
  ["SUPERVISE_MODE", "dry"],
  ["SUPERVISE_RATE_LIMIT_PER_MINUTE", "0"],
  ["SUPERVISE_PROPOSAL_TTL_SECONDS", "0"],
  ["SUPERVISE_RPC", "maybe"],
  ["SUPERVISE_METRICS", "maybe"],
  ["SUPERVISE_ACCESS_LOG", "maybe"],
  ["SUPERVISE_RESPONSE_TIMEOUT_SECONDS", "nan"],
  ["SUPERVISE_BODY_TIMEOUT_SECONDS", "0"],
  ["SUPERVISE_EGRESS_PROXY", "egress"],
  ["SUPERVISE_EGRESS_INTROSPECT_URL", "https://x"],
  ["SUPERVISE_ALLOWED_HOSTS", "a:1"],
  ["SUPERVISE_ALLOWED_ORIGINS", "null"],
  ["SUPERVISE_MAX_PENDING", "0"],
  ["SUPERVISE_MAX_UNDELIVERED", "0"],
  ["SUPERVISE_UNDELIVERED_DAYS", "a week"],
  ["SUPERVISE_MAX_WAITING", "lots\nof\nthem"],
  ["SUPERVISE_DEBUG", "maybe"],
];

for (const [variable, value] of WRONG) {
  Deno.test(`supervise with ${variable}=${JSON.stringify(value)} says so in one line and ends with 2`, async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "dev");
    isRefused(await run({ queue, env: { [variable]: value } }), new RegExp(variable));
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
  });
}

Deno.test("supervise refuses a queue directory that is a file", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  await Deno.writeTextFile(queue, "text");
  isRefused(
    await run({ queue }),
    /cannot use the queue directory \S+dev: it is not a directory\. /,
  );
  assert.equal(await Deno.readTextFile(queue), "text");
});

Deno.test("supervise refuses a queue directory below a file", async () => {
  await using directory = await temporary();
  await Deno.writeTextFile(join(directory.path, "file"), "text");
  isRefused(
    await run({ queue: join(directory.path, "file", "dev") }),
    /cannot use the queue directory \S+dev: it is not a directory\. /,
  );
});

/** Directories within the queue directory, and the mode in which each is used. */
const BELOW: readonly (readonly [name: string, mode: string])[] = [
  ["processed", "live"],
  ["shadow", "shadow"],
];

for (const [name, mode] of BELOW) {
  for (const kind of ["file", "broken link"]) {
    Deno.test(`supervise refuses a ${kind} in place of ${name}/, and does not say to remove the queue`, async () => {
      await using directory = await temporary();
      const queue = join(directory.path, "dev");
      await Deno.mkdir(queue);
      const path = join(queue, name);
      if (kind === "file") await Deno.writeTextFile(path, "text");
      else await Deno.symlink(join(directory.path, "none"), path);
      const end = await run({ queue, env: { SUPERVISE_MODE: mode } });
      isRefused(
        end,
        new RegExp(`cannot use the directory ${path}: it is a file or a link\\. Move it away, `),
      );
      assert.doesNotMatch(end.stderr, /remove|SUPERVISE_QUEUE_DIR/i);
    });
  }
}

Deno.test("supervise refuses a queue directory that it was not built for", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  const env = { SUPERVISE_QUEUE_DIR: join(directory.path, "other") };
  isRefused(await run({ queue, env }), /may not read the queue directory \S+other: /);
});

/** Mounting needs a root who is not confined, as in most CI containers. */
const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("unshare", { args: ["--mount", "true"] }).outputSync().success;

for (const before of ["as an earlier run left it", "that is empty"]) {
  Deno.test({
    name: `supervise refuses a read-only queue directory ${before} (needs root)`,
    ignore: !mayMount,
    async fn() {
      await using directory = await temporary();
      const queue = join(directory.path, "dev");
      await Deno.mkdir(before === "that is empty" ? queue : join(queue, "processed"), {
        recursive: true,
      });
      const script = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"';
      const through = ["unshare", "--mount", "sh", "-c", script, queue];
      isRefused(
        await run({ queue, through }),
        /cannot use the queue directory \S+dev: the file system is read-only\. /,
      );
    },
  });
}

const settings = readSettings((name) => ({
  SUPERVISE_BOTTLE_SLUG: "dev",
  SUPERVISE_QUEUE_DIR: "/q",
}[name]));

function coded(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it`), { code });
}

const FAILURES: readonly (readonly [error: unknown, why: RegExp])[] = [
  [new Deno.errors.PermissionDenied("x"), /: permission denied\. It must belong to the user/],
  [coded("EACCES"), /: permission denied\. /],
  [coded("EPERM"), /: permission denied\. /],
  [coded("EROFS"), /: the file system is read-only\. Mount it writable$/],
  [coded("ENOSPC"), /: no space is left\. /],
  [coded("ENOTDIR"), /: it is not a directory\. /],
  [new Deno.errors.AlreadyExists("x"), /: it is not a directory\. /],
  [coded("EIO"), /: EIO: as the system says it\. Set SUPERVISE_QUEUE_DIR to /],
  ["text", /: text\. Set SUPERVISE_QUEUE_DIR to /],
];

for (const [error, why] of FAILURES) {
  Deno.test(`explainQueueFailure() says what to do about ${error}`, () => {
    const line = explainQueueFailure(error, settings);
    assert.match(line, /^cannot use the queue directory \/q: [^\n]+$/);
    assert.match(line, why);
  });

  Deno.test(`explainShadowFailure() never says to remove or change the queue directory: ${error}`, () => {
    const line = explainShadowFailure(error, settings);
    assert.match(line, /^cannot use the directory \/q\/shadow: [^\n]+$/);
    assert.doesNotMatch(line, /\bRemove\b|SUPERVISE_QUEUE_DIR/);
  });
}

Deno.test("supervise refuses a port that another program listens on", async () => {
  await using directory = await temporary();
  using other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = other.addr;
  isRefused(
    await run({ queue: join(directory.path, "dev"), env: { SUPERVISE_PORT: String(port) } }),
    new RegExp(
      `cannot listen on 127\\.0\\.0\\.1:${port}: another program does\\. .*SUPERVISE_PORT`,
    ),
  );
});

Deno.test("supervise refuses an address that it was not built for", async () => {
  await using directory = await temporary();
  isRefused(
    await run({ queue: join(directory.path, "dev"), env: { SUPERVISE_BIND: "0.0.0.0" } }),
    /cannot listen on 0\.0\.0\.0:0: this program was built without the permission to\. .*0\.0\.0\.0 or 127\.0\.0\.1, port 9100 or 0/,
  );
});

for (const variable of ["SUPERVISE_BIND", "SUPERVISE_PORT_FILE"]) {
  Deno.test(`supervise refuses a ${variable} in its queue directory, and leaves nothing there`, async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "dev");
    const path = join(queue, "here");
    isRefused(
      await run({ queue, env: { [variable]: path }, net: [...EGRESS, `unix:${path}`] }),
      new RegExp(`^supervise: ${variable} must not lie in the queue directory .*/run/supervise/`),
    );
    assert.deepEqual(await Array.fromAsync(Deno.readDir(directory.path)), []);
  });
}

Deno.test({
  name: "supervise refuses a port file where its queue directory is mounted again (needs root)",
  ignore: !mayMount,
  async fn() {
    await using directory = await temporary();
    const [queue, shared] = [join(directory.path, "dev"), join(directory.path, "shared")];
    await Deno.mkdir(queue);
    await Deno.mkdir(shared);
    const script = 'mount --bind "$0" "$1" && shift && exec "$@"';
    const through = ["unshare", "--mount", "sh", "-c", script, queue, shared];
    const env = { SUPERVISE_PORT_FILE: join(shared, "port") };
    isRefused(
      await run({ queue, env, write: [shared], through }),
      /SUPERVISE_PORT_FILE must not lie in the queue directory/,
    );
  },
});

Deno.test("supervise refuses a port file that cannot be written", async () => {
  await using directory = await temporary();
  const write = [directory.path];
  await Deno.mkdir(join(directory.path, "port"));
  const queue = join(directory.path, "dev");
  isRefused(
    await run({ queue, write, env: { SUPERVISE_PORT_FILE: join(directory.path, "port") } }),
    /cannot write the port to \S+port: something is there that is no file\. /,
  );
  isRefused(
    await run({ queue, env: { SUPERVISE_PORT_FILE: join(directory.path, "other") } }),
    /cannot write the port to \S+other: this program was built without the permission to\. /,
  );
  isRefused(
    await run({ queue, write, env: { SUPERVISE_PORT_FILE: join(directory.path, "no", "port") } }),
    /cannot write the port to \S+port: the directory \S+no is missing\. Create it$/m,
  );
});

Deno.test("supervise starts on a Unix socket in spite of a port file, and says that none is written", async () => {
  await using directory = await temporary();
  const [path, portFile] = [join(directory.path, "s"), join(directory.path, "port")];
  await using process = start({
    queue: join(directory.path, "dev"),
    env: { SUPERVISE_BIND: path, SUPERVISE_PORT_FILE: portFile },
    net: [...EGRESS, `unix:${path}`],
    write: [directory.path],
  });
  await within(60, "start line", process.output("stderr", /listening/));
  assert.match(
    process.stderr,
    /^supervise: SUPERVISE_PORT_FILE has no effect on a Unix socket, [^\n]+\nsupervise listening on/,
  );
  await assert.rejects(Deno.lstat(portFile), Deno.errors.NotFound);
});

Deno.test("supervise says in one line that it listens, where, for whom and with what", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  await using process = start({ queue });
  await within(60, "start line", process.output("stderr", /\n/));
  assert.match(
    process.stderr,
    /^supervise listening on 127\.0\.0\.1:[1-9]\d*; slug=dev; queue=\S+\/dev; tools: egress-block, pipelock-block, capability-block, list-egress-routes, proposal-status\n$/,
  );
  process.kill("SIGTERM");
  assert.equal((await within(60, "end", process.status)).code, 0);
  assert.equal(process.stdout, "");
});

Deno.test("supervise starts without permission for the route table, and says what will not work", async () => {
  await using directory = await temporary();
  await using process = start({ queue: join(directory.path, "dev"), net: [] });
  await within(60, "start line", process.output("stderr", /listening/));
  assert.match(
    process.stderr,
    /^supervise: list-egress-routes will not work: [^\n]+ egress:9099\. [^\n]+\nsupervise listening/,
  );
});

Deno.test("supervise starts without permission for a current-config directory that was chosen, and says so", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  const env = { SUPERVISE_CURRENT_CONFIG_DIR: join(directory.path, "config") };
  await using process = start({ queue, env });
  await within(60, "start line", process.output("stderr", /listening/));
  assert.match(
    process.stderr,
    /^supervise: supervise:\/\/dockerfile will not be there: [^\n]+ to read \S+\/config\. [^\n]+\nsupervise listening[^\n]+\n$/,
  );
});

Deno.test("supervise says nothing of a current-config directory that it may read, or that nobody chose", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  const readable = join(queue, "config");
  for (const env of [{ SUPERVISE_CURRENT_CONFIG_DIR: readable }, {}]) {
    await using process = start({ queue, env });
    await within(60, "start line", process.output("stderr", /\n/));
    assert.match(process.stderr, /^supervise listening[^\n]+\n$/);
  }
});

const OPTIONS: readonly (readonly [
  option: readonly string[],
  code: number,
  stdout: RegExp,
  stderr: RegExp,
])[] = [
  [["--version"], 0, new RegExp(`^supervise ${config.version}\n$`), /^$/],
  [["--help"], 0, /^supervise \S+: .+\n\nUsage: supervise .+--health.+--version.+--help/s, /^$/],
  [["-h"], 0, /^supervise \S+: .+\n\nUsage: supervise .+--health.+-h, --help/s, /^$/],
  [["--unknown"], 2, /^$/, /^supervise: unknown option "--unknown"\. Try: supervise --help\n$/],
  [["-h\n"], 2, /^$/, /^supervise: unknown option "-h\\n"\. Try: supervise --help\n$/],
  [[""], 2, /^$/, /^supervise: unknown option ""\. Try: supervise --help\n$/],
  [["--help", "--version"], 2, /^$/, /^supervise: one option at most\. .+\n$/],
];

for (const [option, code, stdout, stderr] of OPTIONS) {
  Deno.test(`supervise ${JSON.stringify(option.join(" "))} ends with ${code}, without any settings`, async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "dev");
    const end = await run({ queue, option, env: { SUPERVISE_BOTTLE_SLUG: "" } });
    assert.equal(end.code, code);
    assert.match(end.stdout, stdout);
    assert.match(end.stderr, stderr);
  });
}

Deno.test("supervise --health is 0 and silent while the sidecar runs, and 1 with a reason after", async () => {
  const sidecar = await startSidecar();
  await using directory = await temporary();
  const ask = (port: string) =>
    run({
      queue: join(directory.path, "dev"),
      option: ["--health"],
      env: { SUPERVISE_PORT: port },
    });
  const port = String(sidecar.port);
  assert.deepEqual(await ask(port), { code: 0, stdout: "", stderr: "" });
  await sidecar[Symbol.asyncDispose]();
  const { code, stderr } = await ask(port);
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^supervise: not well: 127\\.0\\.0\\.1:${port}: [^\n]+\n$`));
  isRefused(await ask("x"), /SUPERVISE_PORT/);
});

Deno.test("supervise --health says that it may not reach what it was not built for", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  const env = { SUPERVISE_BIND: "127.0.0.2", SUPERVISE_PORT: "9100" };
  const { code, stderr } = await run({ queue, option: ["--health"], env });
  assert.equal(code, 1);
  assert.match(stderr, /^supervise: not well: 127\.0\.0\.2:9100: this program was built [^\n]+\n$/);
});

Deno.test("supervise --health finds a port that the system chose by the port file", async () => {
  await using directory = await temporary();
  const portFile = join(directory.path, "port");
  const env = { SUPERVISE_PORT_FILE: portFile };
  const write = [directory.path];
  const sidecar = await startSidecar({ env, write });
  const queue = join(directory.path, "dev");
  const ask = (more: Readonly<Record<string, string>> = env) =>
    run({ queue, write, option: ["--health"], env: more });
  assert.deepEqual(await ask(), { code: 0, stdout: "", stderr: "" });
  assert.match((await ask({})).stderr, /^supervise: not well: .* set SUPERVISE_PORT_FILE .*\n$/);
  await sidecar[Symbol.asyncDispose]();
  // It was killed, and its port file is stale.
  const { code, stderr } = await ask();
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`^supervise: not well: 127\\.0\\.0\\.1:${sidecar.port}: `));
  await Deno.remove(portFile);
  assert.match((await ask()).stderr, /^supervise: not well: there is no port file \S+port: .*\n$/);
});

const PATIENCE: readonly (readonly [env: Record<string, string>, isWarned: boolean])[] = [
  [{ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "60.5" }, true],
  [{ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "60" }, false],
  [{}, false],
  [{ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "600", SUPERVISE_MODE: "shadow" }, false],
];

for (const [env, isWarned] of PATIENCE) {
  Deno.test(`a start with ${JSON.stringify(env)} ${isWarned ? "warns" : "does not warn"} of the wait`, async () => {
    await using sidecar = await startSidecar({ env });
    const warned =
      /^supervise: SUPERVISE_RESPONSE_TIMEOUT_SECONDS is 60\.5: most clients give up after 60 s/m;
    assert.equal(warned.test(sidecar.process.stderr), isWarned);
    assert.equal(sidecar.process.stderr.includes("give up"), isWarned);
  });
}
