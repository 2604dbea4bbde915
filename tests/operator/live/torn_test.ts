/** What an interrupted write leaves: it is recognised, whatever was written of it by then. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isTorn } from "../../../src/operator/live/held_file.ts";
import { Running } from "../../support/process.ts";
import { Random } from "../../support/random.ts";
import { temporary } from "../../support/temporary.ts";
import { target } from "./stand.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const MODULE = new URL("../../../src/operator/live/held_file.ts", import.meta.url).href;

const SEED = 20_261_121;

const CASES: readonly (readonly [string, now: string, before: string, after: string, boolean])[] = [
  ["the old text", "abc", "abc", "abcdef", true],
  ["the new text", "abcdef", "abc", "abcdef", true],
  ["half of what is appended", "abcd", "abc", "abcdef", true],
  ["the end before the beginning", "abcYYY", "abc", "XXXYYY", true],
  ["half of the beginning", "XbcYYY", "abc", "XXXYYY", true],
  ["overwritten and not yet cut", "XXdef", "abcdef".slice(0, 5), "XX", false],
  ["overwritten and not yet cut, rightly", "XXcdef", "abcdef", "XX", true],
  ["cut", "XX", "abcdef", "XX", true],
  ["equal texts", "abc", "abc", "abc", true],
  ["empty, as the old one", "", "", "abc", true],
  ["shorter than both", "ab", "abc", "abcdef", false],
  ["longer than both", "abcdefg", "abc", "abcdef", false],
  ["a foreign byte", "abZ", "abc", "abcdef", false],
  ["a foreign byte at the end", "abcdeZ", "abc", "abcdef", false],
  ["a line moved", "b\na\n", "a\nb\n", "a\nb\nc\n", false],
  ["zeros where the disk had room only", "abc\0\0\0", "abc", "abcdef", false],
];

for (const [name, now, before, after, is] of CASES) {
  Deno.test(`isTorn(): ${name} is ${is ? "a mixture" : "somebody's work"}`, () => {
    const [a, b, c] = [now, before, after].map((text) => new TextEncoder().encode(text));
    assert.equal(isTorn(a!, b!, c!), is);
  });
}

/** Every state of a file that is overwritten as a write in place does it, byte by byte. */
function* states(before: Uint8Array, after: Uint8Array): Generator<Uint8Array> {
  const now = [...before];
  yield new Uint8Array(now);
  for (let at = before.length; at < after.length; at++) {
    now[at] = after[at]!;
    yield new Uint8Array(now);
  }
  for (let at = 0; at < Math.min(before.length, after.length); at++) {
    now[at] = after[at]!;
    yield new Uint8Array(now);
  }
  yield after;
}

Deno.test(`isTorn() knows every state of 300 writes in place (seed ${SEED})`, () => {
  const random = new Random(SEED);
  let seen = 0;
  for (let count = 0; count < 300; count++) {
    const before = random.bytes(random.below(60));
    const after = random.mutate(before.length > 0 ? before : random.bytes(1));
    for (const now of states(before, after)) {
      assert.ok(isTorn(now, before, after), `${count}: ${before} to ${after}: ${now}`);
      seen++;
    }
  }
  assert.ok(seen > 5_000, `${seen} states`);
});

Deno.test(`isTorn() does not take other edits for its own (seed ${SEED})`, () => {
  const random = new Random(SEED);
  const before = new TextEncoder().encode("routes:\n  - host: pypi.example\n".repeat(3));
  const after = new TextEncoder().encode("routes:\n  - host: pypi.example\n".repeat(4));
  let taken = 0;
  for (let count = 0; count < 2_000; count++) {
    const now = random.mutate(random.below(2) ? before : after);
    // What is cut off within the new text is a state of the write too.
    const isState = after.subarray(0, now.length).every((byte, at) => byte === now[at]);
    if (!isState && isTorn(now, before, after)) taken++;
  }
  assert.equal(taken, 0);
});

/** Writes `after` over the file in a process that `prepare` has taken room from. */
function writing(path: string, after: string, prepare: string): Running {
  const program = `const { HeldFile } = await import(${JSON.stringify(MODULE)});
    const file = await HeldFile.hold(${JSON.stringify(target(path))});
    await file.write(${after}, () => true)
      .then(() => console.log("written"), (e) => console.log(e.message));`;
  const deno = [Deno.execPath(), "eval", "--quiet", "--cached-only", program];
  return new Running("/bin/sh", {
    args: ["-c", `${prepare}; exec "$@"`, "sh", ...deno],
    cwd: ROOT,
  });
}

Deno.test("write() in place that finds no room leaves the old text whole", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "routes.yaml");
  const old = "old\n".repeat(1_000);
  await Deno.writeTextFile(path, old);
  // In blocks of 512 bytes; without the trap the signal would end the process.
  const limit = "trap '' XFSZ; ulimit -f 16";
  await using process = writing(path, `"new\\n".repeat(4_000)`, limit);
  await process.status;
  assert.equal(process.stdout, `cannot write ${path}: file too large\n`, process.stderr);
  assert.equal(await Deno.readTextFile(path), old);
});

Deno.test({
  name: "write() in place on a full disk leaves the old text whole",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using dir = await temporary();
    const path = join(dir.path, "full", "routes.yaml");
    const old = "old\n".repeat(1_000);
    await Deno.mkdir(join(dir.path, "full"));
    await Deno.writeTextFile(join(dir.path, "old"), old);
    const body = `set -e; mount -t tmpfs -o size=16k tmpfs ${dir.path}/full
      cp ${dir.path}/old ${path}; "$@"; cp ${path} ${dir.path}/after`;
    const program = `const { HeldFile } = await import(${JSON.stringify(MODULE)});
      const file = await HeldFile.hold(${JSON.stringify(target(path))});
      await file.write("new\\n".repeat(9_000), () => true).catch((error) => console.log(error.message));`;
    const deno = [Deno.execPath(), "eval", "--quiet", "--cached-only", program];
    await using process = new Running("unshare", {
      args: ["-m", "/bin/sh", "-c", body, "sh", ...deno],
      cwd: ROOT,
    });
    await process.status;
    assert.equal(process.stdout, `cannot write ${path}: no space left on device\n`, process.stderr);
    assert.equal(await Deno.readTextFile(join(dir.path, "after")), old);
  },
});
