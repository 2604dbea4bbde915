/** What a trial run came to, in the wire form. */

import type { z } from "zod";
import type { Skipped } from "../../../queue/item.ts";
import type { Slug } from "../../../queue/layout.ts";
import type { RoutesFile } from "../../shadow/routes_file.ts";
import { allowedPaths, type HostTally, type RouteTally, type Tally } from "../../shadow/tally.ts";
import type { shadowSchema } from "../wire/shadow.ts";
import { noticeLines } from "./change.ts";
import { skippedRecord } from "./proposal.ts";

type Exported = z.output<typeof shadowSchema>;

export function shadowRecord(
  slug: Slug,
  tally: Tally,
  { routes, leftOut }: RoutesFile,
  skipped: readonly Skipped[],
  output: string | undefined,
): Exported {
  return {
    bottle_slug: slug,
    asks: tally.asks,
    first_ask: tally.first ?? null,
    last_ask: tally.last ?? null,
    routes: routes.map(routeRecord),
    left_out: leftOut.map(({ host, asks }) => ({ host, asks })),
    uncounted_prefixes: tally.uncountedPaths,
    pipelock: tally.pipelock.map(hostFields),
    capability_asks: tally.capabilityAsks,
    skipped: skipped.map(skippedRecord),
    output: output ?? null,
  };
}

function hostFields(counted: HostTally): Exported["pipelock"][number] {
  return {
    host: counted.host,
    asks: counted.asks,
    justifications: [...counted.reasons],
    further_justifications: counted.furtherReasons,
    notices: noticeLines(counted.hints),
  };
}

function routeRecord(route: RouteTally): Exported["routes"][number] {
  const allowed = allowedPaths(route);
  return {
    ...hostFields(route),
    path_allowlist: allowed ? [...allowed] : null,
    every_path_asks: route.wholeHostAsks,
    prefixes: route.paths.map(({ path, asks }) => ({ prefix: path, asks })),
    further_prefixes: route.furtherPaths,
    auths: [...route.credentials],
  };
}
