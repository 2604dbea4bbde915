/** Counts what became of proposals, by bottle and tool, and how long the operator took. */

import type { Entry } from "./chain.ts";

const OUTCOMES = ["approved", "modified", "rejected", "failed", "undone"] as const;
type DecisionOutcome = typeof OUTCOMES[number];

export interface Count extends Readonly<Record<DecisionOutcome, number>> {
  readonly bottle_slug: string;
  readonly tool: string;
  /** From the ask to the answer, in milliseconds; null when no entry says when the ask came. */
  readonly median_ms: number | null;
}

interface Tally {
  readonly counts: { -readonly [N in Exclude<keyof Count, "median_ms">]: Count[N] };
  readonly durationsMs: number[];
}

const NONE = { approved: 0, modified: 0, rejected: 0, failed: 0, undone: 0 };

/**
 * `entries` oldest first. A decision and an undo are counted once for each proposal, since a crash
 * can have them logged twice: before it, and when what it left was found.
 */
export async function countOutcomes(entries: AsyncIterable<Entry>): Promise<Count[]> {
  const tallies = new Map<string, Tally>();
  const seen = new Set<string>();
  for await (const entry of entries) {
    const { bottle_slug, tool } = entry;
    const outcome = countedAs(entry);
    if (!outcome) continue;
    if (outcome !== "failed") {
      const decided = JSON.stringify([bottle_slug, entry.proposal_id, outcome]);
      if (seen.has(decided)) continue;
      seen.add(decided);
    }
    const key = JSON.stringify([bottle_slug, tool]);
    const tally = tallies.get(key) ?? { counts: { bottle_slug, tool, ...NONE }, durationsMs: [] };
    tallies.set(key, tally);
    tally.counts[outcome]++;
    if (outcome === "failed" || outcome === "undone") continue;
    const ms = Date.parse(entry.at) - Date.parse(entry.arrival_timestamp ?? "");
    if (!Number.isNaN(ms)) tally.durationsMs.push(Math.max(0, ms));
  }
  return [...tallies.values()]
    .map(({ counts, durationsMs }) => ({ ...counts, median_ms: median(durationsMs) }))
    .sort((a, b) => compare(a.bottle_slug, b.bottle_slug) || compare(a.tool, b.tool));
}

/** An answer is told by its status; a rejection is a step of its own. */
function countedAs({ step, status }: Entry): DecisionOutcome | undefined {
  return OUTCOMES.find((outcome) => outcome === (step === "answered" ? status : step));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function median(numbers: number[]): number | null {
  const sorted = numbers.sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}
