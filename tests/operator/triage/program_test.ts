/** The triage screen of the true program: what its keys do to queue, live files and log. */

import assert from "node:assert/strict";
import { HAS_TMUX, startTmux, type Tmux } from "../../support/tmux.ts";
import { eventually } from "../../support/within.ts";
import { propose, readRecord, recordPath, script } from "../fixture.ts";
import { PIPELOCK, ROUTES, type Stand, stand } from "../live/stand.ts";
import { programLine } from "../terminal_shell.ts";

/** Opens `supervisectl` alone, as an operator does. */
async function open(place: Stand, env: Record<string, string> = {}): Promise<Tmux> {
  const tmux = await startTmux();
  await tmux.type(`clear; ${programLine(place, env)}`);
  await tmux.press("Enter");
  await tmux.until(/^supervisectl: \d+ to decide/m);
  return tmux;
}

const TERMINAL = { ignore: !HAS_TMUX };

Deno.test(
  "triage: an ask is opened, approved and taken back, and the files follow",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    await using tmux = await open(place);
    await tmux.press("Enter");
    const detail = await tmux.until(/Would change/);
    assert.match(
      detail,
      /^Asks to let the bottle reach api\.github\.com through the egress proxy\.$/m,
    );
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    await tmux.type("this week");
    const question = await tmux.enter(/Enter approves/);
    assert.match(question, /\+\| {3}- host: api\.github\.com/);
    await tmux.press("Enter");
    await tmux.until(/^Approved \w{8} \(egress-block, bottle dev\): api\.github\.com, 1 path\.$/m);
    assert.match(await place.read("routes"), /host: api\.github\.com/);
    assert.match(await place.read("pipelock"), /api\.github\.com/);
    const decision = await readRecord(place.root, proposal, "response");
    assert.deepEqual([decision?.["status"], decision?.["notes"]], ["approved", "this week"]);
    await tmux.press("Enter");
    await tmux.until(/nothing to decide/);
    await tmux.press("u");
    // The list may come a little later than its heading.
    await tmux.until(/^> \w{8} /m);
    await tmux.press("Enter");
    await tmux.until(/Enter undoes/);
    await tmux.press("Enter");
    await tmux.until(/^Took back what \w{8}/m);
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await place.read("pipelock"), PIPELOCK);
    const entries = await place.entries();
    assert.deepEqual([entries[0]?.["step"], entries.at(-1)?.["step"]], ["claimed", "undone"]);
    assert.ok(entries.every(({ face }) => face === "triage"));
  },
);

Deno.test(
  "triage: what changed since it was shown is not approved, and shown anew",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    await using tmux = await open(place);
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    await tmux.press("Enter");
    await tmux.until(/Enter approves/);
    await Deno.writeTextFile(place.file("routes"), "# by hand\n" + ROUTES);
    await tmux.press("Enter");
    await tmux.until(/not what was shown any more/);
    assert.equal(await place.read("routes"), "# by hand\n" + ROUTES);
    assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  },
);

Deno.test(
  "triage: an ask that expires under the cursor is not approved, and leaves the list",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const path = recordPath(place.root, proposal, "proposal");
    const expires = (at: Date) =>
      Deno.writeTextFile(path, JSON.stringify({ ...proposal, expires_at: at.toISOString() }));
    await expires(new Date(Date.now() + 3_600_000));
    await using tmux = await open(place);
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    await tmux.press("Enter");
    await tmux.until(/Enter approves/);
    await expires(new Date(Date.now() - 1_000));
    await tmux.press("Enter");
    await tmux.until(/expired at [^]* before anybody answered/);
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await readRecord(place.root, proposal, "response"), undefined);
    assert.equal((await readRecord(place.root, proposal, "withdrawn"))?.["reason"], "expired");
    await tmux.press("Enter");
    await tmux.until(/is no longer open/);
    await tmux.press("Enter");
    await tmux.until(/nothing to decide/);
  },
);

Deno.test(
  "triage: a reason is kept over the end of the program, and rejects",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    {
      await using tmux = await open(place);
      await tmux.press("r");
      await tmux.until(/^Why not\?/m);
      await tmux.type("use the mirr");
      await eventually(60, "draft", async () => {
        const drafts = await Deno.readTextFile(`${place.root}/.state/drafts.json`).catch(() => "");
        return drafts.includes("use the mirr");
      });
    }
    await using tmux = await open(place);
    await tmux.press("r");
    await tmux.until(/use the mirr/);
    // All keys at once are no hand's: a question comes first.
    await tmux.type("or");
    await tmux.enter(/Reject \w{8} with this reason\?/);
    await tmux.until(/Enter rejects/);
    await tmux.press("Enter");
    await tmux.until(/^Rejected \w{8}/m);
    assert.equal((await readRecord(place.root, proposal, "response"))?.["notes"], "use the mirror");
  },
);

Deno.test("triage: a paste in chunks that begins with r rejects nothing", TERMINAL, async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  await using tmux = await open(place);
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.type("run this thing now");
  await tmux.until(/> un this thing now/);
  await tmux.enter(/Reject \w{8} with this reason\?[^]*un this thing now/);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
});

Deno.test("triage: m leaves the screen to the editor, asks, and comes back", TERMINAL, async () => {
  await using place = await stand();
  await propose(place.root);
  const editor = await script(place.path, "editor", `sed -i 's/github/gitlab/' "$1"`);
  await using tmux = await open(place, { EDITOR: editor });
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.press("m");
  await tmux.until(/Enter starts the editor/);
  await tmux.press("Enter");
  await tmux.until(/Apply this\? \[y\/N\]/);
  await tmux.type("y");
  await tmux.press("Enter");
  await tmux.until(/^Modified and approved \w{8}/m);
  assert.match(await place.read("routes"), /host: api\.gitlab\.com/);
});

Deno.test("triage: m after a failed edit goes on from the edited text", TERMINAL, async () => {
  await using place = await stand();
  await propose(place.root);
  const editor = await script(
    place.path,
    "editor",
    `sed -i 's/gitlab/sourcehut/; s/github/gitlab/' "$1"; grep -q sourcehut "$1"`,
  );
  await using tmux = await open(place, { EDITOR: editor });
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.press("m");
  await tmux.until(/Enter starts the editor/);
  await tmux.press("Enter");
  await tmux.until(/ended with code 1; your\s+text[^]*Enter go on/);
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.press("m");
  await tmux.until(/Enter starts the editor/);
  await tmux.press("Enter");
  await tmux.until(/Apply this\? \[y\/N\]/);
  await tmux.type("y");
  await tmux.press("Enter");
  await tmux.until(/^Modified and approved \w{8}/m);
  assert.match(await place.read("routes"), /host: api\.sourcehut\.com/);
});

Deno.test(
  "triage: a Dockerfile is shown whole, since no option there shows the rest",
  TERMINAL,
  async () => {
    await using place = await stand();
    const file = `FROM debian:13\nRUN apt-get install -y git\nRUN apt-get install -y jq\n`;
    await propose(place.root, { tool: "capability-block", file });
    await using tmux = await open(place);
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("End");
    const end = await tmux.until(/The proposed file:/);
    assert.match(end, /^ {2}\| RUN apt-get install -y jq$/m);
  },
);
