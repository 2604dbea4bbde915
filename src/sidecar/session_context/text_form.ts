/** The session context as text for a system prompt: fixed headings, and no line that others wrote. */

import type { ListedRoute } from "../egress/route_list.ts";
import { type AskedFor, dockerfileWords } from "./asked.ts";
import { fit, type Limits } from "./depth.ts";
import { type AnsweredAsk, type Facts, type OpenAsk, type Reach, shownNotes } from "./facts.ts";
import { howToAsk, howToAskInOneLine } from "./how_to_ask.ts";
import { byteLength, cut, quoted, shown } from "./quoted.ts";

/** The body, of at most `facts.limits.bodyBytes` bytes. Parts with nothing in them are left out. */
export function textForm(facts: Facts): string {
  const { bottle, mode, depth, generatedAt, limits, timeoutSeconds } = facts;
  const how = depth === "minimal" ? howToAskInOneLine(mode) : howToAsk(mode, timeoutSeconds);
  return [
    `Sandbox ${bottle}, mode ${mode}, at ${generatedAt}.\n`,
    part("What you may reach", reachLines(facts.reach, limits)),
    part("Waiting for the operator", pendingLines(facts.pending, limits)),
    part("Decided lately", decidedLines(facts.decided, limits)),
    part("How to ask", [how]),
  ].join("");
}

function part(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n## ${heading}\n${lines.join("\n")}\n`;
}

function reachLines(reach: Reach, limits: Limits): string[] {
  if (reach.kind === "unknown") return [`Not known now: ${reach.why}.`];
  const { routes, notUnderstood, ageSeconds, isFresh } = reach;
  const when = isFresh
    ? "as the egress proxy says now"
    : `as the egress proxy said ${ageSeconds} s ago; it cannot be asked now`;
  const count = routes.length === 1 ? "1 host" : `${routes.length} hosts`;
  const shut = routes.length === 0 && notUnderstood === 0;
  const head = shut ? `Nothing (${when}).` : `${count} (${when}).`;
  return [
    head,
    ...fitting(
      routes,
      limits.routesBytes,
      (route) => routeLine(route, limits),
      "list-egress-routes shows all",
      notUnderstood,
    ),
  ];
}

function routeLine(route: ListedRoute, limits: Limits): string {
  const { host, paths, hasAuth, saysMore, isPlainEntry } = route;
  const some = paths.slice(0, limits.paths).map((path) => plain(shown(path, limits.pathBytes)));
  const more = paths.length - some.length;
  const what = [
    paths.length === 0 ? "every path" : some.join(", "),
    ...more > 0 ? [`and ${more} more`] : [],
    ...hasAuth ? ["(the proxy adds a credential)"] : [],
    ...saysMore && !isPlainEntry ? ["(with conditions: see list-egress-routes)"] : [],
  ];
  return `- ${plain(shown(host, limits.hostBytes))}: ${what.join(" ")}`;
}

/** What could be taken for words of this program stands in quotation marks. */
function plain(text: string): string {
  return /^[\w./:%~@+=&$!*;\[\]-]+$/.test(text) ? text : quoted(text);
}

function pendingLines(pending: readonly OpenAsk[], limits: Limits): string[] {
  if (pending.length === 0) return [];
  const claimed = pending.filter(({ summary }) => summary.claimed).length;
  const count = pending.length === 1 ? "1 ask" : `${pending.length} asks`;
  return [
    `${count}${claimed > 0 ? `; the operator is looking at ${claimed} of them now` : ""}.`,
    ...fitting(pending, limits.pendingBytes, (one) => pendingItem(one, limits)),
  ];
}

function pendingItem({ summary, asked }: OpenAsk, limits: Limits): string {
  const { claimed } = summary;
  const now = claimed ? ", the operator is looking at it now" : "";
  const line = `- ${nameOf(summary)}, since ${shown(summary.since, 40)}${now}${
    askedWords(asked, limits)
  }`;
  const why = limits.justificationBytes > 0 && asked?.justification;
  return why ? `${line}\n  Why, agent wrote: ${quoted(cut(why, limits.justificationBytes))}` : line;
}

function decidedLines(decided: readonly AnsweredAsk[], limits: Limits): string[] {
  if (decided.length === 0) return [];
  const waiting = decided.filter(({ isPickedUp }) => !isPickedUp).length;
  const count = decided.length === 1 ? "1 ask is over" : `${decided.length} asks are over`;
  const pick = waiting > 0
    ? `; ${waiting} not picked up: call proposal-status with the id for the answer`
    : "";
  return [
    `${count}${pick}.`,
    ...fitting(decided, limits.decidedBytes, (one) => decidedItem(one, limits)),
  ];
}

function decidedItem({ summary, asked, isPickedUp }: AnsweredAsk, limits: Limits): string {
  const { status, endedAt, endReason, notes } = summary;
  const why = endReason ? ` (${endReason})` : "";
  const when = endedAt ? `, at ${shown(endedAt, 40)}` : "";
  const picked = isPickedUp ? "" : ", not picked up";
  const line = `- ${plain(shown(status, 40))}${why}: ${nameOf(summary)}${when}${picked}${
    askedWords(asked, limits)
  }`;
  return notes ? `${line}\n  Notes: ${quoted(shownNotes(summary, limits))}` : line;
}

function nameOf({ tool, id }: OpenAsk["summary"]): string {
  return `${plain(shown(tool, 64))} ${id}`;
}

/** What was asked for, to follow other words; the agent's words marked as such. */
function askedWords(read: AskedFor | undefined, limits: Limits): string {
  const asked = read?.asked;
  switch (asked?.kind) {
    case "route": {
      const paths = asked.paths.slice(0, limits.paths).map((path) => cut(path, limits.pathBytes));
      const more = asked.pathsLeftOut + asked.paths.length - paths.length;
      const route = [cut(asked.host, limits.hostBytes), ...paths].join(" ");
      return `; agent wrote: ${quoted(route)}${more > 0 ? ` and ${more} more paths` : ""}${
        asked.wantsCredential ? ", with a credential" : ""
      }`;
    }
    case "host":
      return `; agent wrote: ${quoted(cut(asked.host, limits.hostBytes))}`;
    case "dockerfile":
      return `; ${dockerfileWords(asked.lines)}`;
    default:
      return "";
  }
}

/** The items that fit, one line or more each, and how many do not; none where no list is told. */
function fitting<Item>(
  items: readonly Item[],
  bytes: number,
  form: (item: Item) => string,
  where = "",
  further = 0,
): string[] {
  if (bytes === 0) return [];
  const lines: string[] = [];
  const { items: kept, leftOut } = fit(items, bytes, (item) => {
    const line = form(item);
    lines.push(line);
    return byteLength(line) + 1;
  });
  const more = leftOut + further;
  const rest = more > 0 ? [`- and ${more} more${where && `: ${where}`}`] : [];
  return [...lines.slice(0, kept.length), ...rest];
}
