/** `waiting.json`: tells the operator which proposals have a call waiting now. A hint, not a record. */

import { join } from "node:path";
import { z } from "zod";
import { FILE_MODE, parseProposalId, type ProposalId, WAITING_FILE } from "./layout.ts";
import { readRecord } from "./read.ts";

/** A change reaches the file this long after it, with all that came meanwhile. */
const SETTLE_MS = 250;

/** While calls wait the file is written again this often, so that a killed writer can be told. */
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

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    this.#dueAt = -Infinity;
    this.#calls.clear();
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
      if (this.#calls.size > 0) this.#schedule(HEARTBEAT_MS);
    }, afterMs);
    Deno.unrefTimer(this.#timer);
  }

  #write(): Promise<void> {
    return this.#writing = this.#writing.then(async () => {
      const calls = Object.fromEntries([...this.#calls].slice(0, MAX_NAMED));
      const text = JSON.stringify({ updated: this.#now().toISOString(), calls }) + "\n";
      const temporary = join(this.#directory, `.${WAITING_FILE}.${crypto.randomUUID()}.tmp`);
      try {
        await Deno.writeTextFile(temporary, text, { createNew: true, mode: FILE_MODE });
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
});

/** How many calls wait for each proposal; empty when nobody says so or the file is stale. */
export async function readWaiting(
  directory: string,
  now: Date,
): Promise<ReadonlyMap<ProposalId, number>> {
  const read = await readRecord(directory, WAITING_FILE, (content) => waitingFile.parse(content));
  const waiting = new Map<ProposalId, number>();
  if (read.kind !== "read") return waiting;
  const ageMs = now.getTime() - Date.parse(read.value.updated);
  if (ageMs > WAITING_STALE_MS || ageMs < -MAX_AHEAD_MS) return waiting;
  for (const [name, calls] of Object.entries(read.value.calls)) {
    const id = parseProposalId(name);
    if (id) waiting.set(id, Math.min(calls, MAX_CALLS));
  }
  return waiting;
}
