/** `routes`: what a bottle may reach, since when, by whom and why, and whether the proxy says the same. */

import { parseSlug, type Slug } from "../../queue/layout.ts";
import { requireBottle } from "../app/find.ts";
import type { Grant, GrantedRoute } from "../app/granted.ts";
import { allRoutesRecord, routesRecord } from "../app/records/routes.ts";
import { type AllRoutes, type BottleRoutes, listRoutes, type LogRead } from "../app/routes.ts";
import { shorten } from "../app/shorten.ts";
import { cut, pad, width, wrapWords } from "../columns.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import { asOperator, type Command, type CommandContext } from "./command.ts";
import { announceInterrupted } from "./recovered.ts";

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
  async run(context) {
    if (context.flag("all")) return await listAll(context);
    const slug = parseSlug(context.operand ?? context.slug ?? "");
    if (!slug) {
      const got = context.operand === undefined
        ? "routes must be given a bottle or --all"
        : `routes must be given a bottle's name, got "${context.operand}"`;
      throw new Failure("usage", got, { do: "help", about: "routes" });
    }
    const { bottles: [bottle], unread: [failed], log } = await list(context, [slug]);
    if (failed) throw failed.failure;
    await remark(context, log, slug);
    if (!bottle) throw new Error(`no routes of ${slug}, and no failure`);
    if (context.json) return context.out.json(routesRecord(bottle));
    print(context, bottle);
  },
};

function list(context: CommandContext, slugs: readonly Slug[]): Promise<AllRoutes> {
  return asOperator(context, (actor) => listRoutes(context.app, actor, slugs));
}

async function listAll(context: CommandContext): Promise<void> {
  if (context.operand !== undefined) {
    throw new Failure("usage", "routes must be given a bottle or --all, got both");
  }
  const slugs = context.slug ? [context.slug] : await requireBottle(context.app);
  const all = await list(context, slugs);
  const { bottles, unread } = all;
  await remark(context, all.log, bottles.length === 1 ? bottles[0]?.slug : undefined);
  if (context.json) context.out.json(allRoutesRecord(all, context.remedyLine));
  else {
    if (slugs.length === 0) context.out.line("No bottle has a queue yet.");
    for (const [index, bottle] of bottles.entries()) {
      if (index > 0) context.out.line();
      context.out.paragraph(`${bottle.slug}  ${bottle.target.path}`);
      print(context, bottle);
    }
    for (const { failure } of unread) context.out.paragraph(`! ${failure.message}.`);
  }
  const wrong = unread.find(({ failure }) => failure.code !== "not-configured");
  if (wrong) {
    throw new Failure("bad-target", `the routes of bottle ${wrong.slug} cannot be read`);
  }
}

/** What of the log is missing, and which changes of the files are unfinished. */
async function remark(
  context: CommandContext,
  { failure, from, broken }: LogRead,
  slug: Slug | undefined,
): Promise<void> {
  if (failure) {
    return context.err.paragraph(
      `supervisectl: the audit log does not say who granted these routes: ${failure.message}`,
    );
  }
  if (from !== undefined) {
    context.err.paragraph(
      `supervisectl: the audit log begins at entry ${from} here; what was approved before is ` +
        'listed as "by hand"',
    );
  }
  if (broken > 0) {
    const lines = count(broken, "line");
    context.err.paragraph(`supervisectl: the audit log has ${lines} that cannot be read`);
    context.err.line(`Try: ${context.next("audit", "verify")}`);
  }
  if (!context.json) await announceInterrupted(context, slug);
}

function print(context: CommandContext, { slug, routes, differs, history }: BottleRoutes): void {
  if (routes.length === 0) context.out.line("No routes: nothing can be reached.");
  const hosts = routes.map(({ route: { host } }) => width(visibleLine(host)));
  const columns = Math.min(Math.max(0, ...hosts), 40);
  for (const one of routes) printRoute(context, history && slug, one, columns);
  const isChanged = routes.some(({ grants }) =>
    grants.some(({ origin }) => origin?.isChangedSince)
  );
  if (isChanged) {
    context.out.paragraph(
      "! Something else changed the file after some of these approvals: what was removed and put " +
        "back by hand since is still listed as theirs.",
    );
  }
  if (history && history.untold > 0) {
    context.out.paragraph(
      `! An earlier version logged ${count(history.untold, "change")} of the file without what ` +
        'was added: those routes are listed as "by hand".',
    );
  }
  if (differs) context.out.paragraph(`! ${differs[0]?.toUpperCase()}${differs.slice(1)}.`);
}

/** `slug` is undefined when the log does not say where its routes come from. */
function printRoute(
  context: CommandContext,
  slug: Slug | undefined,
  { route: { host, auth }, grants, authOrigin }: GrantedRoute,
  columns: number,
): void {
  const isFull = context.flag("full");
  for (const grant of grants) {
    const shown = isFull ? grant.paths : grant.paths?.slice(0, MAX_PATHS);
    const more = (grant.paths?.length ?? 0) - (shown?.length ?? 0);
    const isAuthByHand = slug && auth && grant.origin && !authOrigin;
    const what = [
      ...shown ?? ["every path"],
      ...more > 0 ? [`and ${more} more (--full)`] : [],
      ...auth ? [`with ${auth.scheme} ${auth.token_ref}`] : [],
      ...isAuthByHand ? ["(the secret by hand)"] : [],
    ];
    context.out.paragraph(`${pad(visibleLine(host), columns)}  ${what.join(" ")}`);
    if (slug === undefined) continue;
    const since = sinceWhen(grant, slug, isFull);
    for (const row of wrapWords(since, context.out.room - INDENT.length)) {
      context.out.line(INDENT + row);
    }
  }
}

/** What an agent or an operator wrote is cut to this much; `--full` and `--json` have all. */
const MAX_WORDS_COLUMNS = 120;

/**
 * `since 2026-11-28 12:00Z, alice (cli, 1a2b3c4d): for a week; the agent: to read the issues`. What
 * the agent wrote comes last, so that none of it can pass for the operator's words.
 */
function sinceWhen({ origin }: Grant, slug: string, isFull: boolean): string {
  if (!origin) return "by hand";
  const { at, who, face = "cli", proposal_id, bottle_slug: bottle, justification, notes } =
    origin.entry;
  const words = (text: string) =>
    cut(
      visibleLine(text.trim().replaceAll(/\s*\n\s*/g, " ")),
      isFull ? Infinity : MAX_WORDS_COLUMNS,
    );
  const where = bottle === slug ? "" : `, for bottle ${visibleLine(bottle)}`;
  const said = notes ? `: ${words(notes)}` : "";
  const why = justification ? `; the agent: ${words(justification)}` : "";
  const time = instant(at).replace("T", " ").replace(/:\d\dZ$/, "Z");
  return `since ${time}, ${visibleLine(who)} (${face}, ${
    shorten(proposal_id)
  }${where})${said}${why}`;
}
