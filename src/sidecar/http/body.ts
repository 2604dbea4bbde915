/** Request bodies within a size and a time, because the runtime sets no limit on either. */

import { Deadlines } from "../deadlines.ts";

/** The largest request body, in bytes (1 MiB). */
export const MAX_BODY_BYTES = 1_048_576;

export type BodyRead =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "length-required" }
  | { readonly kind: "invalid-length" }
  | { readonly kind: "too-large" }
  | { readonly kind: "too-slow" }
  /** The client went away before the end. */
  | { readonly kind: "incomplete" };

export class BodyReader {
  readonly #deadlines: Deadlines;

  /** `timeoutMs`: how long a whole body may take to arrive. */
  constructor(timeoutMs: number) {
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** Gives up on the bodies that are still arriving, since the program is stopping. */
  stopReading(): void {
    this.#deadlines.expireAll();
  }

  /** Reads the whole body. Never throws, and never holds more than the limit. */
  read(request: Request): Promise<BodyRead> | BodyRead {
    const length = request.headers.get("content-length");
    if (length === null) {
      if (request.headers.get("transfer-encoding") === null) return { kind: "length-required" };
      return this.#withinTime(request, readChunked);
    }
    if (!/^[0-9]+$/.test(length)) return { kind: "invalid-length" };
    if (Number(length) > MAX_BODY_BYTES) return { kind: "too-large" };
    return this.#withinTime(request, readSized);
  }

  #withinTime(
    request: Request,
    read: (request: Request, expired: Promise<void>) => Promise<BodyRead>,
  ): Promise<BodyRead> {
    const { promise, resolve } = Promise.withResolvers<BodyRead>();
    const expired = Promise.withResolvers<void>();
    const deadline = this.#deadlines.set(() => {
      resolve({ kind: "too-slow" });
      expired.resolve();
    });
    const settle = (body: BodyRead) => {
      this.#deadlines.clear(deadline);
      resolve(body);
    };
    read(request, expired.promise).then(settle, () => settle({ kind: "incomplete" }));
    return promise;
  }
}

/** The runtime delivers exactly as many bytes as the header says, so it may read them at once. */
async function readSized(request: Request): Promise<BodyRead> {
  return { kind: "body", bytes: await request.bytes() };
}

async function readChunked(request: Request, expired: Promise<void>): Promise<BodyRead> {
  const reader = request.body?.getReader();
  if (!reader) return { kind: "body", bytes: new Uint8Array() };
  void expired.then(() => reader.cancel()).catch(() => {});
  const bytes = new Uint8Array(MAX_BODY_BYTES);
  let size = 0;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return { kind: "body", bytes: bytes.subarray(0, size) };
    if (size + value.length > MAX_BODY_BYTES) {
      reader.cancel().catch(() => {});
      return { kind: "too-large" };
    }
    bytes.set(value, size);
    size += value.length;
  }
}
