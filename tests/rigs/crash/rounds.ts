/** The crash test of `supervisectl` as a function: the tests take a sample of the kills, the bench all. */

import { between, type Random, seeded } from "../../support/chance.ts";
import { type CrashReport, play, type Round, undisturbed } from "./round.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { Kill, Moment, Step } from "./step.ts";

export interface CrashOptions {
  /** Every moment of every call; else before each that changes something, and some of the others. */
  readonly all: boolean;
  /** The same seed gives the same sample; an even and an odd one change who sees a diff first. */
  readonly seed: number;
  /** Rounds in which the recovery is killed too. */
  readonly pairs: number;
  /** Only scenarios with this in their name. */
  readonly only?: string | undefined;
}

/** The report for a person. */
export function formatCrashes({ kills, rounds, scenarios, findings, faults }: CrashReport): string {
  return [
    ...[...scenarios].map(([name, { calls, kills }]) =>
      `- ${name}: ${calls} calls, ${kills} kills`
    ),
    `- ${kills} kills in ${rounds} rounds, ${faults.length} faults`,
    ...[...findings].map(([text, times]) => `- no fault, ${times} times: ${text}`),
    ...faults.slice(0, 50).map((fault) => `- FAULT ${fault.trim()}`),
  ].map((line) => `${line}\n`).join("");
}

/** As many as a machine of two cores has time for: most of a round is waiting for the disk. */
const AT_ONCE = 4;

/** How much of a scenario that is like another a short run takes. */
const LIKE_SHARE = 1 / 8;

/** How many of the moments that a short run leaves out it takes nevertheless. */
const SAMPLE = 10;

/** Plays the rounds, several at once. Throws only when the program does not do its work unharmed. */
export async function crashRounds(options: CrashOptions): Promise<CrashReport> {
  const report: CrashReport = {
    ...{ rounds: 0, kills: 0, scenarios: new Map(), findings: new Map(), faults: [] },
  };
  const random = seeded(options.seed);
  const rounds: Round[] = [];
  // What a short run leaves out.
  const rest: Round[] = [];
  const paired: (Pick<Round, "scenario" | "course"> & { readonly steps: Step[] })[] = [];
  for (const scenario of SCENARIOS) {
    if (!scenario.name.includes(options.only ?? "")) continue;
    const { course, steps } = await undisturbed(scenario);
    report.scenarios.set(scenario.name, { calls: steps.length, kills: 0 });
    if (scenario.ends !== "rejected") paired.push({ scenario, course, steps });
    for (const [index, kill] of steps.flatMap(momentsOf).entries()) {
      const { moment, step } = kill;
      const isDue = moment === "before" && step.changes &&
        (!scenario.isLike || random() < LIKE_SHARE);
      const isLiveTorn = moment === "torn" && / live\//.test(step.what);
      const onTerminal = (index + options.seed) % 2 === 0;
      const round = { scenario, course, kills: [kill], onTerminal };
      (options.all || isDue || isLiveTorn ? rounds : rest).push(round);
      const isApproval = scenario.ends === "approved" || scenario.ends === "modified";
      const isLive = moment !== "before" && step.changes && / live\//.test(step.what);
      if (isApproval && isLive && (options.all || !scenario.isLike)) {
        rounds.push({ ...round, rejects: true });
      }
    }
  }
  for (let count = Math.min(SAMPLE, rest.length); count > 0; count--) {
    rounds.push(...rest.splice(between(random, 0, rest.length - 1), 1));
  }
  for (let count = 0; count < options.pairs && paired.length > 0; count++) {
    const { scenario, course, steps } = paired[count % paired.length]!;
    const kills = [pick(steps.flatMap(momentsOf), random), pick(steps.flatMap(momentsOf), random)];
    rounds.push({ scenario, course, kills, onTerminal: random() < 0.5 });
  }
  const next = rounds.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const round of next) await play(round, report);
  }));
  return report;
}

function momentsOf(step: Step): Kill[] {
  const moments: Moment[] = step.tears ? ["before", "torn", "after"] : ["before", "after"];
  return moments.map((moment) => ({ moment, step }));
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[between(random, 0, items.length - 1)]!;
}
