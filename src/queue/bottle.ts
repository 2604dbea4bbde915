/**
 * Reading one bottle's queue directory as the operator does. The bottle may do anything to it
 * meanwhile: that must neither throw, nor take more than its share, nor pass for something else.
 */

import { join } from "node:path";
import { holdsOpen } from "./claim_hold.ts";
import { type Claim, readClaim, readDecision } from "./decision.ts";
import { hasCode } from "./durable.ts";
import type { Placed } from "./fair_order.ts";
import {
  type End,
  isOpen,
  type Item,
  type Selection,
  shortened,
  type Skipped,
  textLength,
} from "./item.ts";
import {
  MAX_RECORD_BYTES,
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import { isOverdue, parseProposal, type Proposal } from "./proposal.ts";
import { isRegularFile, type Read, readRecord } from "./read.ts";
import { readRepeats } from "./repeats.ts";
import { readWaiting, type Waiting } from "./waiting.ts";
import { readWithdrawal } from "./withdrawal.ts";

/** At most this many proposals of one directory are read for a listing, so that a flood stays a list. */
const MAX_LISTED = 5_000;

/** At most this much of one bottle's records is read for a listing, since it is held in memory. */
const MAX_LISTED_BYTES = 32 * MAX_RECORD_BYTES;

/** At most this many names of one directory are looked at. */
const MAX_NAMES = 20_000;

/** The files of one directory, and why there are none or not all. */
interface Names {
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

  /** Who waits for each proposal, as its sidecar says. */
  waiting(): Promise<ReadonlyMap<ProposalId, Waiting>> {
    return readWaiting(this.directory(), this.#now());
  }

  /**
   * Adds what is in the queue to `placed`, and what cannot be read or is too much to `skipped`. Returns
   * how many decisions its agent has left lying, as far as the files' names tell.
   */
  async list(
    { all = false, undelivered = all, signal }: Selection,
    placed: Placed[],
    skipped: Skipped[],
  ): Promise<number> {
    const { slug } = this;
    const waiting = await this.waiting();
    let bytesLeft = MAX_LISTED_BYTES;
    let passedOver = 0;
    let lying = 0;
    for (const processed of all ? [false, true] : [false]) {
      const { names, why } = await this.names(processed);
      if (why) skipped.push({ slug, name: processed ? PROCESSED_DIRECTORY : "", why });
      const there = new Set(names);
      if (!processed) lying = countDecided(there);
      let listed = 0;
      for (const name of names) {
        if (signal?.aborted) return lying;
        const record = parseRecordName(name);
        if (record?.kind !== "proposal") continue;
        const { bytes, cameMs } = listed < MAX_LISTED
          ? await this.#looksOf(record.id, processed, there)
          : { bytes: Infinity, cameMs: undefined };
        if (bytes > bytesLeft) {
          passedOver++;
          continue;
        }
        listed++;
        const read = await this.read(record.id, processed, waiting, there);
        // A file may have grown since it was measured.
        bytesLeft -= Math.max(bytes, read.kind === "read" ? textLength(read.value) : 0);
        if (read.kind === "unreadable") skipped.push({ slug, name, why: shortened(read.why) });
        if (read.kind !== "read") continue;
        if (!undelivered && !isOpen(read.value)) continue;
        // To be filed away is to be given another name.
        placed.push({ item: read.value, cameMs: processed ? undefined : cameMs });
      }
    }
    if (passedOver > 0) {
      const limits = `${MAX_LISTED} proposals or ${MAX_LISTED_BYTES / 2 ** 20} MiB`;
      skipped.push({ slug, name: "", why: `${passedOver} proposals, over the limit of ${limits}` });
    }
    return lying;
  }

  /** How much reading a proposal takes in, and when its own file came. */
  async #looksOf(
    id: ProposalId,
    processed: boolean,
    names: ReadonlySet<string>,
  ): Promise<{ readonly bytes: number; readonly cameMs: number | undefined }> {
    let bytes = 0;
    let cameMs: number | undefined;
    for (const kind of ["proposal", "repeats", "claim", "response", "withdrawn"] as const) {
      const name = recordName(id, kind);
      if (!names.has(name)) continue;
      const info = await Deno.lstat(join(this.directory(processed), name)).catch(() => undefined);
      if (!info?.isFile) continue;
      if (kind === "proposal") cameMs = info.ctime?.getTime();
      // What is larger is not read.
      if (info.size <= MAX_RECORD_BYTES) bytes += info.size;
    }
    return { bytes, cameMs };
  }

  /** Changes when a record appears, moves or goes; costs one look into the directory. */
  async fingerprint(): Promise<string> {
    const parts: string[] = [this.slug];
    for (const name of [...(await this.names(false)).names].sort()) {
      const record = parseRecordName(name);
      if (record) parts.push(name);
      // The one record that may be replaced under its name, by who takes it over.
      if (record?.kind === "claim") parts.push(await this.#fileNumber(name));
    }
    return parts.join("\n");
  }

  async #fileNumber(name: string): Promise<string> {
    const path = join(this.directory(), name);
    return await Deno.lstat(path).then(({ ino }) => String(ino), () => "");
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
      const before = await Deno.lstat(place);
      if (!before.isDirectory) return { names: [], why: "not a directory" };
      for await (const { name } of Deno.readDir(place)) {
        isMore = names.length === MAX_NAMES;
        if (isMore) break;
        names.push(name);
      }
      const after = await Deno.lstat(place);
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
  async nameOf(processed: boolean, id: ProposalId): Promise<readonly string[]> {
    const directory = this.directory(processed);
    const name = recordName(id, "proposal");
    if (!await isRealDirectory(directory)) return [];
    return await Deno.lstat(join(directory, name)).then(() => [name], () => []);
  }

  /** Reads one proposal and what has become of it. */
  async read(
    id: ProposalId,
    processed: boolean,
    waiting: ReadonlyMap<ProposalId, Waiting>,
    /** The directory's files, where they are known: most proposals have no other record. */
    names?: ReadonlySet<string>,
  ): Promise<Read<Item>> {
    const directory = this.directory(processed);
    if (processed && !await isRealDirectory(directory)) return { kind: "missing" };
    const read = await readRecord(directory, recordName(id, "proposal"), parseProposal);
    if (read.kind !== "read") return read;
    const proposal = read.value;
    if (proposal.id !== id) return { kind: "unreadable", why: "holds another proposal's id" };
    if (proposal.bottle_slug !== this.slug) {
      return { kind: "unreadable", why: `says it is of bottle ${proposal.bottle_slug}` };
    }
    const has = (kind: RecordKind) => names?.has(recordName(id, kind)) ?? true;
    // Looked for before the response, which is filed away before it.
    const repeats = has("repeats") ? readValue(await readRepeats(directory, id)) : undefined;
    const isTakenBack = has("withdrawn") &&
      await isRegularFile(join(directory, recordName(id, "withdrawn")));
    const claimRead = isTakenBack || has("claim") ? await readClaim(directory, id) : undefined;
    const claim = claimRead && readValue(claimRead);
    const isClaimed = claim !== undefined || claimRead?.kind === "unreadable" &&
        await isRegularFile(join(directory, recordName(id, "claim")));
    const decision = has("response") ? readValue(await readDecision(directory, id)) : undefined;
    const end = isTakenBack && !decision ? await this.endOf(proposal, processed, claim) : undefined;
    const isUnread = processed && has("undelivered") &&
      await isRegularFile(join(directory, recordName(id, "undelivered")));
    const now = this.#now();
    const isOver = isOverdue(proposal, now) && !holdsOpen(claim, proposal, now);
    const state = end
      ? end.reason
      : processed
      ? isUnread ? "undelivered" : "delivered"
      : decision
      ? "decided"
      : isOver
      ? "expired"
      : isClaimed
      ? "claimed"
      : "pending";
    const expiredAt = state === "expired" ? end?.at ?? proposal.expires_at : undefined;
    return {
      kind: "read",
      value: {
        ...{ slug: this.slug, proposal, state, claim, decision, expiredAt, repeats: repeats ?? [] },
        ...whoWaits(waiting, id),
      },
    };
  }

  /**
   * What its withdrawal says, if there is one, also when it is filed away meanwhile; one that cannot
   * be read is the agent's. One that says `expired` counts for nothing while `claim` holds the
   * proposal open, until it is filed away. Read the claim after the withdrawal was seen.
   */
  async endOf(
    proposal: Proposal,
    processed: boolean,
    claim: Claim | undefined,
  ): Promise<End | undefined> {
    const { id, expires_at } = proposal;
    for (const isFiled of processed ? [true] : [false, true]) {
      const directory = this.directory(isFiled);
      if (isFiled && !await isRealDirectory(directory)) continue;
      if (!await isRegularFile(join(directory, recordName(id, "withdrawn")))) continue;
      const read = await readWithdrawal(directory, id);
      if (read.kind === "missing") continue;
      const record = readValue(read);
      if (record?.reason !== "expired") return { reason: "withdrawn" };
      if (!isFiled && holdsOpen(claim, proposal, this.#now())) continue;
      return { reason: "expired", at: expires_at ?? record.withdrawn_at };
    }
    return undefined;
  }
}

function countDecided(names: ReadonlySet<string>): number {
  let count = 0;
  for (const name of names) {
    const record = parseRecordName(name);
    if (record?.kind === "response" && names.has(recordName(record.id, "proposal"))) count++;
  }
  return count;
}

/** The value that was read; undefined when there was none. */
export function readValue<T>(read: Read<T>): T | undefined {
  return read.kind === "read" ? read.value : undefined;
}

/** A link to a directory is none. */
export async function isRealDirectory(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((info) => info.isDirectory, () => false);
}

/** Who waits for a proposal, in the form in which an item holds it. */
export function whoWaits(
  waiting: ReadonlyMap<ProposalId, Waiting>,
  id: ProposalId,
): Pick<Item, "waiting" | "polledAt"> {
  const { calls = 0, polledAt } = waiting.get(id) ?? {};
  return { waiting: calls, ...polledAt === undefined ? {} : { polledAt } };
}
