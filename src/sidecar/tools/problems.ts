/** Wrong arguments in words: the tool, the field, the value that came, and the right form. */

import type { z } from "zod";
import type { Stray } from "./stray_arguments.ts";

/** More problems than this are not listed: the reader mends the first and sees the rest. */
const MAX_PROBLEMS = 5;

/** Longer values are cut, in characters. */
const MAX_SHOWN = 80;

/**
 * One line for all problems. Each schema's message says what the field must be. `strays`: what must
 * not be passed over.
 */
export function describeProblems(
  tool: string,
  issues: readonly z.core.$ZodIssue[],
  strays: readonly Stray[],
  args: unknown,
): string {
  const problems = [
    ...issues.map((issue) => describe(issue, args)),
    ...strays.map(describeStray),
  ];
  const listed = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - listed.length;
  if (more > 0) listed.push(`${more} more problems`);
  return `${tool}: ${listed.join("; ")}`;
}

function describe(issue: z.core.$ZodIssue, args: unknown): string {
  if (issue.code === "unrecognized_keys") return describeUnknown(issue);
  const value = valueAt(args, issue.path);
  const field = fieldName(issue.path);
  if (value === undefined) return `${field} is required and ${issue.message}`;
  return `${field} ${issue.message} (got ${show(value)})`;
}

/** Inside of an argument nothing is passed over: clients add nothing there. */
function describeUnknown({ keys, path }: z.core.$ZodIssueUnrecognizedKeys): string {
  const names = keys.slice(0, MAX_PROBLEMS).map(show).join(", ");
  return `there is no argument ${names} in ${fieldName(path)}: leave it out, or mend its name`;
}

function describeStray({ name, meant, isBeside }: Stray): string {
  if (isBeside) return `${show(name)} stands beside 'arguments': put it into them, or leave it out`;
  const hint = meant === undefined ? "" : ` (did you mean '${meant}'?)`;
  return `there is no argument ${show(name)}${hint}: leave it out, or mend its name`;
}

/** What was passed over, for one who may have meant it to narrow the ask, which is for `whole`. */
export function describeIgnored(names: readonly string[], whole: string): string {
  const listed = names.slice(0, MAX_PROBLEMS).map(show);
  const more = names.length - listed.length;
  if (more > 0) listed.push(`${more} more`);
  return `ignored: ${listed.join(", ")}; this asks for ${whole}`;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, key)) return;
    current = (current as Record<PropertyKey, unknown>)[key];
  }
  return current;
}

function fieldName(path: readonly PropertyKey[]): string {
  let name = "";
  for (const key of path) {
    if (typeof key === "number") name += `[${key}]`;
    else name += name ? `.${String(key)}` : String(key);
  }
  return path.length === 1 ? `'${name}'` : name;
}

/** A value as ASCII JSON, so that look-alike and invisible characters can be told apart. */
export function show(value: unknown): string {
  const json = JSON.stringify(value) ?? "nothing";
  const cut = json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}…` : json;
  return cut.replace(
    /[^\x20-\x7e…]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
