/** Reading where anything may lie: every kind of file gives a result, none blocks, none throws. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { MAX_RECORD_BYTES } from "../../src/queue/layout.ts";
import { isRegularFile, type Read, readRecord } from "../../src/queue/read.ts";
import { publishOver } from "../../src/queue/durable.ts";
import { finish } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";

const NAME = "a.json";

async function run(command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await finish(command, args);
  assert.equal(code, 0, stderr);
}

function read(directory: string): Read<unknown> {
  return readRecord(directory, NAME, (content) => content);
}

interface Case {
  readonly name: string;
  readonly make: (path: string) => void | Promise<void>;
  readonly expected: Read<unknown>;
  readonly isRegular?: boolean;
  readonly needsRoot?: boolean;
}

function write(content: string | readonly number[]): Case["make"] {
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : new Uint8Array(content);
  return (path) => Deno.writeFile(path, bytes);
}

function unreadable(why: string): Read<never> {
  return { kind: "unreadable", why };
}

const CASES: readonly Case[] = [
  { name: "nothing", make: () => {}, expected: { kind: "missing" } },
  {
    name: "JSON",
    make: write('{"a": "é🙂"}\n'),
    expected: { kind: "read", value: { a: "é🙂" } },
    isRegular: true,
  },
  {
    name: "JSON behind a byte order mark",
    make: write("\ufeff{}"),
    expected: { kind: "read", value: {} },
    isRegular: true,
  },
  {
    name: "JSON of 1 MiB",
    make: write(`"${"a".repeat(MAX_RECORD_BYTES - 2)}"`),
    expected: { kind: "read", value: "a".repeat(MAX_RECORD_BYTES - 2) },
    isRegular: true,
  },
  {
    name: "JSON of 1 MiB and a byte",
    make: write(`"${"a".repeat(MAX_RECORD_BYTES - 1)}"`),
    expected: unreadable("1048577 bytes, over the limit of 1048576"),
    isRegular: true,
  },
  {
    name: "a file of 1 TiB without content",
    make: async (path) => {
      await Deno.writeTextFile(path, "");
      await Deno.truncate(path, 2 ** 40);
    },
    expected: unreadable("1099511627776 bytes, over the limit of 1048576"),
    isRegular: true,
  },
  {
    name: "half of an object",
    make: write('{"proposal_id": "3f0c'),
    expected: unreadable("not JSON (half-written?)"),
    isRegular: true,
  },
  {
    name: "an empty file",
    make: write(""),
    expected: unreadable("not JSON (half-written?)"),
    isRegular: true,
  },
  {
    name: "text that is not UTF-8",
    make: write([0x22, 0xff, 0x22]),
    expected: unreadable("not UTF-8"),
    isRegular: true,
  },
  {
    name: "half of a character",
    make: write([0x22, 0xe2, 0x82]),
    expected: unreadable("not UTF-8"),
    isRegular: true,
  },
  {
    name: "a link to JSON",
    make: async (path) => {
      await Deno.writeTextFile(`${path}.target`, "{}");
      await Deno.symlink(`${path}.target`, path);
    },
    expected: unreadable("not a regular file"),
  },
  {
    name: "a dangling link",
    make: (path) => Deno.symlink(`${path}.target`, path),
    expected: unreadable("not a regular file"),
  },
  {
    name: "a link to itself",
    make: (path) => Deno.symlink(path, path),
    expected: unreadable("not a regular file"),
  },
  {
    name: "a pipe that nobody writes to",
    make: (path) => run("mkfifo", path),
    expected: unreadable("not a regular file"),
  },
  {
    name: "a directory",
    make: (path) => Deno.mkdir(path),
    expected: unreadable("not a regular file"),
  },
  {
    name: "an endless device",
    make: (path) => run("mknod", path, "c", "1", "5"),
    expected: unreadable("not a regular file"),
    needsRoot: true,
  },
];

for (const { name, make, expected, isRegular = false, needsRoot = false } of CASES) {
  Deno.test({
    name: `readRecord() and isRegularFile() look at ${name}${needsRoot ? " (needs root)" : ""}`,
    ignore: needsRoot && Deno.uid() !== 0,
    async fn() {
      await using directory = await temporary();
      const path = join(directory.path, NAME);
      await make(path);
      assert.deepEqual(read(directory.path), expected);
      assert.equal(await isRegularFile(path), isRegular);
    },
  });
}

Deno.test("readRecord() takes a directory that is missing for a missing file", async () => {
  await using directory = await temporary();
  assert.deepEqual(read(join(directory.path, "queue")), { kind: "missing" });
});

Deno.test("readRecord() says which field is wrong", async () => {
  await using directory = await temporary();
  await Deno.writeTextFile(join(directory.path, NAME), '{"a": {"b": 1}, "c": null}');
  const schema = z.object({ a: z.object({ b: z.string("not text") }), c: z.string("not text") });
  assert.deepEqual(
    readRecord(directory.path, NAME, (content) => schema.parse(content)),
    unreadable("a.b: not text; c: not text"),
  );
});

Deno.test("readRecord() says why content is refused", async () => {
  await using directory = await temporary();
  await Deno.writeTextFile(join(directory.path, NAME), "{}");
  const refuse = () => {
    throw new Error("of another bottle");
  };
  assert.deepEqual(
    readRecord(directory.path, NAME, refuse),
    unreadable("of another bottle"),
  );
});

Deno.test("readRecord() of a file that grows reads what it was or will be, and stops", async () => {
  await using directory = await temporary();
  const path = join(directory.path, NAME);
  await Deno.writeTextFile(path, "{}");
  using file = await Deno.open(path, { append: true });
  const spaces = new Uint8Array(40_000).fill(0x20);
  for (let round = 0; round < 40; round++) {
    const writing = file.write(spaces);
    const result = read(directory.path);
    await writing;
    if (result.kind === "read") assert.deepEqual(result.value, {});
    else assert.match(result.kind === "unreadable" ? result.why : result.kind, /over the limit/);
  }
  const last = read(directory.path);
  assert.match(last.kind === "unreadable" ? last.why : last.kind, /^1600002 bytes, over the limit/);
});

Deno.test("readRecord() of a file that is replaced reads one text or the other, or says so", async () => {
  await using directory = await temporary();
  await publishOver(directory.path, NAME, "1");
  for (let round = 0; round < 60; round++) {
    const replacing = publishOver(directory.path, NAME, String(round % 2 + 1));
    await Promise.race([replacing, Deno.lstat(directory.path)]);
    const result = read(directory.path);
    await replacing;
    if (result.kind === "read") assert.ok(result.value === 1 || result.value === 2);
    else assert.deepEqual(result, unreadable("replaced while it was opened"));
  }
});
