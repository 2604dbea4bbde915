/** Finds where a shell runs what a command prints: what that is cannot be read in the file. */

import type { Row } from "./dockerfile_lines.ts";
import { baseName, isStart, SHELL, type Step } from "./shell_steps.ts";

/** These take code from the command line, as shells do. */
const CODE_TAKER = /^(?:python|perl|ruby|node|nodejs|php|lua)[\d.]{0,8}$/;
const CODE_OPTION = /^-[a-zA-Z]{0,8}[cer]$/;
/** A name put together from letters and a variable is meant not to be found. */
const PIECED_NAME = /^[A-Za-z_]{1,40}\$\w/;

/** The row in which it happens; undefined when it happens nowhere. */
export function printedCommand(steps: readonly Step[]): Row | undefined {
  let isEvaluated = false;
  let isBackquoted = false;
  let before: Step | undefined;
  let wasClosing = false;
  for (const step of steps) {
    if (step.opener === "`") isBackquoted = !isBackquoted;
    const isClosing = step.opener === ")" || (step.opener === "`" && !isBackquoted);
    const isSubstitution = step.opener === "$(" || (step.opener === "`" && isBackquoted);
    const words = wordsOf(step.text);
    if (isSubstitution) {
      const isCommand = before !== undefined && !wasClosing && before.opener !== "(" &&
        /(?:^|\s)$/.test(before.text.slice(-1)) && wordsOf(before.text).every(isStart);
      if (isEvaluated || isCommand) return before?.isBlank ? step.row : before?.row ?? step.row;
      if (before && takesCode(wordsOf(before.text), CODE_TAKER)) return before.row;
    }
    if (step.opener === "<(" && before && wordsOf(before.text).some(isReader)) return before.row;
    const command = words.find((word) => !isStart(word)) ?? "";
    if (PIECED_NAME.test(command)) return step.row;
    isEvaluated ||= command === "eval" || takesCode(words, SHELL);
    before = step;
    wasClosing = isClosing;
  }
  return undefined;
}

function wordsOf(text: string): string[] {
  return text.replaceAll("${", "$").split(/[\s{}]+/).filter((word) => word !== "").map(baseName);
}

function takesCode(words: readonly string[], taker: RegExp): boolean {
  const at = words.findIndex((word) => taker.test(word));
  return at >= 0 && words.slice(at + 1).some((word) => CODE_OPTION.test(word));
}

function isReader(word: string): boolean {
  return SHELL.test(word) || word === "source" || word === ".";
}
