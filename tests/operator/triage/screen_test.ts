/** The triage screen on a real terminal: its screens, its texts, and the terminal it leaves behind. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Item } from "../../../src/queue/item.ts";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import { temporary, type TemporaryDirectory } from "../../support/temporary.ts";
import { HAS_TMUX, startTmux, type Tmux, type TmuxOptions } from "../../support/tmux.ts";
import { eventually } from "../../support/within.ts";
import { json, NOW } from "../fixture.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const GOLDEN = join(ROOT, "tests", "testdata", "triage");

if (!HAS_TMUX) {
  await Deno.stderr.write(new TextEncoder().encode("skipped: tmux is not installed\n"));
}

interface Ask {
  readonly id: string;
  readonly slug?: string;
  readonly tool?: string;
  readonly file?: string;
  readonly justification?: string;
  readonly ageSeconds?: number;
}

function item(ask: Ask): Item {
  const file = ask.file ?? json({ host: "api.github.com", path_allowlist: ["/repos/acme/"] });
  const slug = (ask.slug ?? "dev") as Slug;
  const at = new Date(NOW.getTime() - (ask.ageSeconds ?? 180) * 1_000);
  return {
    slug,
    proposal: {
      id: `${ask.id}-1111-4111-8111-111111111111` as ProposalId,
      bottle_slug: slug,
      tool: ask.tool ?? "egress-block",
      proposed_file: file,
      justification: ask.justification ?? "to read the issues",
      arrival_timestamp: at.toISOString(),
      current_file_hash: sha256Hex(file),
    },
    state: "pending",
    repeats: [],
    waiting: 1,
  };
}

const GITHUB: Ask = { id: "1a2b3c4d", ageSeconds: 7_200 };
const DOCKERFILE: Ask = {
  id: "2b3c4d5e",
  slug: "research",
  tool: "capability-block",
  file: ["FROM debian:12", ...Array.from({ length: 40 }, (_, line) => `RUN echo step ${line + 1}`)]
    .join("\n") + "\n",
  justification: "the tests need ffmpeg, and installing it takes some steps",
  ageSeconds: 600,
};
const PLAIN_HTTP: Ask = {
  id: "3c4d5e6f",
  tool: "pipelock-block",
  file: "http://downloads.example/tool.tar.gz",
  justification: "to install the tool",
};
const LATE: Ask = { id: "4d5e6f70", slug: "late", ageSeconds: 1 };

const RECENT = [
  {
    key: "research/9f8e7d6c",
    slug: "research",
    id: "9f8e7d6c-1111-4111-8111-111111111111",
    at: new Date(NOW.getTime() - 300_000).toISOString(),
    what: "pypi.org, 2 paths",
  },
  {
    key: "dev/8e7d6c5b",
    slug: "dev",
    id: "8e7d6c5b-1111-4111-8111-111111111111",
    at: new Date(NOW.getTime() - 90_000_000).toISOString(),
    what: "Dockerfile",
  },
];

/** A detail that has been read, and whose keys are answered. */
const DETAIL = /The agent's reason[^]*q back/;

/** The demo program on a terminal of its own, over a directory of its own. */
class Scene implements AsyncDisposable {
  readonly tmux: Tmux;
  readonly #directory: TemporaryDirectory;

  constructor(tmux: Tmux, directory: TemporaryDirectory) {
    this.tmux = tmux;
    this.#directory = directory;
  }

  static async open(asks: readonly Ask[], options: TmuxOptions = {}): Promise<Scene> {
    const directory = await temporary();
    const tmux = await startTmux({ cwd: ROOT, ...options });
    const scene = new Scene(tmux, directory);
    await scene.ask(...asks);
    await scene.put("recent.json", JSON.stringify(RECENT));
    await tmux.type("stty -a | grep -o -e '-*echo ' -e '-*icanon' | tr -d '\\n'; echo ' before'");
    await tmux.press("Enter");
    await tmux.until(/^icanon ?echo ? before/m);
    return scene;
  }

  /** Runs the program and waits for its first screen. */
  async start(pattern = /to decide/): Promise<void> {
    const demo = [Deno.execPath(), "run", "-q", "-A", "--cached-only"];
    await this.tmux.type(
      [...demo, "tests/operator/triage/demo.ts", this.#directory.path].join(" "),
    );
    await this.tmux.press("Enter");
    await this.tmux.until(pattern);
  }

  /** Replaces all that is asked. */
  async ask(...asks: readonly Ask[]): Promise<void> {
    await this.put("items.json", JSON.stringify(asks.map(item)));
  }

  async put(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(this.#path(`${name}.part`), text);
    await Deno.rename(this.#path(`${name}.part`), this.#path(name));
  }

  async remove(name: string): Promise<void> {
    await Deno.remove(this.#path(name));
  }

  async text(name: string): Promise<string> {
    return await Deno.readTextFile(this.#path(name)).catch(() => "");
  }

  async signal(signal: Deno.Signal): Promise<void> {
    Deno.kill(Number(await this.text("pid")), signal);
  }

  /** Compares the screen with a golden file, once `pattern` is on it. */
  async shows(name: string, pattern: RegExp): Promise<void> {
    const path = join(GOLDEN, `${name}.txt`);
    let screen = await this.tmux.until(pattern);
    if (Deno.env.get("UPDATE_GOLDEN")) {
      screen = await this.#settled();
      return await Deno.writeTextFile(path, screen);
    }
    const golden = await Deno.readTextFile(path);
    screen = await this.tmux.becomes(golden, 10);
    assert.equal(screen, golden, `the screen is not ${name}.txt`);
  }

  /** The terminal is as it was before the program: screen, cursor, echo, lines. */
  async isLeftClean(): Promise<void> {
    await this.tmux.until(/ (before|after)\n(.*\n)*\$\n/);
    await this.tmux.type("clear");
    await this.tmux.press("Enter");
    await this.tmux.until(/^\$\n\n/);
    await this.tmux.type(
      "stty -a | grep -o -e '-*echo ' -e '-*icanon' | tr -d '\\n'; echo ' after'",
    );
    await this.tmux.press("Enter");
    await this.tmux.until(/^icanon ?echo ? after/m);
    const format = "#{alternate_on} #{cursor_flag} #{wrap_flag}";
    assert.equal(await this.tmux.state(format), "0 1 1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tmux[Symbol.asyncDispose]();
    await this.#directory[Symbol.asyncDispose]();
  }

  /** The screen when it has not changed over several looks. */
  async #settled(): Promise<string> {
    let last = "";
    let same = 0;
    await eventually(60, "screen that stays", async () => {
      const screen = await this.tmux.screen();
      same = screen === last ? same + 1 : 0;
      last = screen;
      return same > 20;
    });
    return last;
  }

  #path(name: string): string {
    return join(this.#directory.path, name);
  }
}

function screenTest(name: string, test: () => Promise<void>): void {
  Deno.test({ name: `triage screen: ${name}`, ignore: !HAS_TMUX, fn: test });
}

screenTest("list, detail, scrolled detail, back, help", async () => {
  await using scene = await Scene.open([GITHUB, DOCKERFILE, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await scene.shows("list", /q quit/);
  await tmux.press("j");
  await scene.shows("list_second", /> 2b3c4d5e/);
  await tmux.press("Enter");
  await scene.shows("detail", /rows 1-/);
  await tmux.press("PPage", "NPage");
  await scene.shows("detail_scrolled", /rows 2\d-/);
  await tmux.press("End");
  await scene.shows("detail_end", /step 40/);
  await tmux.press("Escape");
  await scene.shows("list_second", /> 2b3c4d5e/);
  await tmux.press("?");
  await scene.shows("help", /What you write/);
  await tmux.press("q");
  await scene.shows("list_second", /> 2b3c4d5e/);
  await tmux.press("q");
  await scene.isLeftClean();
});

screenTest("approve from the list shows the detail first, then asks once more", async () => {
  await using scene = await Scene.open([GITHUB, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("Down", "a");
  await scene.shows("approve_first_shown", DETAIL);
  await tmux.press("a");
  await tmux.until(/Enter goes on:/);
  await tmux.type("for this week only");
  await scene.shows("approve_notes", /week only/);
  await tmux.enter(/Approve 3c4d5e6f: [^]*Wait a moment|Enter approves/);
  // What was typed before the question was seen does not answer it.
  await tmux.press("Enter", "Enter", "Enter");
  await scene.shows("confirm", /Enter approves/);
  assert.equal(await scene.text("log"), "");
  await scene.put("hold", "");
  await tmux.press("Enter");
  await scene.shows("applying", /Applying/);
  await scene.remove("hold");
  await scene.shows("approved", /Enter go on/);
  assert.match(await scene.text("log"), /^approve 3c4d5e6f\S+ [0-9a-f]{64} for this week only\n$/);
  await tmux.press("Enter");
  await scene.shows("list_after_approve", /1 to decide/);
  await tmux.press("q");
  await scene.isLeftClean();
});

screenTest("a text is kept by Esc, over a new proposal, and over kill -9", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("r");
  await tmux.until(/Why not\?/);
  await tmux.type("grüße: ask for /repos/acme/ al");
  await scene.shows("input", /acme\/ al/);
  await tmux.press("Escape");
  await tmux.until(DETAIL);
  await tmux.press("Escape");
  await tmux.until(/> 1a2b3c4d/);
  await tmux.press("r");
  await scene.shows("input", /acme\/ al/);
  await scene.ask(LATE, GITHUB);
  await tmux.type("one");
  await scene.shows("input_after_arrival", /alone/);
  await tmux.press("Escape");
  await tmux.until(DETAIL);
  await tmux.press("Escape");
  // The selection stays with its proposal.
  await scene.shows("list_after_arrival", /2 to decide/);
  await tmux.press("r");
  await tmux.until(/alone/);
  await tmux.type(", please");
  await eventually(
    60,
    "saved draft",
    async () => (await scene.text("drafts.json")).includes("ease"),
  );
  await scene.signal("SIGKILL");
  await tmux.until(/Killed/);
  // What no program can do for itself: the shell's terminal is put right by hand.
  await tmux.press("C-j");
  await tmux.type("stty sane; printf '\\033[?1049l\\033[?7h\\033[?25h\\033[?2004l'; clear");
  await tmux.press("C-j");
  await tmux.until(/^\$\n\n/);
  await scene.start();
  await tmux.press("j", "r");
  await tmux.until(/alone, please/);
});

screenTest("a text outlives its proposal, and is shown", async () => {
  await using scene = await Scene.open([GITHUB, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("r");
  await tmux.until(/Why not\?/);
  await tmux.type("this host is not ours");
  await tmux.until(/not ours/);
  await scene.ask(PLAIN_HTTP);
  await scene.shows("input_gone", /taken back/);
  await tmux.press("Escape");
  await scene.shows("message_gone", /What you wrote/);
  await tmux.press("Enter");
  await tmux.until(/1 to decide/);
  await tmux.press("q");
  await scene.isLeftClean();
  await scene.start(/What you wrote/);
  await tmux.until(/this host is not ours[^]*d drop/);
  await tmux.press("d");
  await tmux.until(/Enter drops it/);
  await tmux.press("Enter");
  await tmux.until(/1 to decide/);
  await tmux.press("q");
  await scene.isLeftClean();
  assert.equal(await scene.text("drafts.json"), "{}");
});

screenTest("any size: 40x12, 120x40, too small, and back", async () => {
  await using scene = await Scene.open([GITHUB, DOCKERFILE, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await tmux.resize(120, 40);
  await scene.shows("list_120x40", /1 path: \/repos\/acme\//);
  await tmux.resize(40, 12);
  await scene.shows("list_40x12", /^(.*\n){12}$/);
  await tmux.press("Enter");
  await scene.shows("detail_40x12", DETAIL);
  await tmux.resize(120, 40);
  await scene.shows("detail_120x40", /(.*\n){40}/);
  await tmux.resize(30, 8);
  await scene.shows("too_small", /Needs 40x10/);
  // Nobody can decide on what cannot be seen.
  await tmux.press("a", "Enter", "Enter");
  await tmux.resize(80, 24);
  await tmux.until(DETAIL);
  assert.equal(await scene.text("log"), "");
  await tmux.press("Escape");
  await scene.shows("list", /q quit/);
});

screenTest("undo asks once more", async () => {
  await using scene = await Scene.open([]);
  const { tmux } = scene;
  await scene.start(/nothing to decide/);
  await scene.shows("list_empty", /Nothing to decide/);
  await tmux.press("u");
  await scene.shows("recent", /8e7d6c5b/);
  await tmux.press("j", "Enter");
  await tmux.until(/host: a[^]*Notes to the agent/);
  await tmux.type("wrong repository");
  await scene.shows("undo_notes", /wrong repository/);
  await tmux.enter(/Undo 8e7d6c5b/);
  await scene.shows("confirm_undo", /Enter undoes/);
  await tmux.press("Enter");
  await scene.shows("undone", /Took back/);
  assert.match(await scene.text("log"), /^undo 8e7d6c5b\S+ wrong repository\n$/);
  await tmux.press("Enter", "q");
  await scene.isLeftClean();
});

screenTest("modify gives the terminal to the editor first, and takes notes after", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.put(
    "editor",
    "printf 'the editor reads: '; read answer; test \"$answer\" = all-of-it",
  );
  await scene.start();
  await tmux.press("m");
  await tmux.until(DETAIL);
  await tmux.press("m");
  await tmux.until(/the editor reads:$/m);
  // The editor gets every key, and its screen is not drawn over.
  await scene.ask(GITHUB, LATE);
  await tmux.type("all-of-it");
  await tmux.until(/the editor reads: all-of-it/);
  await tmux.press("Enter");
  await tmux.until(/You changed nothing in the file/);
  await scene.put("edited.json", JSON.stringify(json({ host: "api.github.com" })));
  await tmux.press("m");
  await tmux.until(/the editor reads:$/m);
  await tmux.type("all-of-it");
  await tmux.press("Enter");
  await scene.shows("edited", /Your changed file for/);
  await tmux.press("a");
  await tmux.until(/Enter goes on:/);
  await tmux.type("all of it");
  await tmux.enter(/as you changed it\?/);
  await scene.shows("confirm_modify", /Enter approves/);
  await tmux.press("Enter");
  await scene.shows("modified", /as modified/);
  await tmux.press("Enter", "q");
  await scene.isLeftClean();
  assert.match(await scene.text("log"), /^modify 1a2b3c4d\S+ [0-9a-f]{64} all of it\n$/);
});

screenTest("Ctrl-C in the editor is the editor's business", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.put(
    "editor",
    "trap 'echo caught' INT; printf 'editing '; while ! read answer; do :; done; false",
  );
  await scene.start();
  await tmux.press("Enter");
  await tmux.until(DETAIL);
  await tmux.press("m");
  await tmux.until(/editing/);
  await tmux.press("C-c");
  await tmux.until(/caught/);
  await tmux.press("Enter");
  await scene.shows("editor_failed", /ended with code 1/);
});

screenTest(
  "new asks are marked, and ring and name the window, which gets its title back",
  async () => {
    await using scene = await Scene.open([GITHUB]);
    const { tmux } = scene;
    await tmux.run("set-option", "-g", "monitor-bell", "on");
    await tmux.run("select-pane", "-T", "before");
    await scene.start();
    await eventually(
      10,
      "title",
      async () => await tmux.state("#{pane_title}") === "1 ask – supervisectl",
    );
    await scene.ask(GITHUB, LATE);
    await eventually(10, "bell", async () => await tmux.state("#{window_bell_flag}") === "1");
    await scene.shows("list_new", /2 to decide, 1 new/);
    assert.equal(await tmux.state("#{pane_title}"), "2 asks – supervisectl");
    await tmux.press("q");
    await scene.isLeftClean();
    assert.equal(await tmux.state("#{pane_title}"), "before");
  },
);

screenTest("a filter shows what holds its text, as it is typed", async () => {
  await using scene = await Scene.open([GITHUB, DOCKERFILE, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("/");
  await tmux.until(/Enter keeps it/);
  await tmux.type("ffm");
  await scene.shows("filter", /1 of 3, filter: ffm/);
  await tmux.press("Enter");
  await scene.shows("list_filtered", /Esc clear filter/);
  await tmux.press("Escape");
  await scene.shows("list_second", /> 2b3c4d5e/);
});

screenTest("several are approved with one question, and one with a warning stays", async () => {
  await using scene = await Scene.open([GITHUB, PLAIN_HTTP, LATE]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("Space", "Space", "Space");
  await scene.shows("list_marked", /3 marked/);
  await tmux.press("a");
  await scene.shows("confirm_several", /Enter approves/);
  await tmux.press("Enter");
  await scene.shows("several_done", /2 of 2 answered/);
  const asked = (await scene.text("log")).split("\n").map((line) => line.slice(0, 16));
  assert.deepEqual(asked, ["approve 1a2b3c4d", "approve 4d5e6f70", ""]);
  await tmux.press("Enter");
  await tmux.until(/> 3c4d5e6f/);
  await tmux.press("q");
  await scene.isLeftClean();
});

screenTest("after an answer the next ask is on the card, with the result", async () => {
  await using scene = await Scene.open([GITHUB, PLAIN_HTTP]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("Enter");
  await tmux.until(DETAIL);
  await tmux.press("r");
  await tmux.until(/Why not\?/);
  await tmux.type("use the mirror");
  await tmux.enter(/Enter rejects/);
  await tmux.press("Enter");
  await scene.shows("next", /^Proposal 3c4d5e6f[^]*Rejected 1a2b3c4d/);
});

screenTest("an approval that no longer holds goes back to the new detail", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("Enter");
  await tmux.until(DETAIL);
  await tmux.press("a");
  await tmux.until(/Enter goes on:/);
  await tmux.press("Enter");
  await tmux.until(/Enter approves/);
  const message = "the live file has changed since it was shown; read the new difference";
  await scene.put("fail.json", JSON.stringify({ code: "changed", message }));
  await tmux.press("Enter");
  await scene.shows("changed", /read the new difference/);
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

screenTest("nothing that an agent writes moves anything", async () => {
  const file = json({ host: `good.example${HOSTILE}` });
  await using scene = await Scene.open([
    { ...GITHUB, id: "5e6f7081", justification: HOSTILE },
    { ...GITHUB, id: "6f708192", file, justification: HOSTILE },
  ]);
  const { tmux } = scene;
  await scene.start();
  await scene.shows("hostile_list", /q quit/);
  await tmux.press("Enter");
  await scene.shows("hostile_detail", DETAIL);
  // Every attribute on the screen is the program's own; tmux names the default colours too.
  // deno-lint-ignore no-control-regex
  const attributes = (await tmux.screen("-e")).match(/\x1b\[[0-9;]*m/g) ?? [];
  const known = ["\x1b[0m", "\x1b[1m", "\x1b[39m", "\x1b[49m"];
  assert.deepEqual(attributes.filter((attribute) => !known.includes(attribute)), []);
  await tmux.press("End", "a");
  await tmux.until(/Enter goes on:/);
  await tmux.paste("pasted\rlines\nand \x1b[31mcolour");
  await scene.shows("hostile_paste", /pasted lines/);
  await tmux.enter(/Enter approves/);
  await scene.shows("hostile_confirm", /Enter approves/);
});

for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
  screenTest(`${signal} saves the text and leaves the terminal clean`, async () => {
    await using scene = await Scene.open([GITHUB]);
    const { tmux } = scene;
    await scene.start();
    await tmux.press("r");
    await tmux.until(/Why not\?/);
    await tmux.type("half a rea");
    await tmux.until(/half a rea/);
    await scene.signal(signal);
    await scene.isLeftClean();
    assert.match(await scene.text("drafts.json"), /half a rea/);
  });
}

screenTest("Ctrl-C while it applies waits for the end and then says what happened", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.start();
  await scene.put("hold", "");
  await tmux.press("Enter");
  await tmux.until(DETAIL);
  await tmux.press("a");
  await tmux.until(/Enter goes on:/);
  await tmux.press("Enter");
  await tmux.until(/Enter approves/);
  await tmux.press("Enter");
  await tmux.until(/Applying/);
  await tmux.press("C-c");
  await scene.shows("applying_then_quit", /ends when/);
  await scene.remove("hold");
  await tmux.until(/^Approved 1a2b3c4d/m);
  await scene.isLeftClean();
});

const BUGS = [
  ["in an action", "bug"],
  ["in a promise elsewhere", "reject"],
  ["in a timer elsewhere", "throw"],
] as const;

for (const [where, name] of BUGS) {
  screenTest(`a bug ${where} leaves the terminal clean, with the error on it`, async () => {
    await using scene = await Scene.open([GITHUB]);
    const { tmux } = scene;
    await scene.put(name, "");
    await scene.start();
    if (name !== "bug") await scene.remove(name);
    else {
      await tmux.press("r");
      await tmux.until(/reason[^]*Why not\?/);
      await tmux.type("not ours");
      await tmux.enter(/Reject \w{8} with this reason\?/);
      await tmux.until(/Enter rejects/);
      await tmux.press("Enter");
    }
    await tmux.until(/TypeError: a bug/);
    await scene.isLeftClean();
  });
}

screenTest("a terminal that goes away ends the program, with the text saved", async () => {
  await using scene = await Scene.open([GITHUB]);
  const { tmux } = scene;
  await scene.start();
  await tmux.press("r");
  await tmux.until(/Why not\?/);
  await tmux.type("half a rea");
  await tmux.until(/half a rea/);
  const pid = await scene.text("pid");
  await tmux[Symbol.asyncDispose]();
  await eventually(
    60,
    "end of the program",
    async () => !await Deno.lstat(`/proc/${pid}/exe`).then(() => true, () => false),
  );
  assert.match(await scene.text("drafts.json"), /half a rea/);
});
