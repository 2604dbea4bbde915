/** The operator's side of all queue directories: see what was asked, claim it, decide it. */

import { join } from "node:path";
import {
  Bottle,
  isRealDirectory,
  type Item,
  readValue,
  type Selection,
  shortened,
  type Skipped,
} from "./bottle.ts";
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
  parseProposalId,
  parseRecordName,
  parseSlug,
  type ProposalId,
  recordName,
  type Slug,
} from "./layout.ts";
import { isRegularFile } from "./read.ts";

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

export interface ListOptions extends Selection {
  readonly slug?: Slug | undefined;
}

/** How often {@linkcode Desk.watch} looks, in milliseconds. */
const WATCH_INTERVAL_MS = 500;

/** Looking takes at most this share of the time, however many files a bottle makes. */
const WATCH_SHARE = 0.2;

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
    for (const bottle of await this.#bottles(options.slug)) {
      if (options.signal?.aborted) break;
      await bottle.list(options, items, skipped);
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
    const places = new Map<string, { bottle: Bottle; id: ProposalId; processed: boolean }>();
    for (const bottle of await this.#bottles(slug)) {
      for (const processed of [false, true]) {
        const names = whole
          ? await bottle.nameOf(processed, whole)
          : (await bottle.names(processed)).names;
        for (const name of names) {
          const record = parseRecordName(name);
          if (record?.kind === "proposal" && record.id.startsWith(wanted)) {
            places.set(`${bottle.slug}/${record.id}`, { bottle, id: record.id, processed });
          }
        }
      }
    }
    const [first, ...more] = places.values();
    if (!first) return { kind: "none" };
    if (more.length > 0) return { kind: "ambiguous", ids: [first, ...more].map(({ id }) => id) };
    const read = await first.bottle.read(first.id, first.processed, await first.bottle.waiting());
    if (read.kind === "read") return { kind: "found", item: read.value };
    if (read.kind === "missing") return { kind: "none" };
    const name = recordName(first.id, "proposal");
    return {
      kind: "none",
      unreadable: { slug: first.bottle.slug, name, why: shortened(read.why) },
    };
  }

  /** Reads one proposal by its id, listing no directory; undefined when it cannot be read. */
  async look(slug: Slug, id: ProposalId): Promise<Item | undefined> {
    const bottle = this.#bottle(slug);
    // In this order: it may be filed away between the two looks, and never comes back.
    for (const processed of [false, true]) {
      const read = await bottle.read(id, processed, new Map());
      if (read.kind !== "read") continue;
      const waiting = await bottle.waiting();
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

  async #bottles(slug: Slug | undefined): Promise<Bottle[]> {
    return (slug ? [slug] : await this.bottles()).map((name) => this.#bottle(name));
  }

  #bottle(slug: Slug): Bottle {
    return new Bottle(this.root, slug, this.#now);
  }

  #directory(slug: Slug, processed = false): string {
    return this.#bottle(slug).directory(processed);
  }

  async #fingerprint(slug: Slug | undefined): Promise<string> {
    const parts: string[] = [];
    for (const bottle of await this.#bottles(slug)) parts.push(await bottle.fingerprint());
    return parts.join("\n");
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
