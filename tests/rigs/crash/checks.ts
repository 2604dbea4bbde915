/** What must hold of the live files, the decision and the audit log, whatever moment it was killed at. */

import { join } from "node:path";
import type { Entry } from "../../../src/operator/audit/chain.ts";
import { readDecision } from "../../../src/queue/decision.ts";
import { sweepTemporaries } from "../../../src/queue/durable.ts";
import { readGrantEnd } from "../../../src/queue/grant_end.ts";
import { parseRecordName } from "../../../src/queue/layout.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import type { Scenario } from "./scenarios.ts";
import { LIVE_NAMES, type LiveTexts, liveTexts, RENAMED, SLUG, type World } from "./world.ts";

/** The live files before the command that is killed, after it when it is not, and in the end. */
export interface Course {
  readonly before: LiveTexts;
  readonly after: LiveTexts;
  /** Undefined while it is being found out. */
  readonly end: LiveTexts | undefined;
}

/** One kill under way: the world it happens in, what was asked, and what was found wrong. */
export interface Case {
  readonly world: World;
  readonly scenario: Scenario;
  readonly course: Course;
  readonly proposal: Proposal;
  fault(text: string): void;
}

/** Whether every byte of `now` is where the one text or the other has it. */
function isMixture(now: string, before: string, after: string): boolean {
  const [bytes, ...texts] = [now, before, after].map((text) => new TextEncoder().encode(text));
  const lengths = texts.map(({ length }) => length);
  return bytes!.length >= Math.min(...lengths) && bytes!.length <= Math.max(...lengths) &&
    bytes!.every((byte, index) => texts.some((text) => text[index] === byte));
}

/** After a kill; `isMended`: after a command that ran to its end since. */
export async function checkNow(one: Case, isMended: boolean): Promise<void> {
  const { world, scenario, course, fault } = one;
  const live = await liveTexts(world);
  const loaded = await liveTexts(world, ".loaded");
  for (const name of LIVE_NAMES) {
    const [now, before, after] = [live[name], course.before[name], course.after[name]];
    if (now === before || now === after) continue;
    const mayBeTorn = !isMended && name !== RENAMED;
    if (mayBeTorn && isMixture(now, before, after)) continue;
    fault(`${name} is neither the old text nor the new: ${JSON.stringify(now)}`);
  }
  const { isDecided } = await decisionOf(one);
  const isUndone = scenario.ends === "undone" && await hasEntry(one, "undone");
  await checkTold(one, isUndone, isDecided);
  if (isDecided || isUndone) {
    const why = isUndone ? "the log says undone" : "it is decided";
    for (const name of LIVE_NAMES) {
      if (live[name] !== course.after[name]) fault(`${why}, and ${name} is not the new text`);
      if (loaded[name] !== course.after[name]) fault(`${why}, and the new ${name} was not loaded`);
    }
  }
  if (scenario.ends === "rejected" && !isSame(live, course.before)) {
    fault("a reject changed a file");
  }
  await checkAudit(one, false);
}

export function isSame(one: LiveTexts, other: LiveTexts): boolean {
  return LIVE_NAMES.every((name) => one[name] === other[name]);
}

/** The decision of the command that is killed; an undo has none. */
export async function decisionOf(
  { world, scenario, proposal, fault }: Case,
): Promise<{ isDecided: boolean }> {
  if (scenario.ends === "undone") return { isDecided: false };
  if (scenario.ends === "resumed") return { isDecided: await isGivenAgain({ world, proposal }) };
  const read = await readDecision(join(world.queue, SLUG), proposal.id);
  if (read.kind === "unreadable") fault(`the decision is torn: ${read.why}`);
  if (read.kind !== "read") return { isDecided: false };
  if (read.value.status !== scenario.ends) fault(`the decision says ${read.value.status}`);
  return { isDecided: true };
}

/** By the operator's own records: the queue follows them. */
async function isGivenAgain({ world, proposal }: Pick<Case, "world" | "proposal">) {
  const at = (place: string, purpose: string) =>
    join(world.state, place, `${SLUG}.${proposal.id}.${purpose}`);
  const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);
  return await isThere(join(at("open", "apply"), "committed")) ||
    !await isThere(join(at("done", "undo"), "record.json"));
}

/** Once an undo, or an approval after one, is over the agent reads it. */
async function checkTold(one: Case, isUndone: boolean, isDecided: boolean): Promise<void> {
  const { world, proposal, scenario, fault } = one;
  const read = await readDecision(join(world.queue, SLUG), proposal.id);
  if (read.kind !== "read") return;
  const end = await readGrantEnd(read.value, [join(world.queue, SLUG)], new Date());
  if (isUndone && end?.notes !== (scenario.tool === "egress-block" ? "the wrong one" : "")) {
    fault(`it is undone, and the agent is told ${JSON.stringify(end)}`);
  }
  const isOpen = (await openRecords(world)).length > 0;
  if (scenario.ends === "resumed" && !isOpen && isDecided === (end !== undefined)) {
    fault(`it is ${isDecided ? "" : "not "}given again, and the agent is told otherwise`);
  }
}

/** `isWhole`: an entry was added since the kill, which mends what it left. */
export async function checkAudit({ world, fault }: Case, isWhole: boolean): Promise<void> {
  const { code, stdout, stderr } = await world.ctl(["audit", "verify", "--json"]);
  if (code !== 0) return fault(`audit verify ended with ${code}: ${stdout}${stderr}`);
  const { remarks } = JSON.parse(stdout);
  if (isWhole && remarks.length > 0) fault(`the audit log is not whole: ${remarks.join("; ")}`);
}

export async function entriesOn({ world, proposal }: Pick<Case, "world" | "proposal">) {
  const text = await Deno.readTextFile(join(world.state, "audit.jsonl")).catch(() => "");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const entries = whole.split("\n").filter((line) => line !== "")
    .map((line): Entry => JSON.parse(line));
  return entries.filter(({ proposal_id }) => proposal_id === proposal.id);
}

export async function hasEntry(one: Pick<Case, "world" | "proposal">, step: string) {
  return (await entriesOn(one)).some((entry) => entry.step === step);
}

/** The changes that were begun and not finished. */
export async function openRecords({ state }: World): Promise<string[]> {
  const open: string[] = [];
  try {
    for await (const { name } of Deno.readDir(join(state, "open"))) open.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return open;
}

/** In the end nothing of the crash is left but what a sweep takes away. */
export async function checkRest({ world, fault }: Case): Promise<void> {
  const open = await openRecords(world);
  if (open.length > 0) fault(`state/open still has ${open.join(", ")}`);
  for await (const { name } of Deno.readDir(world.live)) {
    if (!LIVE_NAMES.some((live) => name === live || name === `${live}.loaded`)) {
      fault(`${name} is left beside the live files`);
    }
  }
  const queue = join(world.queue, SLUG);
  await sweepTemporaries(queue, new Date(Date.now() + 86_400_000), 0);
  for await (const { name } of Deno.readDir(queue)) {
    if (name !== "processed" && !parseRecordName(name)) fault(`${name} is left in the queue`);
  }
}
