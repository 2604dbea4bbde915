/** Says in plain words what the new lines of a Dockerfile mean. Hints only: the diff is what counts. */

import { baseHints } from "./base_hints.ts";
import { type Dockerfile, type Instruction, readDockerfile } from "./dockerfile_parse.ts";
import { asRoot, mayBeRoot, wordsOf } from "./dockerfile_stages.ts";
import { fetchedIn } from "./fetched_script.ts";
import { hiddenHints } from "./hidden_text.ts";
import { type Hint, noticesOf, quoted } from "./hint_notices.ts";
import { INSTRUCTION_HINTS } from "./instruction_hints.ts";
import type { Notice } from "./kind.ts";

/** Their words are names and values, or what they fetch is not run yet. */
const NO_DOWNLOAD = ["ENV", "ARG", "LABEL", "EXPOSE", "HEALTHCHECK", "COPY", "ADD"];

/**
 * Never throws: what goes wrong with a hint is said in a notice. `before` is undefined when it is
 * not known: everything then is new.
 */
export function dockerfileNotices(before: string | undefined, after: string): Notice[] {
  return orFailure(() => {
    const was = before === undefined ? undefined : readDockerfile(before);
    const is = readDockerfile(after);
    return noticesOf([
      ...baseHints(was, is),
      ...newInstructions(was, is).flatMap(instructionHints),
      ...directiveHints(was, is),
      ...hiddenHints(before, after),
      ...unreadHints(was?.unreadFrom, is.unreadFrom),
    ]);
  });
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

function unreadHints(was: number | undefined, is: number | undefined): Hint[] {
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
  for (const { text } of was?.instructions ?? []) known.set(text, (known.get(text) ?? 0) + 1);
  return is.instructions.filter(({ text }) => {
    const left = known.get(text) ?? 0;
    if (left > 0) known.set(text, left - 1);
    return left === 0;
  });
}

function instructionHints(instruction: Instruction): Hint[] {
  const { keyword, plain, rows: [row] } = instruction;
  const hints: Hint[] = [];
  const fetched = fetchedIn(plain);
  if (fetched?.kind === "runs") {
    const says = "may run what it fetches or makes up";
    hints.push({ label: "REMOTE SCRIPT", says, row: instruction.rowAt(fetched.at) });
  } else if (fetched && !NO_DOWNLOAD.includes(keyword)) {
    const says = "fetches from the network";
    hints.push({ label: "DOWNLOAD", says, row: instruction.rowAt(fetched.at) });
  }
  for (const { label, says, keywords, pattern } of INSTRUCTION_HINTS) {
    const match = !keywords || keywords.includes(keyword) ? pattern.exec(plain) : null;
    if (!match) continue;
    hints.push({ label, says, row: instruction.rowAt(match.index + match[0].search(/\S|$/)) });
  }
  const user = keyword === "USER" ? wordsOf(instruction).join(" ") : undefined;
  if (user !== undefined && mayBeRoot(user)) {
    hints.push({ label: "ROOT", says: `goes on ${quoted(asRoot(user))}`, row });
  }
  if (instruction.isOnBuild) {
    hints.push({ label: "ENTRYPOINT", says: "waits for images built on this", row });
  }
  if (instruction.doubt !== undefined) {
    const says = `${instruction.doubt}: read it and what follows it yourself`;
    hints.push({ label: "NOT UNDERSTOOD", says, row });
  }
  return hints;
}

function directiveHints(was: Dockerfile | undefined, is: Dockerfile): Hint[] {
  const label = "ESCAPE DIRECTIVE";
  const known = was?.directives.map(({ text }) => text) ?? [];
  return is.directives.filter(({ text }) => !known.includes(text)).map((row) => {
    const isSyntax = row.text.includes("syntax");
    const says = isSyntax
      ? "names the program that reads all other lines"
      : "changes how all other lines are read";
    return { label, says, row };
  });
}
