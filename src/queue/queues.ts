/** Reading the queue directories of all bottles, as the operator does. It changes nothing. */

import { join } from "node:path";
import { BottleIndex } from "./bottle_index.ts";
import type { Decision } from "./decision.ts";
import type { EndedMarks } from "./ended_records.ts";
import { inFairOrder, type Placed } from "./fair_order.ts";
import { endPlaces, type GrantEnd, readGrantEnd } from "./grant_end.ts";
import { type Item, type Selection, shortened, type Skipped } from "./item.ts";
import {
  parseProposalId,
  parseRecordName,
  type ProposalId,
  recordName,
  type Slug,
} from "./layout.ts";
import { namesAt } from "./names.ts";
import { readProposal } from "./proposal.ts";
import { bottlesIn, QueueIndex } from "./queue_index.ts";
import { QueueWatch } from "./queue_watch.ts";
import type { Read } from "./read.ts";
import {
  isRealDirectory,
  itemOf,
  lookAt,
  placeIn,
  readRecords,
  type RecordPlace,
} from "./records.ts";
import { readWaiting, waitingIn } from "./waiting.ts";

export interface Listing {
  /** Oldest first, in shares: many of one bottle stand behind the first ones of all others. */
  readonly items: readonly Item[];
  readonly skipped: readonly Skipped[];
  /** How many decisions the agent of a bottle has left lying; only bottles with some. */
  readonly lying: ReadonlyMap<Slug, number>;
  /** While a watch goes on: where a file says that what a decision granted has ended. */
  readonly ended: ReadonlyMap<Slug, EndedMarks>;
}

export type FoundProposal =
  | { readonly kind: "found"; readonly item: Item }
  /** `unreadable`: the one file that is meant, which cannot be read. */
  | { readonly kind: "none"; readonly unreadable?: Skipped }
  | { readonly kind: "ambiguous"; readonly ids: readonly ProposalId[] };

export interface ListOptions extends Selection {
  readonly slug?: Slug | undefined;
}

/** Which bottle is watched, and how. */
export interface WatchOptions {
  /** Default: all. */
  readonly slug?: Slug | undefined;
  /** How often is looked where few bottles are watched, in milliseconds. */
  readonly pollIntervalMs?: number | undefined;
}

export class Queues {
  readonly root: string;
  readonly #now: () => Date;
  readonly #index: QueueIndex;
  #watches = 0;
  /** A listing of all bottles was read to the end. */
  #isWhole = false;

  /** `root` holds one queue directory a bottle. */
  constructor(root: string, now: () => Date = () => new Date()) {
    this.root = root;
    this.#now = now;
    this.#index = new QueueIndex(root, now);
  }

  /** The bottles that have a queue directory, by name. Throws when the root cannot be read. */
  bottles(): Promise<Slug[]> {
    return bottlesIn(this.root);
  }

  /**
   * Reads what is in the queue. What cannot be read or is too much is named in `skipped`: a bottle
   * can make its own part of the list wrong, and no other's. While a {@linkcode watch} goes on, only
   * what has changed is read, and of a bottle that changes much no more than its share at a time.
   */
  async list({ slug, all = false, undelivered = all, signal }: ListOptions = {}): Promise<Listing> {
    const placed: Placed[] = [];
    const skipped: Skipped[] = [];
    const lying = new Map<Slug, number>();
    const whole = this.#watches === 0 || !this.#isWhole;
    const slugs = slug === undefined ? undefined : [slug];
    await this.#index.refresh({ slugs, whole, signal });
    if (whole && !slug && !signal?.aborted) this.#isWhole = true;
    this.#index.list(slug, undelivered, placed, skipped, lying);
    for (const name of all ? slugs ?? await this.bottles() : []) {
      if (signal?.aborted) break;
      const filed = new BottleIndex(placeIn(this.root, name, true));
      await filed.refresh(this.#now(), true, signal);
      filed.list(this.#now(), true, placed, skipped);
    }
    const ended = new Map(this.#index.ended(slug));
    return { items: inFairOrder(placed), skipped, lying, ended };
  }

  /**
   * Finds the one proposal, of any state, whose id starts with `prefix` (upper case is accepted). A
   * whole id is found in however large a directory, a shorter one among its first 20,000 names.
   */
  async find(prefix: string, slug?: Slug): Promise<FoundProposal> {
    const wanted = prefix.toLowerCase();
    const whole = parseProposalId(wanted);
    // By bottle and id: one that is filed away during the search is seen in both places, and a
    // bottle can put another one of the same id there. What can be decided counts.
    const places = new Map<string, { place: RecordPlace; id: ProposalId }>();
    for (const name of slug ? [slug] : await this.bottles()) {
      for (const isFiled of [false, true]) {
        const place = placeIn(this.root, name, isFiled);
        const names = whole ? nameOf(place, whole) : (await namesAt(place)).names;
        for (const name of names) {
          const record = parseRecordName(name);
          if (record?.kind === "proposal" && record.id.startsWith(wanted)) {
            const key = `${place.slug}/${record.id}`;
            if (!places.has(key)) places.set(key, { place, id: record.id });
          }
        }
      }
    }
    const [first, ...more] = places.values();
    if (!first) return { kind: "none" };
    if (more.length > 0) return { kind: "ambiguous", ids: [first, ...more].map(({ id }) => id) };
    const { place: { slug: of, isFiled }, id } = first;
    const read = this.#read(of, id, isFiled);
    if (read.kind === "read") return { kind: "found", item: read.value };
    if (read.kind === "missing") return { kind: "none" };
    const name = recordName(id, "proposal");
    return {
      kind: "none",
      unreadable: { slug: of, name, why: shortened(read.why) },
    };
  }

  /** Reads one proposal by its id, listing no directory; undefined when it cannot be read. */
  look(slug: Slug, id: ProposalId): Promise<Item | undefined> {
    const read = this.#read(slug, id);
    return Promise.resolve(read.kind === "read" ? read.value : undefined);
  }

  /** How the grant of a decision ended; undefined while it holds. */
  grantEnd(slug: Slug, decision: Decision): Promise<GrantEnd | undefined> {
    return readGrantEnd(decision, endPlaces(join(this.root, slug)), this.#now());
  }

  /**
   * Calls `onChange` at once, and whenever {@linkcode list} shows something else: records come, move
   * or go, an agent begins or ceases to wait, or a proposal expires.
   */
  watch(onChange: () => void, { slug, pollIntervalMs }: WatchOptions = {}): Disposable {
    this.#watches++;
    const watch = new QueueWatch(this.#index, { onChange, slug, pollIntervalMs });
    return {
      [Symbol.dispose]: () => {
        this.#watches--;
        watch[Symbol.dispose]();
      },
    };
  }

  /** Reads one proposal and what has become of it, also where it is filed away between two looks. */
  #read(slug: Slug, id: ProposalId, isFiled = false): Read<Item> {
    const place = placeIn(this.root, slug, isFiled);
    if (isFiled && !isRealDirectory(place.processed)) return { kind: "missing" };
    const read = readProposal(place, id);
    if (read.kind === "missing" && !isFiled) return this.#read(slug, id, true);
    if (read.kind !== "read") return read;
    const records = readRecords(place, read.value);
    const now = this.#now();
    return {
      kind: "read",
      value: itemOf(slug, records, waitingIn(readWaiting(place.queue), now), now),
    };
  }
}

/** Like the names of a directory that holds nothing but this proposal. */
function nameOf({ directory }: RecordPlace, id: ProposalId): readonly string[] {
  const name = recordName(id, "proposal");
  return isRealDirectory(directory) && lookAt(join(directory, name)) ? [name] : [];
}
