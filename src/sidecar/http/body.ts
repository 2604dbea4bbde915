/** Request bodies within a size and a time, because the runtime sets no limit on either. */

import { Deadlines } from "../deadlines.ts";
import { MAX_MESSAGE_BYTES, readUtf8 } from "../jsonrpc/decode.ts";
import type { Connection } from "./request_peer.ts";
import { ArrivalMemory, type ArrivingBody, PIECE_BYTES } from "./arriving.ts";

export type BodyRead =
  /** Undefined: it is not UTF-8. */
  | { readonly kind: "body"; readonly text: string | undefined }
  | { readonly kind: "length-required" }
  | { readonly kind: "invalid-length" }
  | { readonly kind: "too-large" }
  | { readonly kind: "too-slow" }
  /** Too many large bodies are arriving from others. */
  | { readonly kind: "busy" }
  /** The client went away before the end. */
  | { readonly kind: "incomplete" };

/** To ask for it has a cost. */
type Answered = Pick<Connection, "completed">;

export class BodyReader {
  readonly #deadlines: Deadlines;
  readonly #memory = new ArrivalMemory();

  /** `timeoutMs`: how long a whole body may take to arrive. */
  constructor(timeoutMs: number) {
    this.#deadlines = new Deadlines(timeoutMs);
  }

  /** Gives up on the bodies that are still arriving, since the program is stopping. */
  stopReading(): void {
    this.#deadlines.expireAll();
  }

  /**
   * Reads the whole body and hands it to `take`, whose result is returned: one promise less for each
   * request. Never holds more than the limits.
   */
  read<T>(
    request: Request,
    connection: Answered,
    take: (body: BodyRead) => T | Promise<T>,
  ): T | Promise<T> {
    const length = request.headers.get("content-length");
    if (length === null) {
      return request.headers.get("transfer-encoding") === null
        ? take({ kind: "length-required" })
        : this.#readPieces(request, connection).then(take);
    }
    if (!/^[0-9]+$/.test(length)) return take({ kind: "invalid-length" });
    if (Number(length) > MAX_MESSAGE_BYTES) return take({ kind: "too-large" });
    return Number(length) > PIECE_BYTES
      ? this.#readPieces(request, connection).then(take)
      : this.#readAtOnce(request, take);
  }

  /** The runtime delivers exactly as many bytes as the header says. It keeps them, so only small. */
  #readAtOnce<T>(request: Request, take: (body: BodyRead) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (body: BodyRead) => {
        try {
          resolve(take(body));
        } catch (error) {
          reject(error);
        }
      };
      const deadline = this.#deadlines.set(() => end({ kind: "too-slow" }));
      const endInTime = (body: BodyRead) => {
        if (this.#deadlines.clear(deadline)) end(body);
      };
      request.bytes().then(
        (bytes) => endInTime({ kind: "body", text: readUtf8(bytes) }),
        () => endInTime({ kind: "incomplete" }),
      );
    });
  }

  async #readPieces(request: Request, { completed }: Answered): Promise<BodyRead> {
    const arriving = this.#memory.open();
    try {
      const refused = await this.#arrive(request, arriving);
      return refused ?? { kind: "body", text: readUtf8(arriving.join()) };
    } finally {
      arriving.end(completed);
    }
  }

  /** Why it cannot be had; undefined when the whole body is there. */
  async #arrive({ body }: Request, arriving: ArrivingBody): Promise<BodyRead | undefined> {
    if (!body) return undefined;
    const stream = stepsOf(body);
    let expired = false;
    const deadline = this.#deadlines.set(() => {
      expired = true;
      stream.cancel();
    });
    try {
      while (true) {
        const bytes = await stream.next();
        if (expired) return { kind: "too-slow" };
        if (!bytes) return undefined;
        const fits = arriving.add(bytes);
        if (fits && arriving.size <= MAX_MESSAGE_BYTES) continue;
        stream.cancel();
        return { kind: fits ? "too-large" : "busy" };
      }
    } catch {
      return expired ? { kind: "too-slow" } : { kind: "incomplete" };
    } finally {
      this.#deadlines.clear(deadline);
    }
  }
}

interface Steps {
  /** What has come since; valid until the next call. Undefined at the end. Rejects where it breaks off. */
  next(): Promise<Uint8Array | undefined>;
  cancel(): void;
}

/** Reads into one buffer again and again, which the runtime allows unless a body has come already. */
function stepsOf(body: ReadableStream<Uint8Array>): Steps {
  const reader = openReader(body);
  let landing = new ArrayBuffer(PIECE_BYTES);
  return {
    async next() {
      if (reader instanceof ReadableStreamDefaultReader) return (await reader.read()).value;
      const { done, value } = await reader.read(new Uint8Array(landing));
      if (done) return undefined;
      landing = value.buffer;
      return value;
    },
    cancel: () => void reader.cancel().catch(() => {}),
  };
}

function openReader(body: ReadableStream<Uint8Array>) {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return body.getReader();
  }
}
