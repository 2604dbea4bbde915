/** The one place that writes to the host: whole lines, one after the other, and no end of them. */

/** While more than this is not written, in bytes, the host is too slow (1 MiB). */
export const MAX_UNWRITTEN_BYTES = 1_048_576;

const encoder = new TextEncoder();

export class LineWriter {
  /** Resolves, with the reason, when nothing can be written any more. */
  readonly broken: Promise<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #unwrittenBytes = 0;
  #room: PromiseWithResolvers<void> | undefined;

  constructor(output: WritableStream<Uint8Array>) {
    this.#writer = output.getWriter();
    this.broken = this.#writer.closed.then(() => "it was closed", (error) => String(error));
  }

  /** More is waiting to be written than should be. */
  get isFull(): boolean {
    return this.#unwrittenBytes > MAX_UNWRITTEN_BYTES;
  }

  /** Waits until the writer is not full, which it is not either when the output is broken. */
  async room(): Promise<void> {
    if (this.isFull) await (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Writes a text that ends in a newline. Resolves when it is written; false: it never will be. */
  write(text: string): Promise<boolean> {
    const bytes = encoder.encode(text);
    this.#unwrittenBytes += bytes.length;
    const settle = (isWritten: boolean) => {
      this.#unwrittenBytes -= bytes.length;
      if (!this.isFull) {
        this.#room?.resolve();
        this.#room = undefined;
      }
      return isWritten;
    };
    return this.#writer.write(bytes).then(() => settle(true), () => settle(false));
  }

  /** Writes a text later. False when the writer is full: it is dropped then, unless it must arrive. */
  offer(text: string, mustArrive: boolean): boolean {
    if (this.isFull && !mustArrive) return false;
    this.write(text);
    return true;
  }
}
