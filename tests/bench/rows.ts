/** The rows of the table: which figure stands in it, in which unit, and the goal it has. */

import type { Plan } from "./plan.ts";
import { largest, median, p99, type Reduce, sum } from "./statistics.ts";

export interface Goal {
  readonly text: string;
  reached(value: number): boolean;
}

export interface Row {
  readonly label: string;
  readonly unit: string;
  /** The pool of figures, filled by a measure over all rounds, that is reduced to one. */
  readonly pool: string;
  readonly reduce: Reduce;
  readonly decimals: number;
  readonly better: "more" | "less";
  readonly goal?: Goal;
}

export function rows(plan: Plan): readonly Row[] {
  return [
    ...plan.loadConnections.flatMap(loadRows),
    more("an empty Deno handler, the same bytes", "requests/s", "requests-empty", median, 0),
    more("of its requests/s tools/list has", "%", "requests-share", median, 1, atLeast(80)),
    more("tools/list as of 2025-11-25, 16 connections", "requests/s", "era-legacy", median, 0),
    more("tools/list as of 2026-07-28, 16 connections", "requests/s", "era-modern", median, 0),
    more("of the old era's requests/s the new one's are", "%", "era-ratio", median, 1, atLeast(80)),
    less("tools/list, all of the above", "errors", "requests-errors", sum, 0),
    ...plan.waitingLevels.flatMap(decisionRows),
    less("decisions that did not arrive", "", "decisions-failed", sum, 0, atMost(0)),
    less("1,000 only wait: CPU", "% of a core", "waiting-cpu", median, 1, atMost(2)),
    less("1,000 only wait: memory", "MB", "waiting-rss", median, 1),
    less("1,000 only wait: most memory ever", "MB", "waiting-peak", median, 1),
    less("1,000 only wait: threads", "", "waiting-threads", median, 0),
    more("waiting calls held", "", "held", median, 0, atLeast(plan.heldCalls)),
    less("held: until all were queued", "s", "held-took", median, 1),
    less("held: memory", "MB", "held-rss", median, 1, atMost(300)),
    less("held: health, median", "ms", "held-health", median, 2, atMost(5)),
    less("held: health, slowest", "ms", "held-health", largest, 2, atMost(5)),
    more("calls at once: queued", "", "burst", median, 0, atLeast(plan.burstCalls)),
    less("calls at once: until all were queued", "s", "burst-took", median, 2, atMost(5)),
    less("start to first connection", "ms", "start", median, 0),
    less("idle memory", "MB", "idle-rss", median, 1),
  ];
}

function loadRows(connections: number): Row[] {
  const label = `tools/list, ${connections} connection${connections === 1 ? "" : "s"}`;
  const pool = `requests-${connections}`;
  return [
    more(label, "requests/s", pool, median, 0),
    less(`${label}: median`, "ms", `${pool}-p50`, median, 3),
    less(`${label}: 99 %`, "ms", `${pool}-p99`, median, 3),
  ];
}

function decisionRows(level: number): Row[] {
  const label = `decision to answer, ${level.toLocaleString("en")} waiting`;
  const pool = `decisions-${level}`;
  const goals = level === 1_000 ? [atMost(2), atMost(10)] : [];
  return [
    less(`${label}: median`, "ms", pool, median, 2, goals[0]),
    less(`${label}: 99 %`, "ms", pool, p99, 2, goals[1]),
    less(`${label}: slowest`, "ms", pool, largest, 2),
  ];
}

function more(
  label: string,
  unit: string,
  pool: string,
  reduce: Reduce,
  decimals: number,
  goal?: Goal,
): Row {
  return { label, unit, pool, reduce, decimals, better: "more", ...goal && { goal } };
}

export function less(...parts: Parameters<typeof more>): Row {
  return { ...more(...parts), better: "less" };
}

export function atMost(limit: number): Goal {
  return { text: `≤ ${limit}`, reached: (value) => value <= limit };
}

function atLeast(limit: number): Goal {
  return { text: `≥ ${limit.toLocaleString("en")}`, reached: (value) => value >= limit };
}
