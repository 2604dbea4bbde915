/** The program's log, written in the background: who does not read it holds up nothing but the log. */

export interface LogSink {
  /** Takes some of the bytes, sooner or later, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** What may wait to be written, in characters: nearly all of the log is ASCII. */
const MAX_WAITING_CHARACTERS = 1_048_576;

/** Between two writes, so that under load one carries many lines. A crash loses so much of the log. */
const PAUSE_MS = 10;

/** Until a sink that does not block is tried again. */
const RETRY_MS = 50;

const NEWLINE = 10;

/** Text for one write, and how many lines are lost with it, the dropped ones it tells of among them. */
interface Batch {
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** Of these the ones that its last line tells of. */
  readonly dropped: number;
}

/**
 * One write at a time, in the order in which the lines were said. While the sink takes nothing, lines
 * wait, up to a limit; beyond it they are dropped whole, and the log says how many and where.
 */
export class LogWriter {
  readonly #sink: LogSink;
  readonly #maxWaitingCharacters: number;
  #waiting: string[] = [];
  #waitingCharacters = 0;
  /** Since the buffer is full: lines that come after all that wait. */
  #dropped = 0;
  /** Since writing failed: lines that came before all that wait. */
  #lost = 0;
  #lostWhy = "";
  /** The last line that was written lacks its end. */
  #isCut = false;
  #writing: Promise<void> | undefined;
  #isFlushing = false;
  #endPause = () => {};

  constructor(sink: LogSink, maxWaitingCharacters = MAX_WAITING_CHARACTERS) {
    this.#sink = sink;
    this.#maxWaitingCharacters = maxWaitingCharacters;
  }

  /** Adds one line or a few that belong together; ends in a newline. Never waits, never throws. */
  say(text: string): void {
    const characters = this.#waitingCharacters + text.length;
    // After one was dropped also a short one is, or it would stand before the word of the gap.
    if (this.#dropped > 0 || characters > this.#maxWaitingCharacters) {
      this.#dropped++;
    } else {
      this.#waiting.push(text);
      this.#waitingCharacters = characters;
    }
    this.#writing ??= this.#writeAll();
  }

  /** Settles when all that was said is written or lost, at the latest after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<void> {
    this.#isFlushing = true;
    this.#endPause();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, timeoutMs));
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
    this.#isFlushing = false;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 || this.#dropped > 0) {
      await this.#write(this.#take());
      if (!this.#isFlushing) await this.#pause();
    }
    this.#writing = undefined;
  }

  #take(): Batch {
    const [waiting, dropped, lost] = [this.#waiting, this.#dropped, this.#lost];
    const text = (this.#isCut ? "\n" : "") + droppedLine(lost, this.#lostWhy) + waiting.join("") +
      droppedLine(dropped, NOT_READ);
    [this.#waiting, this.#waitingCharacters, this.#dropped, this.#lost] = [[], 0, 0, 0];
    const bytes = new TextEncoder().encode(text);
    return { bytes, lines: lost + waiting.length + dropped, dropped };
  }

  async #write({ bytes, lines, dropped }: Batch): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      try {
        written += await this.#sink.write(bytes.subarray(written));
      } catch (error) {
        if (error instanceof Deno.errors.WouldBlock) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
          continue;
        }
        // What is said next tries again: who reads a named pipe may come back.
        const last = Math.max(0, dropped - 1);
        this.#lost = written === 0 ? lines : newlines(bytes.subarray(written)) + last;
        this.#lostWhy = whyLost(error);
        break;
      }
    }
    if (written > 0) this.#isCut = bytes[written - 1] !== NEWLINE;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const NOT_READ = "the log is not being read";

function whyLost(error: unknown): string {
  if (error instanceof Deno.errors.BrokenPipe) return NOT_READ;
  return `the log cannot be written: ${error instanceof Error ? error.message : String(error)}`;
}

/** Nothing for none. */
function droppedLine(count: number, why: string): string {
  if (count === 0) return "";
  return `supervise: ${count} log ${
    count === 1 ? "line was" : "lines were"
  } dropped, since ${why}\n`;
}

function newlines(bytes: Uint8Array): number {
  return bytes.reduce((count, byte) => byte === NEWLINE ? count + 1 : count, 0);
}
