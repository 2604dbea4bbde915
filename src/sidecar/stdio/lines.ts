/** Bytes to lines within a limit, because a host may send a line that never ends. */

import { MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";

export type InputLine =
  | { readonly kind: "line"; readonly bytes: Uint8Array }
  | { readonly kind: "too-long" };

const NEWLINE = 0x0a;

const TOO_LONG: InputLine = { kind: "too-long" };

const NOTHING = new Uint8Array();

/**
 * Splits a stream of bytes into its lines, without those that are blank. Of a line that is too long
 * nothing is kept: it is told once, as soon as it is, and the rest of it passed over.
 */
export class LineSplitter {
  /** Holds the beginning of the current line: copied, since a piece may be part of a larger buffer. */
  #buffer: Uint8Array = NOTHING;
  #length = 0;
  #isSkipping = false;

  /** The lines that end in this chunk. */
  *push(chunk: Uint8Array): Generator<InputLine> {
    let start = 0;
    for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      const line = this.#finish(chunk.subarray(start, end));
      if (line) yield line;
    }
    if (!this.#hold(chunk.subarray(start))) yield TOO_LONG;
  }

  /** What the stream ended with, where that was not a newline. */
  *end(): Generator<InputLine> {
    const line = this.#finish(NOTHING);
    if (line) yield line;
  }

  #finish(lastPiece: Uint8Array): InputLine | undefined {
    if (this.#length === 0 && !this.#isSkipping && lastPiece.length <= MAX_MESSAGE_BYTES) {
      return lineOf(lastPiece);
    }
    const fits = this.#hold(lastPiece);
    const line = this.#isSkipping ? undefined : lineOf(this.#buffer.subarray(0, this.#length));
    this.#drop();
    this.#isSkipping = false;
    return fits ? line : TOO_LONG;
  }

  /** False when this piece makes the line too long. */
  #hold(piece: Uint8Array): boolean {
    if (this.#isSkipping) return true;
    const length = this.#length + piece.length;
    if (length > MAX_MESSAGE_BYTES) {
      this.#drop();
      this.#isSkipping = true;
      return false;
    }
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(2 * length, MAX_MESSAGE_BYTES));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  #drop(): void {
    this.#buffer = NOTHING;
    this.#length = 0;
  }
}

function lineOf(bytes: Uint8Array): InputLine | undefined {
  return bytes.every(isBlank) ? undefined : { kind: "line", bytes };
}

/** A space, a tab, or the carriage return of a line that ends in two characters. */
function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
