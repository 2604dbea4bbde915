/** Reads the names and values of ARG, ENV and LABEL, and puts values where they are used. */

/** A value longer than this, in UTF-16 units, is left to the build: ten lines can make gigabytes. */
const MAX_VALUE_LENGTH = 1_024;

export interface Assignment {
  readonly name: string;
  /** As written, quotes included; undefined where there is none. */
  readonly value: string | undefined;
}

/** Undefined is a value that is too long to be worked out here. */
export type Values = ReadonlyMap<string, string | undefined>;

/** `ENV A=1 B="2 3"`, and the old `ENV A 1` where `isSpaced`. */
export function assignmentsIn(text: string, isSpaced: boolean): Assignment[] {
  const words = quotedWords(text);
  const [first = "", ...rest] = words;
  if (isSpaced && rest.length > 0 && !first.includes("=")) {
    return [{ name: first, value: text.slice(first.length).trim() }];
  }
  return words.map((word) => {
    const at = word.indexOf("=");
    return at < 0
      ? { name: word, value: undefined }
      : { name: word.slice(0, at), value: word.slice(at + 1) };
  });
}

/** Words with their quotes; a quote that is never closed is a letter like others. */
function quotedWords(text: string): string[] {
  const words: string[] = [];
  const isOver = new Set<string>();
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const letter = text.charAt(at);
    if (/\s/.test(letter)) {
      if (start >= 0) words.push(text.slice(start, at));
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (letter === "\\") at++;
    if ((letter === '"' || letter === "'") && !isOver.has(letter)) {
      const end = text.indexOf(letter, at + 1);
      if (end < 0) isOver.add(letter);
      else at = end;
    }
  }
  if (start >= 0) words.push(text.slice(start));
  return words;
}

/** `text` with its variables replaced as far as they are known; undefined when it gets too long. */
export function expand(text: string, values: Values): string | undefined {
  const plain = unquoted(text);
  let expanded = "";
  let at = 0;
  let isOpenEnded = false;
  while (expanded.length <= MAX_VALUE_LENGTH) {
    const dollar = plain.indexOf("$", at);
    expanded += plain.slice(at, dollar < 0 ? undefined : dollar);
    if (dollar < 0) break;
    const isBraced = plain[dollar + 1] === "{";
    const start = dollar + (isBraced ? 2 : 1);
    let end = start;
    while (end < plain.length && /\w/.test(plain.charAt(end))) end++;
    const name = plain.slice(start, end);
    let fallback = "";
    at = end;
    if (isBraced) {
      const dash = plain[end] === "-" ? 1 : plain.startsWith(":-", end) ? 2 : 0;
      const close: number = isOpenEnded ? -1 : dash > 0 ? plain.indexOf("}", end) : end;
      isOpenEnded ||= close < 0;
      if (name === "" || close < 0 || plain[close] !== "}") {
        expanded += plain.slice(dollar, at);
        continue;
      }
      fallback = dash > 0 ? plain.slice(end + dash, close) : "";
      at = close + 1;
    }
    const all = plain.slice(dollar, at);
    // Of a value that is too long the fallback is not what the build takes either.
    const isTooLong = values.has(name) && values.get(name) === undefined;
    expanded += isTooLong ? all : values.get(name) || fallback || all;
  }
  return expanded.length > MAX_VALUE_LENGTH ? undefined : expanded;
}

export function unquoted(text: string): string {
  return text.trim().replaceAll(/["']/g, "");
}
