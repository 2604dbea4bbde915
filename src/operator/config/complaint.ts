/** What is wrong with a configuration, in words that name the line, the key, what it must be, and what it is. */

import { Failure } from "../failure.ts";

/** Where a value stands: the keys and list positions that lead to it. */
export type KeyPath = readonly PropertyKey[];

export interface Complaint {
  readonly line: number;
  /** `bottles[0].routes.file must be the path of a file, got a list`. */
  readonly text: string;
}

/** So many complaints are told at once. */
const MAX_TOLD = 5;

/** What was found is quoted up to this length. */
const MAX_QUOTED = 60;

export function badConfig(file: string, complaints: readonly Complaint[]): Failure {
  const sorted = [...complaints].sort((a, b) => a.line - b.line);
  const all = [...new Set(sorted.map(({ line, text }) => `${file}:${line}: ${text}`))];
  const told = all.slice(0, MAX_TOLD);
  const more = all.length - told.length;
  return new Failure("bad-config", told.join("; also ") + (more > 0 ? `; and ${more} more` : ""));
}

/** `bottles[0].routes.file`; the file as a whole when no key leads there. */
export function keyText(path: KeyPath): string {
  const text = path.map((key) => {
    if (typeof key === "number") return `[${key}]`;
    return /^\w[\w-]{0,39}$/.test(String(key)) ? `.${String(key)}` : `[${quoted(String(key))}]`;
  }).join("").replace(/^\./, "");
  return text || "the file";
}

/** What is said of a value that is not of the form it must have. */
export function mustBe(form: string, value: unknown): string {
  return value === undefined
    ? `is missing; it must be ${form}`
    : `must be ${form}, got ${found(value)}`;
}

export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text);
}

function found(value: unknown): string {
  if (value === null || value === "") return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value !== "object") return quoted(String(value));
  const isUnquotedSlug = Object.keys(value).join() === "slug";
  return isUnquotedSlug ? "a map, as YAML reads {slug} without quotes" : "a map";
}
