/**
 * Reading one bottle's queue directory as the operator does. The bottle may do anything to it
 * meanwhile: that must neither throw, nor take more than its share, nor pass for something else.
 */

import { join } from "node:path";
import type { Claim } from "./decision.ts";
import { hasCode } from "./durable.ts";
import type { End, Item } from "./item.ts";
import {
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import type { Proposal } from "./proposal.ts";
import type { Read } from "./read.ts";
import {
  endOf,
  isRealDirectory,
  itemOf,
  lookAt,
  readProposal,
  readRecords,
  readWithdrawals,
  type RecordPlace,
} from "./records.ts";
import { readWaiting, waitingIn } from "./waiting.ts";

/** At most this many names of one directory are looked at. */
const MAX_NAMES = 20_000;

/** The files of one directory, and why there are none or not all. */
export interface Names {
  readonly names: readonly string[];
  readonly why?: string;
}

export class Bottle {
  readonly slug: Slug;
  readonly #root: string;
  readonly #now: () => Date;

  constructor(root: string, slug: Slug, now: () => Date) {
    this.slug = slug;
    this.#root = root;
    this.#now = now;
  }

  /** Where its records are: those that wait, or those that are over. */
  directory(processed = false): string {
    const queue = join(this.#root, this.slug);
    return processed ? join(queue, PROCESSED_DIRECTORY) : queue;
  }

  /** Where the records of a proposal are. `has`: whether there is one of a kind; default: perhaps. */
  place(processed: boolean, has: (kind: RecordKind) => boolean = () => true): RecordPlace {
    return {
      slug: this.slug,
      directory: this.directory(processed),
      processed: this.directory(true),
      isFiled: processed,
      has,
    };
  }

  /**
   * The files of a bottle's directory. Whatever its owner puts in the directory's place meanwhile is
   * an answer, not an error, and a link there is not followed.
   */
  async names(processed: boolean): Promise<Names> {
    const place = this.directory(processed);
    const names: string[] = [];
    let isMore = false;
    try {
      const before = Deno.lstatSync(place);
      if (!before.isDirectory) return { names: [], why: "not a directory" };
      for await (const { name } of Deno.readDir(place)) {
        isMore = names.length === MAX_NAMES;
        if (isMore) break;
        names.push(name);
      }
      const after = Deno.lstatSync(place);
      if (after.ino !== before.ino || after.dev !== before.dev) {
        return { names: [], why: "replaced while it was read" };
      }
    } catch (error) {
      if (hasCode(error, "ENOENT")) return { names: [] };
      if (!(error instanceof Error) || !("code" in error)) throw error;
      const what = processed ? "directory" : "queue directory";
      const why = hasCode(error, "EACCES") || hasCode(error, "EPERM") ? "may not" : "cannot";
      return { names: [], why: `the ${what} ${why} be read` };
    }
    return isMore ? { names, why: `all but the first ${MAX_NAMES} files of it` } : { names };
  }

  /** Like `names` of a directory that holds nothing but this proposal. */
  nameOf(processed: boolean, id: ProposalId): readonly string[] {
    const directory = this.directory(processed);
    const name = recordName(id, "proposal");
    if (!isRealDirectory(directory)) return [];
    return lookAt(join(directory, name)) ? [name] : [];
  }

  /** Reads one proposal and what has become of it. */
  read(id: ProposalId, processed: boolean): Read<Item> {
    if (processed && !isRealDirectory(this.directory(true))) return { kind: "missing" };
    const place = this.place(processed);
    const read = readProposal(place, id);
    if (read.kind !== "read") return read;
    const records = readRecords(place, read.value);
    const now = this.#now();
    const waiting = waitingIn(readWaiting(this.directory()), now);
    return { kind: "read", value: itemOf(this.slug, records, waiting, now) };
  }

  /** What its withdrawal says, if there is one. Read the claim after the withdrawal was seen. */
  endOf(proposal: Proposal, processed: boolean, claim: Claim | undefined): End | undefined {
    const { directory, processed: filed } = this.place(processed);
    const seen = readWithdrawals(directory, filed, processed, proposal.id);
    return endOf(seen, proposal, claim, this.#now());
  }
}
