/** Request bodies within a size and a time, because the runtime sets no limit on either. */

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

interface Deadline {
  at: number;
  expire: () => void;
}

export class BodyReader implements Disposable {
  readonly #timeoutMs: number;
  readonly #deadlines = new Set<Deadline>();
  readonly #sweeper: ReturnType<typeof setInterval>;

  /** `timeoutMs`: how long a whole body may take to arrive. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    // One interval for all requests: a timer for each would cost more than the rest of the reading.
    this.#sweeper = setInterval(() => this.#sweep(), Math.min(timeoutMs, 1_000) / 2);
    Deno.unrefTimer(this.#sweeper);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweeper);
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
    const deadline: Deadline = {
      at: performance.now() + this.#timeoutMs,
      expire: () => {
        resolve({ kind: "too-slow" });
        expired.resolve();
      },
    };
    this.#deadlines.add(deadline);
    read(request, expired.promise)
      .then(resolve, () => resolve({ kind: "incomplete" }))
      .finally(() => this.#deadlines.delete(deadline));
    return promise;
  }

  #sweep(): void {
    const now = performance.now();
    for (const deadline of this.#deadlines) {
      if (deadline.at > now) continue;
      this.#deadlines.delete(deadline);
      deadline.expire();
    }
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
