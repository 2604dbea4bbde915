/**
 * The agent's side of a trial run: asks are recorded, one file each, and never decided. Apart
 * from the inbox, so that nothing recorded here can pass for something that waits.
 */

import { join } from "node:path";
import { hasCode, sweepTemporaries, syncDirectory } from "./durable.ts";
import { publishRecord } from "./archive.ts";
import { makeDirectory } from "./group_shared.ts";
import {
  MAX_RECORD_BYTES,
  MAX_SHADOW_BYTES,
  parseRecordName,
  type ProposalId,
  recordName,
  SHADOW_DIRECTORY,
  type Slug,
} from "./layout.ts";
import { type Ask, formatProposal, newProposal } from "./proposal.ts";
import { isRegularFile } from "./read.ts";

export type Recorded =
  /** The ask is on record and will survive a crash. */
  | { readonly kind: "recorded"; readonly id: ProposalId }
  /** Nothing was recorded: the trial runs of this bottle have as much on record as they may. */
  | { readonly kind: "full" }
  | { readonly kind: "too-large"; readonly limitBytes: number };

export interface ShadowLogOptions {
  /** The bottle's queue directory. */
  readonly directory: string;
  readonly slug: Slug;
  readonly log: (line: string) => void;
  readonly now?: () => Date;
  /** Records kept at most. */
  readonly maxRecords?: number;
  /** Of all records together, in bytes. */
  readonly maxBytes?: number;
}

/** Asks of all trial runs of a bottle together. */
const MAX_RECORDS = 10_000;

/** A full record is looked at again after so long: the operator may have emptied it. */
const RECOUNT_MS = 10_000;

export class ShadowLog {
  readonly #options: ShadowLogOptions;
  readonly #directory: string;
  readonly #now: () => Date;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  #records = 0;
  #bytes = 0;
  #countedAtMs = 0;
  #isFull = false;
  #counting: Promise<void> | undefined;

  private constructor(options: ShadowLogOptions) {
    this.#options = options;
    this.#directory = join(options.directory, SHADOW_DIRECTORY);
    this.#now = options.now ?? (() => new Date());
    this.#maxRecords = options.maxRecords ?? MAX_RECORDS;
    this.#maxBytes = options.maxBytes ?? MAX_SHADOW_BYTES;
  }

  /**
   * Makes the directory if needed and counts what earlier runs recorded. Throws the file system's
   * error when it cannot be used.
   */
  static async open(options: ShadowLogOptions): Promise<ShadowLog> {
    const shadow = new ShadowLog(options);
    await shadow.#makeDirectory();
    await sweepTemporaries(shadow.#directory, shadow.#now());
    await shadow.#count();
    return shadow;
  }

  /**
   * Records one ask, the same one again each time, since how often it was asked for is told. Throws
   * the file system's error when it cannot be written; nothing is recorded then.
   */
  async record(ask: Ask): Promise<Recorded> {
    const proposal = newProposal(this.#options.slug, ask, this.#now());
    const { id } = proposal;
    const text = formatProposal(proposal);
    if (text === undefined) return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };
    const bytes = new TextEncoder().encode(text).length;
    if (!this.#hasRoom(bytes)) await this.#countAgain();
    if (!this.#hasRoom(bytes)) return this.#full();
    this.#isFull = false;
    // Before it is written: of many that come at once only so many may pass.
    this.#records++;
    this.#bytes += bytes;
    try {
      // The directory may have been removed by the operator, for a new trial run.
      const makeAgain = () => this.#makeDirectory();
      await publishRecord(this.#directory, recordName(id, "proposal"), text, makeAgain);
    } catch (error) {
      this.#records--;
      this.#bytes -= bytes;
      throw error;
    }
    return { kind: "recorded", id };
  }

  /** Whether an ask was recorded under this id. */
  has(id: ProposalId): Promise<boolean> {
    return isRegularFile(join(this.#directory, recordName(id, "proposal")));
  }

  #hasRoom(bytes: number): boolean {
    return this.#records < this.#maxRecords && this.#bytes + bytes <= this.#maxBytes;
  }

  #full(): Recorded {
    if (!this.#isFull) {
      this.#options.log(
        `the record of trial runs is full: ${this.#records} asks, ${this.#bytes} bytes; export ` +
          `it, then remove ${this.#directory}`,
      );
    }
    this.#isFull = true;
    return { kind: "full" };
  }

  async #makeDirectory(): Promise<void> {
    await makeDirectory(this.#directory);
    // A record in it survives a power cut only if it does.
    await syncDirectory(this.#options.directory);
    if ((await Deno.lstat(this.#directory)).isDirectory) return;
    const message = `${this.#directory} is a link; remove it and try again`;
    throw Object.assign(new Error(message), { code: "ENOTDIR" });
  }

  #countAgain(): Promise<void> {
    if (this.#counting) return this.#counting;
    if (this.#now().getTime() - this.#countedAtMs < RECOUNT_MS) return Promise.resolve();
    return this.#counting = this.#count().finally(() => this.#counting = undefined);
  }

  /** Stops where it is full, however many files there are. */
  async #count(): Promise<void> {
    this.#countedAtMs = this.#now().getTime();
    let [records, bytes] = [0, 0];
    try {
      for await (const { name } of Deno.readDir(this.#directory)) {
        if (parseRecordName(name)?.kind !== "proposal") continue;
        records++;
        bytes += await Deno.lstat(join(this.#directory, name)).then(({ size }) => size, () => 0);
        if (records >= this.#maxRecords || bytes >= this.#maxBytes) break;
      }
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
    }
    [this.#records, this.#bytes] = [records, bytes];
  }
}
