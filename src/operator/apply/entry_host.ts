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

/**
 * Whether a reader may take `entry` for `host` though it is written otherwise: as a pattern of any
 * kind, in Unicode, with a scheme or a port. More than {@linkcode covers}, so for words alone.
 */
export function mayCover(entry: string, host: string): boolean {
  // Of tens of thousands of plain names none is looked at twice.
  if (PLAIN_NAME.test(entry) || sameHost(entry, host)) return false;
  const name = bare(host);
  return patternsOf(entry).some((pattern) =>
    pattern === name || pattern === `.${name}` || covers(pattern, name) ||
    pattern.includes("*") && matches(pattern.split(/\*+/), name)
  );
}

/** With `*` for whatever a regular expression leaves open: it may mean more than it does, not less. */
function patternsOf(entry: string): string[] {
  if (!/[\\^$()|+]|\.\*/.test(entry)) return [plain(entry)];
  const open = entry.replace(/^[~/\s]+|[/\s]+$/g, "").replace(/[\^$]|\\[bAzZ]/g, "")
    .replace(/\([^()]*\)[?*+]?|\[[^\]]*\][?*+]?|\\[wdsSDW][?*+]?|\.[?*+]|\{[^}]*\}/g, "*");
  return open.replaceAll("\\.", ".").split("|").map((part) => part.replace(/[()+?]/g, "*"))
    .map(plain);
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
  const name = entry.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/\/.*$/, "")
    .replace(/:(\d+|\*)$/, "");
  return bare(domainToASCII(name) || name);
}

export function coveredNotice(entry: string): Notice {
  return { label: "COVERED", text: `the file has ${entry} already` };
}

function bare(host: string): string {
  return host.toLowerCase().replace(/\.$/, "");
}
