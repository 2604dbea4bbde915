/** `approve` and `reject` with several IDs: what is shown, what is left out, and what came of each. */

import assert from "node:assert/strict";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { json, parsed, propose, readRecord } from "../fixture.ts";
import { type Stand, stand } from "../live/stand.ts";

async function askFor(
  place: Stand,
  host: string,
  more: Record<string, unknown> = {},
): Promise<Proposal> {
  const file = json({ host, path_allowlist: ["/a/", "/b/"], ...more });
  return await propose(place.root, { file });
}

async function statusOf(place: Stand, proposal: Proposal): Promise<unknown> {
  return (await readRecord(place.root, proposal, "response"))?.["status"];
}

const AUTH = { auth: { scheme: "Bearer", token_ref: "GH_TOKEN" } };

Deno.test("approve of several shows all that they allow, asks once, and applies each", async () => {
  await using place = await stand();
  const one = await askFor(place, "one.example.com");
  const two = await askFor(place, "two.example.com");
  const ids = [one.id.slice(0, 8), two.id];
  const { code, stdout } = await place.ctl(["approve", ...ids], { columns: 80, answers: ["y"] });
  assert.equal(code, 0, stdout);
  for (const host of ["one", "two"]) {
    assert.match(
      stdout,
      new RegExp(`Would allow: ${host}\\.example\\.com/a/\n {13}${host}\\.example\\.com/b/\n`),
    );
  }
  assert.match(stdout, /The agent's reason:\n {2}\| \S/);
  assert.equal(stdout.match(/\[y\/N\]/g)?.length, 1);
  assert.match(stdout, /Approve 2 asks\?/);
  assert.match(
    stdout,
    /2 of 2 answered\.\n\w{8} of bottle dev: approved, one\.example\.com, 2 paths/,
  );
  assert.deepEqual([await statusOf(place, one), await statusOf(place, two)], [
    "approved",
    "approved",
  ]);
  const routes = await place.read("routes");
  assert.match(routes, /one\.example\.com[^]*two\.example\.com/);
});

Deno.test("approve of several answers nothing without a yes", async () => {
  await using place = await stand();
  const asks = [await askFor(place, "one.example.com"), await askFor(place, "two.example.com")];
  const ids = asks.map(({ id }) => id);
  const { code } = await place.ctl(["approve", ...ids], { columns: 80, answers: ["n"] });
  assert.equal(code, 1);
  for (const ask of asks) assert.equal(await statusOf(place, ask), undefined);
});

Deno.test("approve of several leaves out one with a warning and a Dockerfile, and exits with 1", async () => {
  await using place = await stand();
  const one = await askFor(place, "one.example.com");
  const secret = await askFor(place, "two.example.com", AUTH);
  const file = "FROM debian:13\nRUN apt-get install -y git\nRUN apt-get install -y jq\n";
  const built = await propose(place.root, { tool: "capability-block", file });
  const args = ["approve", one.id, secret.id, built.id];
  const { code, stdout, stderr } = await place.ctl(args);
  assert.equal(code, 1);
  assert.match(stdout, /^1 of 3 answered\./);
  assert.match(stdout, /it has a warning, SECRET: approve it by itself/);
  assert.match(stdout, /only its diff says what it changes: approve it by itself/);
  assert.match(stderr, /2 of 3 could not be done/);
  assert.deepEqual(
    [await statusOf(place, one), await statusOf(place, secret), await statusOf(place, built)],
    ["approved", undefined, undefined],
  );
});

for (const answers of [undefined, ["y", "n"], ["y", "y"]]) {
  const isAnswered = answers?.[1] === "y";
  const said = answers ? `after ${answers.join(" and ")}` : "without a terminal";
  Deno.test(`approve of several names the asks that it made moot, and answers them: ${said}`, async () => {
    await using place = await stand();
    const asks = [await askFor(place, "one.example.com"), await askFor(place, "two.example.com")];
    const moot = [await askFor(place, "one.example.com"), await askFor(place, "two.example.com")];
    const args = ["approve", ...asks.map(({ id }) => id)];
    const { code, stdout } = await place.ctl(
      args,
      answers && { columns: 80, answers: [...answers] },
    );
    assert.equal(code, 0, stdout);
    const text = stdout.replaceAll(/\n */g, " ");
    for (const [at, { id }] of moot.entries()) {
      const [by, short] = [asks[at]?.id.slice(0, 8), id.slice(0, 8)];
      assert.match(text, new RegExp(`1 more open ask is covered by ${by}: ${short}`));
      const line = new RegExp(
        `supervisectl approve ${short} --basis \\w{32} --notes 'covered by ${by}`,
      );
      assert.equal(line.test(text), answers === undefined);
      const answer = await readRecord(place.root, moot[at]!, "response");
      const notes = isAnswered ? `covered by ${by}, which was approved` : undefined;
      assert.equal(answer?.["notes"], notes);
    }
  });
}

Deno.test("reject of several takes one reason for all, warnings or not", async () => {
  await using place = await stand();
  const asks = [
    await askFor(place, "one.example.com"),
    await askFor(place, "two.example.com", AUTH),
  ];
  const ids = asks.map(({ id }) => id);
  const result = await place.ctl(["reject", ...ids, "--notes", "use the mirror", "--json"]);
  assert.equal(result.code, 0, result.stderr);
  const answers = parsed(result)["answers"];
  assert.ok(Array.isArray(answers));
  assert.deepEqual(answers.map(({ proposal_id, status }) => [proposal_id, status]), [
    [ids[0], "rejected"],
    [ids[1], "rejected"],
  ]);
  for (const ask of asks) {
    assert.equal((await readRecord(place.root, ask, "response"))?.["notes"], "use the mirror");
  }
});

const WRONG: readonly (readonly [name: string, words: readonly string[], code: number, RegExp])[] =
  [
    ["an ID that is not there", ["ffff0000"], 1, /no proposal/],
    ["--basis", ["--basis", "a".repeat(32), "ffff0000"], 2, /--basis goes with one ID, got 2/],
    ["words that are no IDs", ["for", "this", "week"], 2, /found also "for this week"/],
  ];

for (const [name, words, code, message] of WRONG) {
  Deno.test(`approve of several answers nothing with ${name}`, async () => {
    await using place = await stand();
    const one = await askFor(place, "one.example.com");
    const result = await place.ctl(["approve", one.id, ...words]);
    assert.equal(result.code, code);
    assert.match(result.stderr.replaceAll(/\n */g, " "), message);
    assert.equal(await statusOf(place, one), undefined);
  });
}

Deno.test("approve of several says of each why it was not answered, and goes on", async () => {
  await using place = await stand();
  const one = await askFor(place, "one.example.com");
  const two = await askFor(place, "two.example.com");
  assert.equal((await place.ctl(["reject", one.id, "--notes", "no"])).code, 0);
  const { code, stdout } = await place.ctl(["approve", one.id, two.id]);
  assert.equal(code, 1);
  assert.match(stdout, /1 of 2 answered\.\n\w{8} of bottle dev: it is decided already/);
  assert.equal(await statusOf(place, two), "approved");
});
