/** `doctor` over real directories: every fact it looks at, as it is and as it should not be. */

import assert from "node:assert/strict";
import { basename, join, relative } from "node:path";
import type { Call } from "../../src/operator/cli/command.ts";
import { doctor } from "../../src/operator/cli/doctor.ts";
import { checkTarget } from "../../src/operator/config/check_target.ts";
import type { Target } from "../../src/operator/config/config.ts";
import { findProgram } from "../../src/operator/config/program.ts";
import { readConfig } from "../../src/operator/config/read.ts";
import { Applications } from "../../src/operator/live/applications.ts";
import { Failure } from "../../src/operator/failure.ts";
import { Output } from "../../src/operator/output.ts";
import { Desk } from "../../src/queue/desk.ts";
import { parseSlug } from "../../src/queue/layout.ts";
import { temporary } from "../support/temporary.ts";
import { makeFifo, NOW, script } from "./fixture.ts";

const isRoot = Deno.uid() === 0;

const ROUTES = "routes: []\n";

interface Fact {
  readonly name: string;
  readonly target?: Partial<Target>;
  /** Makes the file, or what stands in its place. */
  make?(path: string): Promise<unknown>;
  undo?(path: string): Promise<unknown>;
  readonly ignore?: boolean;
  /** Texts in their order, `!` before those that are not well; DIR is the directory. */
  readonly findings: readonly string[];
}

const RELOAD = "reload: no command, its reader watches the file itself";
const CHECK = "check: none, a reload that ends well is taken for the effect";
const FILE = ["can be read", "can be written in place"];

const write = (path: string) => Deno.writeTextFile(path, ROUTES);

async function chattr(flag: "+i" | "-i", path: string): Promise<void> {
  const { success } = await new Deno.Command("chattr", { args: [flag, path] }).output();
  if (!success) throw new Error(`cannot chattr ${flag} ${path}`);
}

/** Bits do not stop root, but an immutable file does; not every file system has those. */
const canSeal = isRoot && await (async () => {
  await using directory = await temporary();
  const path = join(directory.path, "file");
  await write(path);
  return await chattr("+i", path).then(() => chattr("-i", path)).then(() => true, () => false);
})();

const FACTS: readonly Fact[] = [
  { name: "an ordinary file", findings: [...FILE, RELOAD, CHECK] },
  {
    name: "no file",
    make: () => Promise.resolve(),
    findings: ["!the file is not there; an existing file is wanted", RELOAD, CHECK],
  },
  {
    name: "a link to an ordinary file",
    async make(path) {
      await write(`${path}.real`);
      await Deno.symlink(`${path}.real`, path);
    },
    findings: [
      "!is a symbolic link to DIR/routes.yaml.real; the file itself is wanted in the configuration",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "a directory",
    make: (path) => Deno.mkdir(path),
    findings: ["!is a directory; a regular file is wanted", RELOAD, CHECK],
  },
  {
    name: "a FIFO",
    make: makeFifo,
    findings: ["!is no file; a regular file is wanted", RELOAD, CHECK],
  },
  {
    name: "a file below a file",
    target: { path: "DIR/other/routes.yaml" },
    make: (path) => write(join(path, "../other")),
    findings: ["!cannot look at the file: not a directory", RELOAD, CHECK],
  },
  {
    name: "a file of exactly 1 MiB",
    make: (path) => Deno.writeTextFile(path, "#".repeat(1_048_576)),
    findings: [...FILE, RELOAD, CHECK],
  },
  {
    name: "a file of over 1 MiB",
    make: (path) => Deno.writeTextFile(path, "#".repeat(1_048_577)),
    findings: [
      "!is over 1 MiB; a file of at most 1 MiB is wanted",
      "can be written in place",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "a file that is not UTF-8",
    make: (path) => Deno.writeFile(path, new Uint8Array([0x61, 0xff])),
    findings: ["!is not UTF-8; a text file is wanted", "can be written in place", RELOAD, CHECK],
  },
  {
    name: "a file that nobody may read or write",
    ignore: isRoot, // Permission bits do not stop root.
    make: (path) => Deno.writeTextFile(path, ROUTES, { mode: 0 }),
    findings: [
      "!cannot read it: permission denied",
      "!cannot write it: permission denied",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "a sealed file",
    ignore: !canSeal,
    async make(path) {
      await write(path);
      await chattr("+i", path);
    },
    undo: (path) => chattr("-i", path),
    findings: ["can be read", "!cannot write it: operation not permitted", RELOAD, CHECK],
  },
  {
    name: "a file to be replaced",
    target: { write: "rename" },
    findings: ["can be read", "can be replaced", RELOAD, CHECK],
  },
  {
    name: "a file to be replaced in a sealed directory",
    target: { write: "rename" },
    ignore: !canSeal,
    async make(path) {
      await write(path);
      await chattr("+i", join(path, ".."));
    },
    undo: (path) => chattr("-i", join(path, "..")),
    findings: [
      "can be read",
      "!cannot make a file in DIR: operation not permitted",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "commands on the PATH",
    target: {
      reload: ["reload", "a b", "c"],
      reloadTimeoutMs: 2_500,
      check: { kind: "command", argv: ["reload", "--check"] },
    },
    findings: [...FILE, "reload: reload 'a b' c (at most 2.5 s)", "check: reload --check"],
  },
  {
    name: "commands that are not on the PATH",
    target: { reload: ["docker-x"], check: { kind: "command", argv: ["docker-y", "z"] } },
    findings: [
      ...FILE,
      "!reload: docker-x: docker-x is not on the PATH; an absolute path always works",
      "!check: docker-y z: docker-y is not on the PATH; an absolute path always works",
    ],
  },
  {
    name: "commands by path, there and not there",
    target: {
      reload: ["DIR/bin/reload"],
      check: { kind: "command", argv: ["DIR/bin/gone"] },
    },
    findings: [
      ...FILE,
      "reload: DIR/bin/reload (at most 30 s)",
      "!check: DIR/bin/gone: there is no DIR/bin/gone; an existing program is wanted",
    ],
  },
  {
    name: "commands that are no programs",
    target: { reload: ["plain"], check: { kind: "command", argv: ["DIR/bin"] } },
    findings: [
      ...FILE,
      "!reload: plain: DIR/bin/plain is not a program; an executable file is wanted",
      "!check: DIR/bin: DIR/bin is not a program; an executable file is wanted",
    ],
  },
  {
    name: "a check of the route table",
    target: {
      check: {
        kind: "route-table",
        url: new URL("http://_egress.local/allowlist"),
        proxy: new URL("http://127.0.0.1:9099"),
      },
    },
    findings: [
      ...FILE,
      RELOAD,
      "check: http://_egress.local/allowlist is asked through http://127.0.0.1:9099/",
    ],
  },
  {
    name: "a check without a proxy",
    target: { check: { kind: "route-table", url: new URL("http://a/"), proxy: undefined } },
    findings: [...FILE, RELOAD, "check: http://a/ is asked, not through a proxy"],
  },
];

for (const { name, target = {}, make = write, undo, ignore = false, findings } of FACTS) {
  Deno.test({
    name: `checkTarget() tells of ${name}`,
    ignore,
    async fn() {
      await using directory = await temporary();
      await programs(directory.path);
      const filled = fill(target, directory.path);
      const path = join(directory.path, "routes.yaml");
      await make(path);
      try {
        const before = await snapshot(directory.path);
        const found = await checkTarget(
          {
            kind: "routes",
            path,
            write: "in-place",
            reload: undefined,
            reloadTimeoutMs: 30_000,
            check: undefined,
            ...filled,
          },
          { searchPath: `:bin:/nowhere:${directory.path}/bin` },
        );
        assert.deepEqual(
          found.map(({ ok, text }) => (ok ? "" : "!") + text),
          fill(findings, directory.path),
        );
        assert.deepEqual(await snapshot(directory.path), before, "something was changed");
      } finally {
        await undo?.(path);
      }
    },
  });
}

Deno.test("findProgram() passes over what depends on the directory one is in", async () => {
  await using directory = await temporary();
  await programs(directory.path);
  const bin = join(directory.path, "bin");
  assert.deepEqual(await findProgram("reload", relative(Deno.cwd(), bin)), { kind: "missing" });
  assert.deepEqual(await findProgram("reload", `${relative(Deno.cwd(), bin)}:${bin}`), {
    kind: "found",
    path: join(bin, "reload"),
  });
  assert.deepEqual(await findProgram("reload", undefined), { kind: "missing" });
});

Deno.test("checkTarget() asks the validator it is given, with the file's text", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "routes.yaml");
  await Deno.writeTextFile(path, "\ufeffroutes: x\n");
  const asked: string[] = [];
  const look = (problem?: string) => ({
    searchPath: undefined,
    problemOf(kind: string, text: string) {
      asked.push(kind, text);
      return problem;
    },
  });
  const target: Target = {
    kind: "pipelock",
    path,
    write: "in-place",
    reload: undefined,
    reloadTimeoutMs: 1,
    check: undefined,
  };
  assert.deepEqual((await checkTarget(target, look()))[1], {
    ok: true,
    text: "can be written in place",
  });
  assert.deepEqual((await checkTarget(target, look("line 1: no list")))[1], {
    ok: false,
    text: "line 1: no list",
  });
  assert.deepEqual(asked.slice(0, 2), ["pipelock", "\ufeffroutes: x\n"]);
});

Deno.test("doctor prints what is well and what is not, and fails for the latter", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["db", "dev", "web-1"]);
  await config(
    d,
    `bottles:
  - match: web-*
    routes:
      file: ${d}/{slug}.yaml
      reload: [reload, "{slug}"]
    dockerfile: {file: ${d}/Dockerfile}
  - match: dev
    pipelock: {file: ${d}/dev.yaml, write: rename}
`,
  );
  await write(join(d, "web-1.yaml"));
  await write(join(d, "dev.yaml"));
  const { stdout, failure } = await run(d);
  assert.equal(
    stdout,
    `  configuration: DIR/config.yaml
  state directory: DIR/state can be written
  audit log: whole, 0 entries
  queues: DIR/queue

Bottle db
  nothing is configured: approving answers the agent and applies nothing

Bottle dev
  pipelock: DIR/dev.yaml
    can be read
    can be replaced
    reload: no command, its reader watches the file itself
    check: none, a reload that ends well is taken for the effect
  not configured: routes, dockerfile

Bottle web-1
  routes: DIR/web-1.yaml
    can be read
    can be written in place
    reload: reload web-1 (at most 30 s)
    check: none, a reload that ends well is taken for the effect
  dockerfile: DIR/Dockerfile
!   the file is not there; an existing file is wanted
    reload: no command, its reader watches the file itself
    check: none, a reload that ends well is taken for the effect
  not configured: pipelock
`,
  );
  assert.deepEqual([failure?.code, failure?.message], [
    "unwell",
    '1 of 18 findings is not as wanted; the lines that begin with "!" say why',
  ]);
});

Deno.test("doctor --slug looks at that bottle alone, though its queue is not there yet", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await config(d, `bottles: [{routes: {file: ${d}/routes.yaml}}]`);
  await write(join(d, "routes.yaml"));
  const dev = await run(d, { slug: "dev" });
  assert.equal(dev.failure, undefined);
  assert.deepEqual(dev.stdout.match(/^Bottle .*/gm), ["Bottle dev"]);
  const web = await run(d, { slug: "web" });
  assert.match(web.stdout, /^! no queue for bottle web under DIR\/queue, only for dev$/m);
  assert.match(web.stdout, /^Bottle web\n {2}routes: DIR\/routes.yaml\n {4}can be read$/m);
  assert.equal(web.failure?.code, "unwell");
});

Deno.test("doctor without a configuration says that nothing is applied, and is content", async () => {
  await using directory = await temporary();
  await world(directory.path, ["dev"]);
  const { stdout, failure } = await run(directory.path);
  const nothing = "approving answers the agent and applies nothing";
  assert.equal(failure, undefined);
  assert.ok(stdout.startsWith(`  no configuration: ${nothing}\n`));
  assert.ok(stdout.endsWith(`\nBottle dev\n  nothing is configured: ${nothing}\n`));
});

Deno.test("doctor without a bottle is content", async () => {
  await using directory = await temporary();
  await world(directory.path, []);
  const { stdout, failure } = await run(directory.path);
  assert.equal(failure, undefined);
  assert.ok(stdout.endsWith("  queues: no bottle has one under DIR/queue yet\n"));
});

Deno.test("doctor tells of a wrong configuration, a missing queue root and a file as state", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await config(d, "bottles: []\n");
  await write(join(d, "state"));
  const { stdout, failure } = await run(d);
  assert.equal(
    stdout,
    `! DIR/config.yaml:1: bottles is an empty list; a list with an entry for each kind of bottle is wanted
! state directory: DIR/state is not a directory; a directory is wanted
! no queue directory at DIR/queue; the directory that the bottles' queues are mounted from is wanted
    Try: supervisectl list --queue-root DIR
`,
  );
  assert.match(failure?.message ?? "", /^3 of 3 findings are not as wanted;/);
});

Deno.test("doctor prints what helps below what is not well", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, []);
  await Deno.chmod(await config(d, "bottles: []\n"), 0o666);
  const { stdout } = await run(d);
  assert.match(stdout, /^! DIR\/config.yaml can be written by others.*\n {4}Try: chmod go-w DIR/);
});

Deno.test("doctor tells of a state directory to be made, and of one that others can write", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, []);
  await Deno.remove(join(d, "state"));
  const made = await run(d);
  assert.match(made.stdout, /^ {2}state directory: DIR\/state is made when it is first needed$/m);
  await Deno.mkdir(join(d, "state"));
  await Deno.chmod(join(d, "state"), 0o770);
  const open = await run(d);
  assert.match(open.stdout, /^! state directory: DIR\/state can be written by others, who could/m);
});

Deno.test("doctor tells of a bottle whose name makes its configuration wrong, and goes on", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["1.2.3.4.5", "dev"]);
  await config(
    d,
    `bottles: [{routes: {file: ${d}/routes.yaml, check: {url: "http://{slug}/"}}}]`,
  );
  await write(join(d, "routes.yaml"));
  const { stdout } = await run(d);
  assert.match(
    stdout,
    /^Bottle 1.2.3.4.5\n! DIR\/config.yaml:1: bottles\[0\].routes.check.url is no URL for bottle/m,
  );
  assert.match(stdout, /^Bottle dev\n {2}routes: DIR\/routes.yaml\n {4}can be read$/m);
});

Deno.test("doctor tells which bottles share a file, by whatever path, and is content", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["a", "b", "c"]);
  await Deno.symlink(d, join(d, "queue-less"));
  await config(
    d,
    `bottles:
  - {match: c, routes: {file: ${d}/queue-less/routes.yaml}}
  - {routes: {file: ${d}/routes.yaml}, dockerfile: {file: "${d}/{slug}"}}
`,
  );
  for (const name of ["routes.yaml", "a", "b"]) await write(join(d, name));
  const { stdout, failure } = await run(d);
  assert.equal(failure, undefined, stdout);
  assert.deepEqual(stdout.match(/is shared .*/g), [
    "is shared with bottles b, c: what is approved for one is open to all",
    "is shared with bottles a, c: what is approved for one is open to all",
    "is shared with bottles a, b: what is approved for one is open to all",
  ]);
});

Deno.test("doctor is not content with one file for different targets of two bottles", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["a", "b"]);
  await config(
    d,
    `bottles:\n  - {match: a, routes: {file: ${d}/x}}\n  - {pipelock: {file: ${d}/x}}\n`,
  );
  await write(join(d, "x"));
  const { stdout, failure } = await run(d);
  assert.match(stdout, /^! {3}is the pipelock file of bottle b as well; a file of its own/m);
  assert.match(stdout, /^! {3}is the routes file of bottle a as well; a file of its own/m);
  assert.equal(failure?.code, "unwell");
});

Deno.test("doctor is not content with a file that a bottle can write", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await Deno.symlink(join(d, "queue"), join(d, "other"));
  await config(d, `bottles: [{routes: {file: "${d}/other/{slug}/routes.yaml"}}]`);
  await write(join(d, "queue/dev/routes.yaml"));
  const { stdout } = await run(d);
  assert.match(stdout, /^! {3}is among the queues, where a bottle can write; another place/m);
});

Deno.test("doctor keeps to 80 columns and puts the sign before every row of a sentence", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  const words = Array.from({ length: 30 }, (_, index) => `"word${index} \u202e"`).join(", ");
  await config(d, `bottles: [{routes: {file: ${d}/routes.yaml, reload: [gone, ${words}]}}]`);
  await write(join(d, "routes.yaml"));
  const { stdout } = await run(d, { columns: 80 });
  for (const line of stdout.replaceAll("DIR", d).split("\n")) assert.ok(line.length <= 80, line);
  assert.ok(!stdout.includes("\u202e"));
  const signed = stdout.split("\n").filter((line) => line.startsWith("!"));
  assert.ok(signed.length > 5);
  assert.match(signed.at(-1) ?? "", /^! {5}\S.*always works$/);
});

Deno.test("doctor --json prints one object with every finding", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await config(d, `bottles: [{routes: {file: "${d}/{slug}.yaml", reload: [reload]}}]`);
  const { stdout, failure } = await run(d, { json: true });
  assert.deepEqual(JSON.parse(stdout), {
    config: "DIR/config.yaml",
    findings: [
      { ok: true, text: "configuration: DIR/config.yaml" },
      { ok: true, text: "state directory: DIR/state can be written" },
      { ok: true, text: "audit log: whole, 0 entries" },
      { ok: true, text: "queues: DIR/queue" },
    ],
    bottles: [{
      slug: "dev",
      findings: [{ ok: true, text: "not configured: pipelock, dockerfile" }],
      targets: [{
        kind: "routes",
        path: "DIR/dev.yaml",
        write: "in-place",
        reload: ["reload"],
        reload_timeout_seconds: 30,
        check: null,
        findings: [
          { ok: false, text: "the file is not there; an existing file is wanted" },
          { ok: true, text: "reload: reload (at most 30 s)" },
          { ok: true, text: CHECK },
        ],
      }],
    }],
  });
  assert.match(failure?.message ?? "", /^1 of 8 findings is not as wanted; those with "ok": false/);
});

/** A state directory, a program called reload, and a queue for each bottle. */
async function world(directory: string, slugs: readonly string[]): Promise<void> {
  await programs(directory);
  await Deno.mkdir(join(directory, "state"), { mode: 0o700 });
  await Deno.mkdir(join(directory, "queue"));
  for (const slug of slugs) await Deno.mkdir(join(directory, "queue", slug));
}

async function programs(directory: string): Promise<void> {
  await Deno.mkdir(join(directory, "bin"));
  await script(join(directory, "bin"), "reload", "touch $0.ran");
  await Deno.writeTextFile(join(directory, "bin", "plain"), "", { mode: 0o600 });
}

async function config(directory: string, text: string): Promise<string> {
  const path = join(directory, "config.yaml");
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

interface RunOptions {
  readonly slug?: string;
  readonly json?: boolean;
  readonly columns?: number;
}

interface Outcome {
  /** With DIR for the directory. */
  readonly stdout: string;
  readonly failure: Failure | undefined;
}

/** Runs `doctor`, and fails when that changed anything. */
async function run(directory: string, options: RunOptions = {}): Promise<Outcome> {
  const before = await snapshot(directory);
  let stdout = "";
  const out = new Output({
    columns: options.columns ?? 400,
    styled: false,
    write(bytes) {
      stdout += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  const env: Record<string, string> = {
    HOME: directory,
    PATH: `${directory}/bin`,
  };
  const path = join(directory, "config.yaml");
  const isThere = await Deno.stat(path).then(() => true, () => false);
  const call = {
    desk: new Desk(join(directory, "queue")),
    stateDirectory: join(directory, "state"),
    applications: new Applications(join(directory, "state")),
    now: () => NOW,
    slug: options.slug === undefined ? undefined : parseSlug(options.slug),
    out,
    json: options.json ?? false,
    env: (name: string) => env[name],
    config: () => readConfig(isThere ? path : undefined, (name) => env[name]),
    next: (...words: string[]) => ["supervisectl", ...words].join(" "),
  };
  let failure: Failure | undefined;
  try {
    await doctor.run(call as unknown as Call);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  await out.flush();
  assert.deepEqual(await snapshot(directory), before, "something was changed");
  return { stdout: stdout.replaceAll(directory, "DIR"), failure };
}

/** Names, sizes and times of all that is in a directory. */
async function snapshot(directory: string): Promise<readonly string[]> {
  const { mtime, ctime } = await Deno.lstat(directory);
  const rows = [`${basename(directory)} ${mtime?.getTime()} ${ctime?.getTime()}`];
  for await (const entry of Deno.readDir(directory)) {
    const path = join(directory, entry.name);
    if (entry.isDirectory) rows.push(...await snapshot(path));
    const info = await Deno.lstat(path);
    rows.push(`${path} ${info.size} ${info.mtime?.getTime()} ${info.ctime?.getTime()}`);
  }
  return rows.sort();
}

function fill<T>(value: T, directory: string): T {
  if (typeof value === "string") return value.replaceAll("DIR", directory) as T;
  if (Array.isArray(value)) return value.map((item) => fill(item, directory)) as T;
  if (typeof value !== "object" || value === null || value instanceof URL) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fill(item, directory)]),
  ) as T;
}
