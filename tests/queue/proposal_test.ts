/** The proposal's file: what is written can be read, and what was altered or is too large cannot. */

import assert from "node:assert/strict";
import { z } from "zod";
import { MAX_RECORD_BYTES, type ProposalId, type Slug } from "../../src/queue/layout.ts";
import { formatProposal, parseProposal, type Proposal } from "../../src/queue/proposal.ts";
import { sha256Hex } from "../../src/queue/sha256.ts";

function proposal(file: string, justification = "to read the issues"): Proposal {
  return {
    id: "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId,
    bottle_slug: "dev" as Slug,
    tool: "egress-block",
    proposed_file: file,
    justification,
    arrival_timestamp: "2026-11-21T12:00:00.000Z",
    current_file_hash: sha256Hex(file),
  };
}

const ROUTE = '{\n  "host": "api.github.com"\n}\n';

Deno.test("sha256Hex() is the SHA-256 of the UTF-8 form", () => {
  assert.equal(
    sha256Hex(""),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assert.equal(
    sha256Hex("é"),
    "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c",
  );
});

Deno.test("sha256Hex() hashes no text whose characters it would have to replace", () => {
  for (const text of ["\ud800", "a\udfff", "\udc00\ud800"]) {
    assert.throws(() => sha256Hex(text), /no UTF-8 form/);
  }
});

Deno.test("formatProposal() writes two-space JSON with a final newline and the contract's keys", () => {
  assert.equal(
    formatProposal(proposal("x")),
    `{
  "id": "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11",
  "bottle_slug": "dev",
  "tool": "egress-block",
  "proposed_file": "x",
  "justification": "to read the issues",
  "arrival_timestamp": "2026-11-21T12:00:00.000Z",
  "current_file_hash": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
}
`,
  );
});

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["a route", ROUTE],
  ["empty text", ""],
  ["quotes, backslashes and control characters", '"\\\b\f\n\r\t\x1b\x7f'],
  ["line and paragraph separators", "\u2028\u2029"],
  ["letters of two, three and four bytes", "é€🙂"],
  ["a byte order mark", "\ufeffFROM debian"],
  ["text that looks like a key", '","id":"x"'],
];

for (const [name, text] of TEXTS) {
  Deno.test(`parseProposal() returns what formatProposal() was given: ${name}`, () => {
    const given = proposal(text, text);
    assert.deepEqual(parseProposal(JSON.parse(formatProposal(given)!)), given);
  });
}

Deno.test("parseProposal() drops unknown keys", () => {
  const given = proposal(ROUTE);
  assert.deepEqual(parseProposal({ ...given, version: 2, nested: { id: "x" } }), given);
});

const TIMES = ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00.123456+00:00"];

for (const time of TIMES) {
  Deno.test(`parseProposal() takes the arrival_timestamp ${time}`, () => {
    const given = { ...proposal(ROUTE), arrival_timestamp: time };
    assert.equal(parseProposal(given).arrival_timestamp, time);
  });
}

const WRONG: readonly (readonly [field: keyof Proposal, name: string, value: unknown])[] = [
  ["id", "missing", undefined],
  ["id", "null", null],
  ["id", "a number", 7],
  ["id", "a path", "../../etc/passwd"],
  ["id", "in upper case", "3F0C9A52-6F0E-4A53-9D0F-0F2F3C1B7A11"],
  ["id", "of version 1", "3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11"],
  ["bottle_slug", "missing", undefined],
  ["bottle_slug", "a way out", ".."],
  ["bottle_slug", "a path", "a/b"],
  ["bottle_slug", "empty", ""],
  ["tool", "missing", undefined],
  ["tool", "empty", ""],
  ["tool", "in upper case", "Egress-Block"],
  ["tool", "with an escape sequence", "\x1b[31m"],
  ["tool", "of 65 characters", "a".repeat(65)],
  ["proposed_file", "missing", undefined],
  ["proposed_file", "an object", { host: "a.example" }],
  ["proposed_file", "with NUL", "FROM a\0"],
  ["proposed_file", "with a lone surrogate", "FROM a\ud800"],
  ["justification", "missing", undefined],
  ["justification", "with NUL", "\0"],
  ["justification", "with a lone surrogate", "a\udfffb"],
  ["justification", "a list", ["because"]],
  ["arrival_timestamp", "missing", undefined],
  ["arrival_timestamp", "a number", 1_795_000_000],
  ["arrival_timestamp", "no time", "yesterday"],
  ["arrival_timestamp", "empty", ""],
  ["current_file_hash", "missing", undefined],
  ["current_file_hash", "empty", ""],
  ["current_file_hash", "of another text", sha256Hex("other")],
  ["current_file_hash", "in upper case", sha256Hex(ROUTE).toUpperCase()],
];

for (const [field, name, value] of WRONG) {
  Deno.test(`parseProposal() refuses ${field}: ${name}`, () => {
    assert.deepEqual(refusedPaths({ ...proposal(ROUTE), [field]: value }), [field]);
  });
}

Deno.test("parseProposal() refuses a proposed_file that was changed after it was written", () => {
  const changed = { ...proposal(ROUTE), proposed_file: ROUTE.replace("github", "gitlab") };
  assert.deepEqual(refusedPaths(changed), ["current_file_hash"]);
});

for (const content of [null, [], "text", 1, true]) {
  Deno.test(`parseProposal() refuses ${JSON.stringify(content)}`, () => {
    assert.deepEqual(refusedPaths(content), [""]);
  });
}

/** Where the refusal says that the content is wrong. */
function refusedPaths(content: unknown): string[] {
  try {
    parseProposal(content);
  } catch (error) {
    assert.ok(error instanceof z.ZodError, String(error));
    return error.issues.map(({ path }) => path.join("."));
  }
  return [];
}

const LETTERS: readonly (readonly [name: string, letter: string, bytes: number])[] = [
  ["one byte", "a", 1],
  ["two bytes", "é", 2],
  ["three bytes", "€", 3],
  ["four bytes", "🙂", 4],
  ["an escape of two", "\n", 2],
  ["an escape of six", "\x01", 6],
];

for (const [name, letter, bytes] of LETTERS) {
  Deno.test(`formatProposal() takes files of 1 MiB and none of a byte more: letters of ${name}`, () => {
    const room = MAX_RECORD_BYTES - formatProposal(proposal(""))!.length;
    const letters = letter.repeat(Math.floor(room / bytes));
    const filled = letters + "a".repeat(room % bytes);
    const text = formatProposal(proposal(filled));
    assert.ok(text !== undefined);
    assert.equal(new TextEncoder().encode(text).length, MAX_RECORD_BYTES);
    assert.equal(formatProposal(proposal(filled + "a")), undefined);
    assert.equal(formatProposal(proposal(letters, "because" + "a".repeat(room))), undefined);
  });
}
