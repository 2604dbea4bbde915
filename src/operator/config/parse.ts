/** From the text of a configuration to the live files of each bottle, or to what is wrong with it. */

import { dirname, resolve } from "node:path";
import type { z } from "zod";
import { parseSlug, type Slug } from "../../queue/layout.ts";
import type { TargetKind } from "../apply/edit.ts";
import { nearest } from "../nearest.ts";
import { badConfig, type Complaint, type KeyPath, keyText } from "./complaint.ts";
import type { Config } from "./config.ts";
import { fill } from "./fill_in.ts";
import { fits, isPattern } from "./pattern.ts";
import { type BottleForm, configForm, keysAt } from "./schema.ts";
import { readSource } from "./source.ts";
import { fillTargets, isArgv, targetForms } from "./targets.ts";

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
    const complaints = faults.map((fault): Complaint => ({
      line: source.lineOf(fault.path),
      text: `${keyText(fault.path)} ${fault.text}`,
    }));
    if (complaints.length > 0) throw badConfig(path, complaints);
  };
  const form = configForm({ directory: dirname(resolve(path)), home });
  const parsed = form.safeParse(source.value);
  if (!parsed.success) complain(parsed.error.issues.flatMap(faultsOf));
  const entries = parsed.data?.bottles ?? [];
  complain([
    ...unreached(entries),
    ...entries.flatMap((entry, index) => sharedFiles(entry, index, exactSlug(entry))),
  ]);
  return {
    path,
    targetsOf(slug) {
      const index = entries.findIndex(({ match }) => fits(match, slug));
      const entry = entries[index];
      if (!entry) return {};
      complain([...sharedFiles(entry, index, slug), ...badUrls(entry, index, slug)]);
      return fillTargets(entry, slug);
    },
  };
}

function faultsOf(issue: z.core.$ZodIssue): Fault[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, text: issue.message }];
  const known = keysAt(issue.path);
  return issue.keys.map((key) => {
    const meant = nearest(key, known);
    const hint = meant ? `, did you mean ${meant}?` : `; ${known.join(", ")} are known`;
    return { path: [...issue.path, key], text: `is no known key${hint}` };
  });
}

/** An entry after one that takes all of its bottles would be read and never used. */
function unreached(entries: readonly BottleForm[]): Fault[] {
  return entries.flatMap(({ match }, index) => {
    const earlier = entries.slice(0, index).findIndex((entry) => fits(entry.match, match));
    if (earlier < 0) return [];
    const text = `is never used: bottles[${earlier}] takes all of its bottles; it is wanted ` +
      "before that one, or not at all";
    return [{ path: ["bottles", index], text }];
  });
}

/** Two engines in one file would each find the other's text in it. */
function sharedFiles(entry: BottleForm, index: number, slug: Slug | undefined): Fault[] {
  const kinds = new Map<string, TargetKind>();
  const faults: Fault[] = [];
  for (const [kind, { file }] of targetForms(entry)) {
    const path = slug ? fill(file, slug) : file;
    const other = kinds.get(path);
    if (other) {
      const of = slug ? ` for bottle ${slug}` : "";
      const text = `is the file of ${other} as well${of}; a file of its own is wanted`;
      faults.push({ path: ["bottles", index, kind, "file"], text });
    }
    kinds.set(path, kind);
  }
  return faults;
}

/** A slug such as `1..2` can make an address of a host name, or nothing. */
function badUrls(entry: BottleForm, index: number, slug: Slug): Fault[] {
  const { check } = entry.routes ?? {};
  if (!check || isArgv(check)) return [];
  return (["url", "proxy"] as const).flatMap((key) => {
    const text = check[key];
    if (text === undefined || URL.canParse(fill(text, slug))) return [];
    const path = ["bottles", index, "routes", "check", key];
    return [{ path, text: `is no URL for bottle ${slug}; one that holds its name is wanted` }];
  });
}

function exactSlug({ match }: BottleForm): Slug | undefined {
  return isPattern(match) ? undefined : parseSlug(match);
}
