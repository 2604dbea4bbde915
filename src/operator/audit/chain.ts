/** An entry as a line of the log, and the hash that binds it to the one before. */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { AuditEvent } from "./entry.ts";

/** An event as it stands in the log. Another version may know further steps. */
export interface Entry extends Omit<AuditEvent, "step"> {
  /** 1 for the first entry, in decimal. */
  readonly seq: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly who: string;
  readonly step: string;
  /** The fields that were too long, with the length and the SHA-256 of all of each. */
  readonly cut?: string | undefined;
  /** The hash of the entry before; {@linkcode NO_ENTRY} for the first. */
  readonly previous: string;
  readonly hash: string;
}

export const NO_ENTRY = "0".repeat(64);

/** This program writes no longer line, in bytes (4 MiB). */
export const MAX_LINE_BYTES = 4 * 2 ** 20;

/** All fields that this version knows, in the order of a line; whether an entry must have them. */
const IS_REQUIRED: Readonly<Record<keyof Entry, boolean>> = {
  seq: true,
  at: true,
  who: true,
  step: true,
  bottle_slug: true,
  proposal_id: true,
  tool: true,
  basis: false,
  file: false,
  before: false,
  after: false,
  diff: false,
  status: false,
  notes: false,
  justification: false,
  detail: false,
  added: false,
  arrival_timestamp: false,
  ask: false,
  face: false,
  file_sha256: false,
  final_file: false,
  granted: false,
  host: false,
  proposed_file: false,
  purpose: false,
  cut: false,
  previous: true,
  hash: true,
};
export const FIELDS = Object.keys(IS_REQUIRED) as readonly (keyof Entry)[];
const REQUIRED = FIELDS.filter((name) => IS_REQUIRED[name]);

/** With these a line begins and ends, in this order. */
const FIRST: readonly string[] = FIELDS.slice(0, FIELDS.indexOf("detail") + 1);
const LAST: readonly string[] = FIELDS.slice(FIELDS.indexOf("cut"));

/** What fields were called in entries that begin with `slug`, which earlier versions wrote. */
const FORMER: Readonly<Record<string, string>> = {
  bottle_slug: "slug",
  basis: "shown",
  arrival_timestamp: "arrived",
  file_sha256: "proposed_sha256",
};
const TODAY = new Map(Object.entries(FORMER).map(([name, former]) => [former, name]));

/** Between the first and the last stand all others by name, also such as a later version knows. */
const OTHER_NAME = /^[a-z][a-z0-9_]{0,63}$/;

/** The names that are there in the order of a line; undefined when one of them cannot name a field. */
function inOrder(entry: object): readonly string[] | undefined {
  const isThere = (name: string) => Object.hasOwn(entry, name);
  const first = isThere("slug") ? FIRST.map((name) => FORMER[name] ?? name) : FIRST;
  const placed = new Set([...first, ...LAST]);
  const others = Object.keys(entry).filter((name) => !placed.has(name)).sort();
  if (!others.every((name) => OTHER_NAME.test(name))) return undefined;
  return [...first.filter(isThere), ...others, ...LAST.filter(isThere)];
}

/** The fields in the order of a line, and their hash. What is undefined is left out. */
export function seal(fields: Omit<Entry, "hash">): Entry {
  const given = Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => name !== "hash" && value !== undefined),
  );
  const names = inOrder(given);
  if (!names) throw new TypeError(`no fields of an entry: ${Object.keys(given).join(" ")}`);
  const entry = Object.fromEntries(names.map((name) => [name, given[name] as string]));
  return { ...entry, hash: hashOf(entry) } as unknown as Entry;
}

const DOMAIN = "supervise-audit-v1\n";

/** SHA-256 over the fields but `hash` in the order of their names, each with its length. */
function hashOf(entry: Readonly<Record<string, string>>): string {
  let text = DOMAIN;
  for (const name of Object.keys(entry).sort()) {
    if (name !== "hash") text += sized(name) + sized(entry[name] ?? "");
  }
  return createHash("sha256").update(text).digest("hex");
}

function sized(text: string): string {
  return `${Buffer.byteLength(text)}:${text}`;
}

export function formatEntry(entry: Entry): string {
  return JSON.stringify(entry) + "\n";
}

/** A byte order mark would else be taken off, and not be missed when a line is compared. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type Reading =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "broken"; readonly why: string };

/**
 * A line without its line feed, as an entry that is whole in itself; whether it follows the one
 * before is not looked at. Takes one form alone: what reads the same may not be written otherwise.
 * Fields that had other names in earlier versions have today's here.
 */
export function readEntry(line: Uint8Array): Reading {
  let text: string;
  let content: unknown;
  try {
    text = DECODER.decode(line);
    content = JSON.parse(text);
  } catch {
    return changed("it is not JSON");
  }
  if (!isFlat(content)) return changed("it is not an object of strings");
  const isThere = (name: string) => Object.hasOwn(content, name);
  const missing = REQUIRED.find((name) => !isThere(name) && !isThere(FORMER[name] ?? name));
  if (missing) return changed(`it has no ${missing}`);
  const fields = inOrder(content)?.map((name) => [name, content[name]] as const) ?? [];
  if (JSON.stringify(Object.fromEntries(fields)) !== text) {
    return changed("it is not in the one form of an entry");
  }
  if (hashOf(content) !== content["hash"]) return changed("its hash is not that of its fields");
  if (!/^[1-9]\d{0,14}$/.test(content["seq"] ?? "")) return changed("its seq is not a number");
  const entry = Object.fromEntries(fields.map(([name, value]) => [TODAY.get(name) ?? name, value]));
  return { kind: "entry", entry: entry as unknown as Entry };
}

/** Ill-formed text has the same bytes, and so the same hash, as the mark that replaces it. */
function isFlat(content: unknown): content is Record<string, string> {
  return typeof content === "object" && content !== null && !Array.isArray(content) &&
    Object.values(content).every((value) => typeof value === "string" && value.isWellFormed());
}

function changed(why: string): Reading {
  return { kind: "broken", why: `it was changed: ${why}` };
}
