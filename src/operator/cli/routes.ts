/** `routes`: what a bottle may reach, since when, by whom and why, and whether the proxy says the same. */

import { parseSlug, type Slug } from "../../queue/layout.ts";
import { type ListedRoute, routesIn } from "../apply/routes.ts";
import { sha256 } from "../apply/sha256.ts";
import { openLog } from "../audit/closed.ts";
import { Histories, type History } from "../audit/origins.ts";
import { allEntries, beginsAt } from "../audit/read.ts";
import { pad, width, wrapWords } from "../columns.ts";
import type { Target } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { askTable, type Source } from "../live/ask_table.ts";
import { difference, furtherHosts } from "../live/effect.ts";
import { readLive } from "../live/held_file.ts";
import { count } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";
import type { Call, Command } from "./command.ts";
import { requireBottle } from "./find.ts";
import { type GrantedRoute, grantedRoute, grantRecord, sinceWhen } from "./granted.ts";
import { announceInterrupted } from "./interrupted.ts";

/** More paths of one approval are only counted; `--full` shows all. */
const MAX_PATHS = 8;

const INDENT = "    ";

export const routes: Command = {
  name: "routes",
  usage: "SLUG [--full] | --all [--full]",
  summary: "show what a bottle may reach, since when, by whom and why",
  about: [
    "Lists the hosts and paths of the bottle's routes file, each with the approval that added it: " +
    "since when, by whom, from which face, the agent's reason and the operator's notes. \"by hand\" " +
    "means that no approval in the audit log added it, or that its approval was undone since.",
    "Where a check of the route table is configured, the proxy is asked whether it has the same. " +
    "--all lists all bottles.",
  ],
  options: ["all", "full"],
  operand: { name: "SLUG", required: false },
  examples: [
    "supervisectl routes dev",
    "supervisectl routes --all",
    "supervisectl routes dev --json | jq -r '.routes[].host'",
  ],
  async run(call) {
    if (call.flag("all")) return await listAll(call);
    const slug = parseSlug(call.operand ?? call.slug ?? "");
    if (!slug) {
      const got = call.operand === undefined
        ? "no bottle and no --all; one of them must be given"
        : `"${call.operand}" is no bottle's name`;
      throw new Failure("usage", got, "supervisectl help routes");
    }
    const listing = await listingOf(call, slug);
    await tellOrigins(call, [listing]);
    if (call.json) return call.out.json(record(listing));
    await announceInterrupted(call, slug);
    print(call, listing);
  },
};

/** One bottle's routes. */
interface Listing {
  readonly slug: Slug;
  readonly target: Target;
  readonly text: string;
  readonly routes: readonly ListedRoute[];
  /** What the proxy says otherwise. */
  readonly differs: string | undefined;
  /** What the log says of them. */
  history: History;
}

const NO_HISTORY: History = { origins: [], untold: 0 };

/** Throws a failure when there is no routes file, or it is not what it should be. */
async function listingOf(call: Call, slug: Slug): Promise<Listing> {
  const target = (await call.config()).targetsOf(slug).routes;
  if (!target) {
    throw new Failure(
      "not-configured",
      `no routes file is configured for bottle ${slug}`,
      call.next("doctor", "--slug", slug),
    );
  }
  const text = await readLive(target);
  const read = routesIn(text);
  if (read.kind === "refused") throw new Failure("bad-target", `${target.path}: ${read.problem}`);
  const differs = target.check?.kind === "route-table"
    ? await unlike(call, target.check, read.routes)
    : undefined;
  return { slug, target, text, routes: read.routes, differs, history: NO_HISTORY };
}

/** Goes through the log once, for all of them. */
async function tellOrigins(call: Call, listings: readonly Listing[]): Promise<void> {
  using log = await openLog(call.stateDirectory);
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
    listing.history = histories.of(listing.target.path, sha256(listing.text));
  }
  if (from !== undefined) {
    call.err.paragraph(
      `supervisectl: the audit log begins at entry ${from} here; what was approved before stands ` +
        "as by hand",
    );
  }
  if (broken === 0) return;
  const lines = count(broken, "line");
  call.err.paragraph(`supervisectl: the audit log has ${lines} that cannot be read`);
  call.err.line(`Try: ${call.next("audit", "verify")}`);
}

async function listAll(call: Call): Promise<void> {
  if (call.operand !== undefined) {
    throw new Failure("usage", `routes must be given a bottle or --all, got both`);
  }
  const bottles = call.slug ? [call.slug] : await requireBottle(call);
  const listings: Listing[] = [];
  const failures: { readonly slug: Slug; readonly failure: Failure }[] = [];
  for (const slug of bottles) {
    try {
      listings.push(await listingOf(call, slug));
    } catch (failure) {
      if (!(failure instanceof Failure) || failure.code === "bad-config") throw failure;
      failures.push({ slug, failure });
    }
  }
  await tellOrigins(call, listings);
  if (call.json) {
    call.out.json({
      bottles: listings.map(record),
      unread: failures.map(({ slug, failure: { code, message } }) => ({
        ...{ bottle_slug: slug, code, message },
      })),
    });
  } else {
    await announceInterrupted(call);
    if (bottles.length === 0) call.out.line("No bottle has a queue yet.");
    for (const [index, listing] of listings.entries()) {
      if (index > 0) call.out.line();
      call.out.paragraph(`${listing.slug}  ${listing.target.path}`);
      print(call, listing);
    }
    for (const { failure } of failures) call.out.paragraph(`! ${failure.message}.`);
  }
  const wrong = failures.find(({ failure }) => failure.code !== "not-configured");
  if (wrong) {
    throw new Failure("bad-target", `the routes of bottle ${wrong.slug} cannot be read`);
  }
}

function record({ slug, target, routes, differs, history }: Listing) {
  return {
    ...{ bottle_slug: slug, path: target.path },
    routes: routes.map((route) => {
      const { grants, authOrigin } = grantedRoute(route, history);
      return {
        ...{ host: route.host, path_allowlist: route.paths ?? null, auth: route.auth ?? null },
        auth_by_hand: route.auth !== undefined && authOrigin === undefined,
        grants: grants.map(grantRecord),
      };
    }),
    proxy_differs: differs ?? null,
  };
}

/** How long the proxy may take to answer, in milliseconds. */
const ASK_LIMIT_MS = 2_000;

/** What the proxy says otherwise than the file; undefined when both say the same. */
async function unlike(
  call: Call,
  source: Source,
  table: readonly ListedRoute[],
): Promise<string | undefined> {
  using interrupts = call.interrupts();
  const asked = await askTable(source, ASK_LIMIT_MS, interrupts.signal);
  if (asked.kind === "failed") return `the proxy cannot be asked: ${asked.why}`;
  const expected = table.map(({ host, paths }) => ({ host, route: { paths } }));
  const [further, ...more] = furtherHosts(asked.table, table.map(({ host }) => host));
  const also = more.length > 0 ? ` and ${more.length} more` : "";
  const what = difference(asked.table, expected) ??
    (further === undefined ? undefined : `the route table also has ${further}${also}`);
  return what && `the proxy does not have what the file says: ${what}`;
}

function print(call: Call, { slug, routes, differs, history }: Listing): void {
  if (routes.length === 0) call.out.line("No routes: nothing can be reached.");
  const granted = routes.map((route) => grantedRoute(route, history));
  const columns = Math.min(Math.max(0, ...routes.map(({ host }) => width(visibleLine(host)))), 40);
  for (const one of granted) printRoute(call, slug, one, columns);
  const isChanged = granted.some(({ grants }) =>
    grants.some(({ origin }) => origin?.isChangedSince)
  );
  if (isChanged) {
    call.out.paragraph(
      "! Something else changed the file after some of these approvals: what was taken out and " +
        "put back by hand since still stands as theirs.",
    );
  }
  if (history.untold > 0) {
    call.out.paragraph(
      `! An earlier version logged ${count(history.untold, "change")} of the file without what ` +
        "was added: those routes stand as by hand.",
    );
  }
  if (differs) call.out.paragraph(`! ${differs[0]?.toUpperCase()}${differs.slice(1)}.`);
}

function printRoute(
  call: Call,
  slug: Slug,
  { route: { host, auth }, grants, authOrigin }: GrantedRoute,
  columns: number,
): void {
  const isFull = call.flag("full");
  for (const grant of grants) {
    const shown = isFull ? grant.paths : grant.paths?.slice(0, MAX_PATHS);
    const more = (grant.paths?.length ?? 0) - (shown?.length ?? 0);
    const isAuthByHand = auth && grant.origin && !authOrigin;
    const what = [
      ...shown ?? ["every path"],
      ...more > 0 ? [`and ${more} more (--full)`] : [],
      ...auth ? [`with ${auth.scheme} ${auth.token_ref}`] : [],
      ...isAuthByHand ? ["(the secret by hand)"] : [],
    ];
    call.out.paragraph(`${pad(visibleLine(host), columns)}  ${what.join(" ")}`);
    const since = sinceWhen(grant, slug, isFull);
    for (const row of wrapWords(since, call.out.room - INDENT.length)) call.out.line(INDENT + row);
  }
}
