/**
 * Arguments that a tool does not have. What clients add by themselves (`toolCallId`, `_meta`) is
 * passed over. One that a model may have meant for one of ours is refused: the ask could be for more
 * than was meant, such as a whole host instead of the paths in a misspelt `path_allowlist`. The rest
 * is ignored, and the answer says so where it could have narrowed the ask.
 */

import { fromJsonText } from "../jsonrpc/json_text.ts";
import type { Params } from "../jsonrpc/message.ts";
import { isClientsOwn, lettersOf, MAX_NAME_LENGTH } from "./argument_names.ts";
import type { ArgumentSchema } from "./arguments.ts";

/** What is in one of them is looked at up to so many members: no ask is narrowed beyond. */
const MAX_MEMBERS = 1_000;

/** The arguments of all tools that ask, since a model mixes them up, and how else it calls them. */
const ALSO_CALLED: Readonly<Record<string, readonly string[]>> = {
  host: ["host", "hostname", "domain"],
  path_allowlist: ["allow", "allowed", "allowlist", "whitelist"],
  auth: ["auth", "authorization", "authentication", "credential", "bearer", "secret"],
  failed_url: ["url", "uri"],
  dockerfile: ["dockerfile", "containerfile"],
  justification: ["justification", "reason", "why", "purpose", "explanation"],
};

/** Names that are ours inside of another argument, or come to mean it without one of its words. */
const STANDS_FOR: Readonly<Record<string, string>> = {
  scheme: "auth",
  tokenref: "auth",
  token: "auth",
  accesstoken: "auth",
  apitoken: "auth",
  apikey: "auth",
  routes: "path_allowlist",
  endpoints: "path_allowlist",
};

/** Passed over by one tool, it would let the agent have more than it asked another one for. */
const NARROWS = "path_allowlist";

export interface Stray {
  readonly name: string;
  /** Which argument of this tool may have been meant; undefined: one of another tool. */
  readonly meant: string | undefined;
  /** It does not stand among the arguments of the call. */
  readonly isBeside: boolean;
}

export interface Strays {
  /** Those that must not be passed over. */
  readonly refused: readonly Stray[];
  /** The names of the others, but for those that clients add by themselves. */
  readonly ignored: readonly string[];
}

/** What is no argument of the tool in `given`, and what a client put `beside` the arguments. */
export function strayArguments(
  schema: ArgumentSchema,
  given: Params,
  beside: Params,
): Strays {
  const { properties = {} } = schema;
  const missing = Object.entries(properties).filter(([name]) => !Object.hasOwn(given, name));
  const refused: Stray[] = [];
  const ignored: string[] = [];
  const look = ([name, value]: [string, unknown], isBeside: boolean) => {
    const meant = slipOf(name) ?? alsoCalled(name, properties, given) ??
      fitting(name, value, missing);
    if (meant !== undefined) {
      const ours = Object.hasOwn(properties, meant) ? meant : undefined;
      refused.push({ name, meant: ours, isBeside });
    } else if (!isClientsOwn(name)) ignored.push(name);
  };
  for (const entry of Object.entries(given)) {
    if (!Object.hasOwn(properties, entry[0])) look(entry, false);
  }
  for (const entry of Object.entries(beside)) look(entry, true);
  return { refused, ignored };
}

/** The argument whose name this is but for its letter case, its separators, an "s" or a slip. */
function slipOf(name: string): string | undefined {
  const letters = lettersOf(name);
  return Object.keys(ALSO_CALLED).find((ours) => isNear(letters, lettersOf(ours)));
}

/** Whether a few letters in one place are all that differ; of short words none may. */
function isNear(given: string, ours: string): boolean {
  if (given === ours || given === `${ours}s`) return true;
  const slack = ours.length >= 8 ? 2 : 0;
  let [start, end] = [0, 0];
  while (start < ours.length && given[start] === ours[start]) start++;
  const rest = ours.length - start;
  while (end < rest && end < given.length - start && given.at(-1 - end) === ours.at(-1 - end)) {
    end++;
  }
  return Math.max(given.length, ours.length) - start - end <= slack;
}

/** Counts where that argument is not given: beside it, another name for it changes nothing. */
function alsoCalled(
  name: string,
  properties: Readonly<Record<string, unknown>>,
  given: Params,
): string | undefined {
  return Object.keys(ALSO_CALLED).find((ours) =>
    !Object.hasOwn(given, ours) && (Object.hasOwn(properties, ours) || ours === NARROWS) &&
    isNameFor(ours, name)
  );
}

/** A name that clients add by themselves is not another for ours: a working directory is no path. */
function isNameFor(ours: string, name: string): boolean {
  const letters = lettersOf(name);
  if (STANDS_FOR[letters] === ours) return true;
  if (ours === NARROWS && isClientsOwn(name)) return false;
  // Words run together too: `urlpath`, `pathlist`.
  if (ours === NARROWS && /path|prefix/.test(letters)) return true;
  const words = wordsOf(name);
  return ALSO_CALLED[ours]?.some((word) => words.includes(word)) ?? false;
}

/** The missing argument that the value could have been meant for. */
function fitting(
  name: string,
  value: unknown,
  missing: readonly (readonly [name: string, property: ArgumentSchema])[],
): string | undefined {
  const read = fromJsonText(value);
  const keys = new Map(
    missing.flatMap(([name, { properties = {} }]) =>
      [name, ...Object.keys(properties)].map((ours) => [lettersOf(ours), name] as const)
    ),
  );
  const named = firstWithin(read, (key) => keys.get(lettersOf(key)));
  if (named !== undefined || isClientsOwn(name)) return named;
  const address = missing.find(([name]) =>
    /host|url/.test(name) && typeof read === "string" && ADDRESS.test(read)
  )?.[0];
  const mayNarrow = missing.some(([name]) => name === NARROWS);
  return address ?? (mayNarrow && narrows(read) ? NARROWS : undefined);
}

/** Whether there is a path in it, or a name for our paths, however deep. */
function narrows(value: unknown): boolean {
  if (isPath(value)) return true;
  return firstWithin(value, (key, member) => {
    const isNarrowing = isNameFor(NARROWS, key) || !isClientsOwn(key) && isPath(member);
    return isNarrowing || undefined;
  }) ?? false;
}

/** What `look` first finds among the first members of `value`, however deep. An item has no key. */
function firstWithin<Found>(
  value: unknown,
  look: (key: string, member: unknown) => Found | undefined,
  budget = { members: MAX_MEMBERS },
): Found | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const key in value) {
    if (budget.members-- <= 0) return undefined;
    const member = (value as Params)[key];
    const found = look(Array.isArray(value) ? "" : key, member) ??
      firstWithin(member, look, budget);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A path, a URL with one, or text about our paths. */
function isPath(value: unknown): boolean {
  return typeof value === "string" &&
    /^\s*(\/|https?:\/\/[^/?#]+\/[^?#\s])|path.?allow.?list/i.test(value);
}

/** A URL or a host name with a dot in it. */
const ADDRESS = /^\s*(https?:\/\/|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(\s*$|[:/?#]))/i;

/** `allowedPaths`, `allowed-paths` and `ALLOWED_PATHS` are "allowed" and "path". */
function wordsOf(name: string): string[] {
  return name.slice(0, MAX_NAME_LENGTH).normalize("NFKC").replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase().split(/[^a-z0-9]+/).flatMap((word) => [word, word.replace(/s$/, "")]);
}
