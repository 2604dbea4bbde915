/** How much the operator's part measures, and the rows that come of it. */

import { atMost, less, type Row } from "../rows.ts";
import { median, percentile } from "../statistics.ts";

export interface OperatorPlan {
  readonly rounds: number;
  readonly starts: number;
  /** How many asks are listed, in a tenth as many bottles. */
  readonly listSizes: readonly number[];
  readonly lists: number;
  readonly watchBottles: readonly number[];
  /** Asks of which the time to their line is taken, in each round. */
  readonly asks: number;
  readonly settleMs: number;
  readonly cpuMs: number;
}

export const OPERATOR_FULL: OperatorPlan = {
  rounds: 3,
  starts: 5,
  listSizes: [100, 1_000, 10_000],
  lists: 3,
  watchBottles: [1, 100, 1_000],
  asks: 30,
  settleMs: 1_500,
  cpuMs: 5_000,
};

export const OPERATOR_QUICK: OperatorPlan = { ...OPERATOR_FULL, rounds: 1, lists: 1, asks: 15 };

const p95 = (values: readonly number[]) => percentile(values, 0.95);

/** `isHinted`: `inotifywait` is installed. */
export function operatorRows(plan: OperatorPlan, isHinted: boolean): readonly Row[] {
  const listGoals = new Map([[10_000, atMost(1_500)]]);
  return [
    less("start, --version", "ms", "start", median, 0),
    less("list of nothing, whole process", "ms", "list-0", median, 0),
    ...plan.listSizes.map((size) =>
      less(
        `list of ${size.toLocaleString("en")} asks, whole process`,
        "ms",
        `list-${size}`,
        median,
        0,
        listGoals.get(size),
      )
    ),
    less("approve with one route, whole process", "ms", "approve", median, 0, atMost(300)),
    ...plan.watchBottles.flatMap((bottles) => {
      const label = `ask to line of watch, ${bottles.toLocaleString("en")} bottles`;
      const pool = `watch-${bottles}`;
      const isMany = bottles > 100;
      return [
        less(
          `${label}: median`,
          "ms",
          pool,
          median,
          0,
          atMost(!isMany ? 60 : isHinted ? 100 : 1_000),
        ),
        less(`${label}: 95 %`, "ms", pool, p95, 0, isMany ? undefined : atMost(150)),
        less(
          `${label}: CPU`,
          "% of a core",
          `${pool}-cpu`,
          median,
          1,
          isMany ? undefined : atMost(3),
        ),
      ];
    }),
  ];
}
