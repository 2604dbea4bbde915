/** The y/N of the commands: only what is typed after the question could be read answers it. */

import assert from "node:assert/strict";
import { ask } from "../../src/operator/ask.ts";
import type { Io } from "../../src/operator/io.ts";
import { Keyboard, type Typed } from "../../src/operator/keyboard.ts";
import { Output } from "../../src/operator/output.ts";
import { ctl, propose, readRecord, script } from "./fixture.ts";
import { ROUTES, stand } from "./live/stand.ts";
import { shell, terminalTest } from "./terminal_shell.ts";
import { bytes } from "./triage/model.ts";

interface Asked {
  readonly yes: boolean;
  /** What was written, and when the terminal was given back. */
  readonly seen: string;
}

/** Asks at a terminal that gives `typed`, one after the other. */
async function asked(...typed: readonly (string | undefined)[]): Promise<Asked> {
  const left = [...typed];
  let seen = "";
  const out = new Output({
    columns: 80,
    isTerminal: true,
    styled: false,
    write(chunk) {
      seen += new TextDecoder().decode(chunk);
      return Promise.resolve(chunk.length);
    },
  });
  const io: Pick<Io, "keys" | "interrupts"> = {
    keys: () => ({
      read(): Promise<Typed> {
        const next = left.shift();
        return Promise.resolve(next === undefined || next === "quiet" ? next : bytes(next));
      },
      [Symbol.dispose]: () => void (seen += "<done>"),
    }),
    interrupts: () => ({
      signal: new AbortController().signal,
      editing: false,
      [Symbol.dispose]() {},
    }),
  };
  const yes = await ask("Sure?", io, out);
  await out.flush();
  assert.ok(left.length === 0, "something was not read");
  return { yes, seen };
}

const ANSWERS: readonly (readonly [name: string, typed: (string | undefined)[], yes: boolean])[] = [
  ["y after a pause", ["quiet", "y\n"], true],
  ["yes after a pause", ["quiet", "YES\n"], true],
  ["y after a return and a pause", ["\r", "quiet", "y\r\n"], true],
  ["y before the pause, then n", ["y\r", "quiet", "n\n"], false],
  ["y before the pause, then nothing", ["y\r", "y\n", "quiet", undefined], false],
  ["y before the pause, then a return", ["y", "quiet", "\n"], false],
  ["y in pieces and a pause", ["quiet", "y", "quiet", "es", "\r"], true],
  ["y after another letter was erased", ["quiet", "n", "\x7f", "y", "\r"], true],
  ["the end of the input", [undefined], false],
  ["Ctrl-D", ["quiet", "\x04"], false],
  ["a line that is broken off", ["quiet", "y", undefined], false],
  ["more than yes", ["quiet", "yes please\r"], false],
  ["a control character", ["quiet", "y\x1b[A\r"], false],
  ["a paste that begins with y", ["quiet", "y\rfoo\r", "bar", "quiet", "n\r"], false],
  ["a paste, then y after a pause", ["quiet", "foo\ry\rz", "quiet", "y\r"], true],
];

for (const [name, typed, yes] of ANSWERS) {
  Deno.test(`ask() takes for ${yes ? "yes" : "no"}: ${name}`, async () => {
    const answer = await asked(...typed);
    assert.equal(answer.yes, yes);
    assert.match(answer.seen, /^Sure\? (\[y\/N\] [^]*\n)?<done>$/);
  });
}

Deno.test("ask() takes no answer to a question that cannot be shown", async () => {
  const out = new Output({
    columns: 80,
    isTerminal: true,
    styled: false,
    write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")),
  });
  const io: Parameters<typeof ask>[1] = {
    keys: () => assert.fail("it reads an answer"),
    interrupts: () => ({
      signal: new AbortController().signal,
      editing: false,
      [Symbol.dispose]() {},
    }),
  };
  assert.equal(await ask("Sure?", io, out), false);
});

Deno.test("Keyboard tells a pause once, and anew after what was typed or drawn", async () => {
  const typed: PromiseWithResolvers<Uint8Array>[] = [];
  const keyboard = new Keyboard(() => {
    const next = Promise.withResolvers<Uint8Array>();
    typed.push(next);
    return next.promise;
  });
  assert.equal(await keyboard.read(), "quiet");
  const key = keyboard.read();
  typed[0]?.resolve(bytes("a"));
  assert.deepEqual(await key, bytes("a"));
  assert.equal(await keyboard.read(), "quiet");
  keyboard.restart();
  assert.equal(await keyboard.read(), "quiet");
  assert.equal(typed.length, 2, "what is read goes on over a pause");
  keyboard.stop();
});

terminalTest(
  "y/N on a terminal: a y typed before approve asks approves nothing, and one after it does",
  async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    await using tmux = await shell(place);
    await tmux.run("send-keys", "-t", "test", `ctl approve ${id}`, "Enter", "y", "Enter", "y");
    await tmux.until(/\[y\/N\]/);
    await tmux.press("Enter");
    await tmux.until(/nothing was changed, nothing was decided[^]*exit 1/);
    assert.equal(await place.read("routes"), ROUTES);
    await tmux.type("clear");
    await tmux.press("Enter");
    await tmux.until(/^\$\n\n/);
    await tmux.type(`ctl approve ${id}`);
    await tmux.press("Enter");
    await tmux.until(/Apply this\? \[y\/N\]/);
    await tmux.type("y");
    await tmux.press("Enter");
    await tmux.until(/\[y\/N\] y\n[^]*Approved \w{8}[^]*exit 0/);
    assert.match(await place.read("routes"), /api\.github\.com/);
  },
);

terminalTest("y/N on a terminal: a y typed before undo asks takes nothing back", async () => {
  await using place = await stand();
  const proposal = await propose(place.root);
  const env = { SUPERVISE_CONFIG: place.configFile };
  assert.equal((await ctl(place.root, ["approve", proposal.id], { env })).code, 0);
  const approved = await place.read("routes");
  await using tmux = await shell(place);
  const line = `ctl undo ${proposal.id}`;
  await tmux.run("send-keys", "-t", "test", line, "Enter", "y", "Enter", "yes", "Enter");
  await tmux.until(/Take this back\? \[y\/N\]/);
  await tmux.type("n");
  await tmux.press("Enter");
  await tmux.until(/exit 1/);
  assert.equal(await place.read("routes"), approved);
});

terminalTest(
  "y/N on a terminal: what was typed while the editor ran approves nothing",
  async () => {
    await using place = await stand();
    const proposal = await propose(place.root);
    const go = `${place.path}/go`;
    const editor = await script(
      place.path,
      "editor",
      `sed -i s/github/gitlab/ "$1"; echo editing; while ! test -e ${go}; do sleep 0.01; done`,
    );
    await using tmux = await shell(place, { EDITOR: editor });
    await tmux.type(`ctl modify ${proposal.id}`);
    await tmux.press("Enter");
    await tmux.until(/^editing/m);
    await tmux.press("y", "Enter", "y");
    await Deno.writeTextFile(go, "");
    await tmux.until(/\[y\/N\]/);
    await tmux.press("Enter");
    await tmux.until(/nothing was decided[^]*your text is kept[^]*exit 1/);
    assert.equal(await readRecord(place.root, proposal, "response"), undefined);
  },
);

terminalTest(
  "y/N on a terminal: Ctrl-C before the question can be answered leaves the terminal as it was",
  async () => {
    await using place = await stand();
    const { id } = await propose(place.root);
    await using tmux = await shell(place);
    await tmux.type(`ctl approve ${id}`);
    await tmux.press("Enter");
    await tmux.until(/Apply this\?/);
    await tmux.press("C-c");
    await tmux.until(/\n\$ *\n*$/);
    await tmux.type("stty -a | grep -o -e '-*echo ' -e '-*icanon' | tr -d '\\n'; echo ' after'");
    await tmux.press("Enter");
    await tmux.until(/icanon ?echo ? after/);
    assert.equal(await place.read("routes"), ROUTES);
  },
);
