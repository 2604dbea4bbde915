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
  recordName,
  type Slug,
} from "./layout.ts";
import { parseProposal, type Proposal } from "./proposal.ts";
import { isRegularFile, type Read, readRecord } from "./read.ts";
import { readWaiting } from "./waiting.ts";
import { DirectoryWatch } from "./watch.ts";

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
      await this.#listBottle(slug, options.all ?? false, items, skipped);
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
    const places: { slug: Slug; id: ProposalId; processed: boolean }[] = [];
    for (const bottle of slug ? [slug] : await this.bottles()) {
      for (const processed of [false, true]) {
        for (const name of await this.#names(bottle, processed)) {
          const record = parseRecordName(name);
          if (record?.kind === "proposal" && record.id.startsWith(wanted)) {
            places.push({ slug: bottle, id: record.id, processed });
          }
        }
      }
    }
    const [first] = places;
    if (!first) return { kind: "none" };
    if (places.length > 1) return { kind: "ambiguous", ids: places.map((place) => place.id) };
    const read = await this.#read(first.slug, first.id, first.processed, new Map());
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
   * Calls `onChange` when anything happens in a queue directory, and at least once a poll interval.
   * Bottles that appear later are watched too.
   */
  watch(
    onChange: () => void,
    options: { slug?: Slug | undefined; pollIntervalMs?: number | undefined } = {},
  ): Disposable {
    const watches = new Map<string, DirectoryWatch>();
    const pace = options.pollIntervalMs === undefined
      ? {}
      : { pollIntervalMs: options.pollIntervalMs };
    const add = (name: string) => {
      const slug = parseSlug(name);
      if (!slug || watches.has(slug) || (options.slug && slug !== options.slug)) return;
      const directory = this.#directory(slug);
      if (!isDirectory(directory)) return;
      watches.set(slug, new DirectoryWatch(directory, { onName: onChange, ...pace }));
      onChange();
    };
    const root = new DirectoryWatch(this.root, { onName: add, onPolled: onChange, ...pace });
    void root.poll();
    return {
      [Symbol.dispose]() {
        root[Symbol.dispose]();
        for (const watch of watches.values()) watch[Symbol.dispose]();
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
      const names = await this.#names(slug, processed);
      const over = new Set<string>();
      for (const name of names) {
        const record = parseRecordName(name);
        if (record?.kind === "response" || record?.kind === "withdrawn") over.add(record.id);
      }
      let listed = 0;
      for (const name of names) {
        const record = parseRecordName(name);
        if (record?.kind !== "proposal") continue;
        if (++listed > MAX_LISTED) {
          skipped.push({ slug, name, why: `one of more than ${MAX_LISTED} proposals` });
          break;
        }
        const read = await this.#read(slug, record.id, processed, waiting);
        if (read.kind === "unreadable") skipped.push({ slug, name, why: read.why });
        if (read.kind !== "read") continue;
        const { state } = read.value;
        if (all || state === "pending" || state === "claimed") items.push(read.value);
      }
    }
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
    const claim = readValue(await readClaim(directory, id));
    const decision = readValue(await readDecision(directory, id));
    const withdrawn = !decision &&
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
