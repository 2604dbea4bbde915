/** The operator's two files, the decision and the claim: round trips, other writers' forms, refusals. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Claim,
  type Decision,
  parseClaim,
  parseDecision,
  readClaim,
  readDecision,
  type Status,
  STATUSES,
} from "../../src/queue/decision.ts";
import { type ProposalId, recordName } from "../../src/queue/layout.ts";
import { formatRecord } from "../../src/queue/record.ts";
import { temporary } from "../support/temporary.ts";

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;
const OTHER_ID = "9d0f3f0c-6f0e-4a53-9d0f-0f2f3c1b7a11";

function decision(status: Status, notes = "", finalFile: string | null = null): Decision {
  return { proposal_id: ID, status, notes, final_file: finalFile };
}

for (const status of STATUSES) {
  Deno.test(`parseDecision() returns what formatRecord() was given: ${status}`, () => {
    const given = {
      ...decision(status, 'line\n"two" \u2028é🙂', status === "modified" ? "FROM debian\n" : null),
      decided_by: "alice",
      decided_at: "2026-11-21T12:00:00.000Z",
    };
    const text = formatRecord(given);
    assert.ok(text.endsWith("}\n"));
    assert.deepEqual(parseDecision(JSON.parse(text), ID), given);
  });
}

const TOLERATED: readonly (readonly [name: string, content: object, expected: Decision])[] = [
  ["no notes", { status: "approved", final_file: null }, decision("approved")],
  ["notes null", { status: "approved", notes: null, final_file: null }, decision("approved")],
  ["no final_file", { status: "rejected", notes: "no" }, decision("rejected", "no")],
  ["modified without final_file", { status: "modified" }, decision("modified")],
  ["an empty final_file", { status: "modified", final_file: "" }, decision("modified", "", "")],
  ["a status alone", { status: "approved" }, decision("approved")],
  ["unknown keys", { status: "approved", applied: true, by: { uid: 1 } }, decision("approved")],
];

for (const [name, content, expected] of TOLERATED) {
  Deno.test(`parseDecision() tolerates ${name}`, () => {
    const { decided_by, decided_at, ...parsed } = parseDecision(
      { proposal_id: ID, ...content },
      ID,
    );
    assert.deepEqual(parsed, expected);
    assert.deepEqual([decided_by, decided_at], [undefined, undefined]);
  });
}

Deno.test("parseDecision() passes over a decided_by and a decided_at of another form", () => {
  const content = { proposal_id: ID, status: "approved", decided_by: 1000, decided_at: null };
  const parsed = parseDecision(content, ID);
  assert.deepEqual([parsed.decided_by, parsed.decided_at], [undefined, undefined]);
});

const WRONG_DECISIONS: readonly (readonly [name: string, content: unknown, why: RegExp])[] = [
  ["no proposal_id", { status: "approved" }, /proposal_id/],
  ["another proposal_id", { proposal_id: OTHER_ID, status: "approved" }, /proposal_id/],
  ["its id in upper case", { proposal_id: ID.toUpperCase(), status: "approved" }, /proposal_id/],
  ["no status", { proposal_id: ID }, /status/],
  ["status pending", { proposal_id: ID, status: "pending" }, /status/],
  ["a status in upper case", { proposal_id: ID, status: "Approved" }, /status/],
  ["a status of Object's", { proposal_id: ID, status: "constructor" }, /status/],
  ["notes of another form", { proposal_id: ID, status: "approved", notes: ["x"] }, /notes/],
  ["final_file an object", { proposal_id: ID, status: "modified", final_file: {} }, /final_file/],
  ["a list", [], /object/],
  ["null", null, /object/],
  ["text", "approved", /object/],
];

for (const [name, content, why] of WRONG_DECISIONS) {
  Deno.test(`parseDecision() refuses ${name}`, () => {
    assert.throws(() => parseDecision(content, ID), { message: why });
  });
}

const CLAIM: Claim = {
  proposal_id: ID,
  claimed_by: "alice@host",
  claimed_at: "2026-11-21T12:00:00.000Z",
  request: "6f1e7c0a-9b5d-4c1f-8a34-52f0d3c5e7b9",
};

Deno.test("parseClaim() returns what formatRecord() was given, without unknown keys", () => {
  const content = { ...JSON.parse(formatRecord(CLAIM)), pid: 12 };
  assert.deepEqual(parseClaim(content, ID), CLAIM);
});

const WRONG_CLAIMS: readonly (readonly [name: string, content: unknown, why: RegExp])[] = [
  ["another proposal_id", { ...CLAIM, proposal_id: OTHER_ID }, /proposal_id/],
  ["nobody", { ...CLAIM, claimed_by: "" }, /claimed_by/],
  ["no claimed_by", { ...CLAIM, claimed_by: undefined }, /claimed_by/],
  ["no claimed_at", { ...CLAIM, claimed_at: undefined }, /claimed_at/],
  ["a list", [CLAIM], /object/],
];

for (const [name, content, why] of WRONG_CLAIMS) {
  Deno.test(`parseClaim() refuses ${name}`, () => {
    assert.throws(() => parseClaim(content, ID), { message: why });
  });
}

Deno.test("readDecision() and readClaim() read the files named after the id", async () => {
  await using directory = await temporary();
  assert.deepEqual(await readDecision(directory.path, ID), { kind: "missing" });
  assert.deepEqual(await readClaim(directory.path, ID), { kind: "missing" });

  const given = { ...decision("approved"), decided_by: "alice", decided_at: CLAIM.claimed_at };
  await Deno.writeTextFile(join(directory.path, recordName(ID, "response")), formatRecord(given));
  await Deno.writeTextFile(join(directory.path, recordName(ID, "claim")), formatRecord(CLAIM));
  assert.deepEqual(await readDecision(directory.path, ID), { kind: "read", value: given });
  assert.deepEqual(await readClaim(directory.path, ID), { kind: "read", value: CLAIM });
});

Deno.test("readDecision() says what is wrong with a file that answers another proposal", async () => {
  await using directory = await temporary();
  const file = join(directory.path, recordName(ID, "response"));
  await Deno.writeTextFile(file, JSON.stringify({ proposal_id: OTHER_ID, status: "approved" }));
  assert.deepEqual(await readDecision(directory.path, ID), {
    kind: "unreadable",
    why: "proposal_id: is not the one in the file's name",
  });
});

Deno.test("parseDecision() keeps a basis that is a SHA-256 and passes over any other", () => {
  const parse = (basis: unknown) =>
    parseDecision({ proposal_id: ID, status: "approved", basis }, ID).basis;
  assert.equal(parse("ab".repeat(32)), "ab".repeat(32));
  for (const basis of [undefined, null, 1, "ab", "AB".repeat(32)]) {
    assert.equal(parse(basis), undefined);
  }
});

Deno.test("names of more than 200 characters and times of more than 40 are none", () => {
  const name = "a".repeat(201);
  const content = { ...decision("approved"), decided_by: name, decided_at: name };
  const { decided_by, decided_at } = parseDecision(content, ID);
  assert.deepEqual([decided_by, decided_at], [undefined, undefined]);
  assert.throws(() => parseClaim({ ...CLAIM, claimed_by: name }, ID), /claimed_by/);
  assert.equal(parseClaim({ ...CLAIM, claimed_at: name }, ID).claimed_at, "");
  assert.equal(parseClaim({ ...CLAIM, request: name }, ID).request, undefined);
});
