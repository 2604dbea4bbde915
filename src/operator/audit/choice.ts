/** Which entries are chosen: each that matches, or of each decision the one that says how it ended. */

import type { Entry } from "./chain.ts";
import type { Choice, Place } from "./read.ts";

/** What is undefined does not matter. */
export interface Filter {
  readonly slug?: string | undefined;
  /** A host, or with a dot before it that host and all below it. In lower case. */
  readonly host?: string | undefined;
  /** The beginning of a proposal's id. */
  readonly id?: string | undefined;
  /** A name, or what stands before the "@" of one. */
  readonly who?: string | undefined;
  /** From this time on, and before that one, in milliseconds since 1970. */
  readonly since?: number | undefined;
  readonly before?: number | undefined;
}

export function matches(entry: Entry, filter: Filter): boolean {
  const { slug, host, id, who, since, before } = filter;
  const at = since === undefined && before === undefined ? NaN : Date.parse(entry.at);
  return (slug === undefined || entry.bottle_slug === slug) &&
    (id === undefined || entry.proposal_id.startsWith(id)) &&
    (who === undefined || entry.who === who || entry.who.startsWith(`${who}@`)) &&
    (host === undefined || entry.host !== undefined && isHost(entry.host.toLowerCase(), host)) &&
    (since === undefined || at >= since) && (before === undefined || at < before);
}

function isHost(host: string, wanted: string): boolean {
  return wanted.startsWith(".")
    ? host === wanted.slice(1) || host.endsWith(wanted)
    : host === wanted;
}

/** Every entry that matches, at most so many. */
export class Entries implements Choice {
  readonly #filter: Filter;
  readonly #most: number;
  readonly chosen: Place[] = [];

  constructor(filter: Filter, most: number) {
    this.#filter = filter;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.chosen.length >= this.#most;
  }

  take(entry: Entry, place: Place): void {
    if (matches(entry, this.#filter)) this.chosen.push(place);
  }
}

const ON_THE_WAY: readonly string[] = ["claimed", "applied", "reloaded", "effective"];

/** Whether the entry is a step of a decision that something else must end. */
export function isOnTheWay({ step }: Pick<Entry, "step">): boolean {
  return ON_THE_WAY.includes(step);
}

/** The entries with which decisions ended, and the last entry of each that has no end. */
export class Decisions implements Choice {
  readonly #filter: Filter;
  readonly #most: number;
  readonly chosen = new Set<Place>();
  /** For each proposal the entry that was taken last, which is the next in time. */
  readonly #next = new Map<string, { step: string; status: string | undefined; place: Place }>();

  constructor(filter: Filter, most: number) {
    this.#filter = filter;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.chosen.size >= this.#most;
  }

  take(entry: Entry, place: Place): void {
    const { step, status } = entry;
    if (step === "continued") return; // The one before it, `rotated`, says it.
    const proposal = JSON.stringify([entry.bottle_slug, entry.proposal_id]);
    const next = entry.proposal_id === "-" ? undefined : this.#next.get(proposal);
    this.#next.set(proposal, { step, status, place });
    // Who claims it again has found nothing under way.
    if (isOnTheWay(entry) && next && next.step !== "claimed") return;
    // A crash can have had it logged twice.
    const isTwice = next?.step === step && next.status === status && step !== "failed";
    if (isTwice && !isOnTheWay(entry)) this.chosen.delete(next.place);
    if (matches(entry, this.#filter)) this.chosen.add(place);
  }
}
