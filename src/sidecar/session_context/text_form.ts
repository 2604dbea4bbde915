/**
 * The session context as text for a system prompt: fixed headings, and no line that others wrote. Its
 * items are those of the JSON, in words, which take about as much.
 */

import type {
  AskJson,
  DecidedAskJson,
  DecidedJson,
  PendingAskJson,
  PendingJson,
  ReachJson,
  RouteJson,
  SessionContextJson,
} from "./json_form.ts";
import { quoted } from "./quoted.ts";

/** The body. Parts with nothing in them are left out. */
export function textForm(context: SessionContextJson): string {
  const { bottle, mode, generated_at: now, reach, pending, decided, how_to_ask: how } = context;
  return [
    `Sandbox ${bottle}, mode ${mode}, at ${now}.\n`,
    part("What you may reach", reachLines(reach)),
    part("Waiting for the operator", pendingLines(pending)),
    part("Decided lately", decidedLines(decided)),
    part("How to ask", [how]),
  ].join("");
}

function part(heading: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n## ${heading}\n${lines.join("\n")}\n`;
}

function reachLines(reach: ReachJson): string[] {
  if (!reach.known) return [`Not known now: ${reach.why}.`];
  const { host_count: hosts, is_fresh: isFresh, routes = [], left_out: leftOut } = reach;
  const when = isFresh
    ? "as the egress proxy says now"
    : `as the egress proxy said ${reach.age_seconds} s ago; it cannot be asked now`;
  const isShut = hosts === 0 && reach.routes && !leftOut;
  const count = isShut ? "Nothing" : hosts === 1 ? "1 host" : `${hosts} hosts`;
  return [
    `${count} (${when}).`,
    ...routes.map(routeLine),
    ...leftOutLine(leftOut, ": list-egress-routes shows all"),
  ];
}

function routeLine(route: RouteJson): string {
  const more = route.paths_left_out;
  const what = [
    route.paths?.map(plain).join(", ") ?? "every path",
    ...more ? [`and ${more} more`] : [],
    ...route.adds_credential ? ["(the proxy adds a credential)"] : [],
    ...route.has_conditions ? ["(with conditions: see list-egress-routes)"] : [],
  ];
  return `- ${plain(route.host)}: ${what.join(" ")}`;
}

/** What could be taken for words of this program stands in quotation marks. */
function plain(text: string): string {
  return /^[\w./:%~@+=&$!*;\[\]-]+$/.test(text) ? text : quoted(text);
}

function pendingLines({ count, claimed_count: claimed, asks = [], left_out }: PendingJson) {
  if (count === 0) return [];
  const looking = claimed > 0 ? `; the operator is looking at ${claimed} of them now` : "";
  return [
    `${count === 1 ? "1 ask" : `${count} asks`}${looking}.`,
    ...asks.map(pendingItem),
    ...leftOutLine(left_out),
  ];
}

function pendingItem(ask: PendingAskJson): string {
  const now = ask.claimed ? ", the operator is looking at it now" : "";
  const why = ask.agent_text?.justification;
  return `- ${nameOf(ask)}, since ${ask.since}${now}${askedWords(ask)}${
    why ? `\n  Why, agent wrote: ${quoted(why)}` : ""
  }`;
}

function decidedLines({ count, not_picked_up_count: waiting, asks = [], left_out }: DecidedJson) {
  if (count === 0) return [];
  const pick = waiting > 0
    ? `; ${waiting} not picked up: call proposal-status with the id for the answer`
    : "";
  return [
    `${count === 1 ? "1 ask is over" : `${count} asks are over`}${pick}.`,
    ...asks.map(decidedItem),
    ...leftOutLine(left_out),
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

function leftOutLine(count: number | undefined, where = ""): string[] {
  return count ? [`- and ${count} more${where}`] : [];
}
