/** Adds entries to the audit log: whole or not at all, one process at a time, on an intact end only. */

import { sweepTemporaries } from "../../queue/durable.ts";
import { Failure, fromSystem } from "../failure.ts";
import { bound } from "./bound.ts";
import { type Entry, formatEntry, MAX_LINE_BYTES, NO_ENTRY, readEntry, seal } from "./chain.ts";
import type { Event } from "./entry.ts";
import { logPath, openLocked, readAt, writeAll } from "./file.ts";
import { compareHead, publishHead, readHead } from "./head.ts";
import { readSpan, spansBackward } from "./lines.ts";
import { keepTorn, tornDetail } from "./torn.ts";

/** How long another process may hold the log. */
const LOCK_WAIT_MS = 10_000;

/** A temporary file that old is nobody's any more. */
const TEMPORARY_MS = 3_600_000;

export class AuditLog {
  readonly #directory: string;
  readonly #who: string;
  readonly #now: () => Date;
  readonly #waitMs: number;
  /** Appends of one process take turns here: each that waits for the file's lock holds a thread. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(stateDirectory: string, who: string, now: () => Date, waitMs = LOCK_WAIT_MS) {
    this.#directory = stateDirectory;
    this.#who = who;
    this.#now = now;
    this.#waitMs = waitMs;
  }

  /**
   * Adds one entry and returns its hash. The entry survives a power cut then. Values of more than
   * 256 KiB are cut. Makes the directory and the log at the first use.
   *
   * Throws `cannot-write` when nothing was added, and `audit-broken` when the end of the log is not
   * as it was left: nothing is built on that.
   */
  append(event: Event): Promise<string> {
    const appended = this.#turn.then(() => this.#append(event));
    this.#turn = appended.catch(() => {});
    return appended;
  }

  async #append(event: Event): Promise<string> {
    try {
      using file = await openLocked(this.#directory, this.#waitMs);
      let last = await this.#repair(file);
      const detail = await tornDetail(this.#directory, Number(last?.seq ?? 0) + 1);
      if (detail !== undefined) {
        const about = { slug: "-", proposal_id: "-", tool: "-" };
        last = await this.#add(file, { step: "repaired", ...about, detail }, last);
      }
      return (await this.#add(file, event, last)).hash;
    } catch (error) {
      throw fromSystem(error, "cannot-write", `write the audit log ${logPath(this.#directory)}`);
    }
  }

  /** Finishes what a crash has left, and returns the last entry. */
  async #repair(file: Deno.FsFile): Promise<Entry | undefined> {
    const { size } = await file.stat();
    const { last, end } = await this.#readEnd(file, size);
    const head = compareHead(await readHead(this.#directory), last);
    if (head.kind === "broken") throw this.#broken(head.why);
    if (head.kind === "behind" && last) {
      await file.sync();
      await publishHead(this.#directory, last);
      await sweepTemporaries(this.#directory, this.#now(), TEMPORARY_MS);
    }
    if (end < size) {
      const torn = await readAt(file, end, size);
      await keepTorn(this.#directory, Number(last?.seq ?? 0) + 1, torn);
      await file.truncate(end);
      await file.sync();
    }
    return last;
  }

  /** The last whole entry, and where it ends. */
  async #readEnd(
    file: Deno.FsFile,
    size: number,
  ): Promise<{ last: Entry | undefined; end: number }> {
    let end = size;
    for await (const span of spansBackward(file, size)) {
      const line = await readSpan(file, span);
      if (!line) throw this.#broken(`its last line is longer than ${MAX_LINE_BYTES} bytes`);
      if (!span.isFinished) {
        end = span.start;
        continue;
      }
      const reading = readEntry(line);
      if (reading.kind === "broken") throw this.#broken(`of the last entry: ${reading.why}`);
      return { last: reading.entry, end };
    }
    return { last: undefined, end };
  }

  #broken(why: string): Failure {
    return new Failure(
      "audit-broken",
      `the audit log ${logPath(this.#directory)} is broken at its end, and nothing is added to ` +
        `it; ${why}`,
      "supervisectl audit verify",
    );
  }

  async #add(file: Deno.FsFile, event: Event, last: Entry | undefined): Promise<Entry> {
    const entry = this.#entryOf(event, last);
    const { size } = await file.stat();
    try {
      await writeAll(file, new TextEncoder().encode(formatEntry(entry)));
      await file.sync();
      await publishHead(this.#directory, entry);
    } catch (error) {
      await this.#takeBack(file, size, entry).catch(() => {});
      throw error;
    }
    return entry;
  }

  #entryOf(event: Event, last: Entry | undefined): Entry {
    const cuts: string[] = [];
    const bounded = Object.fromEntries(
      Object.entries({ who: this.#who, ...event }).flatMap(([name, value]) => {
        if (value === undefined) return [];
        const { text, cut } = bound(value);
        if (cut !== undefined) cuts.push(`${name}: ${cut}`);
        return [[name, text]];
      }),
    );
    return seal({
      ...bounded as unknown as Event & { readonly who: string },
      seq: String(Number(last?.seq ?? 0) + 1),
      at: this.#now().toISOString(),
      cut: cuts.length > 0 ? cuts.join("; ") : undefined,
      previous: last?.hash ?? NO_ENTRY,
    });
  }

  /** Removes an entry that could not be finished, unless the head names it already. */
  async #takeBack(file: Deno.FsFile, size: number, { hash }: Entry): Promise<void> {
    const head = await readHead(this.#directory);
    if (head !== undefined && head !== "unreadable" && head.hash === hash) return;
    await file.truncate(size);
    await file.sync();
  }
}
