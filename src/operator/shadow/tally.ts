/** What the asks of a trial run come to: hosts and paths by how often each was asked for. */

import { formOf } from "../../queue/asking_tools.ts";
import type { Proposal } from "../../queue/proposal.ts";
import { cut } from "../columns.ts";
import { egressBlock, parseRoute } from "../review/egress_block.ts";
import { hostNotices } from "../review/host.ts";
import { count, type Notice } from "../review/kind.ts";
import { reviewOf } from "../review/mod.ts";
import { visibleLine } from "../visible.ts";

export interface Tally {
  /** Asks that were understood. */
  readonly asks: number;
  /** ISO 8601, as the first and last of them have it; undefined where there are none. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** One for each host, most asked for first. */
  readonly routes: readonly RouteTally[];
  /** Hosts that were asked for at pipelock, most asked for first. */
  readonly pipelock: readonly HostTally[];
  /** Asks for a changed Dockerfile. */
  readonly capabilityAsks: number;
  /** What was not understood. */
  readonly unusable: readonly Unusable[];
  /** So often a path was asked for that was not told apart: there were too many different ones. */
  readonly uncountedPaths: number;
}

export interface HostTally {
  readonly host: string;
  readonly asks: number;
  readonly hints: readonly Notice[];
  /** Different ones, most given first, at most three; safe to print, each on one line. */
  readonly reasons: readonly { readonly text: string; readonly asks: number }[];
  readonly furtherReasons: number;
}

export interface RouteTally extends HostTally {
  /** Every path was asked for, in this many of the asks. */
  readonly wholeHostAsks: number;
  /** Those named by the other asks, most asked for first: at most 1,000, of 256 KiB together. */
  readonly paths: readonly { readonly path: string; readonly asks: number }[];
  /** Different ones that were asked for less, and are not kept. */
  readonly furtherPaths: number;
  readonly credentials: readonly Credential[];
}

export interface Credential {
  readonly scheme: string;
  readonly token_ref: string;
  readonly asks: number;
}

/** The paths that a route must allow; undefined for all of them. */
export function allowedPaths({ wholeHostAsks, paths }: RouteTally): readonly string[] | undefined {
  return wholeHostAsks > 0 ? undefined : paths.map(({ path }) => path);
}

export interface Unusable {
  readonly id: Proposal["id"];
  readonly why: string;
}

const MAX_REASONS = 3;
const MAX_REASON_COLUMNS = 200;

/** Of a justification no more is looked at, in characters. */
const MAX_REASON_LENGTH = 4_000;

/** As many paths as the review of one route takes. */
const MAX_REVIEWED_PATHS = 100;

/** More of one host is not pruned by hand, and one host must not take the room of all. */
const MAX_PATHS_OF_HOST = 1_000;
const MAX_PATH_BYTES_OF_HOST = 256 * 1_024;

/** Different paths of all hosts that are counted, so that a flood of them fits into memory. */
export const MAX_COUNTED_PATHS = 200_000;

/** One key for each of several things, and how often it was counted. */
class Counts {
  readonly #counts = new Map<string, number>();

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  has(key: string): boolean {
    return this.#counts.has(key);
  }

  /** Most counted first; of equals in the order of their characters. */
  ranked(): [key: string, count: number][] {
    return [...this.#counts].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
  }
}

class HostCounts {
  asks = 0;
  wholeHostAsks = 0;
  readonly paths = new Counts();
  readonly reasons = new Counts();
  readonly credentials = new Counts();
}

/** Takes in one ask after the other, so that they need not all be in memory. */
export class Tallying {
  #asks = 0;
  #firstMs = Infinity;
  #lastMs = -Infinity;
  #capabilityAsks = 0;
  #countedPaths = 0;
  #uncountedPaths = 0;
  readonly #hosts = new Map<string, HostCounts>();
  readonly #pipelock = new Map<string, HostCounts>();
  readonly #unusable: Unusable[] = [];

  add(ask: Proposal): void {
    const why = this.#count(ask);
    if (why !== undefined) {
      this.#unusable.push({ id: ask.id, why });
      return;
    }
    this.#asks++;
    const ms = Date.parse(ask.arrival_timestamp);
    this.#firstMs = Math.min(this.#firstMs, ms);
    this.#lastMs = Math.max(this.#lastMs, ms);
  }

  end(): Tally {
    const isSome = this.#asks > 0;
    return {
      asks: this.#asks,
      first: isSome ? new Date(this.#firstMs).toISOString() : undefined,
      last: isSome ? new Date(this.#lastMs).toISOString() : undefined,
      routes: [...this.#hosts].map(([host, counts]) => routeTally(host, counts)).sort(byAsks),
      pipelock: [...this.#pipelock].map(([host, counts]) => ({
        host,
        asks: counts.asks,
        hints: hostNotices(host),
        ...reasonsOf(counts),
      })).sort(byAsks),
      capabilityAsks: this.#capabilityAsks,
      unusable: this.#unusable.toSorted((a, b) => a.id < b.id ? -1 : 1),
      uncountedPaths: this.#uncountedPaths,
    };
  }

  /** Why it cannot be counted; undefined when it was. */
  #count(ask: Proposal): string | undefined {
    const form = formOf(ask.tool);
    if (form === "dockerfile") {
      // The file is not read: nothing of it is exported.
      this.#capabilityAsks++;
      return undefined;
    }
    const route = form === "route" ? checked(ask.proposed_file) : undefined;
    if (route) {
      this.#countRoute(route, ask.justification);
      return undefined;
    }
    const review = reviewOf(ask);
    if (review.kind === "malformed") return review.problem;
    if (form !== "url") throw new Error(`${ask.tool} has no place in a tally`);
    countHost(this.#pipelock, review.subject, ask.justification);
    return undefined;
  }

  #countRoute({ host, path_allowlist: paths, auth }: CheckedRoute, justification: string): void {
    const counts = countHost(this.#hosts, host, justification);
    if (!paths) counts.wholeHostAsks++;
    for (const path of new Set(paths)) this.#countPath(counts.paths, path);
    if (auth) counts.credentials.add(`${auth.scheme} ${auth.token_ref}`);
  }

  #countPath(paths: Counts, path: string): void {
    if (!paths.has(path)) {
      if (this.#countedPaths === MAX_COUNTED_PATHS) {
        this.#uncountedPaths++;
        return;
      }
      this.#countedPaths++;
    }
    paths.add(path);
  }
}

type CheckedRoute = ReturnType<typeof parseRoute>;

/** Undefined where the review has to say what is wrong: a second check of each ask would cost. */
function checked(file: string): CheckedRoute | undefined {
  try {
    return parseRoute(file);
  } catch {
    return undefined;
  }
}

function countHost(
  hosts: Map<string, HostCounts>,
  host: string,
  justification: string,
): HostCounts {
  const counts = hosts.get(host) ?? new HostCounts();
  hosts.set(host, counts);
  counts.asks++;
  counts.reasons.add(reasonOf(justification));
  return counts;
}

/** Most asked for first; of equals in the order of their characters. */
function byAsks(a: HostTally, b: HostTally): number {
  return b.asks - a.asks || (a.host < b.host ? -1 : 1);
}

function reasonsOf(counts: HostCounts): Pick<HostTally, "reasons" | "furtherReasons"> {
  const reasons = counts.reasons.ranked();
  return {
    reasons: reasons.slice(0, MAX_REASONS).map(([text, asks]) => ({ text, asks })),
    furtherReasons: Math.max(0, reasons.length - MAX_REASONS),
  };
}

/** A line of its own, whatever the agent wrote. */
function reasonOf(justification: string): string {
  const text = justification.slice(0, MAX_REASON_LENGTH).replace(/[ \t\r\n]+/g, " ")
    .replace(/^ | $/g, "");
  return cut(visibleLine(text), MAX_REASON_COLUMNS);
}

function routeTally(host: string, counts: HostCounts): RouteTally {
  const { asks, wholeHostAsks } = counts;
  const ranked = counts.paths.ranked();
  const paths = keptPaths(ranked);
  return {
    host,
    asks,
    wholeHostAsks,
    paths,
    ...reasonsOf(counts),
    furtherPaths: ranked.length - paths.length,
    hints: hintsOf(host, wholeHostAsks > 0 ? [] : paths.map(({ path }) => path)),
    credentials: counts.credentials.ranked().map(([key, asks]) => {
      const [scheme = "", token_ref = ""] = key.split(" ");
      return { scheme, token_ref, asks };
    }),
  };
}

function keptPaths(ranked: readonly [path: string, asks: number][]): RouteTally["paths"] {
  const kept: { path: string; asks: number }[] = [];
  let bytesLeft = MAX_PATH_BYTES_OF_HOST;
  for (const [path, asks] of ranked.slice(0, MAX_PATHS_OF_HOST)) {
    bytesLeft -= path.length;
    if (bytesLeft < 0) break;
    kept.push({ path, asks });
  }
  return kept;
}

/** What `show` would say of the route as a whole: many narrow asks may come to a broad one. */
function hintsOf(host: string, paths: readonly string[]): readonly Notice[] {
  if (paths.length > MAX_REVIEWED_PATHS && !paths.includes("/")) {
    const text = `there are ${
      count(paths.length, "prefix", "prefixes")
    }: much of ${host} may be open`;
    return [{ label: "BROAD", text }, ...hostNotices(host)];
  }
  const isWhole = paths.length === 0 || paths.includes("/");
  const reviewed = isWhole ? paths.filter((path) => path === "/") : paths;
  const route = { host, ...reviewed.length > 0 && { path_allowlist: reviewed } };
  const review = egressBlock.review(JSON.stringify(route, null, 2) + "\n");
  return review.kind === "understood" ? review.notices : [];
}
