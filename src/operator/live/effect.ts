/** Sees that a change has taken effect: asks until it shows, or says what shows instead. */

import type { Argv, Check } from "../config/config.ts";
import { askTable, type Source } from "./ask_table.ts";
import { run } from "./run.ts";

/** How long a change may take to show, in milliseconds. */
const EFFECT_LIMIT_MS = 5_000;

/** Between two questions, in milliseconds. */
const ASK_AGAIN_MS = 100;

/** A question that has less time than this is not asked, in milliseconds. */
const MIN_QUESTION_MS = 50;

/** What the table must say of one host; `paths` undefined: every path. */
export interface Expected {
  readonly host: string;
  readonly route: { readonly paths: readonly string[] | undefined } | undefined;
}

/** `not-seen` says what was seen last, or what was interrupted. */
export type EffectOutcome =
  | { readonly kind: "seen" }
  | { readonly kind: "not-seen"; readonly why: string; readonly interrupted: boolean };

/** Asks for at most {@linkcode EFFECT_LIMIT_MS}; `signal` ends it early. */
export async function askForEffect(
  check: Check,
  expected: readonly Expected[],
  signal: AbortSignal,
  limitMs = EFFECT_LIMIT_MS,
): Promise<EffectOutcome> {
  const until = performance.now() + limitMs;
  let last: EffectOutcome | undefined;
  while (!signal.aborted) {
    const leftMs = until - performance.now();
    // Of a question that has no time left nothing is to be learnt that was not known before.
    if (last && leftMs < MIN_QUESTION_MS) return last;
    last = check.kind === "command"
      ? await commandSays(check.command, Math.max(leftMs, 1), signal)
      : await tableSays(check, expected, Math.max(leftMs, 1), signal);
    if (last.kind === "seen" || last.interrupted) return last;
    await pause(ASK_AGAIN_MS);
  }
  return INTERRUPTED;
}

const INTERRUPTED: EffectOutcome = {
  kind: "not-seen",
  why: "it was interrupted",
  interrupted: true,
};

async function commandSays(
  argv: Argv,
  limitMs: number,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const ran = await run(argv, limitMs, signal);
  if (ran.kind === "done") return { kind: "seen" };
  return { kind: "not-seen", why: `${argv[0]}: ${ran.why}`, interrupted: ran.interrupted };
}

async function tableSays(
  source: Source,
  expected: readonly Expected[],
  limitMs: number,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const asked = await askTable(source, limitMs, signal);
  if (asked.kind === "failed" && signal.aborted) return INTERRUPTED;
  const why = asked.kind === "failed" ? asked.why : difference(asked.table, expected);
  return why === undefined ? { kind: "seen" } : { kind: "not-seen", why, interrupted: false };
}

/** What a route table says otherwise; undefined when it says all that is expected. */
export function difference(table: unknown, expected: readonly Expected[]): string | undefined {
  const routes = routesOf(table);
  if (!routes) return 'the route table is not of the form {"routes": [{"host": …}]}';
  for (const { host, route } of expected) {
    const found = routes.filter((one) => plain(one["host"]) === plain(host));
    if (!route && found.length > 0) return `the route table still has ${host}`;
    if (!route) continue;
    const [first] = found;
    if (!first) return `the route table does not have ${host}`;
    if (found.length > 1) return `the route table has ${host} twice`;
    const paths = pathsOf(first["path_allowlist"]);
    if (!paths) return `the path_allowlist of ${host} in the route table is not a list of strings`;
    if (!sameMembers(paths, route.paths ?? [])) {
      return `the route table has ${paths.length === 0 ? "every path" : `${paths.length} paths`} ` +
        `of ${host}, not ${route.paths ? `the ${route.paths.length} of the file` : "every path"}`;
    }
  }
  return undefined;
}

/** The hosts of a route table that are not among `known`. */
export function furtherHosts(table: unknown, known: readonly string[]): string[] {
  const names = new Set(known.map(plain));
  return (routesOf(table) ?? []).map((route) => route["host"])
    .filter((host) => typeof host === "string")
    .filter((host) => !names.has(plain(host)));
}

function routesOf(table: unknown): readonly Record<string, unknown>[] | undefined {
  const routes = isRecord(table) ? table["routes"] : undefined;
  return Array.isArray(routes) && routes.every(isRecord) ? routes : undefined;
}

/** An empty list, or none, is every path. */
function pathsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every((path) => typeof path === "string")
    ? value
    : undefined;
}

function sameMembers(one: readonly string[], other: readonly string[]): boolean {
  const [a, b] = [new Set(one), new Set(other)];
  return a.size === b.size && a.isSubsetOf(b);
}

function plain(host: unknown): string | undefined {
  return typeof host === "string" ? host.toLowerCase().replace(/\.$/, "") : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
