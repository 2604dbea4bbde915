/**
 * The session context as text for a system prompt: fixed headings, and no line that others wrote. Its
 * items are those of the JSON, in words.
 */

import { fit, type Limits } from "./depth.ts";
import type { AnsweredAsk, Facts, OpenAsk, Reach } from "./facts.ts";
import { howToAsk, howToAskInOneLine } from "./how_to_ask.ts";
import {
  type AskJson,
  type DecidedAskJson,
  decidedAskJson,
  type PendingAskJson,
  pendingAskJson,
  type RouteJson,
  routeJson,
} from "./json_form.ts";
import { quoted } from "./quoted.ts";

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
      (route) => routeLine(routeJson(route, limits)),
      "list-egress-routes shows all",
      notUnderstood,
    ),
  ];
}

function routeLine(route: RouteJson): string {
  const more = route.paths_left_out ?? 0;
  const what = [
    route.paths?.map(plain).join(", ") ?? "every path",
    ...more > 0 ? [`and ${more} more`] : [],
    ...route.adds_credential ? ["(the proxy adds a credential)"] : [],
    ...route.has_conditions ? ["(with conditions: see list-egress-routes)"] : [],
  ];
  return `- ${plain(route.host)}: ${what.join(" ")}`;
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
    ...fitting(pending, limits.pendingBytes, (one) => pendingItem(pendingAskJson(one, limits))),
  ];
}

function pendingItem(ask: PendingAskJson): string {
  const now = ask.claimed ? ", the operator is looking at it now" : "";
  const why = ask.agent_text?.justification;
  return `- ${nameOf(ask)}, since ${ask.since}${now}${askedWords(ask)}${
    why ? `\n  Why, agent wrote: ${quoted(why)}` : ""
  }`;
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
    ...fitting(decided, limits.decidedBytes, (one) => decidedItem(decidedAskJson(one, limits))),
  ];
}

function decidedItem(ask: DecidedAskJson): string {
  const { status, end_reason: why, ended_at: at, picked_up: isPickedUp, notes } = ask;
  return `- ${plain(status)}${why ? ` (${why})` : ""}: ${nameOf(ask)}${at ? `, at ${at}` : ""}${
    isPickedUp ? "" : ", not picked up"
  }${askedWords(ask)}${notes ? `\n  Notes: ${quoted(notes)}` : ""}`;
}

function nameOf({ tool, proposal_id: id }: AskJson): string {
  return `${plain(tool)} ${id}`;
}

/** What was asked for, to follow other words; the agent's words marked as such. */
function askedWords({ asked_for, asks_for_credential, agent_text: text }: AskJson): string {
  if (asked_for) return `; ${asked_for}`;
  if (text?.host === undefined) return "";
  const { host, paths = [], paths_left_out: more } = text;
  return `; agent wrote: ${quoted([host, ...paths].join(" "))}${
    more ? ` and ${more} more paths` : ""
  }${asks_for_credential ? ", with a credential" : ""}`;
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
  const { values: lines, leftOut } = fit(items, bytes, form, (line) => line);
  const more = leftOut + further;
  const rest = more > 0 ? [`- and ${more} more${where && `: ${where}`}`] : [];
  return [...lines, ...rest];
}
