/** Names in a queue directory: no hostile text may pass as an id, a bottle or a record. */

import assert from "node:assert/strict";
import {
  parseProposalId,
  parseRecordName,
  parseSlug,
  type ProposalId,
  recordName,
} from "../../src/queue/layout.ts";

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11";

for (const variant of ["8", "9", "a", "b"]) {
  const id = `00000000-0000-4000-${variant}000-000000000000`;
  Deno.test(`parseProposalId() takes a lower-case UUID v4 of variant ${variant}`, () => {
    assert.equal(parseProposalId(id), id);
  });
}

Deno.test("parseProposalId() takes what the runtime makes", () => {
  const id = crypto.randomUUID();
  assert.equal(parseProposalId(id), id);
});

const NO_IDS: readonly (readonly [name: string, text: string])[] = [
  ["empty text", ""],
  ["upper case", ID.toUpperCase()],
  ["one upper-case letter", ID.replace("f", "F")],
  ["version 1", "3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11"],
  ["version 7", "3f0c9a52-6f0e-7a53-9d0f-0f2f3c1b7a11"],
  ["the nil UUID", "00000000-0000-0000-0000-000000000000"],
  ["variant c", "3f0c9a52-6f0e-4a53-cd0f-0f2f3c1b7a11"],
  ["variant 7", "3f0c9a52-6f0e-4a53-7d0f-0f2f3c1b7a11"],
  ["no dashes", ID.replaceAll("-", "")],
  ["braces", `{${ID}}`],
  ["a space before", ` ${ID}`],
  ["a line feed after", `${ID}\n`],
  ["a digit less", ID.slice(1)],
  ["a digit more", `${ID}0`],
  ["a letter beyond f", ID.replace("c", "g")],
  ["a full-width digit", ID.replace("3", "３")],
  ["a path of the same length", "../../../../../../../../../etc/passwd"],
  ["a path behind it", `${ID}/../x`],
  ["NUL behind it", `${ID}\0`],
  ["very long text", ID.repeat(10_000)],
];

for (const [name, text] of NO_IDS) {
  Deno.test(`parseProposalId() refuses ${name}`, () => {
    assert.equal(parseProposalId(text), undefined);
  });
}

const SLUGS: readonly (readonly [name: string, text: string])[] = [
  ["one letter", "a"],
  ["one digit", "7"],
  ["every kind of character", "Dev-1_b.x"],
  ["63 characters", "a".repeat(63)],
  ["two dots inside", "a..b"],
  ["a dot at the end", "dev."],
];

for (const [name, text] of SLUGS) {
  Deno.test(`parseSlug() takes ${name}`, () => assert.equal(parseSlug(text), text));
}

const NO_SLUGS: readonly (readonly [name: string, text: string])[] = [
  ["empty text", ""],
  ["the directory itself", "."],
  ["the directory above", ".."],
  ["a hidden name", ".dev"],
  ["a dash first", "-dev"],
  ["an underscore first", "_dev"],
  ["64 characters", "a".repeat(64)],
  ["very long text", "a".repeat(1_000_000)],
  ["a slash", "a/b"],
  ["a way out", "a/../b"],
  ["an absolute path", "/etc"],
  ["a backslash", "a\\b"],
  ["a space", "a b"],
  ["a line feed at the end", "dev\n"],
  ["NUL", "dev\0"],
  ["a colon", "a:b"],
  ["a letter beyond ASCII", "dév"],
  ["a lone surrogate", "a\ud800"],
];

for (const [name, text] of NO_SLUGS) {
  Deno.test(`parseSlug() refuses ${name}`, () => assert.equal(parseSlug(text), undefined));
}

for (const kind of ["proposal", "claim", "response", "withdrawn"] as const) {
  Deno.test(`recordName() and parseRecordName() agree on ${kind}`, () => {
    const name = recordName(ID as ProposalId, kind);
    assert.equal(name, `${ID}.${kind}.json`);
    assert.deepEqual(parseRecordName(name), { id: ID, kind });
  });
}

const NO_RECORDS: readonly (readonly [name: string, text: string])[] = [
  ["empty text", ""],
  ["the hint", "waiting.json"],
  ["the directory of filed ones", "processed"],
  ["a temporary file", `.${ID}.proposal.json.${ID}.tmp`],
  ["a copy an editor left", `${ID}.proposal.json~`],
  ["a name that goes on", `${ID}.proposal.json.tmp`],
  ["no suffix", `${ID}.proposal`],
  ["another kind", `${ID}.decision.json`],
  ["a kind in upper case", `${ID}.PROPOSAL.json`],
  ["a suffix in upper case", `${ID}.proposal.JSON`],
  ["two kinds", `${ID}.proposal.claim.json`],
  ["an id in upper case", `${ID.toUpperCase()}.proposal.json`],
  ["an id of version 1", "3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11.proposal.json"],
  ["a way out instead of an id", "../../../../../../../../../etc/passwd.proposal.json".slice(-50)],
  ["a directory before the id", `x/${ID}.proposal.json`],
  ["a line feed at the end", `${ID}.proposal.json\n`],
  ["very long text", `${ID.repeat(10_000)}.proposal.json`],
];

for (const [name, text] of NO_RECORDS) {
  Deno.test(`parseRecordName() passes over ${name}`, () => {
    assert.equal(parseRecordName(text), undefined);
  });
}
