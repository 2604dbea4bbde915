/** Hints on hostile Dockerfiles: only so much of them is looked at, and none throws. */

import assert from "node:assert/strict";
import { dockerfileNotices, orFailure } from "../../../src/operator/review/dockerfile_hints.ts";
import { linesRead } from "../../../src/operator/review/dockerfile_parse.ts";

const MIB = 1_048_576;

const HOSTILE: Readonly<Record<string, string>> = {
  "joined lines": "RUN a\\\n".repeat(MIB / 7),
  "here-documents without an end": "RUN <<a\n".repeat(MIB / 8),
  "here-documents with a far end": `${"RUN <<a\n".repeat(MIB / 8)}\ta\n`,
  "short here-documents": "RUN <<a\nb\na\n".repeat(MIB / 12),
  "quotes": `RUN <<a ${'"\\"'.repeat(MIB / 4)}`,
  "images": Array.from({ length: MIB / 16 }, (_, n) => `FROM a${n}`).join("\n"),
  "flags": `RUN ${"--a ".repeat(MIB / 4)}`,
  "commands": `RUN ${"curl;".repeat(MIB / 5)}`,
  "words": `RUN ${"pip ".repeat(MIB / 4)}`,
  "one name": `ENV ${"TOKEN".repeat(MIB / 5)}`,
  "blanks": `RUN${" ".repeat(MIB)}x`,
  "backslashes": `RUN ${"\\".repeat(MIB)}`,
  "carriage returns": "\r".repeat(MIB),
};

for (const [name, after] of Object.entries(HOSTILE)) {
  Deno.test(`dockerfileNotices() of a hostile megabyte looks at its start: ${name}`, () => {
    const [notice] = dockerfileNotices(`FROM x${after.slice(6)}`, after);
    assert.equal(notice?.label, "TOO LONG");
    const { lines } = linesRead(after);
    assert.ok(lines.reduce((sum, line) => sum + line.length + 1, 0) <= 32_769);
  });
}

Deno.test("dockerfileNotices() says where it stopped to look, and what of the old file it did not compare", () => {
  const long = `FROM a\n${"RUN true\n".repeat(100_000)}`;
  assert.match(
    dockerfileNotices("FROM a\n", long)[0]?.text ?? "",
    /^line [\d,]+ and what follows were not looked at: .*read it yourself$/,
  );
  const [notice] = dockerfileNotices(`${long}CMD x\n`, "FROM a\n");
  assert.equal(notice?.label, "TOO LONG");
  assert.match(notice?.text ?? "", /of the file as it is now/);
});

Deno.test("dockerfileNotices() leaves a name that grows without bound to the build, and says so", () => {
  const lines = Array.from({ length: 10 }, (_, n) => `ARG a${n + 1}=${`$a${n}`.repeat(10)}`);
  const laughs = `ARG a0=aaaaaaaaaa\n${lines.join("\n")}\nFROM $a10\n`;
  const [notice] = dockerfileNotices(undefined, laughs);
  assert.equal(notice?.label, "NEW BASE IMAGE");
  assert.match(notice?.text ?? "", /^line 12 takes .*, which only the build resolves: FROM \$a10$/);
  const changed = dockerfileNotices(laughs, laughs.replace("aaaaaaaaaa", "bbbbbbbbbb"));
  assert.deepEqual(changed.map(({ label }) => label), ["NEW BASE IMAGE"]);
});

Deno.test("orFailure() says that hints failed instead of throwing", () => {
  const notices = orFailure(() => {
    throw new RangeError("Invalid string length");
  });
  assert.deepEqual(notices, [{
    label: "HINTS FAILED",
    text: "what the lines mean could not be worked out (RangeError): read the file yourself",
  }]);
});

/** What random files are made of, one piece between two dots. */
const PIECES = [
  "FROM ·RUN ·ARG ·ENV ·COPY ·ADD ·USER ·ONBUILD ·CMD ·# escape=`·\n·\n·\r\n·\\\n·`\n·<<a·<<-a·\na\n· ·\t",
  "\"·'·\\·=·:·$·${·}·:-·$a·${a:-·a·a=·$(·`·)·|·;·&&·[·--from=·--mount=·curl ·pip ·npm i ·sh -c ·chmod ",
  "4755 ·git ·/etc/·//·../·\u05d0·\u202e·\u0300·\ud800·\0·\\u0061·TOKEN·PATH=·https://·@·#",
].flatMap((line) => line.split("·"));

Deno.test("dockerfileNotices() of 300 random files works its hints out", () => {
  let state = 20_261_121;
  const random = (below: number) => {
    state = Math.imul(state, 1_103_515_245) + 12_345 & 0x7fffffff;
    return (state >>> 8) % below;
  };
  const text = () =>
    Array.from({ length: random(200) }, () => {
      return (PIECES[random(PIECES.length)] ?? "").repeat(random(20) === 0 ? 300 : 1);
    }).join("");
  for (let round = 0; round < 300; round++) {
    const after = text();
    const notices = dockerfileNotices(round % 2 === 0 ? undefined : text(), after);
    assert.ok(notices.every(({ label }) => label !== "HINTS FAILED"), JSON.stringify(after));
  }
});
