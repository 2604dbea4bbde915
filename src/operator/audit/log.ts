/** Adds entries to the audit log: whole or not at all, one process at a time, on an intact end only. */

import { join } from "node:path";
import { sweepTemporaries, syncDirectory } from "../../queue/durable.ts";
import { Failure, fromSystem } from "../failure.ts";
import { bound } from "./bound.ts";
import { type Entry, formatEntry, MAX_LINE_BYTES, NO_ENTRY, readEntry, seal } from "./chain.ts";
import { closedFiles, closedName } from "./closed.ts";
import type { AuditEvent, Face } from "./entry.ts";
import { logPath, openLocked, openRegular, readAt, writeAll } from "./file.ts";
import { compareHead, publishHead, readHead } from "./head.ts";
import { linesForward, readSpan, spansBackward } from "./lines.ts";
import { keepTorn, tornDetail } from "./torn.ts";

/** How long another process may hold the log. */
const LOCK_WAIT_MS = 10_000;

/** A temporary file that old was left by a crash. */
const TEMPORARY_MS = 3_600_000;

/** Of entries about the log itself. */
const NO_PROPOSAL = { bottle_slug: "-", proposal_id: "-", tool: "-" };

/** Where the next entry is added. */
interface End extends Disposable {
  readonly file: Deno.FsFile;
  last: Entry | undefined;
}

export interface Rotated {
  /** What the closed file is called. */
  readonly name: string;
  /** How many entries the log has up to its end. */
  readonly entries: number;
  /** The hash of its last one. */
  readonly hash: string;
}

export class AuditLog {
  readonly #directory: string;
  readonly #who: string;
  readonly #now: () => Date;
  readonly #waitMs: number;
  readonly #face: Face | undefined;
  /** Appends of one process take turns here: each that waits for the file's lock holds a thread. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    stateDirectory: string,
    who: string,
    now: () => Date,
    { waitMs = LOCK_WAIT_MS, face }: { readonly waitMs?: number; readonly face?: Face } = {},
  ) {
    this.#directory = stateDirectory;
    this.#who = who;
    this.#now = now;
    this.#waitMs = waitMs;
    this.#face = face;
  }

  /**
   * Adds one entry and returns its hash. The entry survives a power cut then. Values of more than
   * 256 KiB are cut. Makes the directory and the log at the first use.
   *
   * Throws `cannot-write` when nothing was added, and `audit-broken` when the end of the log is not
   * as it was left: nothing is built on that.
   */
  append(event: AuditEvent): Promise<string> {
    return this.#inTurn(async () => {
      using end = await this.#openEnd();
      return (await this.#add(end, event)).hash;
    });
  }

  /**
   * Closes the file with an entry that says so, and begins the next one from it. Each step survives
   * a power cut, and the next entry finishes what a crash leaves. Returns undefined when the file
   * has nothing yet; throws like {@linkcode append}.
   */
  rotate(): Promise<Rotated | undefined> {
    return this.#inTurn(async () => {
      let name: string;
      let closing: Entry;
      {
        using end = await this.#openEnd();
        if (end.last === undefined || end.last.step === "continued") return undefined;
        name = closedName(await this.#firstIn(end.file), Number(end.last.seq) + 1);
        await this.#requireFree(name);
        closing = await this.#add(end, {
          step: "rotated",
          ...NO_PROPOSAL,
          detail: `this file is closed as ${name}`,
        });
        await this.#close(name);
      }
      (await this.#openEnd())[Symbol.dispose]();
      return { name, entries: Number(closing.seq), hash: closing.hash };
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = this.#turn.then(act).catch((error) => {
      throw fromSystem(error, "cannot-write", `write the audit log ${logPath(this.#directory)}`);
    });
    this.#turn = acted.catch(() => {});
    return acted;
  }

  /** Opens the file in which the next entry stands, locked, and finishes what a crash has left. */
  async #openEnd(): Promise<End> {
    while (true) {
      using stack = new DisposableStack();
      const file = stack.use(await openLocked(this.#directory, this.#waitMs));
      const own = await this.#readEnd(file, (await file.stat()).size);
      const before = own.last ? undefined : await this.#lastClosed();
      const last = own.last ?? before?.last;
      await this.#repair(file, last, own.end);
      if (own.last?.step === "rotated") {
        const name = closedName(await this.#firstIn(file), Number(own.last.seq));
        await this.#requireFree(name);
        await this.#close(name);
        continue;
      }
      const end: End = { file, last, [Symbol.dispose]: () => file.close() };
      if (before) {
        const detail = `this file goes on from ${before.name}`;
        await this.#add(end, { step: "continued", ...NO_PROPOSAL, detail });
      }
      const detail = await tornDetail(this.#directory, Number(end.last?.seq ?? 0) + 1);
      if (detail !== undefined) await this.#add(end, { step: "repaired", ...NO_PROPOSAL, detail });
      stack.move();
      return end;
    }
  }

  /** The last entry of the file that was closed last. */
  async #lastClosed(): Promise<{ readonly last: Entry; readonly name: string } | undefined> {
    const name = (await closedFiles(this.#directory)).at(-1)?.name;
    if (name === undefined) return undefined;
    using file = await openRegular(join(this.#directory, name), { read: true }, "cannot-read");
    const { last } = file ? await this.#readEnd(file, (await file.stat()).size) : {};
    if (last?.step !== "rotated") throw this.#broken(`${name} does not end with its closing entry`);
    return { last, name };
  }

  async #firstIn(file: Deno.FsFile): Promise<number> {
    for await (const { bytes } of linesForward(file, (await file.stat()).size)) {
      const reading = bytes && readEntry(bytes);
      if (reading?.kind === "entry") return Number(reading.entry.seq);
      break;
    }
    throw this.#broken("its first entry was changed");
  }

  async #requireFree(name: string): Promise<void> {
    const path = join(this.#directory, name);
    const isThere = await Deno.lstat(path).then(() => true, () => false);
    if (isThere) throw new Failure("cannot-write", `${path} is there already; move it away`);
  }

  async #close(name: string): Promise<void> {
    await Deno.rename(logPath(this.#directory), join(this.#directory, name));
    await syncDirectory(this.#directory);
  }

  /** Brings the head up to date, and moves what stands behind `end` aside. */
  async #repair(file: Deno.FsFile, last: Entry | undefined, end: number): Promise<void> {
    const head = compareHead(await readHead(this.#directory), last);
    if (head.kind === "broken") throw this.#broken(head.why);
    if (head.kind === "behind" && last) {
      await file.sync();
      await publishHead(this.#directory, last);
      await sweepTemporaries(this.#directory, this.#now(), TEMPORARY_MS);
    }
    const { size } = await file.stat();
    if (end === size) return;
    const torn = await readAt(file, end, size);
    await keepTorn(this.#directory, Number(last?.seq ?? 0) + 1, torn);
    await file.truncate(end);
    await file.sync();
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
      { do: "verify audit" },
    );
  }

  async #add(end: End, event: AuditEvent): Promise<Entry> {
    const { file } = end;
    const entry = this.#entryOf(event, end.last);
    const { size } = await file.stat();
    try {
      await writeAll(file, new TextEncoder().encode(formatEntry(entry)));
      await file.sync();
      await publishHead(this.#directory, entry);
    } catch (error) {
      await this.#takeBack(file, size, entry).catch(() => {});
      throw error;
    }
    end.last = entry;
    return entry;
  }

  #entryOf(event: AuditEvent, last: Entry | undefined): Entry {
    const cuts: string[] = [];
    const bounded = Object.fromEntries(
      Object.entries({ who: this.#who, face: this.#face, ...event }).flatMap(([name, value]) => {
        if (value === undefined) return [];
        const { text, cut } = bound(name, value);
        if (cut !== undefined) cuts.push(`${name}: ${cut}`);
        return [[name, text]];
      }),
    );
    return seal({
      ...bounded as unknown as AuditEvent & { readonly who: string },
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
