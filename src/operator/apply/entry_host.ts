/** Host names as a live file has them: when two are the same, and when a pattern covers one. */

import { domainToASCII } from "node:url";
import type { Notice } from "../review/kind.ts";

/** What can mean nothing but itself. */
const PLAIN_NAME = /^[a-z0-9_-][a-z0-9._-]*$/i;

/** Case and a final dot make no other host. */
export function sameHost(one: string, other: string): boolean {
  return bare(one) === bare(other);
}

/** Whether `entry` is a pattern (`*.example.com`, `.example.com`) for names below which `host` is. */
export function covers(entry: string, host: string): boolean {
  const [, suffix] = /^\*?(\..+)$/.exec(bare(entry)) ?? [];
  return suffix !== undefined && bare(host).endsWith(suffix) && bare(host).length > suffix.length;
}

/** What means every host, or all that no other entry means, to one proxy or another. */
const CATCH_ALL = /^(_|default|any|all|else)$/i;
const IPV6 = /^\[[0-9a-f:.%]+\](:\d+)?$/i;
const MARKED_EXPRESSION = /^(~\*?|re(gexp?)?:|\/(?=.*\/\w*$)(?!\/))/i;
/** A longer entry is not looked through: it may mean any host. */
const MAX_PATTERN_LENGTH = 500;

/**
 * Whether a reader may take `entry` for `host` though it is written otherwise: what is no plain name
 * may, unless it is shown to mean another. More than {@linkcode covers}, so for words alone.
 */
export function mayCover(entry: string, host: string): boolean {
  if (CATCH_ALL.test(entry.trim())) return true;
  // Of tens of thousands of plain names none is looked at twice.
  if (PLAIN_NAME.test(entry) || sameHost(entry, host) || entry.trim() === "") return false;
  if (IPV6.test(entry.trim())) return false;
  if (entry.length > MAX_PATTERN_LENGTH || /\$\{?\w/.test(entry)) return true;
  const name = bare(host);
  return patternsOf(entry.trim()).some((pattern) =>
    /[^a-z0-9._*-]/.test(pattern) || pattern === name || pattern === `.${name}` ||
    covers(pattern, name) || pattern.includes("*") && matches(pattern.split(/\*+/), name)
  );
}

/** With `*` for whatever an entry leaves open: it may mean more than it does, not less. */
function patternsOf(entry: string): string[] {
  const isExpression = MARKED_EXPRESSION.test(entry) || /[\\^$()|+]|\.\*/.test(entry);
  if (!isExpression) {
    const open = entry.replace(/\{[^}]*\}|\[[^\]]*\]|\?/g, "*");
    return open.split(/[,\s]+/).filter((part) => part !== "").map(plain);
  }
  let open = entry.replace(MARKED_EXPRESSION, "").replace(/\/[a-z]*$/i, "").trim()
    .replace(/\\[bAzZ]/g, "*").replaceAll("\\.", "\0").replace(/\\[^]/g, "*")
    .replace(/\[[^\]]*\]/g, "*").replaceAll(".", "*");
  for (let before = ""; before !== open;) {
    before = open;
    open = open.replace(/\([^()]*\)/g, "*");
  }
  return open.replace(/[^*]?(\{[^}]*\}|[?+*])/g, "*").split(/[|,\s]/)
    .map((part) => `${part.startsWith("^") ? "" : "*"}${part}${part.endsWith("$") ? "" : "*"}`)
    .map((part) => plain(part.replace(/[\^$]/g, "").replaceAll("\0", ".")));
}

/** Whether `name` has all of `pieces` in their order, from its first to its last letter. */
function matches([first = "", ...rest]: readonly string[], name: string): boolean {
  const last = rest.pop() ?? "";
  if (!name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= end;
}

/** The name alone, in the letters that go over the wire. */
function plain(entry: string): string {
  const name = decoded(entry).trim().replace(/^([a-z*][a-z0-9+.*-]*:)?\/\//i, "")
    .replace(/[/#].*$/, "").replace(/^[^@]*@/, "").replace(/:(\d+|\*)$/, "");
  return bare(domainToASCII(name) || name);
}

function decoded(entry: string): string {
  try {
    return decodeURIComponent(entry);
  } catch {
    return entry;
  }
}

export function coveredNotice(entry: string): Notice {
  return { label: "COVERED", text: `the file has ${entry} already` };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
