/** Counts what became of proposals, by bottle and tool, and how long the operator took. */

import type { Entry } from "./chain.ts";

const OUTCOMES = ["approved", "modified", "rejected", "failed", "undone"] as const;
export type DecisionOutcome = typeof OUTCOMES[number];

export interface Count extends Readonly<Record<DecisionOutcome, number>> {
  readonly slug: string;
  readonly tool: string;
  /** From the ask to the answer, in milliseconds; undefined when no entry says when the ask came. */
  readonly medianMs: number | undefined;
}

interface Tally {
  readonly slug: string;
  readonly tool: string;
  readonly outcomes: Record<DecisionOutcome, number>;
  readonly durationsMs: number[];
}

/**
 * `entries` oldest first. A decision and an undo are counted once for each proposal, since a crash
 * can have them logged twice: before it, and when what it left was found.
 */
export async function countOutcomes(entries: AsyncIterable<Entry>): Promise<Count[]> {
  const tallies = new Map<string, Tally>();
  const seen = new Set<string>();
  for await (const entry of entries) {
    const { slug, tool } = entry;
    const outcome = countedAs(entry);
    if (!outcome) continue;
    if (outcome !== "failed") {
      const decided = JSON.stringify([slug, entry.proposal_id, outcome]);
      if (seen.has(decided)) continue;
      seen.add(decided);
    }
    const key = JSON.stringify([slug, tool]);
    const tally = tallies.get(key) ?? newTally(slug, tool);
    tallies.set(key, tally);
    tally.outcomes[outcome]++;
    if (outcome === "failed" || outcome === "undone") continue;
    const ms = Date.parse(entry.at) - Date.parse(entry.arrived ?? "");
    if (!Number.isNaN(ms)) tally.durationsMs.push(Math.max(0, ms));
  }
  return [...tallies.values()]
    .sort((a, b) => compare(a.slug, b.slug) || compare(a.tool, b.tool))
    .map(({ slug, tool, outcomes, durationsMs }) => ({
      slug,
      tool,
      ...outcomes,
      medianMs: median(durationsMs),
    }));
}

/** An answer is told by its status; a rejection is a step of its own. */
function countedAs({ step, status }: Entry): DecisionOutcome | undefined {
  return OUTCOMES.find((outcome) => outcome === (step === "answered" ? status : step));
}

function newTally(slug: string, tool: string): Tally {
  const outcomes = { approved: 0, modified: 0, rejected: 0, failed: 0, undone: 0 };
  return { slug, tool, outcomes, durationsMs: [] };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function median(numbers: number[]): number | undefined {
  const sorted = numbers.sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
