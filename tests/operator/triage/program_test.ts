/** The triage screen of the true program: what its keys do to queue, live files and log. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { finish } from "../../support/process.ts";
import { HAS_TMUX, startTmux, type Tmux } from "../../support/tmux.ts";
import { eventually } from "../../support/within.ts";
import { propose, readRecord, recordPath, script } from "../fixture.ts";
import { PIPELOCK, ROUTES, type Stand, stand } from "../live/stand.ts";
import { programLine } from "../terminal_shell.ts";

/** Opens `supervisectl` alone, as an operator does. */
async function open(place: Stand, env: Record<string, string> = {}): Promise<Tmux> {
  return await start(programLine(place, env));
}

async function start(line: string): Promise<Tmux> {
  const tmux = await startTmux();
  await tmux.run("select-pane", "-T", "before");
  await tmux.type(`clear; ${line}`);
  await tmux.press("Enter");
  await tmux.until(/^supervisectl: (\d+|nothing) to decide/m);
  return tmux;
}

/** The terminal is as it was before the program: screen, cursor, echo, lines, and the window's title. */
async function isLeftClean(tmux: Tmux): Promise<void> {
  await tmux.until(/^\$ ?$/m);
  const stty = "stty -a | grep -o -e '-*echo ' -e '-*icanon' | tr -d '\\n'; echo ' after'";
  await tmux.type(`clear; ${stty}`);
  await tmux.press("Enter");
  await tmux.until(/^icanon ?echo ? after/m);
  const format = "#{alternate_on} #{cursor_flag} #{wrap_flag} #{pane_title}";
  assert.equal(await tmux.state(format), "0 1 1 before");
}

/** The process id of the program that the shell of `tmux` runs. */
async function programOf(tmux: Tmux): Promise<number> {
  const { stdout } = await finish("ps", ["--ppid", await tmux.state("#{pane_pid}"), "-o", "pid="]);
  return Number(stdout.trim());
}

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
  "triage: a terminal that goes away ends the program; the reason is kept, and rejects",
  TERMINAL,
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    {
      await using tmux = await open(place);
      await tmux.press("r");
      await tmux.until(/^Why not\?/m);
      await tmux.type("use the mirr");
      await tmux.until(/use the mirr/);
      const pid = await programOf(tmux);
      await tmux[Symbol.asyncDispose]();
      const isThere = () => Deno.lstat(`/proc/${pid}/exe`).then(() => true, () => false);
      await eventually(60, "end of the program", async () => !await isThere());
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

Deno.test("triage: new asks ring, and the window gets its title back", TERMINAL, async () => {
  await using place = await stand();
  await propose(place.root);
  await using tmux = await open(place);
  await tmux.run("set-option", "-g", "monitor-bell", "on");
  const titled = (title: string) =>
    eventually(60, title, async () => await tmux.state("#{pane_title}") === title);
  await titled("1 ask – supervisectl");
  await propose(place.root);
  await titled("2 asks – supervisectl");
  await eventually(60, "bell", async () => await tmux.state("#{window_bell_flag}") === "1");
  await tmux.press("q");
  await isLeftClean(tmux);
});

Deno.test("triage: the editor gets every key and its own Ctrl-C", TERMINAL, async () => {
  await using place = await stand();
  await propose(place.root);
  const editor = await script(
    place.path,
    "editor",
    `trap 'echo caught' INT; printf 'the editor reads: '
     while ! read answer; do :; done; sed -i "s/github/$answer/" "$1"`,
  );
  await using tmux = await open(place, { EDITOR: editor });
  await tmux.press("Enter");
  await tmux.until(/The agent's reason[^]*q back/);
  await tmux.press("m");
  await tmux.until(/the editor reads:/);
  // Its screen is not drawn over.
  await propose(place.root);
  await tmux.press("C-c");
  await tmux.until(/caught/);
  await tmux.type("gitlab");
  await tmux.until(/gitlab/);
  await tmux.press("Enter");
  await tmux.until(/Your changed file for[^]*reach api\.gitlab\.com/);
});

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
  Deno.test(
    `triage: ${signal} saves the text and leaves the terminal clean`,
    TERMINAL,
    async () => {
      await using place = await stand();
      await propose(place.root);
      await using tmux = await open(place);
      await tmux.press("r");
      await tmux.until(/^Why not\?/m);
      await tmux.type("half a rea");
      await tmux.until(/half a rea/);
      Deno.kill(await programOf(tmux), signal);
      await isLeftClean(tmux);
      assert.match(await Deno.readTextFile(`${place.root}/.state/drafts.json`), /half a rea/);
    },
  );
}

const BUGGY = fileURLToPath(new URL("buggy.ts", import.meta.url));

for (const where of ["action", "promise", "timer"]) {
  Deno.test(
    `triage: a bug in a ${where} leaves the terminal clean, with the error on it`,
    TERMINAL,
    async () => {
      await using tmux = await start(
        `${Deno.execPath()} run -q -A --cached-only ${BUGGY} ${where}`,
      );
      await tmux.press("u");
      await tmux.until(/TypeError: a bug/);
      await isLeftClean(tmux);
    },
  );
}

Deno.test("triage: an ask is rejected from the card of the changed file", TERMINAL, async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const editor = await script(place.path, "editor", `sed -i "s/github/gitlab/" "$1"`);
  await using tmux = await open(place, { EDITOR: editor });
  await tmux.press("Enter");
  await tmux.until(/The agent's reason[^]*q back/);
  await tmux.press("m");
  await tmux.until(/Your changed file for[^]*reach api\.gitlab\.com/);
  await tmux.press("r");
  await tmux.until(/^Why not\?/m);
  await tmux.type("ask for less");
  await tmux.enter(/Enter rejects/);
  await tmux.press("Enter");
  await tmux.until(/nothing to decide[^]*\w{8} of bottle dev is rejected/);
  const decision = await readRecord(place.root, proposal, "response");
  assert.deepEqual([decision?.["status"], decision?.["final_file"]], ["rejected", null]);
});
