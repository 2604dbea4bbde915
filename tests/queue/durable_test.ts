/** Writing to a queue directory: whole or not at all, the first writer wins, nothing is left behind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  moveDurably,
  publishFirst,
  publishOver,
  sweepTemporaries,
  syncDirectory,
} from "../../src/queue/durable.ts";
import { finish } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

type Link = (from: string, to: string) => Promise<void>;

/** What `link` does on file systems that cannot. */
function refusesLinks(ErrorClass: new (message: string) => Error): Link {
  return () => Promise.reject(new ErrorClass("Operation not permitted (os error 1)"));
}

const WAYS: readonly (readonly [name: string, link?: Link])[] = [
  ["by hard link"],
  ["without hard links (EPERM)", refusesLinks(Deno.errors.PermissionDenied)],
  ["without hard links (EOPNOTSUPP)", refusesLinks(Deno.errors.NotSupported)],
  ["without hard links (another error)", refusesLinks(Error)],
];

async function names(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

async function modeOf(path: string): Promise<number> {
  return (await Deno.lstat(path)).mode! & 0o777;
}

for (const [way, link] of WAYS) {
  Deno.test(`publishFirst() leaves one whole file of mode 0600, ${way}`, async () => {
    await using directory = await temporary();
    const text = "é🙂\n".repeat(50_000);
    assert.equal(await publishFirst(directory.path, "a.json", text, link), "published");
    assert.deepEqual(await names(directory.path), ["a.json"]);
    assert.equal(await Deno.readTextFile(join(directory.path, "a.json")), text);
    assert.equal(await modeOf(join(directory.path, "a.json")), 0o600);
  });

  Deno.test(`publishFirst() leaves what is there alone, ${way}`, async () => {
    await using directory = await temporary();
    await publishFirst(directory.path, "a.json", "first", link);
    assert.equal(await publishFirst(directory.path, "a.json", "second", link), "exists");
    assert.deepEqual(await names(directory.path), ["a.json"]);
    assert.equal(await Deno.readTextFile(join(directory.path, "a.json")), "first");
  });

  Deno.test(`publishFirst() does not write through a dangling link, ${way}`, async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "queue");
    await Deno.mkdir(queue);
    await Deno.symlink(join(directory.path, "elsewhere"), join(queue, "a.json"));
    assert.equal(await publishFirst(queue, "a.json", "text", link), "exists");
    assert.deepEqual(await names(directory.path), ["queue"]);
  });

  Deno.test(`publishFirst() lets one of 50 concurrent writers win, ${way}`, async () => {
    await using directory = await temporary();
    const texts = Array.from({ length: 50 }, (_, writer) => `writer ${writer}\n`.repeat(1_000));
    const outcomes = await Promise.all(
      texts.map((text) => publishFirst(directory.path, "a.json", text, link)),
    );
    assert.equal(outcomes.filter((outcome) => outcome === "published").length, 1);
    assert.deepEqual(await names(directory.path), ["a.json"]);
    assert.equal(
      await Deno.readTextFile(join(directory.path, "a.json")),
      texts[outcomes.indexOf("published")],
    );
  });
}

Deno.test("publishFirst() does not take a file that vanished for a missing hard link", async () => {
  await using directory = await temporary();
  const swept: Link = async (from, to) => {
    await Deno.remove(from);
    await Deno.link(from, to);
  };
  await assert.rejects(publishFirst(directory.path, "a.json", "text", swept), { code: "ENOENT" });
  assert.deepEqual(await names(directory.path), []);
});

Deno.test("publishOver() replaces what is there by one whole file of mode 0600", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "a.json");
  await publishOver(directory.path, "a.json", "first");
  await Deno.chmod(path, 0o644);
  await publishOver(directory.path, "a.json", "second");
  assert.deepEqual(await names(directory.path), ["a.json"]);
  assert.equal(await Deno.readTextFile(path), "second");
  assert.equal(await modeOf(path), 0o600);
});

Deno.test("publishOver() shows readers one whole text or the other", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "a.json");
  const texts = ["a", "b"].map((letter) => letter.repeat(300_000));
  await publishOver(directory.path, "a.json", texts[0]!);
  const writing = (async () => {
    for (let round = 1; round <= 20; round++) {
      await publishOver(directory.path, "a.json", texts[round % 2]!);
    }
  })();
  for (let read = 0; read < 50; read++) {
    assert.ok(texts.includes(await Deno.readTextFile(path)), "a torn text was read");
  }
  await writing;
});

Deno.test("publishOver() throws and leaves no temporary file where a directory has the name", async () => {
  await using directory = await temporary();
  await Deno.mkdir(join(directory.path, "a.json"));
  await assert.rejects(publishOver(directory.path, "a.json", "text"));
  assert.deepEqual(await names(directory.path), ["a.json"]);
});

const PUBLISHERS = [publishFirst, publishOver];

for (const publish of PUBLISHERS) {
  Deno.test(`${publish.name}() throws ENOENT when the directory is missing`, async () => {
    await using directory = await temporary();
    const missing = join(directory.path, "missing");
    await assert.rejects(publish(missing, "a.json", "text"), { code: "ENOENT" });
    assert.deepEqual(await names(directory.path), []);
  });

  Deno.test(`${publish.name}() throws ENOTDIR when the directory is a file`, async () => {
    await using directory = await temporary();
    const file = join(directory.path, "file");
    await Deno.writeTextFile(file, "text");
    await assert.rejects(publish(file, "a.json", "text"), { code: "ENOTDIR" });
    assert.equal(await Deno.readTextFile(file), "text");
  });
}

/** Mounting needs a root who is not confined, as in most CI containers. */
const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("unshare", { args: ["--mount", "true"] }).outputSync().success;

async function run(command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await finish(command, args);
  assert.equal(code, 0, stderr);
}

/** A file system of that size, in KiB, which goes away with the test. */
async function smallDisk(kibibytes: number): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await temporary();
  await run("mount", "-t", "tmpfs", "-o", `size=${kibibytes}k`, "none", directory.path);
  return {
    path: directory.path,
    async [Symbol.asyncDispose]() {
      await run("umount", "--lazy", directory.path);
      await directory[Symbol.asyncDispose]();
    },
  };
}

const FULL: readonly (readonly [
  name: string,
  publish: (directory: string, name: string, text: string) => Promise<unknown>,
  diskKibibytes: number,
])[] = [
  ["publishFirst()", publishFirst, 64],
  ["publishOver()", publishOver, 64],
  // Room for the temporary file, and for half of the one that is then created.
  [
    "publishFirst() without hard links",
    (directory, name, text) => publishFirst(directory, name, text, WAYS[1]![1]),
    160,
  ],
];

for (const [name, publish, diskKibibytes] of FULL) {
  Deno.test({
    name: `${name} throws on a full disk, leaves nothing, and works again later (needs root)`,
    ignore: !mayMount,
    async fn() {
      await using disk = await smallDisk(diskKibibytes);
      const tooMuch = "x".repeat(100 * 1024);
      await assert.rejects(publish(disk.path, "a.json", tooMuch), { code: "ENOSPC" });
      assert.deepEqual(await names(disk.path), []);
      await publish(disk.path, "a.json", "text");
      assert.deepEqual(await names(disk.path), ["a.json"]);
    },
  });
}

Deno.test({
  name: "publishFirst() and publishOver() give the file to the directory's owner (needs root)",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using directory = await temporary();
    await Deno.chown(directory.path, 65_532, 65_533);
    await publishFirst(directory.path, "first.json", "text");
    await publishFirst(directory.path, "created.json", "text", WAYS[1]![1]);
    await publishOver(directory.path, "over.json", "text");
    for (const name of ["first.json", "created.json", "over.json"]) {
      const { uid, gid } = await Deno.lstat(join(directory.path, name));
      assert.deepEqual([name, uid, gid], [name, 65_532, 65_533]);
    }
  },
});

Deno.test("moveDurably() moves one file", async () => {
  await using directory = await temporary();
  const to = join(directory.path, "processed");
  await Deno.mkdir(to);
  await Deno.writeTextFile(join(directory.path, "a.json"), "text");
  await moveDurably("a.json", directory.path, to);
  assert.deepEqual(await names(directory.path), ["processed"]);
  assert.equal(await Deno.readTextFile(join(to, "a.json")), "text");
  await assert.rejects(moveDurably("a.json", directory.path, to), { code: "ENOENT" });
});

Deno.test("sweepTemporaries() removes its own files once they are old, and no others", async () => {
  await using directory = await temporary();
  const now = new Date("2026-11-21T12:00:00Z");
  const id = crypto.randomUUID();
  const files: readonly (readonly [name: string, ageMs: number, stays: boolean])[] = [
    [`.${id}.proposal.json.${crypto.randomUUID()}.tmp`, 60_001, false],
    [`.waiting.json.${crypto.randomUUID()}.tmp`, 86_400_000, false],
    [`.${id}.claim.json.${crypto.randomUUID()}.tmp`, 60_000, true],
    [`.${id}.response.json.${crypto.randomUUID()}.tmp`, -1_000, true],
    [`${id}.proposal.json`, 86_400_000, true],
    [`${id}.response.json.tmp`, 86_400_000, true],
    [`.note.tmp`, 86_400_000, true],
    ["waiting.json", 86_400_000, true],
  ];
  for (const [name, ageMs] of files) {
    const path = join(directory.path, name);
    await Deno.writeTextFile(path, "");
    await Deno.utime(path, now, new Date(now.getTime() - ageMs));
  }
  const folder = `.folder.${crypto.randomUUID()}.tmp`;
  await Deno.mkdir(join(directory.path, folder));
  await Deno.utime(join(directory.path, folder), now, new Date(0));

  await sweepTemporaries(directory.path, now, 60_000);
  const staying = files.filter(([, , stays]) => stays).map(([name]) => name);
  assert.deepEqual(await names(directory.path), [...staying, folder].sort());
});

Deno.test("syncDirectory() gives callers during a sync the one after it, and one for all of them", async () => {
  await using directory = await temporary();
  const order: string[] = [];
  const first = syncDirectory(directory.path);
  const second = syncDirectory(directory.path);
  const third = syncDirectory(directory.path);
  assert.notEqual(
    second,
    first,
    "the running sync may have begun before the second caller's change",
  );
  assert.equal(third, second);
  await Promise.all([
    second.then(() => order.push("second")),
    first.then(() => order.push("first")),
  ]);
  assert.deepEqual(order, ["first", "second"]);
  const later = syncDirectory(directory.path);
  assert.notEqual(later, second, "a caller after a sync needs another one");
  await later;
});

Deno.test("syncDirectory() of one directory does not wait for that of another", async () => {
  await using one = await temporary();
  await using other = await temporary();
  const syncs = [syncDirectory(one.path), syncDirectory(other.path)];
  assert.notEqual(syncs[0], syncs[1]);
  await Promise.all(syncs);
});

Deno.test("syncDirectory() fails for the callers of a failed sync and works for later ones", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "queue");
  const failing = syncDirectory(path);
  const waiting = syncDirectory(path);
  await assert.rejects(failing, { code: "ENOENT" });
  await assert.rejects(waiting, { code: "ENOENT" });
  await Deno.mkdir(path);
  await syncDirectory(path);
});
