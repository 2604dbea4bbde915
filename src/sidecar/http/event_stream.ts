/** Server-sent events: an answer of several messages (HTML Living Standard, section 9.2). */

import type { Deadline, Deadlines } from "../deadlines.ts";

/** More than this unread, in bytes, and the reader is too slow to be kept (1 MiB). */
const MAX_UNREAD_BYTES = 1_048_576;

/** `X-Accel-Buffering`: proxies such as nginx are not to hold events back. */
export const EVENT_STREAM_HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

const encoder = new TextEncoder();

/** A line that says nothing, for proxies and clients that close what is silent. */
const KEEP_ALIVE = encoder.encode(": keep-alive\n\n");

/** One event. `text` is one line that ends in a newline. */
export function eventOf(text: string): string {
  return `event: message\ndata: ${text}\n`;
}

export class EventStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #pulse: Deadlines;
  readonly #onLeave: () => void;
  #sentBytes = 0;
  #beat: Deadline | undefined;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** `pulse`: after how long a silence something is sent. `onLeave`: the client has closed it. */
  constructor(pulse: Deadlines, onLeave: () => void) {
    this.#pulse = pulse;
    this.#onLeave = onLeave;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#write(KEEP_ALIVE);
        this.#listen();
      },
      cancel: () => {
        this.#stop();
        onLeave();
      },
    }, { highWaterMark: MAX_UNREAD_BYTES, size: (bytes) => bytes.length });
  }

  /** How much was given to the runtime to send. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Sends one message. False when the stream is over or its reader too slow; it is closed then. */
  send(text: string): boolean {
    const controller = this.#controller;
    if (!controller) return false;
    if ((controller.desiredSize ?? 0) <= 0) {
      this.end(null);
      this.#onLeave();
      return false;
    }
    this.#write(encoder.encode(eventOf(text)));
    this.#listen();
    return true;
  }

  /** Sends the last message, unless it is null, and closes the stream. */
  end(text: string | null): void {
    const controller = this.#controller;
    if (!controller) return;
    if (text !== null) this.#write(encoder.encode(eventOf(text)));
    // To enqueue may have been what showed that the client has gone.
    this.#stop()?.close();
  }

  /** Restarts the count of the silence. */
  #listen(): void {
    if (this.#beat) this.#pulse.clear(this.#beat);
    this.#beat = undefined;
    if (!this.#controller) return;
    this.#beat = this.#pulse.set(() => {
      this.#write(KEEP_ALIVE);
      this.#listen();
    });
  }

  #write(bytes: Uint8Array): void {
    this.#controller?.enqueue(bytes);
    this.#sentBytes += bytes.length;
  }

  #stop(): ReadableStreamDefaultController<Uint8Array> | undefined {
    const controller = this.#controller;
    this.#controller = undefined;
    if (this.#beat) this.#pulse.clear(this.#beat);
    this.#beat = undefined;
    return controller;
  }
}
