/** Says in plain words what the new lines of a Dockerfile mean. Hints only: the diff is what counts. */

import { baseFindings } from "./base_hints.ts";
import { commandFindings } from "./command_hints.ts";
import { type Dockerfile, type Instruction, readDockerfile, type Row } from "./dockerfile_lines.ts";
import { asRoot, mayBeRoot } from "./dockerfile_stages.ts";
import { type Finding, noticesOf, quoted } from "./finding.ts";
import { hiddenFindings } from "./hidden_text.ts";
import type { Notice } from "./kind.ts";
import { LINE_HINTS } from "./line_hints.ts";
import { printedCommand } from "./printed_command.ts";
import { remoteOf, stepsOf, unquoted } from "./shell_steps.ts";
import { stepLimit, type Steps } from "./step_limit.ts";
import { variableFindings } from "./variable_hints.ts";

/** What looking at the new instructions may cost: a character, or a hundredth of one of them. */
const MAX_STEPS = 1_200_000;
const INSTRUCTION_STEPS = 100;

/** What a container does by itself. */
const STARTS = ["ENTRYPOINT", "CMD", "HEALTHCHECK", "SHELL"];
/** Their words are names and values; what they may fetch is not run yet. */
const NO_SHELL_LINE = ["FROM", "ENV", "ARG", "LABEL", "EXPOSE", "HEALTHCHECK", "COPY", "ADD"];

/** Safe to call: what goes wrong with a hint is said in a notice. `before` is as in `hintsOf`. */
export function dockerfileNotices(before: string | undefined, after: string): Notice[] {
  return orFailure(() => hintsOf(before, after).notices);
}

/** Hints must never keep a person from seeing the file, and silence would read as "harmless". */
export function orFailure(hints: () => Notice[]): Notice[] {
  try {
    return hints();
  } catch (error) {
    const name = error instanceof Error ? error.name : "unknown error";
    const text = `what the lines mean could not be worked out (${name}): read the file yourself`;
    return [{ label: "HINTS FAILED", text }];
  }
}

/**
 * The notices and the steps that they took. `before` is undefined when it is not known: everything
 * then is new.
 */
export function hintsOf(
  before: string | undefined,
  after: string,
): { notices: Notice[]; steps: number } {
  const was = before === undefined ? undefined : readDockerfile(before);
  const is = readDockerfile(after);
  const instructions = newInstructions(was, is);
  const steps = stepLimit(MAX_STEPS);
  const findings: Finding[] = baseFindings(was, is);
  let unreadFrom = is.unreadFrom;
  for (const instruction of instructions) {
    if (!steps.take(textOf(instruction).length + INSTRUCTION_STEPS)) {
      unreadFrom = instruction.rows[0]?.number ?? unreadFrom;
      break;
    }
    findings.push(...lineFindings(instruction, steps));
  }
  findings.push(
    ...directiveFindings(was, is),
    ...startFindings(was, is, instructions),
    ...hiddenFindings(before, after),
    ...unreadFindings(was?.unreadFrom, unreadFrom),
  );
  return { notices: noticesOf(findings), steps: steps.wanted };
}

function unreadFindings(was: number | undefined, is: number | undefined): Finding[] {
  const label = "TOO LONG";
  const number = (line: number) => line.toLocaleString("en-US");
  if (is !== undefined) {
    const says = `line ${number(is)} and what follows were not looked at: too much for hints, ` +
      "read it yourself";
    return [{ label, says, row: undefined }];
  }
  if (was === undefined) return [];
  const says = `line ${number(was)} of the file as it is now and what follows were not compared: ` +
    "too much for hints, read what goes yourself";
  return [{ label, says, row: undefined }];
}

/** Those that stand in `is` more often than in `was`: the later of the same. */
function newInstructions(was: Dockerfile | undefined, is: Dockerfile): Instruction[] {
  const known = new Map<string, number>();
  for (const instruction of was?.instructions ?? []) {
    const text = textOf(instruction);
    known.set(text, (known.get(text) ?? 0) + 1);
  }
  return is.instructions.filter((instruction) => {
    const text = textOf(instruction);
    const left = known.get(text) ?? 0;
    if (left > 0) known.set(text, left - 1);
    return left === 0;
  });
}

function lineFindings(instruction: Instruction, limit: Steps): Finding[] {
  const { keyword, rows, args, isOnBuild } = instruction;
  const findings: Finding[] = [];
  const steps = stepsOf(rows);
  // Each is looked at by itself, however short it is.
  limit.take(steps.length);
  const remote = remoteOf(steps);
  const isShellLine = !NO_SHELL_LINE.includes(keyword);
  if (remote?.kind === "runs") {
    const says = "may run what it fetches or makes up";
    findings.push({ label: "REMOTE SCRIPT", says, row: remote.row });
  } else if (remote && isShellLine) {
    findings.push({ label: "DOWNLOAD", says: "fetches from the network", row: remote.row });
  }
  const printed = isShellLine || keyword === "HEALTHCHECK" ? printedCommand(steps) : undefined;
  if (printed) {
    const says = "runs what a command prints";
    findings.push({ label: "REMOTE SCRIPT", says, row: printed });
  }
  findings.push(...commandFindings(steps), ...variableFindings(instruction));
  for (const { label, says, keywords, pattern } of LINE_HINTS) {
    if (keywords && !keywords.includes(keyword)) continue;
    const row = rowWith(rows, pattern);
    if (row) findings.push({ label, says, row });
  }
  const address = keyword === "ADD" ? addedAddress(unquoted(args)) : undefined;
  if (address) findings.push({ label: "REMOTE SCRIPT", says: address, row: rows[0] });
  const user = args.replaceAll(/["']/g, "");
  if (keyword === "USER" && mayBeRoot(user)) {
    findings.push({ label: "ROOT", says: `goes on ${asRoot(user)}`, row: rows[0] });
  }
  if (isOnBuild) {
    findings.push({ label: "ENTRYPOINT", says: "waits for images built on this", row: rows[0] });
  }
  return findings;
}

const ADDRESS = /^(?:https?:|ftp:|git@|git:|ssh:|git\+|github\.com\/)/i;
const ADDRESS_STARTS = ["https://", "http://", "ftp://", "git@", "git://", "ssh://", "git+"];

/** A variable can stand for all of an address, or for the rest of one. */
function addedAddress(args: string): string | undefined {
  const sources = args.split(/\s+/).filter((word) => !word.startsWith("--")).slice(0, -1);
  if (sources.some((word) => ADDRESS.test(word))) return "adds what an address names";
  const isVariable = sources.some((word) => {
    const [start = "", ...rest] = word.slice(0, 1_000).split("$");
    return rest.length > 0 &&
      ADDRESS_STARTS.some((address) => address.startsWith(start.toLowerCase()));
  });
  return isVariable ? "adds what a variable names, which may be an address" : undefined;
}

/** The row in which a match begins. */
function rowWith(rows: readonly Row[], pattern: RegExp): Row | undefined {
  const match = pattern.exec(rows.map(lineOf).join(""));
  if (!match) return undefined;
  let left = match.index + match[0].search(/\S|$/);
  return rows.find((row) => (left -= lineOf(row).length) < 0) ?? rows[0];
}

function directiveFindings(was: Dockerfile | undefined, is: Dockerfile): Finding[] {
  const label = "ESCAPE DIRECTIVE";
  const findings: Finding[] = [];
  for (const [name, row] of is.directives) {
    if (was?.directives.get(name)?.text === row.text) continue;
    const says = name === "syntax"
      ? "names the program that reads all other lines"
      : "changes how all other lines are read";
    findings.push({ label, says, row });
  }
  for (const [name, { text }] of was?.directives ?? []) {
    if (!is.directives.has(name)) {
      findings.push({ label, says: `${quoted(text)} is gone`, row: undefined });
    }
  }
  return findings;
}

function startFindings(
  was: Dockerfile | undefined,
  is: Dockerfile,
  instructions: readonly Instruction[],
): Finding[] {
  const label = "ENTRYPOINT";
  const findings: Finding[] = instructions.filter(({ keyword }) => STARTS.includes(keyword))
    .map(({ rows }) => ({ label, says: "says what the container runs", row: rows[0] }));
  for (const keyword of STARTS) {
    const old = was?.instructions.find((instruction) => instruction.keyword === keyword);
    if (!old || is.instructions.some((instruction) => instruction.keyword === keyword)) continue;
    findings.push({ label, says: `${quoted(textOf(old))} is gone`, row: undefined });
  }
  return findings;
}

function textOf({ rows }: Instruction): string {
  return rows.map(lineOf).join("");
}

function lineOf({ text, isJoined }: Row): string {
  return isJoined ? text : `${text}\n`;
}
