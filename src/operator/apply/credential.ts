/**
 * The credential that a live file sends along, in words that hold no value of the file but a name:
 * what stands there may be a secret that was written into it by mistake.
 */

import { type Auth, plainAuth } from "./route_table.ts";

/** What no credential is in: a key that is not known to be harmless may hold one. */
const HARMLESS = new Set(
  ("host path_allowlist name comment description note methods port ports enabled version log level")
    .split(" "),
);

/** What is done with whatever no route names: these words of these keys, and no others. */
const POLICY_KEYS = ["mode", "default"];
const POLICY = /^(deny|allow|block|strict|enforce|audit)$/;

/** A name of something, and no text that may be the thing itself. */
const KEY_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,39}$/;
const SCHEME = /^[A-Za-z]{1,12}$/;
const VARIABLE = /^[A-Z][A-Z0-9_]{0,63}$/;
/** A longer word of a name may be a secret: names of variables are made of words that people use. */
const MAX_WORD_LENGTH = 14;
/** So may one with digits among its letters, unless it is as short as K8S. */
const MIXED_WORD = /^(?=.{5}).*[A-Za-z]\d+[A-Za-z]/;
const TOKEN = /^(gh[pousr]|github_pat|glpat|xox[abp]|sk|akia)([_-]|(?<=akia))/i;

const MAX_KEYS = 3;

/** `Bearer, GH_TOKEN`, or that it is not printed. */
function namedAuth({ scheme, token_ref }: Auth): string {
  return VARIABLE.test(token_ref) && isWords(token_ref) && SCHEME.test(scheme)
    ? `${scheme}, ${token_ref}`
    : "not printed: it may be the secret itself";
}

function isWords(name: string): boolean {
  return !TOKEN.test(name) &&
    name.split(/[_-]/).every((word) => word.length <= MAX_WORD_LENGTH && !MIXED_WORD.test(word));
}

/**
 * What `route`, or any other mapping of the file, says of a credential, to stand in brackets.
 * Undefined when all of it is known to hold none.
 */
export function credentialIn(route: Readonly<Record<string, unknown>>): string | undefined {
  const telling = Object.entries(route)
    .filter(([key, value]) => !isNothing(value) && !isHarmless(key, value))
    .map(([key]) => key);
  if (telling.length === 0) return undefined;
  const auth = plainAuth(route["auth"]) ??
    plainAuth({ scheme: route["auth_scheme"], token_ref: route["token_env"] });
  const known = plainAuth(route["auth"]) ? ["auth"] : auth ? ["auth_scheme", "token_env"] : [];
  const unknown = telling.filter((key) => !known.includes(key));
  return [...auth ? [namedAuth(auth)] : [], ...unknown.length > 0 ? [unknownKeys(unknown)] : []]
    .join("; ");
}

function unknownKeys(keys: readonly string[]): string {
  const named = keys.filter((key) => KEY_NAME.test(key) && isWords(key)).slice(0, MAX_KEYS);
  const names = named.length === 0 ? "" : `${named.join(", ")}: `;
  return `${names}a setting that this version does not know, which may be a credential`;
}

/** A known key with nothing but plain values, or known keys, in it. */
function isHarmless(key: string, value: unknown): boolean {
  if (POLICY_KEYS.includes(key)) return typeof value === "string" && POLICY.test(value);
  if (!HARMLESS.has(key)) return false;
  if (Array.isArray(value)) return value.every((item) => typeof item !== "object");
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([inner, item]) => isHarmless(inner, item));
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || value === false || value === "";
}
