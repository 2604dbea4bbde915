/** A live file that is held: what is taken in, what a write keeps, and what it leaves behind. */

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { MAX_LIVE_BYTES } from "../../../src/operator/apply/edit.ts";
import { HeldFile, readLive } from "../../../src/operator/live/held_file.ts";
import { HeldFiles } from "../../../src/operator/live/held_files.ts";
import { makeFifo } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import {} from "../fixture.ts";
import { failure, target } from "./stand.ts";

const TEXT = "routes:\n  - host: pypi.example\n";
const IS_ROOT = Deno.uid() === 0;

const WRITES = ["in-place", "rename"] as const;

async function live(directory: string, text: string | Uint8Array = TEXT): Promise<string> {
  const path = join(directory, "routes.yaml");
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  await Deno.writeFile(path, bytes);
  return path;
}

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

const SIZES: readonly (readonly [name: string, text: string])[] = [
  ["longer", TEXT + "  - host: api.example\n"],
  ["shorter", "routes: []\n"],
  ["as long", TEXT.replace("pypi", "mypi")],
  ["empty", ""],
  ["of 1 MiB", "x".repeat(MAX_LIVE_BYTES)],
];

for (const write of WRITES) {
  for (const [name, text] of SIZES) {
    Deno.test(`write() ${write} of a text that is ${name}: just that text is there`, async () => {
      await using dir = await temporary();
      const path = await live(dir.path);
      using file = await HeldFile.hold(target(path, { write }));
      await file.write(text, () => true);
      assert.equal(await file.text(), text);
      assert.equal(await Deno.readTextFile(path), text);
      // Once more, on what was just written.
      await file.write(TEXT, () => true);
      assert.equal(await file.text(), TEXT);
      assert.equal(await Deno.readTextFile(path), TEXT);
      assert.deepEqual(await namesIn(dir.path), ["routes.yaml"]);
    });
  }

  Deno.test(`write() ${write} keeps the mode, and the inode only in place`, async () => {
    await using dir = await temporary();
    const path = await live(dir.path);
    await Deno.chmod(path, 0o4640);
    const before = await Deno.lstat(path);
    using file = await HeldFile.hold(target(path, { write }));
    await file.write("routes: []\n", () => true);
    const after = await Deno.lstat(path);
    assert.equal((after.mode ?? 0) & 0o777, 0o640);
    assert.equal(after.ino === before.ino, write === "in-place");
  });

  Deno.test({
    name: `write() ${write} keeps the owner and the group`,
    ignore: !IS_ROOT,
    async fn() {
      await using dir = await temporary();
      const path = await live(dir.path);
      await Deno.chown(path, 1_234, 5_678);
      await Deno.chmod(path, 0o640);
      using file = await HeldFile.hold(target(path, { write }));
      await file.write("routes: []\n", () => true);
      const { uid, gid, mode } = await Deno.lstat(path);
      assert.deepEqual([uid, gid, (mode ?? 0) & 0o777], [1_234, 5_678, 0o640]);
    },
  });

  Deno.test(`write() ${write} keeps a byte order mark and CRLF as they are`, async () => {
    await using dir = await temporary();
    const path = await live(dir.path, "\ufeffroutes: []\r\n");
    using file = await HeldFile.hold(target(path, { write }));
    const text = await file.text();
    assert.equal(text, "\ufeffroutes: []\r\n");
    await file.write(text + "# é\r\n", () => true);
    const bytes = await Deno.readFile(path);
    assert.deepEqual(bytes, new TextEncoder().encode("\ufeffroutes: []\r\n# é\r\n"));
    assert.equal(await readLive(target(path)), "\ufeffroutes: []\r\n# é\r\n");
  });
}

Deno.test("write() by rename removes what a killed process left, and nothing else", async () => {
  await using dir = await temporary();
  const path = await live(dir.path);
  const kept = [".routes.yaml.swp", ".other.yaml.7f0c9a52-6f0e-4c55-9b7e-0d7f3a5b1c2d.tmp"];
  const left = ".routes.yaml.7f0c9a52-6f0e-4c55-9b7e-0d7f3a5b1c2d.tmp";
  for (const name of [...kept, left]) await Deno.writeTextFile(join(dir.path, name), "half");
  using file = await HeldFile.hold(target(path, { write: "rename" }));
  await file.write("routes: []\n", () => true);
  assert.deepEqual(await namesIn(dir.path), [...kept, "routes.yaml"].sort());
});

Deno.test("write() by rename makes a file for its owner alone, then gives it away, then opens it", async () => {
  await using dir = await temporary();
  const path = await live(dir.path);
  await Deno.chmod(path, 0o640);
  if (IS_ROOT) await Deno.chown(path, 1_234, 5_678);
  using file = await HeldFile.hold(target(path, { write: "rename" }));
  const modes: string[] = [];
  const modeOf = async (made: string | URL) => (await Deno.lstat(made)).mode! & 0o777;
  const { chmod, chown } = Deno;
  const umask = Deno.umask(0);
  try {
    Deno.chown = async (made, uid, gid) => {
      modes.push(`chown at ${(await modeOf(made)).toString(8)}`);
      await chown(made, uid, gid);
    };
    Deno.chmod = async (made, mode) => {
      modes.push(`chmod at ${(await modeOf(made)).toString(8)}`);
      await chmod(made, mode);
    };
    await file.write("routes: []\n", () => true);
  } finally {
    Object.assign(Deno, { chmod, chown });
    Deno.umask(umask);
  }
  assert.deepEqual(modes, [...IS_ROOT ? ["chown at 600"] : [], "chmod at 600"]);
  assert.equal(await modeOf(path), 0o640);
});

Deno.test("write() by rename that fails leaves the old file and no temporary one", async () => {
  await using dir = await temporary();
  // With what a temporary name adds to it, it is longer than a file system takes.
  const path = join(dir.path, "r".repeat(230));
  await Deno.writeTextFile(path, TEXT);
  using file = await HeldFile.hold(target(path, { write: "rename" }));
  const { message } = await failure("cannot-write", file.write("routes: []\n", () => true));
  assert.equal(message, `cannot write ${path}: file name too long`);
  assert.equal(await Deno.readTextFile(path), TEXT);
  assert.equal((await namesIn(dir.path)).length, 1);
});

Deno.test("write() by rename over what became a directory leaves no temporary file", async () => {
  await using dir = await temporary();
  const path = await live(dir.path);
  using file = await HeldFile.hold(target(path, { write: "rename" }));
  await Deno.remove(path);
  await Deno.mkdir(path);
  assert.equal(await file.write("routes: []\n", () => true), "stale");
  assert.deepEqual(await namesIn(dir.path), ["routes.yaml"]);
});

interface Odd {
  readonly name: string;
  make(path: string): Promise<unknown>;
  readonly says: RegExp;
}

const ODD: readonly Odd[] = [
  {
    name: "a symbolic link to a file",
    async make(path) {
      await Deno.writeTextFile(join(dirname(path), "real"), TEXT);
      await Deno.symlink("real", path);
    },
    says: /^the routes file \S+ is a symbolic link to \/\S+\/real; configure the file itself$/,
  },
  {
    name: "a symbolic link to nothing",
    make: (path) => Deno.symlink("nowhere", path),
    says: /is a symbolic link to nothing; configure the file itself$/,
  },
  { name: "nothing", make: () => Promise.resolve(), says: /is not there; nothing is done$/ },
  { name: "a directory", make: (path) => Deno.mkdir(path), says: /is not a regular file$/ },
  { name: "a FIFO", make: makeFifo, says: /is not a regular file$/ },
  {
    name: "a byte over 1 MiB",
    make: (path) => Deno.writeTextFile(path, "x".repeat(MAX_LIVE_BYTES + 1)),
    says: /must have at most 1048576 bytes, got 1048577$/,
  },
  {
    name: "not UTF-8",
    make: (path) => Deno.writeFile(path, new Uint8Array([0x61, 0xc3, 0x28])),
    says: /must be UTF-8 text$/,
  },
];

for (const { name, make, says } of ODD) {
  Deno.test(`hold() and readLive() refuse what is ${name}`, async () => {
    await using dir = await temporary();
    const path = join(dir.path, "routes.yaml");
    await make(path);
    const holding = async () => {
      using file = await HeldFile.hold(target(path));
      await file.text();
    };
    assert.match((await failure("bad-target", holding())).message, says);
    assert.match((await failure("bad-target", readLive(target(path)))).message, says);
  });
}

Deno.test("hold() of a file in something that is no directory is a clear failure", async () => {
  await using dir = await temporary();
  const path = join(await live(dir.path), "routes.yaml");
  const { message } = await failure("cannot-read", HeldFile.hold(target(path)));
  assert.equal(message, `cannot read ${path}: not a directory`);
});

Deno.test("text() of a file that grew over 1 MiB while it is held is refused", async () => {
  await using dir = await temporary();
  const path = await live(dir.path);
  using file = await HeldFile.hold(target(path));
  await Deno.writeTextFile(path, "x".repeat(MAX_LIVE_BYTES + 1));
  await failure("bad-target", Promise.resolve().then(() => file.text()));
});

Deno.test("HeldFiles holds all or none: a missing one leaves the others free", async () => {
  await using dir = await temporary();
  const path = await live(dir.path);
  const missing = target(join(dir.path, "z"), { kind: "pipelock" });
  await failure("bad-target", HeldFiles.hold([target(path), missing]));
  using file = await HeldFile.hold(target(path), 1_000);
  assert.equal(await file.text(), TEXT);
});
