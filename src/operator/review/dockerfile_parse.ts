/** Reads a Dockerfile as far as hints need it, and says where it was not understood. */

import { DockerfileParser, type Instruction as Parsed } from "dockerfile-ast";

/** One line of the file, without its end. */
export interface DockerfileRow {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

export interface Instruction {
  /** In upper case; what ONBUILD puts off counts as the instruction itself. */
  readonly keyword: string;
  readonly isOnBuild: boolean;
  /** Its rows joined, keyword first, without ONBUILD, quotes and backslashes. */
  readonly plain: string;
  /** As written: two instructions with the same text mean the same. */
  readonly text: string;
  /** The lines it stands in, comments left out, here-documents included. */
  readonly rows: readonly DockerfileRow[];
  /** In which row of `rows` a place of `plain` stands. */
  rowAt(place: number): DockerfileRow | undefined;
  /** Why builders may read it in another way than it was read here; undefined where they do not. */
  readonly doubt: string | undefined;
}

export interface Dockerfile {
  /** The lines before the first instruction that name a syntax, an escape character or checks. */
  readonly directives: readonly DockerfileRow[];
  readonly instructions: readonly Instruction[];
  /** The first line that was not read, because there is too much; undefined when all was. */
  readonly unreadFrom: number | undefined;
}

/** UTF-16 units. People write less; for some files the parser's work grows with their square. */
const MAX_LENGTH = 32_768;

const KEYWORDS = [
  ...["ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL"],
  ...["MAINTAINER", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"],
];

/** The lines of `text` that are looked at, without their ends. */
export function linesRead(text: string): { lines: string[]; unreadFrom: number | undefined } {
  const start = text.startsWith("\ufeff") ? 1 : 0;
  const lines = text.slice(start, start + MAX_LENGTH).split("\n")
    .map((line) => line.endsWith("\r") ? line.slice(0, -1) : line);
  const isCut = text.length > start + MAX_LENGTH;
  // The last line may be half of one.
  if (isCut) lines.pop();
  return { lines, unreadFrom: isCut ? lines.length + 1 : undefined };
}

export function readDockerfile(text: string): Dockerfile {
  const { lines, unreadFrom } = linesRead(text);
  // The parser would end a line at a carriage return; builders do not.
  const parsed = DockerfileParser.parse(lines.join("\n").replaceAll("\r", " "));
  const escape = parsed.getEscapeCharacter();
  const instructions = parsed.getInstructions().map((one) => readInstruction(one, lines, escape));
  // With the first instruction, since `//syntax=…` and a JSON object are read as one.
  const head = instructions[0]?.rows[0]?.number ?? lines.length + 1;
  const directives = lines.slice(0, head).map((line, index) => ({ number: index + 1, text: line }))
    .filter(({ text }) => /^\s*(?:#|\/\/)\s*(?:syntax|escape|check)\s*=|"syntax"\s*:/i.test(text));
  return { directives, instructions, unreadFrom };
}

function readInstruction(parsed: Parsed, lines: readonly string[], escape: string): Instruction {
  const { start, end } = parsed.getRange();
  const rows = lines.slice(start.line, end.line + 1)
    .map((text, index) => ({ number: start.line + index + 1, text }))
    .filter(({ text }, index) => index === 0 || !/^\s*(?:#|$)/.test(text));
  const pieces = rows.map(({ text }) => {
    const line = text.trimEnd();
    return line.endsWith(escape) ? line.slice(0, -1) : `${text}\n`;
  });
  const text = pieces.join("");
  const [head = "", onBuild = "", word = ""] = /^\s*(ONBUILD\s+)?(\S*)/i.exec(text) ?? [];
  const keyword = word.toUpperCase();
  const skipped = head.length - word.length;
  const plains = pieces.map(withoutQuotes);
  return {
    keyword,
    isOnBuild: onBuild !== "",
    plain: withoutQuotes(text.slice(skipped)),
    text,
    rows,
    rowAt(place) {
      let left = place + skipped;
      return rows[plains.findIndex(({ length }) => (left -= length) < 0)] ?? rows[0];
    },
    doubt: doubtOf(keyword, parsed, text, rows, escape),
  };
}

/** `c\url` and `cu""rl` are curl to a shell. */
function withoutQuotes(text: string): string {
  return text.replaceAll(/["'\\]/g, "");
}

function doubtOf(
  keyword: string,
  parsed: Parsed,
  text: string,
  rows: readonly DockerfileRow[],
  escape: string,
): string | undefined {
  const isKnown = KEYWORDS.includes(keyword);
  if (!isKnown || ![keyword, "ONBUILD"].includes(parsed.getKeyword())) {
    return "does not begin with a known instruction";
  }
  if (["RUN", "COPY", "ADD"].includes(keyword) && text.includes("<<")) {
    return "has a here-document, in which hints find only plain commands";
  }
  if (rows.some((row) => row.text.trimEnd().endsWith(escape + escape))) {
    return "ends in two escape characters, so that the next line may not belong to it";
  }
  // Builders take more than blanks and tabs for white space.
  return /[^\S \t\n]|\x85/.test(text) ? "has unusual white space" : undefined;
}
