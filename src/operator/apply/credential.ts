/**
 * The credential that a live file sends along, in words that hold no value of the file but a name:
 * what stands there may be a secret that was written into it by mistake.
 */

import { type Auth, plainAuth } from "./route_table.ts";

/** Keys that tell of a credential, whatever the version of the proxy calls it. */
const TELLING =
  /auth(?!or)|token|secret|cred|passw|pwd|api[-_]?key|(^|[-_])(keys?|env|ref|pat)$|vault|bearer|basic|header|cookie|cert|jwt|sign|login|user|session|inject/i;

/** A header that authenticates, a variable that holds what does, a login in a URL, a known token. */
const TELLING_VALUE =
  /^(bearer|basic|token)\s+\S|authorization|^\W*[A-Z0-9_]*(TOKEN|SECRET|KEY|_PAT|PASSW|CRED)[A-Z0-9_]*\W*$|:\/\/[^/\s]*@|\b(gh[pousr]_|github_pat_|glpat-|xox[abp]-|sk[-_]|AKIA)\w/i;

/** What no credential is in. */
const HARMLESS = ["host", "path_allowlist"];

/** A name of something, and no text that may be the thing itself. */
const KEY_NAME = /^[A-Za-z_][A-Za-z_-]{0,39}$/;
const SCHEME = /^[A-Za-z]{1,12}$/;
const VARIABLE = /^[A-Z_][A-Z0-9_]{0,63}$|^[a-z_][a-z0-9_]{0,63}$/;
/** A longer word of a name may be a secret: names of variables are made of words that people use. */
const MAX_WORD_LENGTH = 14;

const MAX_KEYS = 3;
const MAX_DEPTH = 5;

/** `Bearer, GH_TOKEN`, or that it is not printed. */
function namedAuth({ scheme, token_ref }: Auth): string {
  const isName = VARIABLE.test(token_ref) &&
    token_ref.split("_").every(({ length }) => length <= MAX_WORD_LENGTH);
  return isName && SCHEME.test(scheme)
    ? `${scheme}, ${token_ref}`
    : "not printed: it may be the secret itself";
}

/**
 * What `route`, or any other mapping of the file, says of a credential, to stand in brackets.
 * Undefined when nothing tells of one.
 */
export function credentialIn(route: Readonly<Record<string, unknown>>): string | undefined {
  const telling = Object.entries(route)
    .filter(([key, value]) => !HARMLESS.includes(key) && tells(key, value))
    .map(([key]) => key);
  if (telling.length === 0) return undefined;
  const auth = plainAuth(route["auth"]) ??
    plainAuth({ scheme: route["auth_scheme"], token_ref: route["token_env"] });
  const known = route["auth"] === undefined ? ["auth_scheme", "token_env"] : ["auth"];
  if (auth && telling.every((key) => known.includes(key))) return namedAuth(auth);
  const named = telling.filter((key) => KEY_NAME.test(key)).slice(0, MAX_KEYS).join(", ");
  return `${named === "" ? "" : `${named}: `}a form that this version does not know`;
}

function tells(key: string, value: unknown): boolean {
  if (isNothing(value)) return false;
  return TELLING.test(key) || tellsWithin(value, 0);
}

function tellsWithin(value: unknown, depth: number): boolean {
  if (typeof value === "string") return TELLING_VALUE.test(value);
  if (typeof value !== "object" || value === null) return false;
  // What is nested deeper than anybody writes is not known to be harmless.
  if (depth === MAX_DEPTH) return true;
  return Object.entries(value).some(([key, inner]) =>
    !isNothing(inner) && TELLING.test(key) || tellsWithin(inner, depth + 1)
  );
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === "";
}
