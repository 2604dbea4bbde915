/** The only way to print: whatever a line contains, nothing but visible characters reaches a stream. */

import { wrapWords } from "./columns.ts";
import type { Row, Span } from "./text/row.ts";
import { forStream, visibleJson, visibleLine } from "./visible.ts";

/** Where the text goes. */
export interface Stream {
  write(bytes: Uint8Array): Promise<number>;
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  /** Columns to lay out for, which `COLUMNS` also says of a pipe; undefined where nothing does. */
  readonly columns: number | undefined;
  /** Whether bold may be used. */
  readonly styled: boolean;
}

/** The width when none is known, and the least that is laid out for. */
const DEFAULT_COLUMNS = 80;
const MIN_COLUMNS = 40;
const INDENT = "  ";

/** A long list is written in pieces of about this many characters. */
const PIECE_LENGTH = 65_536;

export class Output {
  readonly #stream: Stream;
  #pending = "";
  #lost: { readonly error: unknown } | undefined;

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  /** Whether a person looks at it: what is no terminal gets all there is. */
  get isTerminal(): boolean {
    return this.#stream.isTerminal;
  }

  get columns(): number {
    return Math.max(this.#stream.columns ?? DEFAULT_COLUMNS, MIN_COLUMNS);
  }

  /** The same for rows that are cut: where nothing says how many columns there are, nothing is. */
  get room(): number {
    return this.#stream.columns === undefined ? Infinity : this.columns;
  }

  /** Whether nothing more can be written, as after `supervisectl list | head -1`. */
  get closed(): boolean {
    return this.#lost !== undefined;
  }

  /** Why something could not be written. */
  get lost(): { readonly error: unknown } | undefined {
    return this.#lost;
  }

  /** Adds text without ending the line, for a question. */
  text(text: string): void {
    this.#pending += safe(text);
  }

  /** Adds one line. Tabs stay, everything else that hides or moves text is spelled out. */
  line(...parts: readonly (string | Span)[]): void {
    for (const part of parts) {
      const { text, style }: Span = typeof part === "string" ? { text: part } : part;
      const isBold = style !== undefined && this.#stream.styled;
      this.#pending += isBold ? `\x1b[1m${safe(text)}\x1b[0m` : safe(text);
    }
    this.#pending += "\n";
  }

  /** Adds rows that were laid out for {@linkcode columns}. */
  rows(rows: readonly Row[]): void {
    for (const row of rows) this.line(...row);
  }

  /**
   * Adds a sentence. On a terminal it is broken at spaces, and its further rows are indented: text
   * that it quotes can then not pass for a line of its own.
   */
  paragraph(text: string): void {
    const [first = "", ...rows] = wrapWords(visibleLine(text), this.room - INDENT.length);
    this.line(first);
    for (const row of rows) this.line(INDENT + row);
  }

  /** Adds a JSON value, indented for people or, with `indent` 0, on one line. */
  json(value: unknown, indent = 2): void {
    this.#pending += visibleJson(value, indent) + "\n";
  }

  /**
   * Writes an object whose members are lists, like {@linkcode json}, but piece by piece: all of them
   * together may be longer than a string can be.
   */
  async jsonLists(lists: Readonly<Record<string, Iterable<unknown>>>): Promise<void> {
    let before = "{";
    for (const [name, list] of Object.entries(lists)) {
      this.#pending += `${before}\n  ${visibleJson(name)}: [`;
      before = ",";
      let isEmpty = true;
      for (const value of list) {
        const item = visibleJson(value, 2).replaceAll("\n", "\n    ");
        this.#pending += `${isEmpty ? "" : ","}\n    ${item}`;
        isEmpty = false;
        if (this.#pending.length > PIECE_LENGTH) await this.flush();
        if (this.closed) return;
      }
      this.#pending += isEmpty ? "]" : "\n  ]";
    }
    this.#pending += "\n}\n";
  }

  /** Writes what was added. Never fails: what cannot be written is {@linkcode lost}. */
  async flush(): Promise<void> {
    const bytes = new TextEncoder().encode(this.#pending);
    this.#pending = "";
    if (this.closed) return;
    try {
      for (let written = 0; written < bytes.length;) {
        written += await this.#stream.write(bytes.subarray(written));
      }
    } catch (error) {
      this.#lost = { error };
    }
  }
}

function safe(text: string): string {
  return forStream(text).split("\t").map(visibleLine).join("\t");
}
