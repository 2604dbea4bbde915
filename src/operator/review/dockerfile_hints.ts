/** Says in plain words what the new lines of a Dockerfile mean. Hints only: the diff is what counts. */

import { baseFindings } from "./base_hints.ts";
import { type Dockerfile, type Instruction, readDockerfile, type Row } from "./dockerfile_lines.ts";
import type { Notice } from "./kind.ts";
import { mayBeRoot } from "./dockerfile_stages.ts";
import { type Finding, noticesOf, quoted } from "./finding.ts";
import { hiddenFindings } from "./hidden_text.ts";
import { LINE_HINTS } from "./line_hints.ts";
import { remoteOf } from "./shell_steps.ts";

/** Patterns look at this much at once, so that a hostile line cannot keep them busy for long. */
const WINDOW = 1_000;
const OVERLAP = 300;

/** What a container does by itself. */
const STARTS = ["ENTRYPOINT", "CMD", "HEALTHCHECK", "SHELL"];
/** Their words are names and values; what they may fetch is not run yet. */
const NO_SHELL_LINE = ["FROM", "ENV", "ARG", "LABEL", "EXPOSE", "HEALTHCHECK", "COPY", "ADD"];

/** `before` is undefined when it is not known: everything then is new. */
export function dockerfileNotices(before: string | undefined, after: string): Notice[] {
  const was = before === undefined ? undefined : readDockerfile(before);
  const is = readDockerfile(after);
  const instructions = newInstructions(was, is);
  const findings = [
    ...baseFindings(was, is),
    ...instructions.flatMap(lineFindings),
    ...directiveFindings(was, is),
    ...startFindings(was, is, instructions),
    ...hiddenFindings(before, after),
  ];
  return noticesOf(findings);
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

function lineFindings(instruction: Instruction): Finding[] {
  const { keyword, rows, args, isOnBuild } = instruction;
  const findings: Finding[] = [];
  const remote = remoteOf(rows);
  if (remote?.kind === "runs") {
    const says = "may run what it fetches or makes up";
    findings.push({ label: "REMOTE SCRIPT", says, row: remote.row });
  } else if (remote && !NO_SHELL_LINE.includes(keyword)) {
    findings.push({ label: "DOWNLOAD", says: "fetches from the network", row: remote.row });
  }
  for (const { label, says, keywords, pattern } of LINE_HINTS) {
    if (keywords && !keywords.includes(keyword)) continue;
    const row = rowWith(rows, pattern);
    if (row) findings.push({ label, says, row });
  }
  if (keyword === "USER" && mayBeRoot(args.replaceAll(/["']/g, ""))) {
    findings.push({ label: "ROOT", says: "goes on as root", row: rows[0] });
  }
  if (isOnBuild) {
    findings.push({ label: "ENTRYPOINT", says: "waits for images built on this", row: rows[0] });
  }
  return findings;
}

/** The row in which a match begins. */
function rowWith(rows: readonly Row[], pattern: RegExp): Row | undefined {
  const text = rows.map(lineOf).join("");
  for (let start = 0; start < text.length; start += WINDOW - OVERLAP) {
    const match = pattern.exec(text.slice(start, start + WINDOW));
    if (!match) continue;
    let left = start + match.index + match[0].search(/\S|$/);
    return rows.find((row) => (left -= lineOf(row).length) < 0) ?? rows[0];
  }
  return undefined;
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
