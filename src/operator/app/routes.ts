/** What bottles may reach: each routes file, with what the proxy and the audit log say of it. */

import type { Slug } from "../../queue/layout.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { type FileRoute, routesIn } from "../apply/routes.ts";
import { openLog } from "../audit/closed.ts";
import { Histories, type History } from "../audit/origins.ts";
import { allEntries, beginsAt } from "../audit/read.ts";
import type { Target } from "../config/config.ts";
import { Failure, fromSystem } from "../failure.ts";
import { askTable, type Source } from "../live/ask_table.ts";
import { difference, furtherHosts } from "../live/effect.ts";
import { readLive } from "../live/held_file.ts";
import type { Actor, App } from "./app.ts";
import { type GrantedRoute, grantedRoute } from "./granted.ts";

export interface BottleRoutes {
  readonly slug: Slug;
  readonly target: Target;
  readonly routes: readonly GrantedRoute[];
  /** What the proxy says otherwise. */
  readonly differs: string | undefined;
  /** Where the routes come from; undefined when the log cannot be read. */
  readonly history: History | undefined;
}

export interface AllRoutes {
  readonly bottles: readonly BottleRoutes[];
  /** Bottles whose routes cannot be listed. */
  readonly unread: readonly { readonly slug: Slug; readonly failure: Failure }[];
  readonly log: LogRead;
}

/** How much of the audit log could be read. */
export interface LogRead {
  /** Why it could not be read at all. */
  readonly failure?: Failure;
  /** The number of the first entry, where older files are not here. */
  readonly from?: number | undefined;
  /** Lines that cannot be read. */
  readonly broken: number;
}

/** Throws a failure when the configuration is wrong. */
export async function listRoutes(
  app: App,
  { signal }: Actor,
  slugs: readonly Slug[],
): Promise<AllRoutes> {
  const read: Unhistoried[] = [];
  const unread: { readonly slug: Slug; readonly failure: Failure }[] = [];
  for (const slug of slugs) {
    try {
      read.push(await readRoutes(app, slug, signal));
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.code === "bad-config") throw failure;
      unread.push({ slug, failure });
    }
  }
  const { histories, log } = await historiesOf(app, read);
  const bottles = read.map(({ text, routes, ...one }) => {
    const history = histories?.of(one.target.path, sha256Hex(text));
    return { ...one, history, routes: routes.map((route) => grantedRoute(route, history)) };
  });
  return { bottles, unread, log };
}

interface Unhistoried extends Omit<BottleRoutes, "history" | "routes"> {
  readonly routes: readonly FileRoute[];
  readonly text: string;
}

/** Throws a failure when there is no routes file, or it is not what it should be. */
async function readRoutes(app: App, slug: Slug, signal: AbortSignal): Promise<Unhistoried> {
  const target = (await app.config()).targetsOf(slug).routes;
  if (!target) {
    throw new Failure(
      "not-configured",
      `no routes file is configured for bottle ${slug}`,
      { do: "doctor", slug },
    );
  }
  const text = await readLive(target);
  const read = routesIn(text);
  if (read.kind === "refused") throw new Failure("bad-target", `${target.path}: ${read.problem}`);
  const differs = target.check?.kind === "route-table"
    ? await differenceFromProxy(target.check, read.routes, signal)
    : undefined;
  return { slug, target, text, routes: read.routes, differs };
}

/** Goes through the log once for all of them. Without a log, routes can be listed all the same. */
async function historiesOf(
  app: App,
  read: readonly Unhistoried[],
): Promise<{ readonly histories?: Histories; readonly log: LogRead }> {
  try {
    using log = await openLog(app.stateDirectory);
    const histories = new Histories(read.map(({ target }) => target.path));
    let broken = 0;
    let from: number | undefined;
    let isFirst = true;
    for await (const entry of allEntries(log.files)) {
      if (isFirst) from = beginsAt(entry);
      isFirst = false;
      if (entry) histories.add(entry);
      else broken++;
    }
    return { histories, log: { from, broken } };
  } catch (error) {
    const failure = fromSystem(error, "cannot-read", "read the audit log");
    if (!(failure instanceof Failure)) throw failure;
    return { log: { failure, broken: 0 } };
  }
}

/** How long the proxy may take to answer, in milliseconds. */
const ASK_LIMIT_MS = 2_000;

/** What the proxy says otherwise than the file; undefined when both say the same. */
async function differenceFromProxy(
  source: Source,
  routes: readonly FileRoute[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const asked = await askTable(source, ASK_LIMIT_MS, signal);
  if (asked.kind === "failed") return `the proxy cannot be asked: ${asked.why}`;
  const expected = routes.map(({ host, paths }) => ({ host, route: { paths } }));
  const [further, ...more] = furtherHosts(asked.table, routes.map(({ host }) => host));
  const also = more.length > 0 ? ` and ${more.length} more` : "";
  const what = difference(asked.table, expected) ??
    (further === undefined ? undefined : `the route table also has ${further}${also}`);
  return what && `the proxy does not have what the file says: ${what}`;
}
