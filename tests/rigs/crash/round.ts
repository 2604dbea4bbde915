/** One round of the crash test: kill, check, run the same again, check, and take everything back. */

import {
  type Case,
  checkAudit,
  checkNow,
  checkRest,
  type Course,
  decisionOf,
  entriesOn,
  hasEntry,
  isSame,
  openRecords,
} from "./checks.ts";
import type { Scenario } from "./scenarios.ts";
import type { Kill, Step } from "./step.ts";
import { liveTexts, world } from "./world.ts";

export interface CrashReport {
  rounds: number;
  kills: number;
  /** Kills by scenario, and how many calls it has. */
  readonly scenarios: Map<string, { calls: number; kills: number }>;
  /** What was found that is no fault, and how often. */
  readonly findings: Map<string, number>;
  readonly faults: string[];
}

export interface Round {
  readonly scenario: Scenario;
  readonly course: Course;
  /** The second is in the command that follows the first, the recovery. */
  readonly kills: readonly Kill[];
  /** Whether the command that follows is asked for on a terminal, where it shows a diff first. */
  readonly onTerminal: boolean;
  /** The operator thinks better of it and rejects what was to be approved. */
  readonly rejects?: true;
}

/** Runs it all once without a kill, to see by which calls and to which texts it comes. */
export async function undisturbed(scenario: Scenario): Promise<{ course: Course; steps: Step[] }> {
  await using place = await world();
  const proposal = await place.ask(scenario.tool, scenario.file);
  await scenario.prepare(place, proposal);
  const before = await liveTexts(place);
  const steps = await place.steps(scenario.args(place, proposal));
  const course = { before, after: await liveTexts(place), end: undefined };
  const fault = (text: string) => {
    throw new Error(`${scenario.name}, not killed: ${text}`);
  };
  const one: Case = { world: place, scenario, course, proposal, fault };
  await checkNow(one, true);
  await goOn(one, false, fault);
  await checkRest(one);
  return { course: { ...course, end: await liveTexts(place) }, steps };
}

export async function play(round: Round, report: CrashReport): Promise<void> {
  const { scenario, kills, onTerminal } = round;
  const { name } = scenario;
  const at = kills.map(({ moment, step }) => `${moment} ${step.number} (${step.what})`);
  const where = `${name}, killed ${at.join(", then ")}${onTerminal ? ", then on a terminal" : ""}${
    round.rejects ? ", then rejected" : ""
  }`;
  const fault = (text: string) => void report.faults.push(`${where}: ${text}`);
  const finding = (text: string) =>
    void report.findings.set(text, (report.findings.get(text) ?? 0) + 1);
  report.rounds++;
  try {
    await using place = await world();
    const proposal = await place.ask(scenario.tool, scenario.file);
    await scenario.prepare(place, proposal);
    const one: Case = { world: place, scenario, course: round.course, proposal, fault };
    const args = scenario.args(place, proposal);
    for (const [index, kill] of kills.entries()) {
      const survived = await place.killed(kill, args);
      // A recovery may have fewer calls than what it recovers.
      if (survived !== undefined && index === 0) return fault(survived);
      if (survived === undefined) {
        report.kills++;
        report.scenarios.get(name)!.kills++;
      }
      await checkNow(one, false);
    }
    if (round.rejects && !(await decisionOf(one)).isDecided) return await rejectInstead(one);
    await runAgain(one, args, onTerminal, finding);
    await goOn(one, onTerminal, finding);
    await checkRest(one);
  } catch (error) {
    fault(`internal: ${error instanceof Error ? error.stack : error}`);
  }
}

type Finding = (text: string) => void;

/** The same command once more: done, or refused because it was done. */
async function runAgain(
  one: Case,
  args: readonly string[],
  onTerminal: boolean,
  finding: Finding,
): Promise<void> {
  const { world, scenario, course, fault } = one;
  const { isDecided: wasDecided } = await decisionOf(one);
  const wasUndone = isSame(await liveTexts(world), course.after);
  const wasFinished = (await openRecords(world)).length === 0;
  const { code, stdout, stderr } = await world.ctl(args, onTerminal);
  const said = stderr || stdout;
  const { ends } = scenario;
  if (ends === "undone") {
    const isOver = code === 1 && /taken back|did not take back|nothing of/.test(said);
    if (code !== 0 && !isOver) fault(`undo again ended with ${code}: ${said}`);
    if (isOver && !wasFinished) finding(`undo again: ${ending(stderr)}`);
    if (isOver && wasFinished && !wasUndone) fault(`undo again did nothing: ${said}`);
    const loaded = await liveTexts(world, ".loaded");
    if (!isSame(loaded, course.after)) fault(`undo again, and the reader has the access: ${said}`);
    if ((await openRecords(world)).length > 0) fault("undo again leaves its record open");
  } else {
    const isRefused = code === 1 && said.includes(`was ${ends} by you`) ||
      code === 1 && said.includes("that decision stands");
    if (wasDecided ? !isRefused : code !== 0) fault(`the same again ended with ${code}: ${said}`);
    if (!(await decisionOf(one)).isDecided) fault(`the same again decided nothing: ${said}`);
  }
  await checkNow(one, true);
  const entry = ends === "rejected" ? "rejected" : ends === "undone" ? "undone" : "answered";
  if (!await hasEntry(one, entry)) {
    fault(`no "${entry}" entry after the same command`);
  }
}

/** What is rejected must not be in force, however far the approval had come. */
async function rejectInstead({ world, course, proposal, fault }: Case): Promise<void> {
  const { code, stderr } = await world.ctl(["reject", proposal.id, "--notes", "no"]);
  if (code !== 0) return fault(`reject ended with ${code}: ${stderr}`);
  if (!isSame(await liveTexts(world), course.before)) fault("rejected, and a file has the access");
  if (!isSame(await liveTexts(world, ".loaded"), course.before)) {
    fault("rejected, and a reader has the access");
  }
  const open = await openRecords(world);
  if (open.length > 0) fault(`rejected, and state/open still has ${open.join(", ")}`);
}

function ending(text: string): string {
  return text.replaceAll(/[0-9a-f-]{8,}/g, "…").replaceAll(/\/tmp\S*\//g, "").slice(0, 120);
}

/** The next change of the same files completes what is open; then what was approved is taken back. */
async function goOn(one: Case, onTerminal: boolean, finding: Finding): Promise<void> {
  const { world, scenario, course, proposal, fault } = one;
  const { ends, tool } = scenario;
  const isApproved = ends === "approved" || ends === "modified" || ends === "resumed";
  if (isApproved && (await openRecords(world)).length > 0) {
    const { code, stderr } = await world.ctl(["undo", proposal.id, "--dry-run"]);
    if (code !== 0) fault(`undo of what was decided, before the next change: ${stderr}`);
  }
  const second = await world.ask(tool, scenario.another);
  for (const args of scenario.goOn(proposal, second)) {
    const { code, stderr } = await world.ctl(args, onTerminal);
    if (code !== 0) fault(`${args[0]} ended with ${code}: ${stderr}`);
  }
  await requireEntry({ ...one, proposal: second }, "answered");
  if (ends === "rejected" && !await hasEntry(one, "rejected")) {
    fault('the audit log has no "rejected" entry');
  }
  if (isApproved) {
    const answered = (await entriesOn(one)).filter(({ step }) => step === "answered");
    if (answered.length === 0) fault('the audit log has no "answered" entry');
    const once = ends === "resumed" ? 2 : 1;
    if (answered.length < once) fault(`${answered.length} "answered" entries`);
    if (answered.length > once) finding(`${answered.length} "answered" entries on one decision`);
  }
  if (ends === "undone") await requireEntry(one, "undone");
  if (!course.end) return;
  for (const suffix of ["", ".loaded"] as const) {
    const texts = await liveTexts(world, suffix);
    if (!isSame(texts, course.end)) fault(`the end is another one: ${JSON.stringify(texts)}`);
  }
  await checkAudit(one, true);
}

async function requireEntry(one: Case, step: string): Promise<void> {
  if (!await hasEntry(one, step)) one.fault(`the audit log has no "${step}" entry`);
}
