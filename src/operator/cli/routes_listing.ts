/** A bottle's routes file as it is, with what the proxy and the audit log say of it. */

import type { Slug } from "../../queue/layout.ts";
import { type FileRoute, routesIn } from "../apply/routes.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { openLog } from "../audit/closed.ts";
import { Histories, type History } from "../audit/origins.ts";
import { allEntries, beginsAt } from "../audit/read.ts";
import type { Target } from "../config/config.ts";
import { Failure, fromSystem } from "../failure.ts";
import { askTable, type Source } from "../live/ask_table.ts";
import { difference, furtherHosts } from "../live/effect.ts";
import { readLive } from "../live/held_file.ts";
import { count } from "../review/kind.ts";
import type { CommandContext } from "./command.ts";
import { announceInterrupted } from "./recovered.ts";

/** One bottle's routes. */
export interface Listing {
  readonly slug: Slug;
  readonly target: Target;
  readonly text: string;
  readonly routes: readonly FileRoute[];
  /** What the proxy says otherwise. */
  readonly differs: string | undefined;
  /** What the log says of them; undefined when it cannot be read. */
  history: History | undefined;
}

/** Throws a failure when there is no routes file, or it is not what it should be. */
export async function listingOf(context: CommandContext, slug: Slug): Promise<Listing> {
  const target = (await context.app.config()).targetsOf(slug).routes;
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
    ? await unlike(context, target.check, read.routes)
    : undefined;
  return { slug, target, text, routes: read.routes, differs, history: undefined };
}

/** Adds what the log says; without a log that can be read, the routes are listed all the same. */
export async function tellOrigins(
  context: CommandContext,
  listings: readonly Listing[],
): Promise<void> {
  try {
    await readOrigins(context, listings);
    if (!context.json) {
      await announceInterrupted(context, listings.length === 1 ? listings[0]?.slug : undefined);
    }
  } catch (error) {
    const failure = fromSystem(error, "cannot-read", "read the audit log");
    if (!(failure instanceof Failure)) throw failure;
    context.err.paragraph(
      `supervisectl: who granted these routes is not known: ${failure.message}`,
    );
  }
}

/** Goes through the log once, for all of them. */
async function readOrigins(context: CommandContext, listings: readonly Listing[]): Promise<void> {
  using log = await openLog(context.app.stateDirectory);
  const histories = new Histories(listings.map(({ target }) => target.path));
  let broken = 0;
  let from: number | undefined;
  let isFirst = true;
  for await (const entry of allEntries(log.files)) {
    if (isFirst) from = beginsAt(entry);
    isFirst = false;
    if (entry) histories.add(entry);
    else broken++;
  }
  for (const listing of listings) {
    listing.history = histories.of(listing.target.path, sha256Hex(listing.text));
  }
  if (from !== undefined) {
    context.err.paragraph(
      `supervisectl: the audit log begins at entry ${from} here; what was approved before stands ` +
        "as by hand",
    );
  }
  if (broken === 0) return;
  const lines = count(broken, "line");
  context.err.paragraph(`supervisectl: the audit log has ${lines} that cannot be read`);
  context.err.line(`Try: ${context.next("audit", "verify")}`);
}

/** How long the proxy may take to answer, in milliseconds. */
const ASK_LIMIT_MS = 2_000;

/** What the proxy says otherwise than the file; undefined when both say the same. */
async function unlike(
  context: CommandContext,
  source: Source,
  table: readonly FileRoute[],
): Promise<string | undefined> {
  using interrupts = context.interrupts();
  const asked = await askTable(source, ASK_LIMIT_MS, interrupts.signal);
  if (asked.kind === "failed") return `the proxy cannot be asked: ${asked.why}`;
  const expected = table.map(({ host, paths }) => ({ host, route: { paths } }));
  const [further, ...more] = furtherHosts(asked.table, table.map(({ host }) => host));
  const also = more.length > 0 ? ` and ${more.length} more` : "";
  const what = difference(asked.table, expected) ??
    (further === undefined ? undefined : `the route table also has ${further}${also}`);
  return what && `the proxy does not have what the file says: ${what}`;
}
