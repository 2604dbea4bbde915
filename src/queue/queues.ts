/** Reading the queue directories of all bottles, as the operator does. It changes nothing. */

import { Bottle, whoWaits } from "./bottle.ts";
import { openUntilMs } from "./claim_hold.ts";
import { inFairOrder, type Placed } from "./fair_order.ts";
import { isOpen, type Item, type Selection, shortened, type Skipped } from "./item.ts";
import {
  parseProposalId,
  parseRecordName,
  parseSlug,
  type ProposalId,
  recordName,
  type Slug,
} from "./layout.ts";

export interface Listing {
  /** Oldest first, in shares: many of one bottle stand behind the first ones of all others. */
  readonly items: readonly Item[];
  readonly skipped: readonly Skipped[];
  /** How many decisions the agent of a bottle has left lying; only bottles with some. */
  readonly lying: ReadonlyMap<Slug, number>;
}

export type Found =
  | { readonly kind: "found"; readonly item: Item }
  /** `unreadable`: the one file that is meant, which cannot be read. */
  | { readonly kind: "none"; readonly unreadable?: Skipped }
  | { readonly kind: "ambiguous"; readonly ids: readonly ProposalId[] };

export interface ListOptions extends Selection {
  readonly slug?: Slug | undefined;
}

/** What one watch waits for besides a change. */
interface Expected {
  /** The bottle that is watched; undefined: all. */
  readonly slug: Slug | undefined;
  /** When the first expires that was listed since the watch told last, in milliseconds since 1970. */
  nextExpiryMs: number;
}

/** How often {@linkcode Queues.watch} looks, in milliseconds. */
const WATCH_INTERVAL_MS = 500;

/** Looking takes at most this share of the time, however many files a bottle makes. */
const WATCH_SHARE = 0.2;

export class Queues {
  readonly root: string;
  readonly #now: () => Date;
  readonly #expected = new Set<Expected>();

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
    const placed: Placed[] = [];
    const skipped: Skipped[] = [];
    const lying = new Map<Slug, number>();
    for (const bottle of await this.#bottles(options.slug)) {
      if (options.signal?.aborted) break;
      const count = await bottle.list(options, placed, skipped);
      if (count > 0) lying.set(bottle.slug, count);
    }
    const items = inFairOrder(placed);
    for (const item of items) this.#expect(item);
    return { items, skipped, lying };
  }

  /**
   * Finds the one proposal, of any state, whose id starts with `prefix` (upper case is accepted). A
   * whole id is found in however large a directory, a shorter one among its first 20,000 names.
   */
  async find(prefix: string, slug?: Slug): Promise<Found> {
    const wanted = prefix.toLowerCase();
    const whole = parseProposalId(wanted);
    // By bottle and id: one that is filed away during the search is seen in both places, and a
    // bottle can put another one of the same id there. What can be decided counts.
    const places = new Map<string, { bottle: Bottle; id: ProposalId; processed: boolean }>();
    for (const bottle of await this.#bottles(slug)) {
      for (const processed of [false, true]) {
        const names = whole
          ? await bottle.nameOf(processed, whole)
          : (await bottle.names(processed)).names;
        for (const name of names) {
          const record = parseRecordName(name);
          if (record?.kind === "proposal" && record.id.startsWith(wanted)) {
            const key = `${bottle.slug}/${record.id}`;
            if (!places.has(key)) places.set(key, { bottle, id: record.id, processed });
          }
        }
      }
    }
    const [first, ...more] = places.values();
    if (!first) return { kind: "none" };
    if (more.length > 0) return { kind: "ambiguous", ids: [first, ...more].map(({ id }) => id) };
    const { bottle, id } = first;
    const waiting = await bottle.waiting();
    let read = await bottle.read(id, first.processed, waiting);
    if (read.kind === "missing") read = await bottle.read(id, true, waiting);
    if (read.kind === "read") return { kind: "found", item: read.value };
    if (read.kind === "missing") return { kind: "none" };
    const name = recordName(id, "proposal");
    return {
      kind: "none",
      unreadable: { slug: bottle.slug, name, why: shortened(read.why) },
    };
  }

  /** Reads one proposal by its id, listing no directory; undefined when it cannot be read. */
  async look(slug: Slug, id: ProposalId): Promise<Item | undefined> {
    const bottle = this.bottle(slug);
    // In this order: it may be filed away between the two looks, and never comes back.
    for (const processed of [false, true]) {
      const read = await bottle.read(id, processed, new Map());
      if (read.kind === "missing") continue;
      if (read.kind === "unreadable") return undefined;
      const waiting = await bottle.waiting();
      return { ...read.value, ...whoWaits(waiting, id) };
    }
    return undefined;
  }

  /**
   * Calls `onChange` at once, whenever a record of a bottle appears, moves or goes, and when one that
   * was listed expires.
   *
   * Only polls: a bottle can make the runtime's file watcher block for all bottles (see watch.ts),
   * and half a second is soon enough for a person.
   */
  watch(
    onChange: () => void,
    options: { slug?: Slug | undefined; pollIntervalMs?: number | undefined } = {},
  ): Disposable {
    const { slug, pollIntervalMs = WATCH_INTERVAL_MS } = options;
    const expected: Expected = { slug, nextExpiryMs: Infinity };
    this.#expected.add(expected);
    let seen: string | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    const poll = async () => {
      const started = performance.now();
      const now = await this.#fingerprint(slug).catch(() => "unreadable");
      if (stopped) return;
      const tookMs = performance.now() - started;
      timer = setTimeout(poll, Math.max(pollIntervalMs, tookMs / WATCH_SHARE));
      const hasExpired = expected.nextExpiryMs <= this.#now().getTime();
      if (now === seen && !hasExpired) return;
      seen = now;
      // Until the next listing.
      expected.nextExpiryMs = Infinity;
      onChange();
    };
    void poll();
    return {
      [Symbol.dispose]: () => {
        stopped = true;
        clearTimeout(timer);
        this.#expected.delete(expected);
      },
    };
  }

  /** Whoever watches its bottle will be told when it expires, whoever has listed it. */
  #expect(item: Item): void {
    if (!isOpen(item)) return;
    const { slug, claim, proposal } = item;
    const untilMs = openUntilMs(claim, proposal);
    for (const expected of this.#expected) {
      if (expected.slug !== undefined && expected.slug !== slug) continue;
      expected.nextExpiryMs = Math.min(expected.nextExpiryMs, untilMs);
    }
  }

  async #bottles(slug: Slug | undefined): Promise<Bottle[]> {
    return (slug ? [slug] : await this.bottles()).map((name) => this.bottle(name));
  }

  protected bottle(slug: Slug): Bottle {
    return new Bottle(this.root, slug, this.#now);
  }

  async #fingerprint(slug: Slug | undefined): Promise<string> {
    const parts: string[] = [];
    for (const bottle of await this.#bottles(slug)) parts.push(await bottle.fingerprint());
    return parts.join("\n");
  }
}
