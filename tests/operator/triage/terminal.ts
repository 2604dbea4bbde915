/** A terminal in memory: keys that a test types, and a grid of rows that knows the screen's escapes alone. */

import assert from "node:assert/strict";
import type { Size } from "../../../src/operator/triage/state.ts";
import type { Terminal } from "../../../src/operator/triage/terminal.ts";
import type { Typed } from "../../../src/operator/keyboard.ts";
import { bytes } from "./model.ts";

/** What the screen may send; text stands between. */
const SENT =
  // deno-lint-ignore no-control-regex
  /\x1b\[2J|\x1b\[(\d+);1H(\x1b\[2K)?|\x1b\[[017]m|\x1b\[\?25[lh]|\x1b\]2;([^\x07]*)\x07/;

export class FakeTerminal implements Terminal {
  readonly #typed: Typed[] = [];
  readonly #rows: string[] = [];
  #wake: ((typed: Typed) => void) | undefined;
  #resized = () => {};
  #stopped: (signal: Deno.Signal) => void = () => {};
  #size: Size;
  isTaken = false;
  /** Of the window, as it was named last. */
  title: string | undefined;
  bells = 0;
  /** After the screen was left. */
  parting = "";

  constructor(size: Size = { columns: 80, rows: 24 }) {
    this.#size = size;
  }

  get isRead(): boolean {
    return this.#wake !== undefined;
  }

  get screen(): string {
    const { rows } = this.#size;
    return Array.from({ length: rows }, (_, row) => (this.#rows[row] ?? "").trimEnd() + "\n").join(
      "",
    );
  }

  /** What is sent at once; `"quiet"` is a pause. */
  send(...typed: Typed[]): void {
    for (const one of typed) {
      if (this.#wake) this.#wake(one);
      else this.#typed.push(one);
      this.#wake = undefined;
    }
  }

  /** One key after the other, each with the pause in which a person looks. */
  press(...keys: readonly string[]): void {
    for (const key of keys) this.send("quiet", bytes(key), "quiet");
  }

  read(): Promise<Typed> {
    const [typed] = this.#typed;
    if (this.#typed.length > 0) {
      this.#typed.shift();
      return Promise.resolve(typed);
    }
    return new Promise((resolve) => this.#wake = resolve);
  }

  write = (text: string) => {
    if (this.isTaken) this.#draw(text);
    else this.parting += text;
    return Promise.resolve();
  };

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    this.#resized();
  }

  stop(signal: Deno.Signal): void {
    this.#stopped(signal);
  }

  size = () => this.#size;
  enter = () => void (this.isTaken = true);
  leave = () => void (this.isTaken = false);
  onResize = (callback: () => void) => {
    this.#resized = callback;
    return { [Symbol.dispose]() {} };
  };
  onStop = (callback: (signal: Deno.Signal) => void) => {
    this.#stopped = callback;
    return { [Symbol.dispose]() {} };
  };

  #draw(text: string): void {
    let rest = text;
    let row: number | undefined;
    while (rest !== "") {
      const sent = SENT.exec(rest);
      const written = rest.slice(0, sent?.index ?? rest.length);
      this.bells += written.split("\x07").length - 1;
      const plain = written.replaceAll("\x07", "");
      // deno-lint-ignore no-control-regex
      assert.doesNotMatch(plain, /[\x00-\x1f\x7f-\x9f]/);
      if (row !== undefined) this.#rows[row] += plain;
      if (!sent) return;
      const [all, at, erased, title] = sent;
      if (all === "\x1b[2J") this.#rows.length = 0;
      if (title !== undefined) this.title = title;
      // Without erasing, the text that stands there already leads the cursor.
      if (at !== undefined) row = erased ? Number(at) - 1 : undefined;
      if (row !== undefined && erased) this.#rows[row] = "";
      rest = rest.slice(sent.index + all.length);
    }
  }
}
