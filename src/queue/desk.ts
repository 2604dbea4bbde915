/** The operator's side of all queue directories: see what was asked, claim it, decide it. */

import { join } from "node:path";
import {
  type Claim,
  type Decision,
  formatClaim,
  formatDecision,
  readClaim,
  readDecision,
} from "./decision.ts";
import { publishFirst, publishOver } from "./durable.ts";
import {
  MAX_RECORD_BYTES,
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

/** A file that was passed over, and why. */
export interface Skipped {
  readonly slug: Slug;
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
  | { readonly kind: "none" }
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
}

/** At most this many proposals of one bottle are read for a listing, so that a flood stays a list. */
const MAX_LISTED = 5_000;

/** How often {@linkcode Desk.watch} looks, in milliseconds. */
const WATCH_INTERVAL_MS = 500;

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

  /** Reads what is in the queue. Files that cannot be read are named in `skipped`. */
  async list(options: ListOptions = {}): Promise<Listing> {
    const items: Item[] = [];
    const skipped: Skipped[] = [];
    for (const slug of options.slug ? [options.slug] : await this.bottles()) {
      try {
        await this.#listBottle(slug, options.all ?? false, items, skipped);
      } catch (error) {
        // One bottle of another user must not hide the others.
        if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
        skipped.push({ slug, name: "", why: "the queue directory may not be read" });
      }
    }
    items.sort((a, b) =>
      Date.parse(a.proposal.arrival_timestamp) - Date.parse(b.proposal.arrival_timestamp) ||
      (a.proposal.id < b.proposal.id ? -1 : 1)
    );
    return { items, skipped };
  }

  /** Finds the one proposal, of any state, whose id starts with `prefix` (upper case is accepted). */
  async find(prefix: string, slug?: Slug): Promise<Found> {
    const wanted = prefix.toLowerCase();
    // By bottle and id: one that is filed away during the search is seen in both places.
    const places = new Map<string, { slug: Slug; id: ProposalId; processed: boolean }>();
    for (const bottle of slug ? [slug] : await this.bottles()) {
      for (const processed of [false, true]) {
        for (const name of await this.#readableNames(bottle, processed)) {
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
    return read.kind === "read" ? { kind: "found", item: read.value } : { kind: "none" };
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
    await publishOver(directory, recordName(id, "claim"), text);
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
      await publishOver(directory, name, text);
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
      const now = await this.#fingerprint(slug).catch(() => "unreadable");
      if (stopped) return;
      if (now !== seen) onChange();
      seen = now;
      timer = setTimeout(poll, pollIntervalMs);
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
    const filed = readValue(await readDecision(join(directory, PROCESSED_DIRECTORY), id));
    if (!filed || formatDecision(filed) === formatDecision(decision)) return undefined;
    await Deno.remove(join(directory, recordName(id, "response"))).catch(() => {});
    return { kind: "already", decision: filed };
  }

  #directory(slug: Slug): string {
    return join(this.root, slug);
  }

  async #listBottle(slug: Slug, all: boolean, items: Item[], skipped: Skipped[]): Promise<void> {
    const waiting = await readWaiting(this.#directory(slug), this.#now());
    for (const processed of all ? [false, true] : [false]) {
      const names = new Set(await this.#names(slug, processed));
      let listed = 0;
      for (const name of names) {
        const record = parseRecordName(name);
        if (record?.kind !== "proposal") continue;
        if (++listed > MAX_LISTED) {
          skipped.push({ slug, name, why: `one of more than ${MAX_LISTED} proposals` });
          break;
        }
        const read = await this.#read(slug, record.id, processed, waiting, names);
        if (read.kind === "unreadable") skipped.push({ slug, name, why: read.why });
        if (read.kind !== "read") continue;
        const { state } = read.value;
        if (all || state === "pending" || state === "claimed") items.push(read.value);
      }
    }
  }

  /** Like `#names`, with none where the directory is another user's. */
  async #readableNames(slug: Slug, processed: boolean): Promise<string[]> {
    try {
      return await this.#names(slug, processed);
    } catch (error) {
      if (error instanceof Deno.errors.PermissionDenied) return [];
      throw error;
    }
  }

  /** Changes when a record appears, moves or goes; costs one look into each directory. */
  async #fingerprint(slug: Slug | undefined): Promise<string> {
    const parts: string[] = [];
    for (const bottle of slug ? [slug] : await this.bottles()) {
      parts.push(bottle);
      for (const name of (await this.#readableNames(bottle, false)).sort()) {
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

  async #names(slug: Slug, processed: boolean): Promise<string[]> {
    const directory = this.#directory(slug);
    const names: string[] = [];
    try {
      const place = processed ? join(directory, PROCESSED_DIRECTORY) : directory;
      if (!isDirectory(place)) return names;
      for await (const entry of Deno.readDir(place)) names.push(entry.name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names;
  }

  async #read(
    slug: Slug,
    id: ProposalId,
    processed: boolean,
    waiting: ReadonlyMap<ProposalId, number>,
    /** The directory's files, where they are known: most proposals have no other record. */
    names?: ReadonlySet<string>,
  ): Promise<Read<Item>> {
    const queue = this.#directory(slug);
    const directory = processed ? join(queue, PROCESSED_DIRECTORY) : queue;
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
    const processed = join(directory, PROCESSED_DIRECTORY);
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

function isDirectory(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}
