/** Reads a Dockerfile as far as hints need it: instructions, the rows they stand in, directives. */

import { stepLimit } from "./step_limit.ts";

/** One line of the file, without its end. */
export interface Row {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  /** Goes on in the next row without even a blank. */
  readonly isJoined: boolean;
}

export interface Instruction {
  /** In upper case; what ONBUILD puts off counts as the instruction itself. */
  readonly keyword: string;
  readonly isOnBuild: boolean;
  /** What follows the keyword, its rows joined, without the bodies of here-documents. */
  readonly args: string;
  /** The rows it stands in, comments left out, bodies of here-documents included. */
  readonly rows: readonly Row[];
}

export interface Dockerfile {
  /** `escape`, `syntax` and `check` with their rows; other names are plain comments. */
  readonly directives: ReadonlyMap<string, Row>;
  readonly instructions: readonly Instruction[];
  /** The first line that was not read, because there is too much; undefined when all was. */
  readonly unreadFrom: number | undefined;
}

/** White space as builders take it: U+0085 too. */
const BLANK = "[\\s\\x85]";
const COMMENT = new RegExp(`^${BLANK}*#`);
const WORDS = new RegExp(`^${BLANK}*(?:(ONBUILD)${BLANK}+)?([^\\s\\x85]+)`, "i");
const HEREDOC_KEYWORDS = ["RUN", "COPY", "ADD"];

/** Of a file larger than any that people write, only the start is read. A line counts as 20. */
const MAX_READ_STEPS = 300_000;
const LINE_STEPS = 20;

/** The lines of `text` that are looked at, without their ends. */
export function linesRead(text: string): { lines: string[]; unreadFrom: number | undefined } {
  const steps = stepLimit(MAX_READ_STEPS);
  const lines: string[] = [];
  const start = text.startsWith("\ufeff") ? 1 : 0;
  for (let at = start; at <= text.length;) {
    const feed = text.indexOf("\n", at);
    const end = feed < 0 ? text.length : feed;
    if (!steps.take(end - at + LINE_STEPS)) return { lines, unreadFrom: lines.length + 1 };
    lines.push(text.slice(at, end));
    at = end + 1;
  }
  return { lines, unreadFrom: undefined };
}

export function readDockerfile(text: string): Dockerfile {
  const { lines: ended, unreadFrom } = linesRead(text);
  const lines = ended.map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  const directives = readDirectives(lines);
  const escape = /=\s*`/.test(directives.get("escape")?.text ?? "") ? "`" : "\\";
  const ends = endsIn(lines);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length;) {
    const rows: Row[] = [];
    for (let isOpen = true; isOpen && at < lines.length; at++) {
      const line = lines[at] ?? "";
      const isLeftOut = COMMENT.test(line) || line.trim() === "";
      if (isLeftOut && rows.length === 0) break;
      if (isLeftOut) continue;
      const goesOn = lineThatGoesOn(line, escape);
      isOpen = goesOn !== undefined;
      rows.push({ number: at + 1, text: goesOn ?? line, isJoined: isOpen });
    }
    if (rows.length === 0) {
      at++;
      continue;
    }
    const whole = rows.map((row) => row.text).join("");
    const [head = "", onBuild, keyword = ""] = WORDS.exec(whole) ?? [];
    const upper = keyword.toUpperCase();
    if (HEREDOC_KEYWORDS.includes(upper)) {
      const bodies = readBodies(lines, at, whole, ends);
      rows.push(...bodies);
      at += bodies.length;
    }
    instructions.push({
      keyword: upper,
      isOnBuild: onBuild !== undefined,
      args: whole.slice(head.length).trim(),
      rows,
    });
  }
  return { directives, instructions, unreadFrom };
}

/** The line without the character that joins it to the next; undefined where it ends. */
function lineThatGoesOn(line: string, escape: string): string | undefined {
  let end = line.length;
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end--;
  if (line[end - 1] !== escape || line[end - 2] === escape) return undefined;
  return line.slice(0, end - 1);
}

/** They stand at the top, before any other line; a syntax may be named in two more forms. */
function readDirectives(lines: readonly string[]): Map<string, Row> {
  const directives = new Map<string, Row>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 && line.startsWith("#!")) continue;
    const name = /^\s*(?:#|\/\/)\s*([a-z]+)\s*=/i.exec(line)?.[1] ??
      /^\s*\{.*"(syntax)"\s*:/i.exec(line)?.[1];
    if (name === undefined) break;
    if (!/^(escape|syntax|check)$/i.test(name)) continue;
    directives.set(name.toLowerCase(), { number: index + 1, text: line, isJoined: false });
  }
  return directives;
}

/** Where each line stands last, so that the end of a body is not sought where there is none. */
interface Ends {
  readonly exact: ReadonlyMap<string, number>;
  /** For `<<-`: without the tabs before it. */
  readonly indented: ReadonlyMap<string, number>;
}

function endsIn(lines: readonly string[]): Ends {
  return {
    exact: new Map(lines.map((line, index) => [line, index])),
    indented: new Map(lines.map((line, index) => [withoutTabs(line), index])),
  };
}

function withoutTabs(line: string): string {
  let at = 0;
  while (line[at] === "\t") at++;
  return line.slice(at);
}

/** The rows from `start` that are bodies of the here-documents in `whole`, in their order. */
function readBodies(
  lines: readonly string[],
  start: number,
  whole: string,
  ends: Ends,
): Row[] {
  const rows: Row[] = [];
  if (!whole.includes("<<")) return rows;
  for (const word of shellWords(whole)) {
    const [, dash, name = ""] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    const end = name.replaceAll(/["']/g, "");
    if (end === "") continue;
    let at = start + rows.length;
    // Builders refuse one without an end: what follows it is then better read as instructions.
    if (((dash ? ends.indented : ends.exact).get(end) ?? -1) < at) break;
    for (let isEnd = false; !isEnd && at < lines.length; at++) {
      const text = lines[at] ?? "";
      isEnd = (dash ? withoutTabs(text) : text) === end;
      const isJoined = !isEnd && text.endsWith("\\");
      rows.push({ number: at + 1, text: isJoined ? text.slice(0, -1) : text, isJoined });
    }
  }
  return rows;
}

/** Words as a shell has them, quotes kept; a quote that is never closed parts words. */
function shellWords(text: string): string[] {
  const words: string[] = [];
  const isOver = new Set<string>();
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const letter = text.charAt(at);
    const isQuote = letter === '"' || letter === "'";
    const end = isQuote && !isOver.has(letter) ? closing(text, at) : -1;
    if (end >= 0) {
      at = end;
    } else if (isQuote || letter === "" || /\s/.test(letter)) {
      if (isQuote) isOver.add(letter);
      if (at > start) words.push(text.slice(start, at));
      start = at + 1;
    } else if (letter === "\\") {
      at++;
    }
  }
  return words;
}

/** Where the quote at `start` is closed; -1 when nowhere. */
function closing(text: string, start: number): number {
  const quote = text.charAt(start);
  if (quote === "'") return text.indexOf(quote, start + 1);
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}
