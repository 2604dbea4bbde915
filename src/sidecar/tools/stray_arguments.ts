/**
 * Arguments that a tool does not have. Clients add some by themselves (`toolCallId`, `_meta`), and
 * those are passed over. One that a model may have meant for one of ours is refused: the ask could be
 * for more than was meant, such as a whole host instead of the paths in a misspelt `path_allowlist`.
 */

import { fromJsonText } from "../jsonrpc/json_text.ts";
import type { Arguments, ArgumentSchema } from "./arguments.ts";

/** What is in one of them is looked at up to so many members: nobody narrows an ask beyond. */
const MAX_MEMBERS = 1_000;

/** A longer name is no slip of ours, in characters. */
const MAX_NAME_LENGTH = 64;

/** The arguments of all tools that ask, since a model mixes them up, and how else it calls them. */
const ALSO_CALLED: Readonly<Record<string, readonly string[]>> = {
  host: ["host", "hostname", "domain"],
  path_allowlist: ["path", "prefix", "prefixes", "allow", "allowed", "allowlist", "whitelist"],
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
}

/** Those of `given` that must not be passed over. */
export function strayArguments(schema: ArgumentSchema, given: Arguments): Stray[] {
  const { properties = {} } = schema;
  const unknown = Object.entries(given).filter(([name]) => !Object.hasOwn(properties, name));
  const missing = Object.entries(properties).filter(([name]) => !Object.hasOwn(given, name));
  return unknown.flatMap(([name, value]) => {
    const meant = slipOf(name) ?? alsoCalled(name, properties, given) ?? fitting(value, missing);
    if (meant === undefined) return [];
    return [{ name, meant: Object.hasOwn(properties, meant) ? meant : undefined }];
  });
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
  given: Arguments,
): string | undefined {
  const words = wordsOf(name);
  return Object.keys(ALSO_CALLED).find((ours) =>
    !Object.hasOwn(given, ours) && (Object.hasOwn(properties, ours) || ours === NARROWS) &&
    (ALSO_CALLED[ours]?.some((word) => words.includes(word)) ||
      STANDS_FOR[lettersOf(name)] === ours)
  );
}

/** The missing argument that the value could have been meant for. */
function fitting(
  value: unknown,
  missing: readonly (readonly [name: string, property: ArgumentSchema])[],
): string | undefined {
  const read = fromJsonText(value);
  const keys = new Map(
    missing.flatMap(([name, { properties = {} }]) =>
      [name, ...Object.keys(properties)].map((ours) => [lettersOf(ours), name] as const)
    ),
  );
  return namedIn(read, keys) ?? missing.find(([name, { type }]) => {
    if (type === "array") return isPath(read) || isListOfText(read);
    return /host|url/.test(name) && typeof read === "string" && ADDRESS.test(read);
  })?.[0];
}

/** The argument that one of the keys in `value` is a name of, among the first ones, however deep. */
function namedIn(
  value: unknown,
  keys: ReadonlyMap<string, string>,
  budget = { members: MAX_MEMBERS },
): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  for (const key in value) {
    if (budget.members-- <= 0) return undefined;
    const found = Array.isArray(value) ? undefined : keys.get(lettersOf(key));
    const meant = found ?? namedIn((value as Arguments)[key], keys, budget);
    if (meant !== undefined) return meant;
  }
  return undefined;
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === "string");
}

function isPath(value: unknown): boolean {
  return typeof value === "string" && value.trimStart().startsWith("/");
}

/** A URL or a host name with a dot in it. */
const ADDRESS = /^\s*(https?:\/\/|[\w-]+(\.[\w-]+)*\.[a-z]{2,}(\s*$|[:/?#]))/i;

function lettersOf(name: string): string {
  return name.slice(0, MAX_NAME_LENGTH).normalize("NFKC").toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** `allowedPaths`, `allowed-paths` and `ALLOWED_PATHS` are "allowed" and "path". */
function wordsOf(name: string): string[] {
  return name.slice(0, MAX_NAME_LENGTH).normalize("NFKC").replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase().split(/[^a-z0-9]+/).flatMap((word) => [word, word.replace(/s$/, "")]);
}
