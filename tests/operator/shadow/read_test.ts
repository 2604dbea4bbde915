/** `shadow export` on a directory that the bottle has filled as it liked: it skips, and says why. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { MAX_RECORD_BYTES, recordName } from "../../../src/queue/layout.ts";
import { makeFifo } from "../../support/process.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import { ctl, parsed, propose } from "../fixture.ts";
import { recordAsk } from "./fixture.ts";

const EXPORT = ["shadow", "export", "--slug", "dev"];

interface HostileFile {
  readonly name: string;
  readonly why: RegExp;
  /** Puts it at `path`, the file of the ask `id`. */
  make(path: string, id: string, root: string): Promise<unknown>;
}

const HOSTILE_FILES: readonly HostileFile[] = [
  { name: "half a file", why: /not JSON/, make: (path) => Deno.writeTextFile(path, '{"id": ') },
  { name: "nothing", why: /not JSON/, make: (path) => Deno.writeTextFile(path, "") },
  {
    name: "what is not UTF-8",
    why: /not UTF-8/,
    make: (path) => Deno.writeFile(path, new Uint8Array([0xff])),
  },
  { name: "no ask", why: /id: /, make: (path) => Deno.writeTextFile(path, "{}") },
  {
    name: "too much",
    why: /over the limit of 1048576/,
    make: (path) => Deno.writeFile(path, new Uint8Array(MAX_RECORD_BYTES + 1)),
  },
  { name: "a directory", why: /not a regular file/, make: (path) => Deno.mkdir(path) },
  { name: "a pipe", why: /not a regular file/, make: (path) => makeFifo(path) },
  {
    name: "a link to another file",
    why: /not a regular file/,
    make: async (path, _id, root) => {
      const { id } = await propose(root, { slug: "other" });
      await Deno.symlink(join(root, "other", recordName(id, "proposal")), path);
    },
  },
  {
    name: "another ask's id",
    why: /holds another proposal's id/,
    make: async (path, _id, root) => {
      const { id } = await propose(root, { slug: "other" });
      await Deno.copyFile(join(root, "other", recordName(id, "proposal")), path);
    },
  },
  {
    name: "another bottle's ask",
    why: /says it is of bottle other/,
    make: async (path, id, root) => {
      await propose(root, { id, slug: "other" });
      await Deno.rename(join(root, "other", `${id}.proposal.json`), path);
    },
  },
  {
    name: "a changed payload",
    why: /changed after it was written/,
    make: async (path, id, root) => {
      const ask = await propose(root, { id, slug: "other" });
      const changed = { ...ask, bottle_slug: "dev", proposed_file: '{"host":"evil.example"}' };
      await Deno.writeTextFile(path, JSON.stringify(changed));
    },
  },
];

for (const { name, why, make } of HOSTILE_FILES) {
  Deno.test(`shadow export skips ${name}, says why, and exports the rest`, async () => {
    await using root = await temporary();
    await recordAsk(root.path);
    const id = crypto.randomUUID();
    await make(join(root.path, "dev", "shadow", `${id}.proposal.json`), id, root.path);
    const text = await within(60, "export", ctl(root.path, EXPORT));
    assert.equal(text.code, 0, text.stderr);
    assert.match(text.stdout, /^# 1 ask, .*; 1 host,/m);
    assert.match(
      text.stdout,
      /^# ! 1 record could not be read: what it asked for is not in here\.$/m,
    );
    assert.equal(text.stderr.trimEnd().split("\n").length, 1);
    assert.ok(text.stderr.startsWith(`supervisectl: skipped dev/shadow/${id}.proposal.json: `));
    assert.match(text.stderr, why);
    const { skipped } = parsed(await ctl(root.path, [...EXPORT, "--json"]));
    const [only, ...more] = skipped as { name: string; why: string; bottle_slug: string }[];
    assert.deepEqual(more, []);
    assert.equal(only?.name, `shadow/${id}.proposal.json`);
    assert.match(only.why, why);
  });
}

Deno.test("shadow export takes no notice of what is no ask's file", async () => {
  await using root = await temporary();
  await recordAsk(root.path);
  const shadow = join(root.path, "dev", "shadow");
  for (const name of ["x", ".y.tmp", `${crypto.randomUUID()}.response.json`]) {
    await Deno.writeTextFile(join(shadow, name), "?");
  }
  const { code, stdout, stderr } = await ctl(root.path, EXPORT);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^# 1 ask,/m);
});

Deno.test("shadow export follows no link in the directory's place", async () => {
  await using root = await temporary();
  await recordAsk(root.path, { slug: "other" });
  await propose(root.path);
  await Deno.symlink(join(root.path, "other", "shadow"), join(root.path, "dev", "shadow"));
  const { code, stderr } = await ctl(root.path, EXPORT);
  assert.equal(code, 1);
  assert.match(stderr, /^supervisectl: skipped dev\/shadow: not a directory$/m);
});

Deno.test("shadow export looks at 20,000 names and says that there are more", async () => {
  await using root = await temporary();
  await recordAsk(root.path);
  const shadow = join(root.path, "dev", "shadow");
  for (let index = 0; index < 20_000; index++) Deno.createSync(join(shadow, `x${index}`)).close();
  const { stdout, stderr } = await ctl(root.path, EXPORT);
  if (stdout !== "") {
    assert.match(
      stdout,
      /^# ! Not all records were read \(all but the first 20000 files of it\): /m,
    );
  }
  assert.match(stderr, /^supervisectl: skipped dev\/shadow: all but the first 20000 files of it$/m);
});

Deno.test("shadow export reads at most 128 MiB, and counts what is over", async () => {
  await using root = await temporary();
  const shadow = join(root.path, "dev", "shadow");
  const { id } = await recordAsk(root.path);
  await Deno.remove(join(shadow, recordName(id, "proposal")));
  // Spaces behind the record are JSON too, and take no room in memory once it is read.
  const padding = " ".repeat(MAX_RECORD_BYTES - 10_000);
  for (let index = 0; index < 131; index++) {
    const ask = await recordAsk(root.path);
    const path = join(shadow, recordName(ask.id, "proposal"));
    await Deno.writeTextFile(path, padding, { append: true });
  }
  const { code, stdout, stderr } = await within(60, "export", ctl(root.path, EXPORT));
  assert.equal(code, 0, stderr);
  const [, counted = ""] = /^# (\d+) asks,/m.exec(stdout) ?? [];
  const [, over = ""] = /skipped dev\/shadow: (\d+) asks, over the limit of 128 MiB/
    .exec(stderr) ?? [];
  assert.match(stdout, /^# ! Not all records were read \(\d+ asks, over the limit of 128 MiB\): /m);
  assert.equal(Number(counted) + Number(over), 131);
  assert.ok(Number(counted) >= 128 && Number(over) >= 1, stderr);
});

const NOTHING: readonly { name: string; prepare(root: string): Promise<unknown>; says: RegExp }[] =
  [
    {
      name: "no trial run was made",
      prepare: (root) => propose(root),
      says:
        /\/dev\/shadow has no record of a trial run of bottle dev; start its sidecar with SUPERVISE_MODE=shadow/,
    },
    {
      name: "nothing was asked in it",
      prepare: (root) => Deno.mkdir(join(root, "dev", "shadow"), { recursive: true }),
      says: /has no record of a trial run of bottle dev/,
    },
    {
      name: "no record can be used",
      prepare: (root) => recordAsk(root, { file: "{" }),
      says: /none of the records in .*\/dev\/shadow can be used; remove that directory/,
    },
    {
      name: "the bottle has no queue",
      prepare: (root) => propose(root, { slug: "other" }),
      says: /no queue for bottle dev under .*, only for other/,
    },
  ];

for (const { name, prepare, says } of NOTHING) {
  Deno.test(`shadow export ends with exit 1 and what to do when ${name}`, async () => {
    await using root = await temporary();
    await prepare(root.path);
    const text = await ctl(root.path, EXPORT);
    assert.equal(text.code, 1);
    assert.equal(text.stdout, "");
    assert.match(text.stderr, says);
    const json = await ctl(root.path, [...EXPORT, "--json"]);
    assert.equal(json.code, 1);
    assert.match(JSON.parse(json.stderr).error.message, says);
  });
}

Deno.test("shadow export as a process prints the file and exits 0", async () => {
  await using root = await temporary();
  await recordAsk(root.path);
  const { code, stdout, stderr } = await supervisectl(root.path, EXPORT);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(stdout, (await ctl(root.path, EXPORT)).stdout);
});
