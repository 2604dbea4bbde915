/** Remedies as command lines, and exit codes: what a command line makes of a failure. */

import { shorten } from "../app/shorten.ts";
import { shellWord, shellWords } from "../config/shell_word.ts";
import type { AnswerRemedy, ExportRemedy, FailureCode, Remedy } from "../failure.ts";
import type { CommandLine } from "./options.ts";

/** 0: done. 1: it could not be done. 2: the command line is wrong. */
export const EXIT_DONE = 0;

export function exitCodeOf(code: FailureCode): number {
  return code === "usage" ? 2 : 1;
}

/** A command line for the same queue root, configuration and bottle as `line`. Quotes `words`. */
export function commandLine(line: CommandLine | undefined, words: readonly string[]): string {
  const place = (["queue-root", "config", "slug"] as const).flatMap((option) => {
    const value = line?.texts.get(option);
    return value === undefined || words.includes(`--${option}`) ? [] : [`--${option}`, value];
  });
  return shellWords(["supervisectl", ...words, ...place]);
}

/** The command line that does what `remedy` says, with what else was given in `line`. */
export function remedyLine(remedy: Remedy, line: CommandLine | undefined): string {
  if (remedy.do === "protect") return `chmod go-w ${shellWord(remedy.path)}`;
  const words = remedyWords(remedy, line);
  // Help is the same for every place.
  return remedy.do === "help" ? shellWords(["supervisectl", ...words]) : commandLine(line, words);
}

function remedyWords(remedy: Exclude<Remedy, { do: "protect" }>, line?: CommandLine): string[] {
  switch (remedy.do) {
    case "show":
    case "undo":
      return [remedy.do, shorten(remedy.id)];
    case "list":
      return ["list", ...remedy.all ? ["--all"] : []];
    case "name queue root":
      return ["list", "--queue-root", "DIR"];
    case "name bottle":
      return [...line?.words ?? [], "--slug", "SLUG"];
    case "approve":
    case "modify":
    case "reject":
      return answerWords(remedy, line);
    case "doctor":
      return ["doctor", ...named("slug", remedy.slug)];
    case "abandon":
      return ["doctor", "--abandon", shorten(remedy.id)];
    case "audit":
      return ["audit"];
    case "verify audit":
      return ["audit", "verify"];
    case "help":
      return ["help", ...remedy.about === undefined ? [] : [remedy.about]];
    case "export shadow":
      return exportWords(remedy, line);
  }
}

/** The basis that was given goes with it, and with the same answer its notes and file too. */
function answerWords(
  { do: command, id, basis, file, notes, takeOver }: AnswerRemedy,
  line?: CommandLine,
) {
  const isSame = line?.words[0] === command;
  const given = (option: "notes" | "file") => isSame ? line.texts.get(option) : undefined;
  return [
    command,
    shorten(id),
    ...named("file", file ?? given("file")),
    ...named("basis", basis ?? line?.texts.get("basis")),
    ...named("notes", notes ?? given("notes")),
    ...takeOver ? ["--take-over"] : [],
  ];
}

function exportWords({ slug = "SLUG", output }: ExportRemedy, line?: CommandLine): string[] {
  const ofSlug = line?.texts.has("slug") ? [] : named("slug", slug);
  return ["shadow", "export", ...ofSlug, ...named("output", output)];
}

function named(option: string, value: string | undefined): string[] {
  return value === undefined ? [] : [`--${option}`, value];
}
