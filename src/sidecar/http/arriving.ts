/**
 * The memory that larger bodies arrive in. It is used again and again: what the runtime allocates by
 * itself for each request stays until it next collects garbage, which is late in a small container.
 */

import { MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";

/** In bytes. */
export const PIECE_BYTES = 16_384;

/**
 * All requests with a larger body may take this many pieces (8 MiB), from the first byte until they
 * are answered: they and what is made of them have to fit into a small container.
 */
const MAX_PIECES = 512;

/** The runtime's own buffer of a connection grows with a body to as much (400 KiB), and stays. */
const RUNTIME_PIECES = 25;

export class ArrivalMemory {
  readonly #free: ArrayBuffer[] = [];
  #taken = 0;
  /** Where a body is put together. It is lent for one synchronous use, so one is enough for all. */
  #whole: Uint8Array | undefined;

  /** For one more body. */
  open(): ArrivingBody {
    return new ArrivingBody(this);
  }

  /** One more piece; undefined when others have them all. */
  lend(): ArrayBuffer | undefined {
    if (this.#taken === MAX_PIECES) return undefined;
    this.#taken++;
    return this.#free.pop() ?? new ArrayBuffer(PIECE_BYTES);
  }

  /** Takes pieces back. What the runtime keeps counts until the request is `completed`. */
  takeBack(pieces: readonly ArrayBuffer[], completed: Promise<unknown>): void {
    const kept = Math.min(pieces.length, RUNTIME_PIECES);
    const end = () => void (this.#taken -= kept);
    this.#taken -= pieces.length - kept;
    this.#free.push(...pieces);
    completed.then(end, end);
  }

  get whole(): Uint8Array {
    return this.#whole ??= new Uint8Array(MAX_MESSAGE_BYTES);
  }
}

/** What has come of one body. */
export class ArrivingBody {
  readonly #memory: ArrivalMemory;
  readonly #pieces: ArrayBuffer[] = [];
  #size = 0;

  constructor(memory: ArrivalMemory) {
    this.#memory = memory;
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  /** Copies what has come. False when others have all the memory. */
  add(bytes: Uint8Array): boolean {
    for (let copied = 0; copied < bytes.length;) {
      const filled = this.#size % PIECE_BYTES;
      if (filled === 0) {
        const piece = this.#memory.lend();
        if (!piece) return false;
        this.#pieces.push(piece);
      }
      const room = new Uint8Array(this.#pieces.at(-1)!, filled);
      const part = bytes.subarray(copied, copied + room.length);
      room.set(part);
      copied += part.length;
      this.#size += part.length;
    }
    return true;
  }

  /** The whole body: lent, and only until another one is joined. */
  join(): Uint8Array {
    const { whole } = this.#memory;
    for (const [at, piece] of this.#pieces.entries()) {
      const start = at * PIECE_BYTES;
      whole.set(new Uint8Array(piece, 0, Math.min(PIECE_BYTES, this.#size - start)), start);
    }
    return whole.subarray(0, this.#size);
  }

  /** Gives the memory back. `completed`: settles when the request has been answered. */
  end(completed: Promise<unknown>): void {
    this.#memory.takeBack(this.#pieces, completed);
  }
}
