/** The records of changes: what is begun, done, found again, and refused when it cannot be read. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { Failure } from "../../../src/operator/failure.ts";
import { ChangeJournal } from "../../../src/operator/live/change_journal.ts";
import type { ChangeRecord } from "../../../src/operator/live/record.ts";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { temporary } from "../../support/temporary.ts";
import { idWith } from "../fixture.ts";
import { failure, target } from "./stand.ts";

function record(more: Partial<ChangeRecord> = {}): ChangeRecord {
  return {
    ...{ purpose: "apply", slug: "dev" as Slug, id: idWith("1a2b") as ProposalId },
    ...{ tool: "egress-block", approved: '{\n  "host": "api.example"\n}\n', status: "approved" },
    ...{ operator: "alice", begun_at: "2026-11-21T12:00:00.000Z", file_sha256: "b".repeat(64) },
    ...{ basis: "c".repeat(64), token: crypto.randomUUID(), notes: "n", justification: "j" },
    queue_root: "/queue",
    files: [{ target: target("/live/routes"), before: "a\n", after: "b\n", added: { host: "h" } }],
    ...more,
  };
}

const ODD_TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["a byte order mark", "\ufeffroutes: []\n"],
  ["two byte order marks", "\ufeff\ufeffroutes: []\n"],
  ["CRLF and no end of line", "a\r\nb"],
  ["nothing", ""],
  ["NUL, ESC and bidi", "\0\x1b[31m\u202e\u2066\u00ad\n"],
  ["beyond the basic plane", "\u{1f512}".repeat(100)],
  ["1 MiB", "é".repeat(524_288)],
];

for (const [name, text] of ODD_TEXTS) {
  Deno.test(`a record is read as it was written: ${name}`, async () => {
    await using dir = await temporary();
    const made = record({
      files: [
        {
          target: target("/live/routes", {
            reload: ["kill", "-HUP", text.slice(0, 20).replaceAll("\0", "")],
            check: {
              kind: "route-table",
              proxy: new URL("http://127.0.0.1:9099/"),
              url: new URL("http://_egress.local/allowlist"),
            },
          }),
          before: text,
          after: text + "x",
          added: { was: text },
        },
        {
          target: target("/live/pipelock", {
            ...{ kind: "pipelock", write: "rename", reloadTimeoutMs: 5 },
            check: { kind: "command", command: ["test", "-e", "/x"] },
          }),
          before: "same",
          after: "same",
          added: undefined,
        },
      ],
    });
    const applications = new ChangeJournal(dir.path);
    await applications.begin(made);
    const [open] = await new ChangeJournal(dir.path).unfinished();
    assert.deepEqual(open?.record, made);
  });
}

Deno.test("begin() writes files of the operator alone", async () => {
  await using dir = await temporary();
  const { directory } = await new ChangeJournal(dir.path).begin(record());
  assert.equal((await Deno.lstat(directory)).mode! & 0o777, 0o700);
  for await (const { name } of Deno.readDir(directory)) {
    assert.equal((await Deno.lstat(join(directory, name))).mode! & 0o777, 0o600, name);
  }
});

Deno.test("a change is open from begin() on, and done from finish() on", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record();
  const open = await applications.begin(made);
  assert.equal((await applications.unfinished()).length, 1);
  assert.equal(await applications.done(made.slug, made.id, "apply"), undefined);
  assert.deepEqual(await applications.applied(), []);
  await applications.finish(open);
  assert.deepEqual(await applications.unfinished(), []);
  assert.deepEqual(await applications.done(made.slug, made.id, "apply"), made);
  assert.deepEqual(await applications.applied(), [made]);
  assert.equal(await applications.done(made.slug, made.id, "undo"), undefined);
  assert.equal(await applications.done("other" as Slug, made.id, "apply"), undefined);
});

Deno.test("discard() leaves nothing of a change", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const open = await applications.begin(record());
  await applications.discard(open);
  assert.equal((await applications.unfinished()).length, 0);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(dir.path, "open"))), []);
});

Deno.test("begin() throws a failure where nothing can be written, and leaves nothing", async () => {
  await using dir = await temporary();
  const state = join(dir.path, "state");
  await Deno.writeTextFile(state, "");
  const { message } = await failure("cannot-write", new ChangeJournal(state).begin(record()));
  assert.match(message, /^cannot write the record of the change to \S+: not a directory$/);
});

Deno.test("begin() does not do away with a change of the same proposal that is open", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record();
  await applications.begin(made);
  const other = { ...made.files[0]!, target: target("/elsewhere/routes"), before: "other\n" };
  await failure("busy", applications.begin({ ...made, files: [other] }));
  const texts = (await applications.unfinished()).flatMap(({ record: { files } }) => files);
  assert.ok(texts.some(({ before }) => before === "a\n"), "the old text is still there");
});

Deno.test("a directory without a record is nothing, and begin() may use its name", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record();
  const left = join(dir.path, "open", `dev.${made.id}.apply`);
  await Deno.mkdir(left, { recursive: true });
  await Deno.writeTextFile(join(left, "routes.before"), "half");
  await Deno.writeTextFile(join(dir.path, "open", "a file"), "");
  assert.deepEqual(await applications.unfinished(), []);
  await applications.begin(made);
  assert.equal((await applications.unfinished())[0]?.record.files[0]?.before, "a\n");
});

Deno.test("no state directory at all is nothing", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(join(dir.path, "state"));
  assert.deepEqual(await applications.unfinished(), []);
  assert.deepEqual(await applications.applied(), []);
  assert.equal(
    await applications.done("dev" as Slug, idWith("1") as ProposalId, "apply"),
    undefined,
  );
});

const UNREADABLE: readonly (readonly [string, (directory: string) => Promise<unknown>, RegExp])[] =
  [
    ["no JSON", (dir) => Deno.writeTextFile(join(dir, "record.json"), "{"), /JSON/],
    ["another form", (dir) => Deno.writeTextFile(join(dir, "record.json"), "{}"), /purpose/],
    ["a text is gone", (dir) => Deno.remove(join(dir, "routes.before")), /routes\.before is not/],
    [
      "a text that is not UTF-8",
      (dir) => Deno.writeFile(join(dir, "routes.after"), new Uint8Array([0xff])),
      /(utf|encod|invalid)/i,
    ],
  ];

for (const [name, spoil, why] of UNREADABLE) {
  Deno.test(`a record that cannot be read is told, beside those that can: ${name}`, async () => {
    await using dir = await temporary();
    const applications = new ChangeJournal(dir.path);
    const { directory } = await applications.begin(record());
    const other = record({ slug: "other" as Slug });
    await applications.begin(other);
    await spoil(directory);
    const unreadable: Failure[] = [];
    const found = await applications.unfinished({ unreadable });
    assert.deepEqual(found.map(({ record }) => record), [other]);
    assert.equal(unreadable.length, 1);
    const [{ code, message }] = unreadable as [Failure];
    assert.equal(code, "cannot-read");
    assert.ok(message.includes(directory), message);
    assert.match(message, /^the record \S+ in \S+ cannot be read: /);
    assert.match(message, why);
    assert.match(message, /; look at the live files it names, then move it away$/);
  });

  Deno.test(`a done record that cannot be read is a clear failure: ${name}`, async () => {
    await using dir = await temporary();
    const applications = new ChangeJournal(dir.path);
    const made = record();
    await finished(applications, made);
    await spoil(join(dir.path, "done", `dev.${made.id}.apply`));
    const { message } = await failure("cannot-read", applications.applied());
    assert.match(message, why);
  });
}

Deno.test("take() is for one: undefined while an open handle holds it, and when it is over", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record();
  const [one, two] = [applications, new ChangeJournal(dir.path)];
  const open = await one.begin(made);
  const [seen] = await two.unfinished();
  assert.deepEqual(seen?.record, made);
  assert.equal(await seen?.take(), undefined, "it is begun");
  open[Symbol.dispose]();
  const taken = await seen?.take();
  assert.deepEqual([taken?.record, taken?.directory], [made, open.directory]);
  assert.equal(await (await one.unfinished())[0]?.take(), undefined, "it is taken");
  await two.discard(taken!);
  taken![Symbol.dispose]();
  assert.equal(await seen?.take(), undefined, "it is over");
});

Deno.test("begin() of a change that is open is refused as busy, whether or not it is held", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record();
  const open = await applications.begin(made);
  const held = await failure("busy", applications.begin(made));
  assert.match(held.message, /is under way or was interrupted, see /);
  open[Symbol.dispose]();
  await failure("busy", applications.begin(made));
  assert.equal((await applications.unfinished()).length, 1);
});

Deno.test("sweep() removes what was begun to be written, and neither a record nor what is held", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const left = join(dir.path, "open", `dev.${idWith("2")}.apply`);
  await Deno.mkdir(left, { recursive: true });
  await Deno.writeTextFile(join(left, "routes.before"), "half");
  const crashed = record();
  (await applications.begin(crashed))[Symbol.dispose]();
  const beingWritten = join(dir.path, "open", `dev.${idWith("3")}.apply`);
  await Deno.mkdir(beingWritten);
  const options = { read: true, write: true, create: true };
  using lock = await Deno.open(join(beingWritten, "lock"), options);
  await lock.lock(true);
  await applications.unfinished({ sweeps: true });
  const names = (await Array.fromAsync(Deno.readDir(join(dir.path, "open")))).map(({ name }) =>
    name
  );
  assert.deepEqual(names.sort(), [`dev.${crashed.id}.apply`, basename(beingWritten)].sort());
});

Deno.test("finish() of an answer leaves nothing: there is nothing to take back", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record({ purpose: "answer", files: [], status: "rejected" });
  await finished(applications, made);
  assert.deepEqual(await applications.unfinished(), []);
  assert.equal(await applications.done(made.slug, made.id, "answer"), undefined);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(join(dir.path, "done"))), []);
});

async function finished(applications: ChangeJournal, made: ChangeRecord): Promise<void> {
  await applications.finish(await applications.begin(made));
}

/** Sets when the record was written, since two may be written in one tick. */
async function age(directory: string, { slug, id, purpose }: ChangeRecord, seconds: number) {
  const path = join(directory, "done", `${slug}.${id}.${purpose}`, "record.json");
  await Deno.utime(path, 1_800_000_000 - seconds, 1_800_000_000 - seconds);
}

Deno.test("applied() is newest first, of a prefix only, without what was undone", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const ids = ["1aaa", "1bbb", "2ccc", "1ddd"].map((start) => idWith(start) as ProposalId);
  const made = ids.map((id, at) =>
    record({ id, slug: ["dev", "web.1", "web-1.undo", "x.apply"][at] as Slug })
  );
  for (const [at, one] of made.entries()) {
    await finished(applications, one);
    await age(dir.path, one, [30, 10, 20, 40][at]!);
  }
  const found = async (prefix?: string) =>
    (await applications.applied(undefined, prefix)).map(({ id }) => id);
  assert.deepEqual(await found(), [ids[1], ids[2], ids[0], ids[3]]);
  assert.deepEqual(await found("1"), [ids[1], ids[0], ids[3]]);
  assert.deepEqual(await found("2c"), [ids[2]]);
  assert.deepEqual(await found("f00"), []);
  await finished(applications, { ...made[1]!, purpose: "undo" });
  assert.deepEqual(await found("1"), [ids[0], ids[3]]);
});

Deno.test("applied() leaves out what changed nothing", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const file = { target: target("/live/routes"), before: "a", after: "a", added: undefined };
  const made = record({ files: [file] });
  await finished(applications, made);
  assert.deepEqual(await applications.applied(), []);
  assert.deepEqual(await applications.done(made.slug, made.id, "apply"), made);
});

Deno.test("applied() finds the one of a prefix beside 300 newer ones", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record({ id: idWith("f00d") as ProposalId });
  await finished(applications, made);
  for (let count = 0; count < 300; count++) {
    await Deno.mkdir(join(dir.path, "done", `dev.${idWith("0")}.apply`));
  }
  assert.deepEqual(await applications.applied(undefined, "f00d"), [made]);
});

Deno.test("applied() finds those of one bottle beside 300 newer ones of another", async () => {
  await using dir = await temporary();
  const applications = new ChangeJournal(dir.path);
  const made = record({ slug: "dev" as Slug });
  await finished(applications, made);
  for (let count = 0; count < 300; count++) {
    const other = join(dir.path, "done", `dev.x.${idWith("0")}.apply`);
    await Deno.mkdir(other);
    await Deno.writeTextFile(join(other, "record.json"), "{");
  }
  assert.deepEqual(await applications.applied("dev" as Slug), [made]);
});
