/**
 * Adds many routes to a routes file at once: each of them alone would have the whole file read and
 * proven again, which takes minutes. What is made is proven here as one change.
 */

import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { REFORMATTED } from "../apply/added_route.ts";
import { type Edit, MAX_LIVE_BYTES } from "../apply/edit.ts";
import { readTable, type RouteTable } from "../apply/route_table.ts";
import { type Addition, addRoute, type Route } from "../apply/routes.ts";
import { type Change, changedData } from "../apply/yaml_change.ts";
import { spliced } from "../apply/yaml_splice.ts";
import type { Plain } from "../apply/yaml_write.ts";
import { count, type Notice } from "../review/kind.ts";

/** Of a file whose form is not known, routes are added one by one: more would take minutes. */
const MAX_ONE_BY_ONE = 10;

export type Refused = Extract<Edit<never>, { kind: "refused" }>;

export interface Planned {
  readonly route: Route;
  readonly addition: Addition;
}

export interface Added {
  readonly kind: "added";
  readonly after: string;
  /** What is to be said of the file as a whole. */
  readonly notices: readonly Notice[];
}

/** The file of `table` with every one of `planned`, which are of different hosts. */
export function allAdded(table: RouteTable, planned: readonly Planned[]): Added | Refused {
  const before = table.file.text;
  if (planned.length === 0) return added(before);
  if (leastBytes(before, planned) > MAX_LIVE_BYTES) return tooLarge();
  const changes = inOrder(planned.map(({ addition }) => addition.change));
  const after = splicedAll(table, changes);
  if (after !== undefined && isProven(before, after, changes)) return added(after);
  if (planned.length <= MAX_ONE_BY_ONE) return oneByOne(before, planned);
  return refused(
    `it has a form in which at most ${MAX_ONE_BY_ONE} routes can be added, and there are ${
      count(planned.length, "route")
    }; an export without --base is wanted`,
  );
}

function added(after: string, notices: readonly Notice[] = []): Added {
  return { kind: "added", after, notices };
}

export function refused(problem: string): Refused {
  return { kind: "refused", problem };
}

export function tooLarge(): Refused {
  return refused("it would have more than 1 MiB; an export without --base is wanted");
}

/** Writing a path in YAML is dear: what cannot fit is known without. */
function leastBytes(before: string, planned: readonly Planned[]): number {
  const additions = planned.map(({ addition }) => addition.added);
  const isLonger = additions.every(({ change }) => change !== "widened");
  return additions.filter(({ change }) => change !== "widened")
    .flatMap(({ paths }) => paths ?? [])
    .reduce((bytes, path) => bytes + path.length + 2, isLonger ? before.length : 0);
}

/** New hosts as one change, then the entries from the last to the first: see {@linkcode splicedAll}. */
function inOrder(changes: readonly Change[]): Change[] {
  const inEntries: { readonly at: number; readonly change: Change }[] = [];
  const values: Plain[] = [];
  let isNone = false;
  for (const change of changes) {
    if (change.kind === "append" && change.to.length === 1) values.push(...change.values);
    else if (change.kind === "put") {
      values.push(...change.value as readonly Plain[]);
      isNone = true;
    } else {
      const [, at] = change.kind === "append" ? change.to : "from" in change ? change.from : [];
      inEntries.push({ at: Number(at), change });
    }
  }
  const added: Change[] = values.length === 0 ? [] : [
    isNone
      ? { kind: "put", to: [], key: "routes", value: values }
      : { kind: "append", to: ["routes"], values },
  ];
  return [...added, ...inEntries.sort((a, b) => b.at - a.at).map(({ change }) => change)];
}

/** Each change is behind the next one, so where the document was read the text still stands. */
function splicedAll({ file }: RouteTable, changes: readonly Change[]): string | undefined {
  let text: string | undefined = file.text;
  for (const change of changes) {
    text = text === undefined ? undefined : spliced(text, file.document, change);
  }
  return text;
}

/** A file that was no YAML 1.1 before need not become it. */
function isProven(before: string, after: string, changes: readonly Change[]): boolean {
  if (readTable(after).kind === "refused") return false;
  return (["1.2", "1.1"] as const).every((version) => {
    const old = data(before, version);
    if (!old) return version === "1.1";
    const now = data(after, version);
    return now && isDeepStrictEqual(now.data, changes.reduce(changedData, old.data));
  });
}

/** A box, since a file can hold nothing; undefined for a file that is none of that version. */
export function data(text: string, version: "1.1" | "1.2"): { readonly data: unknown } | undefined {
  try {
    return { data: parse(text, { version, logLevel: "error" }) };
  } catch {
    // The library has one error for all that it cannot read.
    return undefined;
  }
}

function oneByOne(before: string, planned: readonly Planned[]): Added | Refused {
  let text = before;
  let isReformatted = false;
  for (const { route } of planned) {
    const edit = addRoute(text, route);
    if (edit.kind === "refused") return edit;
    if (edit.kind === "unchanged") continue;
    text = edit.after;
    isReformatted ||= edit.notices.includes(REFORMATTED);
  }
  return added(text, isReformatted ? [REFORMATTED] : []);
}
