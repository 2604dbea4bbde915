/** The crash test as a function: the tests call it with few rounds, the bench with many. */

import { seeded } from "../../support/chance.ts";
import { killOperators } from "./operator.ts";
import { type KillReport, newReport } from "./report.ts";
import { killSidecars } from "./sidecar.ts";

export interface KillOptions {
  /** Kills of each of the two programs. */
  readonly rounds: number;
  /** The same seed gives the same asks and the same random moments; the system adds its own. */
  readonly seed: number;
  /** Default: both, side by side. */
  readonly only?: "sidecar" | "operator" | undefined;
}

/**
 * Kills the sidecar and the operator's program with SIGKILL at random moments, `rounds` times each.
 *
 * A fault is whatever was lost or torn, an agent that asked again and did not get the decision, and
 * an operator who could not finish. Throws only when the programs cannot be run at all.
 */
export async function killRounds({ rounds, seed, only }: KillOptions): Promise<KillReport> {
  const report = newReport(seed);
  await Promise.all([
    only === "operator" ? undefined : killSidecars(rounds, seed, report),
    only === "sidecar" ? undefined : killOperators(rounds, seeded(seed + 1), report),
  ]);
  return report;
}
