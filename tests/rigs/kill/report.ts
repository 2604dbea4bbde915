/** What came of killing: counts of what was met, and every fault in words. */

/** With this many faults the point is made: the rounds end, so that a broken program fails soon. */
export const ENOUGH_FAULTS = 10;

export interface KillReport {
  readonly seed: number;
  sidecarKills: number;
  /** Kills of a sidecar that was still starting, beside those above. */
  startKills: number;
  operatorKills: number;
  /** Kills that cut the writing of a proposal short, or the filing away of a decided one. */
  cutWriting: number;
  cutFiling: number;
  /** Asks of agents, each counted once however often it was repeated. */
  asks: number;
  /** Asks whose proposal was in the queue when the sidecar was killed. */
  queuedBeforeKill: number;
  /** Decisions that were whole on disk when the sidecar was killed, or became so meanwhile. */
  decidedAroundKill: number;
  /** Asks that were answered whole before the sidecar was killed. */
  answeredBeforeKill: number;
  /** Asks that got their decision by asking again after a restart. */
  answeredAfterRestart: number;
  /** How far operators had come when they were killed. */
  killedBeforeClaim: number;
  killedAfterClaim: number;
  killedAfterDecision: number;
  /** What was lost or torn. Empty is what is wanted. */
  readonly faults: string[];
}

export function newReport(seed: number): KillReport {
  return {
    seed,
    sidecarKills: 0,
    startKills: 0,
    operatorKills: 0,
    cutWriting: 0,
    cutFiling: 0,
    asks: 0,
    queuedBeforeKill: 0,
    decidedAroundKill: 0,
    answeredBeforeKill: 0,
    answeredAfterRestart: 0,
    killedBeforeClaim: 0,
    killedAfterClaim: 0,
    killedAfterDecision: 0,
    faults: [],
  };
}

/** The report for a person, one count a line. */
export function formatReport(report: KillReport): string {
  const sidecar: [string, number][] = [
    ["kill -9 of the sidecar", report.sidecarKills],
    ["kill -9 of a sidecar that was starting", report.startKills],
    ["- that cut writing a proposal short", report.cutWriting],
    ["- that cut filing away short", report.cutFiling],
    ["asks of agents in those rounds", report.asks],
    ["- in the queue at the kill", report.queuedBeforeKill],
    ["- decided around the kill", report.decidedAroundKill],
    ["- answered before the kill", report.answeredBeforeKill],
    ["- answered after the restart, asked again", report.answeredAfterRestart],
  ];
  const operator: [string, number][] = [
    ["kill -9 of the operator's program", report.operatorKills],
    ["- before it had claimed", report.killedBeforeClaim],
    ["- between claim and decision", report.killedAfterClaim],
    ["- after the decision", report.killedAfterDecision],
  ];
  const lines: [string, number][] = [
    ...report.sidecarKills ? sidecar : [],
    ...report.operatorKills ? operator : [],
    ["lost or torn", report.faults.length],
  ];
  const width = Math.max(...lines.map(([label]) => label.length));
  return [
    `| ${"".padEnd(width)} |  count |\n| ${"-".repeat(width)} | -----: |\n`,
    ...lines.map(([label, value]) => `| ${label.padEnd(width)} | ${`${value}`.padStart(6)} |\n`),
    ...report.faults.slice(0, 50).map((fault) => `- ${fault.trim()}\n`),
    `- seed ${report.seed}\n`,
  ].join("");
}
