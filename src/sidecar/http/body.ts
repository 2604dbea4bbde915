/** Request bodies within a size and a time, because the runtime sets no limit on either. */

import { Deadlines } from "../deadlines.ts";
import { MAX_MESSAGE_BYTES } from "../jsonrpc/decode.ts";

/** Bodies up to this size are read in one step, in bytes; larger ones piece by piece. */
const SMALL_BODY_BYTES = 65_536;

/** All larger bodies that are arriving at once may take this much, in bytes (64 MiB). */
const MAX_ARRIVING_BYTES = 67_108_864;

export type BodyRead =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "length-required" }
  | { readonly kind: "invalid-length" }
  | { readonly kind: "too-large" }
  | { readonly kind: "too-slow" }
  /** Too many large bodies are arriving from others. */
  | { readonly kind: "busy" }
  /** The client went away before the end. */
  | { readonly kind: "incomplete" };

export class BodyReader {
  readonly #deadlines: Deadlines;
  #arrivingBytes = 0;

  /** `timeoutMs`: how long a whole body may take to arrive. */
  constructor(timeoutMs: number) {
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** Gives up on the bodies that are still arriving, since the program is stopping. */
  stopReading(): void {
    this.#deadlines.expireAll();
  }

  /** Reads the whole body. Never throws, and never holds more than the limits. */
  read(request: Request): Promise<BodyRead> | BodyRead {
    const length = request.headers.get("content-length");
    if (length === null) {
      if (request.headers.get("transfer-encoding") === null) return { kind: "length-required" };
      return this.#readPieces(request);
    }
    if (!/^[0-9]+$/.test(length)) return { kind: "invalid-length" };
    if (Number(length) > MAX_MESSAGE_BYTES) return { kind: "too-large" };
    return Number(length) > SMALL_BODY_BYTES
      ? this.#readPieces(request)
      : this.#readAtOnce(request);
  }

  /** The runtime delivers exactly as many bytes as the header says. It keeps them, so only small. */
  #readAtOnce(request: Request): Promise<BodyRead> {
    const { promise, resolve } = Promise.withResolvers<BodyRead>();
    const deadline = this.#deadlines.set(() => resolve({ kind: "too-slow" }));
    const settle = (body: BodyRead) => {
      this.#deadlines.clear(deadline);
      resolve(body);
    };
    request.bytes().then(
      (bytes) => settle({ kind: "body", bytes }),
      () => settle({ kind: "incomplete" }),
    );
    return promise;
  }

  async #readPieces(request: Request): Promise<BodyRead> {
    const reader = request.body?.getReader();
    if (!reader) return { kind: "body", bytes: new Uint8Array() };
    let expired = false;
    const deadline = this.#deadlines.set(() => {
      expired = true;
      reader.cancel().catch(() => {});
    });
    const pieces: Uint8Array[] = [];
    let size = 0;
    let refusal: BodyRead | undefined;
    try {
      while (!refusal) {
        const { done, value } = await reader.read();
        if (expired) return { kind: "too-slow" };
        if (done) return { kind: "body", bytes: join(pieces, size) };
        size += value.length;
        this.#arrivingBytes += value.length;
        pieces.push(value);
        if (size > MAX_MESSAGE_BYTES) refusal = { kind: "too-large" };
        else if (this.#arrivingBytes > MAX_ARRIVING_BYTES) refusal = { kind: "busy" };
      }
      reader.cancel().catch(() => {});
      return refusal;
    } catch {
      return expired ? { kind: "too-slow" } : { kind: "incomplete" };
    } finally {
      this.#arrivingBytes -= size;
      this.#deadlines.clear(deadline);
    }
  }
}

function join(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
