/** The triage screen of the true program: what its keys do to queue, live files and log. */

import assert from "node:assert/strict";
import { HAS_TMUX, startTmux, type Tmux } from "../../support/tmux.ts";
import { eventually } from "../../support/within.ts";
import { json, propose, readRecord, recordPath, script } from "../fixture.ts";
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

const AUTH = { scheme: "Bearer", token_ref: "GH_TOKEN" };

const TERMINAL = { ignore: !HAS_TMUX };

Deno.test(
  "triage: the question shows the ask that it is about, where the list has an older one",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposals = [await propose(place.root), await propose(place.root)];
    await using tmux = await open(place);
    for (const proposal of proposals) {
      // In place, which changes no time of the directory.
      const path = recordPath(place.root, proposal, "proposal");
      const text = await Deno.readTextFile(path);
      await Deno.writeTextFile(path, text.replace("to read the issues", "to write the issues"));
    }
    await tmux.press("Space", "Space", "a");
    const question = await tmux.until(/Approve 2 asks\?/);
    assert.equal(question.match(/\| to write the issues/g)?.length, 2, question);
    await tmux.press("Escape");
    await tmux.until(/2 to decide/);
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    assert.match(await tmux.enter(/Enter approves/), /\| to write the issues/);
  },
);

Deno.test(
  "triage: an ask is opened, approved and taken back, and the files follow",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    await using tmux = await open(place);
    await tmux.press("Enter");
    const detail = await tmux.until(/Would change/);
    // What is asked and why stand above the fold.
    assert.match(
      detail.split("\n").slice(0, 12).join("\n"),
      /^Asks to let the bottle reach api\.github\.com through the egress proxy\.$[^]*The agent's reason:\n {2}\| \S/m,
    );
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    await tmux.type("this week");
    const question = await tmux.enter(/Enter approves/);
    assert.match(question, /Would allow: api\.github\.com\/repos\/acme\//);
    assert.match(question, /The agent's reason:\n {2}\| \S/);
    assert.match(question, /\+\| {3}- host: api\.github\.com/);
    await tmux.press("Enter");
    await tmux.until(/nothing to decide[^]*\w{8} of bottle dev is approved, the live files say so/);
    assert.match(await place.read("routes"), /host: api\.github\.com/);
    assert.match(await place.read("pipelock"), /api\.github\.com/);
    const decision = await readRecord(place.root, proposal, "response");
    assert.deepEqual([decision?.["status"], decision?.["notes"]], ["approved", "this week"]);
    await tmux.press("u");
    // The list may come a little later than its heading.
    await tmux.until(/^> \w{8} /m);
    await tmux.press("Enter");
    await tmux.until(/^ {2}-\| {3}- host: api\.github\.com$[^]*Notes to the agent/m);
    await tmux.type("wrong repository");
    await tmux.enter(/Undo \w{8}: api\.github\.com, 1 path\?[^]*Enter undoes/);
    await tmux.press("Enter");
    await tmux.until(/^Took back what \w{8}/m);
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await place.read("pipelock"), PIPELOCK);
    const entries = await place.entries();
    assert.deepEqual([entries[0]?.["step"], entries.at(-1)?.["step"]], ["claimed", "undone"]);
    assert.equal(entries.at(-1)?.["notes"], "wrong repository");
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
    // A name that comes and goes: an index looks at a directory when that changes.
    const expires = async (at: Date) => {
      const text = JSON.stringify({ ...proposal, expires_at: at.toISOString() });
      await Deno.writeTextFile(`${path}.new`, text);
      await Deno.rename(`${path}.new`, path);
    };
    await expires(new Date(Date.now() + 3_600_000));
    await using tmux = await open(place);
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("End", "a");
    await tmux.until(/Notes to the agent/);
    await tmux.press("Enter");
    await tmux.until(/Enter approves/);
    await expires(new Date(Date.now() - 1_000));
    // Whether the answer or the list sees it first, it is told, and a key leads on to the list.
    do {
      await tmux.press("Enter");
      await tmux.until(/before anybody answered|is no longer open|nothing to decide/);
    } while (!/nothing to decide/.test(await tmux.screen()));
    assert.equal(await place.read("routes"), ROUTES);
    assert.equal(await readRecord(place.root, proposal, "response"), undefined);
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
    await tmux.type("or");
    await tmux.enter(/Reject \w{8} with this reason\?/);
    await tmux.until(/Enter rejects/);
    await tmux.press("Enter");
    await tmux.until(/\w{8} of bottle dev is rejected/);
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

Deno.test("triage: m edits first, shows what that changes, and then asks", TERMINAL, async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const editor = await script(place.path, "editor", `sed -i 's/github/gitlab/' "$1"`);
  await using tmux = await open(place, { EDITOR: editor });
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.press("m");
  await tmux.until(/Your changed file for[^]*reach api\.gitlab\.com/);
  assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  await tmux.press("End", "a");
  await tmux.until(/Notes to the agent/);
  await tmux.type("the mirror");
  await tmux.enter(/as you changed it\?[^]*api\.gitlab\.com\/repos[^]*Enter approve /);
  await tmux.press("Enter");
  await tmux.until(/of bottle dev is modified, the live files say so/);
  assert.match(await place.read("routes"), /host: api\.gitlab\.com/);
  assert.equal((await readRecord(place.root, proposal, "response"))?.["notes"], "the mirror");
});

Deno.test(
  "triage: an editor that changes nothing decides nothing, and says so",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    // A person takes longer than that, and closes the file as it was.
    const editor = await script(place.path, "editor", "sleep 3.1");
    await using tmux = await open(place, { EDITOR: editor });
    await tmux.press("Enter");
    await tmux.until(/Would change/);
    await tmux.press("m");
    await tmux.until(/You changed nothing in the file: nothing was decided/);
    for (const kind of ["claim", "response"] as const) {
      assert.equal(await readRecord(place.root, proposal, kind), undefined);
    }
  },
);

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
  await tmux.until(/ended with code 1; your\s+text[^]*Enter go on/);
  await tmux.press("Enter");
  await tmux.until(/Would change/);
  await tmux.press("m");
  await tmux.until(/Your changed file for[^]*reach api\.sourcehut\.com/);
});

Deno.test("triage: several of one bottle are approved with one question", TERMINAL, async () => {
  await using place = await stand();
  const hosts = ["one.example.com", "two.example.com", "three.example.com"];
  const asks = [];
  for (const [index, host] of hosts.entries()) {
    const file = json({ host, path_allowlist: ["/a/", `/${index}/`] });
    asks.push(await propose(place.root, { file }));
  }
  const secret = await propose(place.root, {
    file: json({ host: "four.example.com", path_allowlist: ["/a/"], auth: AUTH }),
  });
  await using tmux = await open(place);
  await tmux.press("Space", "Space", "Space", "Space");
  await tmux.until(/4 marked/);
  await tmux.press("a");
  await tmux.until(/Approve 3 of 4 asks/);
  await tmux.press("Space", "Space", "Space");
  const end = await tmux.until(/Left out, these stay open:[^]*Enter approve /);
  assert.match(end, /\w{8} of bottle dev: it has a warning, SECRET: approve it by itself/);
  await tmux.press("Enter");
  await tmux.until(/3 of 3 answered/);
  const routes = await place.read("routes");
  for (const host of hosts) assert.match(routes, new RegExp(`host: ${host}`));
  for (const ask of asks) {
    assert.equal((await readRecord(place.root, ask, "response"))?.["status"], "approved");
  }
  assert.equal(await readRecord(place.root, secret, "response"), undefined);
  assert.doesNotMatch(routes, /four\.example/);
});

Deno.test(
  "triage: of several, those whose files changed meanwhile stay open",
  TERMINAL,
  async () => {
    await using place = await stand();
    const first = await propose(place.root, {
      file: json({ host: "one.example.com", path_allowlist: ["/a/"] }),
    });
    const second = await propose(place.root, {
      file: json({ host: "two.example.com", path_allowlist: ["/a/"] }),
    });
    await using tmux = await open(place);
    await tmux.press("Space", "Space", "a");
    await tmux.until(/Approve 2 asks\? Enter approves/);
    await Deno.writeTextFile(place.file("routes"), "# by hand\n" + ROUTES);
    await tmux.press("Enter");
    await tmux.until(/0 of 2 answered[^]*what was shown any more/);
    for (const ask of [first, second]) {
      assert.equal(await readRecord(place.root, ask, "response"), undefined);
    }
    assert.equal(await place.read("routes"), "# by hand\n" + ROUTES);
  },
);

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
    await tmux.until(/The proposed file:[^]*^ {2}\| RUN apt-get install -y jq$/m);
  },
);
