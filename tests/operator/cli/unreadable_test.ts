/** Files that are no records, and directories that cannot be used: named, passed over, survived. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { Desk } from "../../../src/queue/desk.ts";
import { MAX_RECORD_BYTES } from "../../../src/queue/layout.ts";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import { finish, makeFifo } from "../../support/process.ts";
import type { ControlResult } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { ctl, propose, readRecord, recordPath, writeRecord } from "../fixture.ts";

interface BadRecord {
  readonly name: string;
  readonly why: RegExp;
  /** Makes the bad file at `path`; `good` is the text of a proposal of that id. */
  make(path: string, good: string): Promise<unknown>;
}

const changed = (good: string, change: Record<string, unknown>) =>
  JSON.stringify({ ...JSON.parse(good), ...change });

const BAD_RECORDS: readonly BadRecord[] = [
  {
    name: "half-written JSON",
    why: /^not JSON \(half-written\?\)$/,
    make: (path, good) => Deno.writeTextFile(path, good.slice(0, good.length / 2)),
  },
  { name: "empty file", why: /^not JSON/, make: (path) => Deno.writeTextFile(path, "") },
  {
    name: "bytes that are not UTF-8",
    why: /^not UTF-8$/,
    make: (path) => Deno.writeFile(path, new Uint8Array([0x22, 0xff, 0x22])),
  },
  {
    name: "symbolic link to a good record",
    why: /^not a regular file$/,
    async make(path, good) {
      await Deno.writeTextFile(path + ".target", good);
      await Deno.symlink(path + ".target", path);
    },
  },
  { name: "FIFO", why: /^not a regular file$/, make: (path) => makeFifo(path) },
  {
    name: "directory with a record's name",
    why: /^not a regular file$/,
    make: (path) => Deno.mkdir(path),
  },
  {
    name: "file of more than 1 MiB",
    why: /^1048577 bytes, over the limit of 1048576$/,
    make: (path) => Deno.writeTextFile(path, " ".repeat(MAX_RECORD_BYTES + 1)),
  },
  {
    name: "changed file under the old hash",
    why: /^current_file_hash: does not match proposed_file/,
    make: (path, good) => Deno.writeTextFile(path, changed(good, { proposed_file: "{}" })),
  },
  {
    name: "Dockerfile with a lone surrogate, under the hash of what would replace it",
    why: /^proposed_file: must be well-formed Unicode .*line 2 has a lone surrogate \(\\ud800\)$/,
    make: (path, good) =>
      Deno.writeTextFile(
        path,
        changed(good, {
          tool: "capability-block",
          proposed_file: "FROM a\n\ud800",
          current_file_hash: sha256Hex("FROM a\n\ufffd"),
        }),
      ),
  },
  {
    name: "justification with NUL",
    why: /^justification: must be well-formed Unicode without NUL, but line 1 has NUL$/,
    make: (path, good) => Deno.writeTextFile(path, changed(good, { justification: "a\0" })),
  },
  {
    name: "another bottle's proposal",
    why: /^says it is of bottle prod$/,
    make: (path, good) => Deno.writeTextFile(path, changed(good, { bottle_slug: "prod" })),
  },
  {
    name: "another proposal's id",
    why: /^holds another proposal's id$/,
    make: (path, good) => Deno.writeTextFile(path, changed(good, { id: crypto.randomUUID() })),
  },
  {
    name: "time that is none",
    why: /^arrival_timestamp: not a time$/,
    make: (path, good) => Deno.writeTextFile(path, changed(good, { arrival_timestamp: "soon" })),
  },
];

for (const { name, why, make } of BAD_RECORDS) {
  Deno.test(`a bad record is skipped with its reason and the rest works: ${name}`, async () => {
    await using root = await temporary();
    const good = await propose(root.path);
    const bad = await propose(root.path);
    const path = recordPath(root.path, bad, "proposal");
    const text = await Deno.readTextFile(path);
    await Deno.remove(path);
    await make(path, text);

    const list = await ctl(root.path, ["list"]);
    assert.equal(list.code, 0);
    assert.ok(list.stdout.includes(good.id.slice(0, 8)));
    const prefix = `supervisectl: skipped dev/${bad.id}.proposal.json: `;
    assert.ok(list.stderr.startsWith(prefix), list.stderr);
    assert.match(list.stderr.slice(prefix.length).trimEnd(), why);

    const show = await ctl(root.path, ["show", bad.id]);
    assert.equal(show.code, 1);
    assert.ok(show.stderr.includes("cannot be read: "), show.stderr);
    assert.equal((await ctl(root.path, ["approve", bad.id])).code, 1);
    assert.equal((await ctl(root.path, ["approve", good.id])).code, 0);
  });
}

Deno.test("list names ten skipped files and counts the rest", async () => {
  await using root = await temporary();
  await propose(root.path);
  for (let number = 0; number < 13; number++) {
    await Deno.writeTextFile(join(root.path, "dev", `${crypto.randomUUID()}.proposal.json`), "");
  }
  const { stderr } = await ctl(root.path, ["list"]);
  const lines = stderr.trimEnd().split("\n");
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-1), "supervisectl: skipped 3 more; --json names them all");
});

Deno.test("files that are no records are passed over in silence", async () => {
  await using root = await temporary();
  await propose(root.path);
  for (const name of ["README", ".x.tmp", "waiting.json", "x.proposal.json"]) {
    await Deno.writeTextFile(join(root.path, "dev", name), "{");
  }
  await Deno.writeTextFile(join(root.path, "file"), "");
  await Deno.symlink(join(root.path, "dev"), join(root.path, "link"));
  const { stdout, stderr } = await ctl(root.path, ["list"]);
  assert.equal(stderr, "");
  assert.equal(stdout.trimEnd().split("\n").length, 2);
});

Deno.test("approve where the claim's name is taken by a directory is refused, exit 1", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await Deno.mkdir(recordPath(root.path, proposal, "claim"));
  const result = await ctl(root.path, ["approve", proposal.id]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /claimed by somebody: the claim's file cannot be read/);
  const over = await ctl(root.path, ["approve", proposal.id, "--take-over"]);
  assert.equal(over.code, 1);
  assert.match(over.stderr, /^supervisectl: cannot claim \w{8}: /);
});

Deno.test("approve that cannot write the decision gives the claim back, exit 1", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await Deno.mkdir(recordPath(root.path, proposal, "response"));
  const result = await ctl(root.path, ["approve", proposal.id, "--json"]);
  assert.equal(result.code, 1);
  const { error } = JSON.parse(result.stderr);
  assert.equal(error.code, "cannot-write");
  assert.match(error.message, /^cannot decide \w{8}: /);
  assert.equal(await readRecord(root.path, proposal, "claim"), undefined);
});

Deno.test("approve of a proposal whose queue went away in between says so, exit 1", async () => {
  await using root = await temporary();
  const proposal = await propose(root.path);
  await writeRecord(root.path, proposal, "withdrawn");
  await Deno.remove(recordPath(root.path, proposal, "withdrawn"));
  await Deno.remove(recordPath(root.path, proposal, "proposal"));
  const result = await ctl(root.path, ["approve", proposal.id]);
  assert.equal(result.code, 1);
  assert.match(result.stderr, /no proposal under/);
});

Deno.test("a bottle that swaps processed/ while it is read is named, and the others work", async () => {
  await using root = await temporary();
  const good = await propose(root.path);
  await propose(root.path, { slug: "bad" });
  const readDir = Deno.readDir;
  using _restored = { [Symbol.dispose]: () => void (Deno.readDir = readDir) };
  Deno.readDir = (path) =>
    readDir(path === join(root.path, "bad", "processed") ? join(root.path, "file") : path);
  await Deno.writeTextFile(join(root.path, "file"), "");
  const list = await ctl(root.path, ["list", "--all"]);
  assert.equal(list.code, 0, list.stderr);
  assert.ok(list.stdout.includes(good.id.slice(0, 8)));
  assert.equal(list.stderr, "supervisectl: skipped bad/processed: the directory cannot be read\n");
  for (const args of [["show", good.id.slice(0, 8)], ["approve", good.id.slice(0, 8)]]) {
    const { code, stderr } = await ctl(root.path, args);
    assert.equal(code, 0, stderr);
  }
});

Deno.test("show of an id that is not there reads no proposal, exit 1", async () => {
  await using root = await temporary();
  await propose(root.path);
  const { list } = Desk.prototype;
  using _restored = { [Symbol.dispose]: () => void (Desk.prototype.list = list) };
  Desk.prototype.list = () => Promise.reject(new Error("everything was read"));
  const { code, stderr } = await ctl(root.path, ["show", "zzz"]);
  assert.equal(code, 1);
  assert.match(stderr, /^supervisectl: no proposal under .* starts with "zzz"\n/);
});

/** Root may read and write everything, unless it runs without the capabilities for that. */
const UNPRIVILEGED = Deno.uid() === 0
  ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
  : ["env"];

const cannotDropPrivilege = !await finish(UNPRIVILEGED[0] ?? "", [
  ...UNPRIVILEGED.slice(1),
  "sh",
  "-c",
  'd=$(mktemp -d) && chmod 0 "$d"; ! ls "$d"; s=$?; rmdir "$d"; exit $s',
]).then(({ code }) => code === 0, () => false);

async function unprivileged(root: string, args: readonly string[]): Promise<ControlResult> {
  const [command = "", ...options] = UNPRIVILEGED;
  const program = ["run", "-q", "--no-prompt", "--cached-only", "-P=supervisectl"];
  return await finish(
    command,
    [...options, Deno.execPath(), ...program, "src/operator/main.ts", ...args],
    {
      cwd: fromFileUrl(new URL("../../../", import.meta.url)),
      env: {
        SUPERVISE_QUEUE_ROOT: root,
        SUPERVISE_OPERATOR: "alice",
        SUPERVISE_STATE_DIR: `${root}/.state`,
        NO_COLOR: "1",
      },
    },
  );
}

Deno.test({
  name: "approve in a queue that may only be read says so, exit 1",
  ignore: cannotDropPrivilege,
  async fn() {
    await using root = await temporary();
    const proposal = await propose(root.path);
    const directory = join(root.path, "dev");
    await Deno.chmod(directory, 0o500);
    const result = await unprivileged(root.path, ["approve", proposal.id]);
    await Deno.chmod(directory, 0o700);
    assert.equal(result.code, 1);
    assert.match(
      result.stderr,
      /^supervisectl: cannot claim \w{8}: permission denied; \w{8} stays pending\nTry: .* doctor /,
    );
  },
});

Deno.test({
  name: "a bottle whose queue may not be read is named, and the others work",
  ignore: cannotDropPrivilege,
  async fn() {
    await using root = await temporary();
    const { id } = await propose(root.path);
    await propose(root.path, { slug: "secret" });
    const directory = join(root.path, "secret");
    await Deno.chmod(directory, 0);
    const list = await unprivileged(root.path, ["list"]);
    const approve = await unprivileged(root.path, ["approve", id]);
    await Deno.chmod(directory, 0o700);
    assert.equal(list.code, 0);
    assert.ok(list.stdout.includes(id.slice(0, 8)));
    assert.equal(
      list.stderr,
      "supervisectl: skipped secret: the queue directory may not be read\n",
    );
    assert.equal(approve.code, 0, approve.stderr);
  },
});

Deno.test({
  name: "a queue root that may not be read says so, exit 1",
  ignore: cannotDropPrivilege,
  async fn() {
    await using root = await temporary();
    const queue = join(root.path, "queue");
    await Deno.mkdir(queue, { mode: 0 });
    const result = await unprivileged(queue, ["list"]);
    assert.equal(result.code, 1);
    assert.equal(
      result.stderr,
      `supervisectl: cannot read the queues under ${queue}: permission denied\n`,
    );
  },
});

Deno.test("an error that nobody foresaw is called internal and told in full, exit 1", async () => {
  const readEnv = () => {
    throw new Error("boom\x1b");
  };
  const text = await ctl("/", ["list"], { readEnv });
  assert.equal(text.code, 1);
  assert.equal(text.stdout, "");
  assert.match(text.stderr, /^supervisectl: internal error: Error: boom<U\+001B>\n +at /);
  const json = await ctl("/", ["list", "--json"], { readEnv });
  assert.equal(json.code, 1);
  assert.deepEqual(JSON.parse(json.stderr), {
    error: { code: "internal", message: "internal error: Error: boom\x1b", try: null },
  });
});
