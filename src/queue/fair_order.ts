/** The order of a listing of many bottles: oldest first, and no bottle stands in the way of others. */

import type { Item } from "./item.ts";
import type { Slug } from "./layout.ts";

/** So many proposals of one bottle stand in a row of time with those of others; then come the next. */
const SHARE = 20;

/** How long before its file came to be a proposal can have arrived, in milliseconds. */
const TOLERANCE_MS = 60_000;

/** The time of a change of name is told in whole seconds, rounded down, in milliseconds. */
const CTIME_STEP_MS = 1_000;

/** A proposal, and when its file was last given a name: no bottle can choose that time. */
export interface Placed {
  readonly item: Item;
  readonly cameMs: number | undefined;
}

/** All first shares by time, then all second ones, and so on. */
export function inFairOrder(placed: readonly Placed[]): Item[] {
  const sorted = placed
    .map(({ item, cameMs }) => ({ item, claimedMs: claimed(item), atMs: arrived(item, cameMs) }))
    .sort((a, b) =>
      a.atMs - b.atMs || a.claimedMs - b.claimedMs ||
      (a.item.proposal.id < b.item.proposal.id ? -1 : 1)
    );
  const counts = new Map<Slug, number>();
  const shares: Item[][] = [];
  for (const { item } of sorted) {
    const count = counts.get(item.slug) ?? 0;
    counts.set(item.slug, count + 1);
    (shares[Math.floor(count / SHARE)] ??= []).push(item);
  }
  return shares.flat();
}

function claimed({ proposal }: Item): number {
  return Date.parse(proposal.arrival_timestamp);
}

/** What a bottle claims counts as far as its file bears it out: a false time wins no place. */
function arrived(item: Item, cameMs: number | undefined): number {
  const ms = claimed(item);
  if (cameMs === undefined) return ms;
  return Math.min(Math.max(ms, cameMs - TOLERANCE_MS), cameMs + CTIME_STEP_MS);
}
