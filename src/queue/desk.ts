/**
 * The operator's side of all queue directories: see what was asked, claim it, decide it. One file,
 * since each of these steps needs the same guard: what a bottle does to its directory meanwhile must
 * neither stop the work on other bottles nor pass for something else.
 */

import { join } from "node:path";
import {
  type Claim,
  type Decision,
  formatClaim,
  formatDecision,
  readClaim,
  readDecision,
} from "./decision.ts";
import { hasCode, publishFirst, publishOver } from "./durable.ts";
import {
  MAX_RECORD_BYTES,
  parseProposalId,
  parseRecordName,
  parseSlug,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "./layout.ts";
import { parseProposal, type Proposal } from "./proposal.ts";
import { isRegularFile, type Read, readRecord } from "./read.ts";
import { readWaiting } from "./waiting.ts";

/**
 * `pending`: nobody has touched it. `claimed`: an operator is deciding. `decided`: answered, but the
 * agent has not picked the answer up. `withdrawn`: the agent took it back. `delivered`: filed away.
 */
export type State = "pending" | "claimed" | "decided" | "withdrawn" | "delivered";

/** One proposal as the operator sees it. */
export interface Item {
  readonly slug: Slug;
  readonly proposal: Proposal;
  readonly state: State;
  readonly claim?: Claim | undefined;
  readonly decision?: Decision | undefined;
  /** Calls of the agent that wait for the answer right now; 0 also when the sidecar does not say. */
  readonly waiting: number;
}

/** What was passed over, and why. */
export interface Skipped {
  readonly slug: Slug;
  /** A file or directory of the bottle; empty for its queue directory, or for many files. */
  readonly name: string;
  readonly why: string;
}

export interface Listing {
  /** Oldest first. */
  readonly items: readonly Item[];
  readonly skipped: readonly Skipped[];
}

export type Found =
  | { readonly kind: "found"; readonly item: Item }
  /** `unreadable`: the one file that is meant, which cannot be read. */
  | { readonly kind: "none"; readonly unreadable?: Skipped }
  | { readonly kind: "ambiguous"; readonly ids: readonly ProposalId[] };

export type ClaimOutcome =
  /** It is this operator's to decide. `resumed`: the same operator had claimed it before. */
  | { readonly kind: "claimed"; readonly resumed: boolean }
  | { readonly kind: "taken"; readonly claim: Claim | undefined }
  | { readonly kind: "decided"; readonly decision: Decision | undefined }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "gone" };

export type DecideOutcome =
  | { readonly kind: "decided" }
  /** Another decision was first; it stands. */
  | { readonly kind: "already"; readonly decision: Decision | undefined }
  | { readonly kind: "withdrawn" }
  | { readonly kind: "gone" }
  | { readonly kind: "too-large"; readonly limitBytes: number };

export interface ListOptions {
  readonly slug?: Slug | undefined;
  /** Also what was decided, withdrawn and delivered. Default: only what can still be decided. */
  readonly all?: boolean | undefined;
  /** Also what was decided or withdrawn and has not been filed away. */
  readonly undelivered?: boolean | undefined;
  /** Aborted, it ends the listing early; what was read until then is returned. */
  readonly signal?: AbortSignal | undefined;
}

/** At most this many proposals of one directory are read for a listing, so that a flood stays a list. */
const MAX_LISTED = 5_000;

/** At most this much of one bottle's records is read for a listing, since it is held in memory. */
const MAX_LISTED_BYTES = 32 * MAX_RECORD_BYTES;

/** At most this many names of one directory are looked at. */
const MAX_NAMES = 20_000;

/** The length of a reason, in characters: it may quote what the file holds. */
const MAX_WHY = 300;

/** How often {@linkcode Desk.watch} looks, in milliseconds. */
const WATCH_INTERVAL_MS = 500;

/** Looking takes at most this share of the time, however many files a bottle makes. */
const WATCH_SHARE = 0.2;

/** The files of one directory, and why there are none or not all. */
interface Names {
  readonly names: readonly string[];
  readonly why?: string;
}

export class Desk {
  readonly root: string;
  readonly #now: () => Date;

  /** `root` holds one queue directory a bottle. */
  constructor(root: string, now: () => Date = () => new Date()) {
    this.root = root;
    this.#now = now;
  }

  /** The bottles that have a queue directory, by name. Throws when the root cannot be read. */
  async bottles(): Promise<Slug[]> {
    const slugs: Slug[] = [];
    for await (const entry of Deno.readDir(this.root)) {
      const slug = parseSlug(entry.name);
      if (slug && entry.isDirectory) slugs.push(slug);
    }
    return slugs.sort();
  }

  /**
   * Reads what is in the queue. What cannot be read or is too much is named in `skipped`: a bottle
   * can make its own part of the list wrong, and no other's.
   */
  async list(options: ListOptions = {}): Promise<Listing> {
    const items: Item[] = [];
    const skipped: Skipped[] = [];
    for (const slug of options.slug ? [options.slug] : await this.bottles()) {
      if (options.signal?.aborted) break;
      await this.#listBottle(slug, options, items, skipped);
    }
    items.sort((a, b) =>
      Date.parse(a.proposal.arrival_timestamp) - Date.parse(b.proposal.arrival_timestamp) ||
      (a.proposal.id < b.proposal.id ? -1 : 1)
    );
    return { items, skipped };
  }

  /**
   * Finds the one proposal, of any state, whose id starts with `prefix` (upper case is accepted). A
   * whole id is found in however large a directory, a shorter one among its first 20,000 names.
   */
  async find(prefix: string, slug?: Slug): Promise<Found> {
    const wanted = prefix.toLowerCase();
    const whole = parseProposalId(wanted);
    // By bottle and id: one that is filed away during the search is seen in both places.
    const places = new Map<string, { slug: Slug; id: ProposalId; processed: boolean }>();
    for (const bottle of slug ? [slug] : await this.bottles()) {
      for (const processed of [false, true]) {
        const names = whole
          ? await this.#nameOf(bottle, processed, whole)
          : (await this.#names(bottle, processed)).names;
        for (const name of names) {
          const record = parseRecordName(name);
          if (record?.kind === "proposal" && record.id.startsWith(wanted)) {
            places.set(`${bottle}/${record.id}`, { slug: bottle, id: record.id, processed });
          }
        }
      }
    }
    const [first, ...more] = places.values();
    if (!first) return { kind: "none" };
    if (more.length > 0) return { kind: "ambiguous", ids: [first, ...more].map(({ id }) => id) };
    const waiting = await readWaiting(this.#directory(first.slug), this.#now());
    const read = await this.#read(first.slug, first.id, first.processed, waiting);
    if (read.kind === "read") return { kind: "found", item: read.value };
    if (read.kind === "missing") return { kind: "none" };
    const name = recordName(first.id, "proposal");
    return { kind: "none", unreadable: { slug: first.slug, name, why: shortened(read.why) } };
  }

  /** Reads one proposal by its id, listing no directory; undefined when it cannot be read. */
  async look(slug: Slug, id: ProposalId): Promise<Item | undefined> {
    // In this order: it may be filed away between the two looks, and never comes back.
    for (const processed of [false, true]) {
      const read = await this.#read(slug, id, processed, new Map());
      if (read.kind !== "read") continue;
      const waiting = await readWaiting(this.#directory(slug), this.#now());
      return { ...read.value, waiting: waiting.get(id) ?? 0 };
    }
    return undefined;
  }

  /**
   * Claims a proposal for `operator`. The first claim wins and survives a crash. The same operator
   * may take up an own claim again; `takeOver` replaces somebody else's.
   */
  async claim(item: Item, operator: string, takeOver = false): Promise<ClaimOutcome> {
    const directory = this.#directory(item.slug);
    const { id } = item.proposal;
    const over = await this.#overAlready(item);
    if (over) return over.kind === "already" ? { ...over, kind: "decided" } : over;
    const text = formatClaim({
      proposal_id: id,
      claimed_by: operator,
      claimed_at: this.#now().toISOString(),
    });
    if (await publishFirst(directory, recordName(id, "claim"), text) === "published") {
      return { kind: "claimed", resumed: false };
    }
    const claim = readValue(await readClaim(directory, id));
    if (claim?.claimed_by === operator) return { kind: "claimed", resumed: true };
    if (!takeOver) return { kind: "taken", claim };
    await replaceFile(directory, recordName(id, "claim"), text);
    return { kind: "claimed", resumed: false };
  }

  /** Gives a claim back undecided, if it is still this operator's. */
  async release(item: Item, operator: string): Promise<void> {
    const directory = this.#directory(item.slug);
    const claim = readValue(await readClaim(directory, item.proposal.id));
    if (claim?.claimed_by !== operator) return;
    await Deno.remove(join(directory, recordName(item.proposal.id, "claim"))).catch(() => {});
  }

  /**
   * Writes the decision on a claimed proposal. The first decision wins; it survives a power cut when
   * this returns `decided`. Throws the file system's error when it cannot be written.
   */
  async decide(item: Item, decision: Decision): Promise<DecideOutcome> {
    const directory = this.#directory(item.slug);
    const name = recordName(item.proposal.id, "response");
    const text = formatDecision(decision);
    if (new TextEncoder().encode(text).length > MAX_RECORD_BYTES) {
      return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };
    }
    const over = await this.#overAlready(item);
    if (over) return over;
    if (await publishFirst(directory, name, text) === "exists") {
      const first = readValue(await readDecision(directory, item.proposal.id));
      if (first) return { kind: "already", decision: first };
      // A response no reader takes in decides nothing and would block this proposal for ever.
      await replaceFile(directory, name, text);
    }
    return await this.#confirm(item, decision) ?? { kind: "decided" };
  }

  /**
   * Calls `onChange` at once and whenever a record of a bottle appears, moves or goes.
   *
   * Only polls: a bottle can make the runtime's file watcher block for all bottles (see watch.ts),
   * and half a second is soon enough for a person.
   */
  watch(
    onChange: () => void,
    options: { slug?: Slug | undefined; pollIntervalMs?: number | undefined } = {},
  ): Disposable {
    const { slug, pollIntervalMs = WATCH_INTERVAL_MS } = options;
    let seen: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const poll = async () => {
      const started = performance.now();
      const now = await this.#fingerprint(slug).catch(() => "unreadable");
      if (stopped) return;
      if (now !== seen) onChange();
      seen = now;
      const tookMs = performance.now() - started;
      timer = setTimeout(poll, Math.max(pollIntervalMs, tookMs / WATCH_SHARE));
    };
    void poll();
    return {
      [Symbol.dispose]() {
        stopped = true;
        clearTimeout(timer);
      },
    };
  }

  /**
   * Looks once more after a decision was written: between the last look and the write, another
   * decision may have been delivered and filed away, which freed the name. That one stands.
   */
  async #confirm(item: Item, decision: Decision): Promise<DecideOutcome | undefined> {
    const directory = this.#directory(item.slug);
    const { id } = item.proposal;
    if (await isRegularFile(join(directory, recordName(id, "proposal")))) return undefined;
    const processed = this.#directory(item.slug, true);
    if (!await isRealDirectory(processed)) return undefined;
    const filed = readValue(await readDecision(processed, id));
    if (!filed || formatDecision(filed) === formatDecision(decision)) return undefined;
    await Deno.remove(join(directory, recordName(id, "response"))).catch(() => {});
    return { kind: "already", decision: filed };
  }

  #directory(slug: Slug, processed = false): string {
    return processed ? join(this.root, slug, PROCESSED_DIRECTORY) : join(this.root, slug);
  }

  async #listBottle(
    slug: Slug,
    { all = false, undelivered = all, signal }: ListOptions,
    items: Item[],
    skipped: Skipped[],
  ): Promise<void> {
    const waiting = await readWaiting(this.#directory(slug), this.#now());
    let bytesLeft = MAX_LISTED_BYTES;
    let passedOver = 0;
    for (const processed of all ? [false, true] : [false]) {
      const { names, why } = await this.#names(slug, processed);
      if (why) skipped.push({ slug, name: processed ? PROCESSED_DIRECTORY : "", why });
      const there = new Set(names);
      let listed = 0;
      for (const name of names) {
        if (signal?.aborted) return;
        const record = parseRecordName(name);
        if (record?.kind !== "proposal") continue;
        const bytes = listed < MAX_LISTED
          ? await this.#recordBytes(slug, record.id, processed, there)
          : Infinity;
        if (bytes > bytesLeft) {
          passedOver++;
          continue;
        }
        listed++;
        const read = await this.#read(slug, record.id, processed, waiting, there);
        // A file may have grown since it was measured.
        bytesLeft -= Math.max(bytes, read.kind === "read" ? textLength(read.value) : 0);
        if (read.kind === "unreadable") skipped.push({ slug, name, why: shortened(read.why) });
        if (read.kind !== "read") continue;
        const { state } = read.value;
        if (undelivered || state === "pending" || state === "claimed") items.push(read.value);
      }
    }
    if (passedOver > 0) {
      const limits = `${MAX_LISTED} proposals or ${MAX_LISTED_BYTES / 2 ** 20} MiB`;
      skipped.push({ slug, name: "", why: `${passedOver} proposals, over the limit of ${limits}` });
    }
  }

  /** How much reading a proposal takes in. */
  async #recordBytes(
    slug: Slug,
    id: ProposalId,
    processed: boolean,
    names: ReadonlySet<string>,
  ): Promise<number> {
    let bytes = 0;
    for (const kind of ["proposal", "claim", "response"] as const) {
      const name = recordName(id, kind);
      if (!names.has(name)) continue;
      const size = await Deno.lstat(join(this.#directory(slug, processed), name))
        .then((info) => info.isFile ? info.size : 0, () => 0);
      // What is larger is not read.
      if (size <= MAX_RECORD_BYTES) bytes += size;
    }
    return bytes;
  }

  /** Changes when a record appears, moves or goes; costs one look into each directory. */
  async #fingerprint(slug: Slug | undefined): Promise<string> {
    const parts: string[] = [];
    for (const bottle of slug ? [slug] : await this.bottles()) {
      parts.push(bottle);
      for (const name of [...(await this.#names(bottle, false)).names].sort()) {
        const record = parseRecordName(name);
        if (record) parts.push(name);
        // The one record that may be replaced under its name, by who takes it over.
        if (record?.kind === "claim") parts.push(await this.#fileNumber(bottle, name));
      }
    }
    return parts.join("\n");
  }

  async #fileNumber(slug: Slug, name: string): Promise<string> {
    const path = join(this.#directory(slug), name);
    return await Deno.lstat(path).then(({ ino }) => String(ino), () => "");
  }

  /**
   * The files of a bottle's directory. Whatever its owner puts in the directory's place meanwhile is
   * an answer, not an error, and a link there is not followed.
   */
  async #names(slug: Slug, processed: boolean): Promise<Names> {
    const place = this.#directory(slug, processed);
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

  /** Like `#names` of a directory that holds nothing but this proposal. */
  async #nameOf(slug: Slug, processed: boolean, id: ProposalId): Promise<readonly string[]> {
    const directory = this.#directory(slug, processed);
    const name = recordName(id, "proposal");
    if (!await isRealDirectory(directory)) return [];
    return await Deno.lstat(join(directory, name)).then(() => [name], () => []);
  }

  async #read(
    slug: Slug,
    id: ProposalId,
    processed: boolean,
    waiting: ReadonlyMap<ProposalId, number>,
    /** The directory's files, where they are known: most proposals have no other record. */
    names?: ReadonlySet<string>,
  ): Promise<Read<Item>> {
    const directory = this.#directory(slug, processed);
    if (processed && !await isRealDirectory(directory)) return { kind: "missing" };
    const read = await readRecord(directory, recordName(id, "proposal"), parseProposal);
    if (read.kind !== "read") return read;
    const proposal = read.value;
    if (proposal.id !== id) return { kind: "unreadable", why: "holds another proposal's id" };
    if (proposal.bottle_slug !== slug) {
      return { kind: "unreadable", why: `says it is of bottle ${proposal.bottle_slug}` };
    }
    const has = (kind: RecordKind) => names?.has(recordName(id, kind)) ?? true;
    const claim = has("claim") ? readValue(await readClaim(directory, id)) : undefined;
    const decision = has("response") ? readValue(await readDecision(directory, id)) : undefined;
    const withdrawn = !decision && has("withdrawn") &&
      await isRegularFile(join(directory, recordName(id, "withdrawn")));
    const state = withdrawn
      ? "withdrawn"
      : processed
      ? "delivered"
      : decision
      ? "decided"
      : claim
      ? "claimed"
      : "pending";
    return {
      kind: "read",
      value: { slug, proposal, state, claim, decision, waiting: waiting.get(id) ?? 0 },
    };
  }

  /** Why a proposal can no longer be decided; undefined when it can. */
  async #overAlready(
    item: Item,
  ): Promise<Exclude<DecideOutcome, { kind: "decided" | "too-large" }> | undefined> {
    const directory = this.#directory(item.slug);
    const { id } = item.proposal;
    const response = await readDecision(directory, id);
    if (response.kind === "read") return { kind: "already", decision: response.value };
    if (await isRegularFile(join(directory, recordName(id, "withdrawn")))) {
      return { kind: "withdrawn" };
    }
    if (await isRegularFile(join(directory, recordName(id, "proposal")))) return undefined;
    const processed = this.#directory(item.slug, true);
    if (!await isRealDirectory(processed)) return { kind: "gone" };
    const filed = await readDecision(processed, id);
    if (filed.kind === "read") return { kind: "already", decision: filed.value };
    return await isRegularFile(join(processed, recordName(id, "withdrawn")))
      ? { kind: "withdrawn" }
      : { kind: "gone" };
  }
}

function readValue<T>(read: Read<T>): T | undefined {
  return read.kind === "read" ? read.value : undefined;
}

/** How much text a proposal and its records hold, in characters. */
export function textLength({ proposal, claim, decision }: Item): number {
  let length = 0;
  for (const record of [proposal, claim, decision]) {
    for (const value of Object.values(record ?? {})) {
      if (typeof value === "string") length += value.length;
    }
  }
  return length;
}

function shortened(why: string): string {
  return why.length > MAX_WHY ? `${why.slice(0, MAX_WHY)}…` : why;
}

/** Publishes over a file of that name; throws in plain words where it is no file. */
async function replaceFile(directory: string, name: string, text: string): Promise<void> {
  const isTaken = await Deno.lstat(join(directory, name)).then(
    (info) => info.isDirectory,
    () => false,
  );
  if (isTaken) {
    const message = `${name} in the bottle's queue is a directory; remove it and try again`;
    throw Object.assign(new Error(message), { code: "EISDIR" });
  }
  await publishOver(directory, name, text);
}

/** A link to a directory is none. */
async function isRealDirectory(path: string): Promise<boolean> {
  return await Deno.lstat(path).then((info) => info.isDirectory, () => false);
}
