/**
 * `waiting.json`: tells the operator for which proposals an agent waits now, by calls that are open
 * (`calls`, how many) or by asking again and again (`polls`, when last). A hint, not a record.
 */

import { join } from "node:path";
import { z } from "zod";
import { MAX_TIME_LENGTH } from "./iso_time.ts";
import { fileModeIn } from "./group_shared.ts";
import { parseProposalId, type ProposalId, WAITING_FILE } from "./layout.ts";
import { readRecord } from "./read.ts";

/** A change reaches the file this long after it, with all that came meanwhile. */
const SETTLE_MS = 250;

/** A further poll of the same proposal reaches the file this long after it. */
const POLL_SETTLE_MS = 5_000;

/** Who polled within this time waits: clients are told to poll every 15 seconds or sooner. */
const POLL_COUNTS_MS = 60_000;

/** While a call waits the file is written again this often, so that a killed writer can be told. */
const HEARTBEAT_MS = 10_000;

/** A file older than this was left by a writer that is gone. */
export const WAITING_STALE_MS = 3 * HEARTBEAT_MS;

/** A clock may be this much ahead of the reader's; what is dated later says nothing. */
const MAX_AHEAD_MS = 60_000;

/** More calls than this count as this many, so that a number keeps its width. */
const MAX_CALLS = 99_999;

/** At most this many proposals are named, to bound the file; the rest count as unknown. */
const MAX_NAMED = 1_000;

/** Written by the inbox; readers see the old text or the new one, and it need not survive a crash. */
export class WaitingHint implements AsyncDisposable {
  readonly #directory: string;
  readonly #now: () => Date;
  readonly #calls = new Map<ProposalId, number>();
  /** When each was last asked for, in milliseconds since 1970; the last poll last. */
  readonly #polls = new Map<ProposalId, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Infinity;
  #writing: Promise<void> = Promise.resolve();

  constructor(directory: string, now: () => Date) {
    this.#directory = directory;
    this.#now = now;
  }

  arrived(id: ProposalId): void {
    this.#calls.set(id, (this.#calls.get(id) ?? 0) + 1);
    this.#schedule(SETTLE_MS);
  }

  left(id: ProposalId): void {
    const calls = (this.#calls.get(id) ?? 0) - 1;
    if (calls > 0) this.#calls.set(id, calls);
    else this.#calls.delete(id);
    this.#schedule(SETTLE_MS);
  }

  /** An agent asked how it stands, and is about to ask again. */
  polled(id: ProposalId): void {
    const isNew = !this.#polls.delete(id);
    this.#polls.set(id, this.#now().getTime());
    this.#schedule(isNew ? SETTLE_MS : POLL_SETTLE_MS);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#dueAt = -Infinity;
    this.#calls.clear();
    this.#polls.clear();
    await this.#write();
  }

  #schedule(afterMs: number): void {
    const dueAt = performance.now() + afterMs;
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(async () => {
      this.#dueAt = Infinity;
      await this.#write();
      if (this.#calls.size > 0 || this.#polls.size > 0) this.#schedule(HEARTBEAT_MS);
    }, afterMs);
    Deno.unrefTimer(this.#timer);
  }

  #write(): Promise<void> {
    return this.#writing = this.#writing.then(async () => {
      const now = this.#now();
      for (const [id, at] of this.#polls) {
        if (now.getTime() - at > POLL_COUNTS_MS) this.#polls.delete(id);
      }
      const calls = Object.fromEntries([...this.#calls].slice(0, MAX_NAMED));
      const polls = Object.fromEntries(
        [...this.#polls].slice(-MAX_NAMED).map(([id, at]) => [id, new Date(at).toISOString()]),
      );
      const text = JSON.stringify({ updated: now.toISOString(), calls, polls }) + "\n";
      const temporary = join(this.#directory, `.${WAITING_FILE}.${crypto.randomUUID()}.tmp`);
      try {
        const mode = await fileModeIn(this.#directory);
        await Deno.writeTextFile(temporary, text, { createNew: true, mode });
        await Deno.rename(temporary, join(this.#directory, WAITING_FILE));
      } catch {
        // Only a hint: a full disk is reported where it matters, when a proposal is written.
        await Deno.remove(temporary).catch(() => {});
      }
    });
  }
}

const waitingFile = z.object({
  updated: z.string().refine((text) => Number.isFinite(Date.parse(text)), "not a time"),
  calls: z.record(z.string(), z.int().positive()),
  // Older sidecars do not write it.
  polls: z.record(z.string(), z.string().max(MAX_TIME_LENGTH)).optional().catch(undefined),
});

/** How an agent waits for one proposal. */
export interface Waiting {
  /** Calls that are open. */
  readonly calls: number;
  /** When it last asked, within the last minute. ISO 8601, UTC. */
  readonly polledAt?: string | undefined;
}

/** What the file says, whenever it was written. */
export type WaitingFile = z.infer<typeof waitingFile>;

/** Reads the file of a queue directory; undefined when it cannot be read. */
export function readWaiting(directory: string): WaitingFile | undefined {
  const read = readRecord(directory, WAITING_FILE, (content) => waitingFile.parse(content));
  return read.kind === "read" ? read.value : undefined;
}

/** Who waits for each proposal; empty when no file says so or it is stale. */
export function waitingIn(
  file: WaitingFile | undefined,
  now: Date,
): ReadonlyMap<ProposalId, Waiting> {
  const waiting = new Map<ProposalId, Waiting>();
  if (!file) return waiting;
  const { updated, calls, polls = {} } = file;
  if (!isWithin(updated, WAITING_STALE_MS, now)) return waiting;
  for (const [name, count] of Object.entries(calls)) {
    const id = parseProposalId(name);
    if (id) waiting.set(id, { calls: Math.min(count, MAX_CALLS) });
  }
  for (const [name, at] of Object.entries(polls)) {
    const id = parseProposalId(name);
    if (!id || !isWithin(at, POLL_COUNTS_MS, now)) continue;
    const polledAt = new Date(Date.parse(at)).toISOString();
    waiting.set(id, { calls: waiting.get(id)?.calls ?? 0, polledAt });
  }
  return waiting;
}

/** Whether the time is at most `ms` ago, and not too far ahead; false for what is no time. */
function isWithin(at: string, ms: number, now: Date): boolean {
  const ageMs = now.getTime() - Date.parse(at);
  return ageMs <= ms && ageMs >= -MAX_AHEAD_MS;
}
