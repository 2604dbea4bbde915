/** Sees that a change has taken effect: asks until it shows, or says what shows instead. */

import type { Argv, Check } from "../config/config.ts";
import { run } from "./run.ts";

/** How long a change may take to show, in milliseconds. */
export const EFFECT_LIMIT_MS = 5_000;

/** Between two questions, in milliseconds. */
const ASK_AGAIN_MS = 100;

/** The largest route table that is taken in, in bytes (1 MiB). */
const MAX_TABLE_BYTES = 1_048_576;

/** What the table must say of one host; `paths` undefined: every path. */
export interface Expected {
  readonly host: string;
  readonly route: { readonly paths: readonly string[] | undefined } | undefined;
}

/** `not-seen` says what was seen last. */
export type Effect =
  | { readonly kind: "seen" }
  | { readonly kind: "not-seen"; readonly why: string };

/** Asks for at most {@linkcode EFFECT_LIMIT_MS}; `signal` ends it early. */
export async function awaitEffect(
  check: Check,
  expected: readonly Expected[],
  signal: AbortSignal,
  limitMs = EFFECT_LIMIT_MS,
): Promise<Effect> {
  const until = performance.now() + limitMs;
  let why = "it was interrupted";
  while (!signal.aborted) {
    const leftMs = Math.max(1, until - performance.now());
    const seen = check.kind === "command"
      ? await commandSays(check.argv, leftMs, signal)
      : await tableSays(check, expected, leftMs, signal);
    if (seen === undefined) return { kind: "seen" };
    why = seen;
    if (performance.now() + ASK_AGAIN_MS >= until) break;
    await pause(ASK_AGAIN_MS);
  }
  return { kind: "not-seen", why: signal.aborted ? "it was interrupted" : why };
}

async function commandSays(
  argv: Argv,
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ran = await run(argv, limitMs, signal);
  return ran.kind === "done" ? undefined : `${argv[0]}: ${ran.why}`;
}

async function tableSays(
  { proxy, url }: Extract<Check, { kind: "route-table" }>,
  expected: readonly Expected[],
  limitMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = proxy ? `${url.href} through ${proxy.href}` : url.href;
  try {
    using client = proxy ? Deno.createHttpClient({ proxy: { url: proxy.href } }) : undefined;
    const response = await fetch(url, {
      ...client && { client },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]),
    });
    const text = await limitedText(response);
    if (!response.ok) return `${asked} answered ${response.status}`;
    if (text === undefined) return `${asked} answered more than ${MAX_TABLE_BYTES} bytes`;
    return difference(JSON.parse(text), expected);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return error instanceof SyntaxError
      ? `${asked} answered something that is not JSON`
      : `${asked} cannot be reached: ${message}`;
  }
}

async function limitedText(response: Response): Promise<string | undefined> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_TABLE_BYTES) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks).text();
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
    if (!paths) return `the route table has a path list of ${host} that is none`;
    if (!sameMembers(paths, route.paths ?? [])) {
      return `the route table has ${paths.length === 0 ? "every path" : `${paths.length} paths`} ` +
        `of ${host}, not ${route.paths ? `the ${route.paths.length} of the file` : "every path"}`;
    }
  }
  return undefined;
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
