/** From the text of a configuration to the live files of each bottle, or to what is wrong with it. */

import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { parseSlug, type Slug } from "../../queue/layout.ts";
import { TARGET_KINDS } from "../apply/edit.ts";
import { nearest } from "../nearest.ts";
import { badConfig, type Complaint, type KeyPath, keyText, quoted } from "./complaint.ts";
import type { Config, Targets } from "./config.ts";
import { type BottleEntry, bottleForm, configForm, keysAt } from "./form.ts";
import { fits, isPattern } from "./pattern.ts";
import { readSource } from "./source.ts";

/** Something wrong at a key, before its line is known. */
interface Fault {
  readonly path: KeyPath;
  readonly text: string;
}

/**
 * Reads the text of the configuration at `path`. Throws a failure that names the line and the key of
 * each fault; so does `targetsOf` for what only the name of the bottle makes wrong.
 */
export function parseConfig(text: string, path: string, home: string | undefined): Config {
  const source = readSource(text);
  if (source.kind === "refused") throw badConfig(path, source.complaints);
  const complain = (faults: readonly Fault[]) => {
    if (faults.length === 0) return;
    throw badConfig(
      path,
      faults.map((fault): Complaint => ({
        line: source.lineOf(fault.path),
        text: `${keyText(fault.path)} ${fault.text}`,
      })),
    );
  };
  const bottle = bottleForm({ directory: dirname(resolve(path)), home });
  const parsed = configForm(bottle).safeParse(source.value);
  complain(parsed.error?.issues.flatMap((issue) => faultsOf(issue)) ?? []);
  const entries = parsed.data?.bottles ?? [];
  const written = source.value as { readonly bottles: readonly unknown[] };
  complain([...unreached(entries), ...entries.flatMap(sharedFiles)]);
  const targets = new Map<Slug, Targets>();
  const targetsOf = (slug: Slug): Targets => {
    const known = targets.get(slug);
    if (known) return known;
    const index = entries.findIndex(({ match }) => fits(match, slug));
    if (index < 0) return {};
    const filledIn = bottle.safeParse(filled(written.bottles[index], slug));
    const issues = filledIn.error?.issues ?? [];
    complain(issues.flatMap((issue) => faultsOf(issue, ["bottles", index])));
    const { match: _, ...found } = filledIn.data ?? { match: "" };
    complain(sharedFiles(found, index));
    targets.set(slug, found);
    return found;
  };
  for (const { match } of entries) {
    const slug = isPattern(match) ? undefined : parseSlug(match);
    if (slug) targetsOf(slug);
  }
  return { path, targetsOf };
}

/** `{slug}` filled in wherever it stands. */
function filled(value: unknown, slug: Slug): unknown {
  if (typeof value === "string") return value.replaceAll("{slug}", () => slug);
  if (Array.isArray(value)) return value.map((item) => filled(item, slug));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, slug)]));
}

function faultsOf(issue: z.core.$ZodIssue, at: KeyPath = []): Fault[] {
  const path = [...at, ...issue.path];
  if (issue.code !== "unrecognized_keys") return [{ path, text: issue.message }];
  const known = keysAt(path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint = meant ? `, did you mean ${meant}?` : `; ${known.join(", ")} are known`;
    return { path: [...path, key], text: `is not a known key${hint}` };
  });
}

/** An entry after one that takes all of its bottles would be read and never used. */
function unreached(entries: readonly BottleEntry[]): Fault[] {
  return entries.flatMap(({ match }, index) => {
    const earlier = entries.slice(0, index).findIndex((entry) => fits(entry.match, match));
    if (earlier < 0) return [];
    const text = `is never used: bottles[${earlier}] takes all of its bottles; put it before ` +
      "that one, or remove it";
    return [{ path: ["bottles", index], text }];
  });
}

/** Two engines in one file would each find the other's text in it. */
function sharedFiles(targets: Targets, index: number): Fault[] {
  const kinds = new Map<string, string>();
  return TARGET_KINDS.flatMap((kind) => {
    const path = targets[kind]?.path;
    if (path === undefined) return [];
    const other = kinds.get(path);
    kinds.set(path, kind);
    const text = `must be a file of its own, got ${quoted(path)}, which ${other} has`;
    return other ? [{ path: ["bottles", index, kind, "file"], text }] : [];
  });
}
