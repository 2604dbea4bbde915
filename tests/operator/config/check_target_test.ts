/** A target's file and commands: every fact looked at, as it is and as it should not be. */

import assert from "node:assert/strict";
import { join, relative } from "node:path";
import { checkTarget } from "../../../src/operator/config/check_target.ts";
import type { Target } from "../../../src/operator/config/config.ts";
import { findProgram } from "../../../src/operator/config/program.ts";
import { finish, makeFifo } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { CHECK, programs, ROUTES, snapshot, write } from "../cli/doctor_world.ts";
import {} from "../fixture.ts";

const isRoot = Deno.uid() === 0;

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
const FILE = ["can be read", "can be written in place"];

async function chattr(flag: "+i" | "-i", path: string): Promise<void> {
  const { code } = await finish("chattr", [flag, path]);
  if (code !== 0) throw new Error(`cannot chattr ${flag} ${path}`);
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
    findings: ["!the file does not exist", RELOAD, CHECK],
  },
  {
    name: "a link to an ordinary file",
    async make(path) {
      await write(`${path}.real`);
      await Deno.symlink(`${path}.real`, path);
    },
    findings: [
      "!is a symbolic link to DIR/routes.yaml.real; configure the file itself",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "a directory",
    make: (path) => Deno.mkdir(path),
    findings: ["!must be a regular file, got a directory", RELOAD, CHECK],
  },
  {
    name: "a FIFO",
    make: makeFifo,
    findings: ["!must be a regular file, got something else", RELOAD, CHECK],
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
      "!must be at most 1 MiB, got more",
      "can be written in place",
      RELOAD,
      CHECK,
    ],
  },
  {
    name: "a file that is not UTF-8",
    make: (path) => Deno.writeFile(path, new Uint8Array([0x61, 0xff])),
    findings: ["!must be UTF-8 text, got other bytes", "can be written in place", RELOAD, CHECK],
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
      check: { kind: "command", command: ["reload", "--check"] },
    },
    findings: [...FILE, "reload: reload 'a b' c (at most 2.5 s)", "check: reload --check"],
  },
  {
    name: "commands that are not on the PATH",
    target: { reload: ["docker-x"], check: { kind: "command", command: ["docker-y", "z"] } },
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
      check: { kind: "command", command: ["DIR/bin/gone"] },
    },
    findings: [
      ...FILE,
      "reload: DIR/bin/reload (at most 30 s)",
      "!check: DIR/bin/gone: DIR/bin/gone does not exist",
    ],
  },
  {
    name: "commands that are no programs",
    target: { reload: ["plain"], check: { kind: "command", command: ["DIR/bin"] } },
    findings: [
      ...FILE,
      "!reload: plain: DIR/bin/plain must be an executable file",
      "!check: DIR/bin: DIR/bin must be an executable file",
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

function fill<T>(value: T, directory: string): T {
  if (typeof value === "string") return value.replaceAll("DIR", directory) as T;
  if (Array.isArray(value)) return value.map((item) => fill(item, directory)) as T;
  if (typeof value !== "object" || value === null || value instanceof URL) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fill(item, directory)]),
  ) as T;
}
