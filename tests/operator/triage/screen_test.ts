/** The screens of triage as an operator sees them: the core's true texts, each screen a golden file. */

import assert from "node:assert/strict";
import { eventually } from "../../support/within.ts";
import { json, NOW, readRecord, script, setWaiting } from "../fixture.ts";
import { heldReload, ROUTES } from "../live/stand.ts";
import { type Ask, Scene } from "./scene.ts";

const ENTER = "\r";
const ESC = "\x1b";
const END = "\x1b[F";
const PAGE_DOWN = "\x1b[6~";

const GITHUB: Ask = { short: "1a2b3c4d", ageSeconds: 7_200 };
const DOCKERFILE: Ask = {
  short: "2b3c4d5e",
  slug: "research",
  tool: "capability-block",
  file: ["FROM debian:13", ...Array.from({ length: 40 }, (_, line) => `RUN echo step ${line + 1}`)]
    .join("\n") + "\n",
  justification: "the tests need ffmpeg, and installing it takes some steps",
  ageSeconds: 600,
};
const PLAIN_HTTP: Ask = {
  short: "3c4d5e6f",
  tool: "pipelock-block",
  file: "http://downloads.example/tool.tar.gz",
  justification: "to install the tool",
};
const LATE: Ask = { short: "4d5e6f70", slug: "late", ageSeconds: 1 };

/** A card that has been read, and whose keys are answered. */
const CARD = /The agent's reason[^]*q back/;

Deno.test("triage screen: list, card, scrolled card, back, help", async () => {
  await using scene = await Scene.open(GITHUB, DOCKERFILE, PLAIN_HTTP);
  await scene.start();
  await scene.shows("list", /q quit/);
  scene.press("j");
  await scene.shows("list_second", /> 2b3c4d5e/);
  scene.press(ENTER);
  await scene.shows("detail", /rows 1-/);
  scene.press(PAGE_DOWN);
  await scene.shows("detail_scrolled", /rows 2\d-/);
  scene.press(END);
  await scene.shows("detail_end", /step 40/);
  scene.press(ESC);
  await scene.shows("list_second", /> 2b3c4d5e/);
  scene.press("?");
  await scene.shows("help", /What you write/);
  scene.press("q");
  await scene.shows("list_second", /> 2b3c4d5e/);
  scene.press("q");
  await scene.end();
});

Deno.test("triage screen: approve shows the card first, takes notes, asks, and says what it did", async () => {
  await using scene = await Scene.open(GITHUB, PLAIN_HTTP);
  const { place } = scene;
  await place.configure({ dockerfile: null });
  const { underWay, letGo } = await heldReload(place);
  await scene.start();
  scene.press("a");
  await scene.shows("approve_first_shown", CARD);
  await scene.leads([END, "a"], /Enter goes on:/);
  scene.press("for this week only");
  await scene.shows("approve_notes", /week only/);
  // What was typed before the question was seen does not answer it.
  scene.terminal.send(
    "quiet",
    ...[ENTER, ENTER, ENTER].map((key) => new TextEncoder().encode(key)),
  );
  await scene.shows("confirm_early", /Wait a moment/, false);
  await scene.shows("confirm", /Enter approves/);
  assert.equal(await place.read("routes"), ROUTES);
  scene.press(ENTER);
  await underWay();
  await scene.shows("applying", /Applying/);
  await letGo();
  await scene.shows("approved", /Proposal 3c4d5e6f[^]*is approved/);
  const proposal = scene.asks.get(GITHUB.short);
  assert.ok(proposal);
  const decision = await readRecord(place.root, proposal, "response");
  assert.deepEqual([decision?.["status"], decision?.["notes"]], ["approved", "for this week only"]);
  assert.match(await place.read("routes"), /host: api\.github\.com/);
});

Deno.test("triage screen: a text is kept by Esc, over a new proposal, and over the end", async () => {
  await using scene = await Scene.open(GITHUB);
  await scene.start();
  await scene.leads(["r"], /Why not\?/);
  scene.press("grüße: ask for /repos/acme/ al");
  await scene.shows("input", /acme\/ al/);
  await scene.leads([ESC], CARD);
  await scene.leads([ESC], /> 1a2b3c4d/);
  scene.press("r");
  await scene.shows("input", /acme\/ al/);
  await scene.ask(LATE);
  scene.press("one");
  await scene.shows("input_after_arrival", /alone/);
  await scene.leads([ESC], CARD);
  scene.press(ESC);
  // The selection stays with its proposal.
  await scene.shows("list_after_arrival", /2 to decide/);
  await scene.quit();
  await scene.start();
  await scene.leads(["r"], /alone/);
});

Deno.test("triage screen: a text outlives its proposal, and is shown until it is dropped", async () => {
  await using scene = await Scene.open(GITHUB, PLAIN_HTTP);
  await scene.start();
  await scene.leads(["r"], /Why not\?/);
  await scene.leads(["this host is not ours"], /not ours/);
  await scene.withdraw(GITHUB.short);
  await scene.shows("input_gone", /taken back/);
  scene.press(ESC);
  await scene.shows("message_gone", /What you wrote/);
  await scene.leads([ENTER], /1 to decide/);
  await scene.quit();
  await scene.start(/What you wrote/);
  await scene.until(/this host is not ours[^]*d drop/);
  await scene.leads(["d"], /Enter drops it/);
  await scene.leads([ENTER], /1 to decide/);
  await scene.quit();
  const drafts = await Deno.readTextFile(`${scene.place.root}/.state/drafts.json`);
  assert.doesNotMatch(drafts, /not ours/);
});

Deno.test("triage screen: any size: 40x12, 120x40, too small, and back", async () => {
  await using scene = await Scene.open(GITHUB, DOCKERFILE, PLAIN_HTTP);
  await scene.start();
  const { place, terminal } = scene;
  terminal.resize(120, 40);
  await scene.shows("list_120x40", /1 path: \/repos\/acme\//);
  terminal.resize(40, 12);
  await scene.shows("list_40x12", /Enter open/);
  scene.press(ENTER);
  await scene.shows("detail_40x12", /Space on, then a approve/);
  terminal.resize(120, 40);
  await scene.shows("detail_120x40", /Would change[^]*q back/);
  terminal.resize(30, 8);
  await scene.shows("too_small", /Needs 40x10/);
  // What cannot be seen cannot be decided on.
  scene.press("a", ENTER, ENTER);
  terminal.resize(80, 24);
  await scene.until(CARD);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("triage screen: undo shows its diff, takes notes, and asks once more", async () => {
  await using scene = await Scene.open();
  const { place } = scene;
  await scene.start(/nothing to decide/);
  await scene.shows("list_empty", /Nothing to decide/);
  await scene.quit();
  const { id } = await scene.ask({ short: "8e7d6c5b" });
  const now = () => new Date(NOW.getTime() - 90_000_000);
  assert.equal((await place.ctl(["approve", id], { now })).code, 0);
  const { underWay, letGo } = await heldReload(place);
  await scene.start(/nothing to decide/);
  scene.press("u");
  await scene.shows("recent", /8e7d6c5b/);
  await scene.leads([ENTER], /Would change[^]*Notes to the agent/);
  scene.press("wrong repository");
  await scene.shows("undo_notes", /wrong repository/);
  await scene.leads([ENTER], /Undo 8e7d6c5b/);
  await scene.shows("confirm_undo", /Enter undoes/);
  scene.press(ENTER);
  await underWay();
  await scene.until(/Undoing…/);
  await letGo();
  await scene.shows("undone", /Took back/);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("triage screen: modify edits first, shows what that changes, and then asks", async () => {
  await using scene = await Scene.open(GITHUB);
  const { place } = scene;
  scene.env["EDITOR"] = await script(place.path, "editor", `sed -i 's/github/gitlab/' "$1"`);
  await scene.start();
  await scene.leads([ENTER], CARD);
  scene.press("m");
  await scene.shows("edited", /Your changed file for/);
  await scene.leads([END, "a"], /Enter goes on:/);
  await scene.leads(["all of it", ENTER], /as you changed it\?/);
  await scene.shows("confirm_modify", /Enter approves/);
  await scene.leads([ENTER], /nothing to decide[^]*is modified, the live files say so/);
  assert.match(await place.read("routes"), /host: api\.gitlab\.com/);
  const [first] = scene.asks.values();
  assert.ok(first);
  assert.equal((await readRecord(place.root, first, "response"))?.["notes"], "all of it");
});

Deno.test("triage screen: m after a failed edit goes on from the edited text", async () => {
  await using scene = await Scene.open(GITHUB);
  const body = `sed -i 's/gitlab/sourcehut/; s/github/gitlab/' "$1"; grep -q sourcehut "$1"`;
  scene.env["EDITOR"] = await script(scene.place.path, "editor", body);
  await scene.start();
  await scene.leads([ENTER], CARD);
  await scene.leads(["m"], /ended with code 1; your\s+text[^]*Enter go on/);
  await scene.leads([ENTER], CARD);
  await scene.leads(["m"], /Your changed file for[^]*reach api\.sourcehut\.com/);
});

Deno.test("triage screen: new asks are marked, and ring and name the window", async () => {
  await using scene = await Scene.open(GITHUB);
  await scene.start();
  const { terminal } = scene;
  assert.deepEqual([terminal.bells, terminal.title], [0, "1 ask – supervisectl"]);
  await scene.ask(LATE);
  await scene.shows("list_new", /2 to decide, 1 new/);
  assert.deepEqual([terminal.bells, terminal.title], [1, "2 asks – supervisectl"]);
});

Deno.test("triage screen: an agent that waits is first, and the card says that it waits", async () => {
  await using scene = await Scene.open(GITHUB, LATE);
  const late = scene.asks.get(LATE.short);
  assert.ok(late);
  await setWaiting(scene.place.root, late, 1);
  await scene.start();
  await scene.until(/> 4d5e6f70[^]*1a2b3c4d/);
  await scene.leads([ENTER], /1 call of bottle late is waiting now/);
});

Deno.test("triage screen: a filter shows what holds its text, as it is typed", async () => {
  await using scene = await Scene.open(GITHUB, DOCKERFILE, PLAIN_HTTP);
  await scene.start();
  await scene.leads(["/"], /Enter keeps it/);
  scene.press("ffm");
  await scene.shows("filter", /1 of 3, filter: ffm/);
  scene.press(ENTER);
  await scene.shows("list_filtered", /Esc clear filter/);
  await scene.leads([ESC], /3 to decide/);
});

const DOCS: Ask = {
  short: "5e6f7081",
  file: json({ host: "docs.example", path_allowlist: ["/guide/"] }),
};
/** Moot once {@linkcode DOCS} is approved. */
const SAME: Ask = { ...DOCS, short: "6f708192", justification: "to read it as well" };

Deno.test("triage screen: several are approved with one question, and what they made moot with it", async () => {
  await using scene = await Scene.open(GITHUB, PLAIN_HTTP, DOCS, SAME);
  const { place: { root }, asks } = scene;
  await scene.start();
  await scene.leads([" ", " ", " "], /3 marked/);
  await scene.shows("list_marked", /3 marked/);
  scene.press("a");
  await scene.until(/Enter approves[^]*Left out/);
  await scene.shows("confirm_several", /Enter approves/);
  scene.press(ENTER);
  await scene.shows("several_done", /2 of 2 answered/);
  scene.press("c");
  await scene.shows("confirm_cover", /Enter answers them/);
  await scene.leads([ENTER], /Answered 6f708192/);
  const statusOf = async (short: string) => {
    const proposal = asks.get(short);
    return proposal && (await readRecord(root, proposal, "response"))?.["status"];
  };
  assert.deepEqual(
    await Promise.all([GITHUB, PLAIN_HTTP, DOCS, SAME].map(({ short }) => statusOf(short))),
    ["approved", undefined, "approved", "approved"],
  );
});

Deno.test("triage screen: after an answer the next ask is on the card, with the result", async () => {
  await using scene = await Scene.open(GITHUB, PLAIN_HTTP);
  await scene.start();
  await scene.leads([ENTER], CARD);
  await scene.leads(["r"], /Why not\?/);
  await scene.leads(["use the mirror", ENTER], /Enter rejects/);
  scene.press(ENTER);
  await scene.shows("next", /^Proposal 3c4d5e6f[^]*1a2b3c4d of bottle dev is rejected/);
});

Deno.test("triage screen: what changed since it was shown is not approved, and its card is read again", async () => {
  await using scene = await Scene.open(GITHUB);
  const { place } = scene;
  await scene.start();
  await scene.leads([ENTER], CARD);
  await scene.leads([END, "a"], /Enter goes on:/);
  await scene.leads([ENTER], /Enter approves/);
  await Deno.writeTextFile(place.file("routes"), "# by hand\n" + ROUTES);
  scene.press(ENTER);
  await scene.shows("changed", /not what was shown any more/);
  assert.equal(await place.read("routes"), "# by hand\n" + ROUTES);
});

Deno.test("triage screen: where nothing would be applied, the last question says so", async () => {
  await using scene = await Scene.open(GITHUB);
  await scene.place.configure({ routes: null, pipelock: null });
  await scene.start();
  await scene.leads([ENTER], /Nothing would be applied/);
  await scene.leads([END, "a"], /Enter goes on:/);
  await scene.leads([ENTER], /Enter approves[^]*Nothing would be applied: no routes file/);
  scene.press(ENTER);
  await scene.shows("nothing_applied", /Enter go on/);
});

const HOSTILE = [
  "\x1b[2J\x1b[1;1H\x1b[1m\x1b[0mowned",
  "\x9b31m\r\b\b\bover",
  "\u202egnp.exe\u2066",
  "日本語".repeat(20),
  "\ttab\ttab",
  "a\u0300\u0301\u0302\u0303\u0304",
  "👩‍👩‍👧‍👦 family",
  "\x1b]0;title\x07",
].join("\n");

Deno.test("triage screen: nothing that an agent writes moves anything", async () => {
  const file = json({ host: `good.example${HOSTILE}` });
  await using scene = await Scene.open(
    { ...GITHUB, short: "5e6f7081", justification: HOSTILE },
    { ...GITHUB, short: "6f708192", file, justification: HOSTILE },
  );
  await scene.start();
  await scene.shows("hostile_list", /q quit/);
  scene.press(ENTER);
  await scene.shows("hostile_detail", CARD);
  await scene.leads([END, "a"], /Enter goes on:/);
  scene.press("\x1b[200~pasted\rlines\nand \x1b[31mcolour\x1b[201~");
  await scene.shows("hostile_paste", /pasted lines/);
  scene.press(ENTER);
  await scene.shows("hostile_confirm", /Enter approves/);
});

Deno.test("triage screen: Ctrl-C while it applies waits for the end and then says what happened", async () => {
  await using scene = await Scene.open(GITHUB);
  const { underWay, letGo } = await heldReload(scene.place);
  await scene.start();
  await scene.leads([ENTER], CARD);
  await scene.leads([END, "a"], /Enter goes on:/);
  await scene.leads([ENTER], /Enter approves/);
  scene.press(ENTER);
  await underWay();
  scene.press("\x03");
  await scene.shows("applying_then_quit", /ends when/);
  await letGo();
  await scene.end();
  await eventually(60, "result", () => /^Approved 1a2b3c4d/m.test(scene.terminal.parting));
});
