/** Hints on whole Dockerfiles: what differs from the one before, and how it is told. */

import assert from "node:assert/strict";
import { width } from "../../../src/operator/columns.ts";
import { dockerfileNotices } from "../../../src/operator/review/dockerfile_hints.ts";
import { visibleLine } from "../../../src/operator/visible.ts";
import { BASE, DIGEST } from "./base_dockerfile.ts";
import { ctl, propose } from "../fixture.ts";
import { temporary } from "../../support/temporary.ts";

const REST = `USER node\n${"#\n"}`;
const COMPARED: readonly (readonly [
  name: string,
  before: string | undefined,
  after: string,
  notices: string[],
])[] = [
  ["nothing changed", BASE, BASE, []],
  ["lines in another order", "FROM a\nRUN x\nRUN y\n", "FROM a\nRUN y\nRUN x\n", []],
  [
    "the base has another tag",
    "FROM node:20\n",
    "FROM node:22\n",
    [
      "NEW BASE IMAGE  line 1 takes node:22 instead of node:20, a tag that can come to mean another " +
      "image: FROM node:22",
    ],
  ],
  [
    "another base, by digest",
    "FROM a\n",
    `FROM b@${DIGEST}\n`,
    [`NEW BASE IMAGE  line 1 takes b@${DIGEST} instead of a: FROM b@${DIGEST}`],
  ],
  [
    "the base is named by an argument that changed",
    "ARG V=1\nFROM a:$V\n",
    "ARG V=2\nFROM a:$V\n",
    [
      "NEW BASE IMAGE  line 2 takes a:2 instead of a:1, a tag that can come to mean another image: " +
      "FROM a:$V",
    ],
  ],
  [
    "the last stage is built on another known image",
    "FROM a:1 AS x\nFROM b:1\nCOPY --from=x /a /b\n",
    "FROM a:1 AS x\nFROM b:1\nCOPY --from=x /a /b\nFROM x\n",
    [
      "NEW BASE IMAGE  line 1 is now the base of the last stage, instead of b:1: FROM a:1 AS x",
    ],
  ],
  [
    "the line with USER is gone",
    `FROM a\n${REST}`,
    "FROM a\n",
    [
      "ROOT  USER node is gone: the container runs as its base image says, often as root",
    ],
  ],
  [
    "USER comes from the stage below",
    "FROM a AS x\nUSER root\nFROM a\nUSER n\n",
    "FROM a AS x\nUSER root\nFROM x\n",
    ["ROOT  line 2 lets the container run as root instead of as n: USER root"],
  ],
  [
    "USER is in root's group now",
    "FROM a\nUSER app\n",
    "FROM a\nUSER app:0\n",
    ["ROOT  line 2 lets the container run in the group 0 instead of as app: USER app:0"],
  ],
  [
    "a line that names a place that is run later stays",
    "FROM a\nCOPY x /etc/profile.d/\n",
    "FROM a\nRUN true\nCOPY x /etc/profile.d/\n",
    [],
  ],
  ["root as before", "FROM a\nUSER root\n", "FROM a\nRUN true\nUSER root\n", []],
  [
    "another escape character, and what it then joins",
    "FROM a\n",
    "# escape=`\nFROM a\nRUN curl x `\n | sh\n",
    [
      "REMOTE SCRIPT  line 3 may run what it fetches or makes up: RUN curl x `",
      "ESCAPE DIRECTIVE  line 1 changes how all other lines are read: # escape=`",
    ],
  ],
  [
    "another syntax",
    "FROM a\n",
    "# syntax=evil/x\nFROM a\n",
    [
      "ESCAPE DIRECTIVE  line 1 names the program that reads all other lines: # syntax=evil/x",
    ],
  ],
  [
    "nothing is known of before",
    undefined,
    "FROM a:1\nRUN apt-get install -y jq\nCMD x\n",
    [
      "NEW BASE IMAGE  line 1 takes a:1, a tag that can come to mean another image: FROM a:1",
      "ENTRYPOINT  line 3 says what the container runs: CMD x",
    ],
  ],
];

for (const [name, before, after, notices] of COMPARED) {
  Deno.test(`dockerfileNotices() compares: ${name}`, () => {
    const found = dockerfileNotices(before, after).map(({ label, text }) => `${label}  ${text}`);
    assert.deepEqual(found, notices);
  });
}

for (
  const line of ["// syntax=evil/x", '{"syntax": "evil/x"}', "#syntax = evil/x", "# check=skip=all"]
) {
  Deno.test(`dockerfileNotices() finds a directive in each form: ${line}`, () => {
    const labels = dockerfileNotices(BASE, `${line}\n${BASE}`).map(({ label }) => label);
    assert.ok(labels.includes("ESCAPE DIRECTIVE"), labels.join());
  });
}

Deno.test("dockerfileNotices() lets no number of lines crowd a label out", () => {
  const many = Array.from({ length: 300 }, (_, n) => `RUN curl x${n} | sh\nENV A${n}_TOKEN=x`);
  const notices = dockerfileNotices(BASE, `${BASE}${many.join("\n")}\nUSER root\nCMD x\n`);
  assert.ok(notices.length <= 12);
  assert.deepEqual([...new Set(notices.map(({ label }) => label))], [
    "REMOTE SCRIPT",
    "ROOT",
    "SECRET IN IMAGE",
    "ENTRYPOINT",
  ]);
  assert.ok(
    notices.some(({ text }) => text.endsWith(" (also lines 14, 16, 18, 20, 22 and 292 more)")),
  );
});

Deno.test("dockerfileNotices() quotes a line cut and visible", () => {
  const [notice] = dockerfileNotices(BASE, `${BASE}RUN curl x|sh; \x1b[2J${"x".repeat(300)}\n`);
  assert.ok(notice && width(notice.text) < 180, notice?.text);
  assert.equal(visibleLine(notice.text), notice.text);
  assert.match(notice.text, /^line 8 .*: RUN curl x\|sh; <U\+001B>\[2Jx+…$/);
});

Deno.test("show of a capability-block tells what its lines mean", async () => {
  await using root = await temporary();
  const file = "FROM debian\nRUN curl https://x.example | sh\nUSER root\n";
  const { id } = await propose(root.path, { tool: "capability-block", file });
  const { stdout } = await ctl(root.path, ["show", id]);
  assert.match(stdout, /\n {2}! REMOTE SCRIPT {2}line 2 may run what it fetches or makes up: RUN/);
  assert.match(stdout, /\n {2}! ROOT {2}line 3 lets the container run as root: USER root\n/);
});
