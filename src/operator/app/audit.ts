/** Reads the audit log: what was decided, how often, and whether it is what was written. */

import type { Slug } from "../../queue/layout.ts";
import type { Entry } from "../audit/chain.ts";
import { Decisions, Entries, type Filter, matches } from "../audit/choice.ts";
import { type LogFile, openLog } from "../audit/closed.ts";
import { logPath } from "../audit/file.ts";
import { allEntries, beginsAt, findEntries, readEntries } from "../audit/read.ts";
import { type Count, countOutcomes } from "../audit/stats.ts";
import { type Verdict, verifyLog } from "../audit/verify.ts";
import { Failure, fromSystem } from "../failure.ts";
import type { App } from "./app.ts";

const DAY_MS = 86_400_000;

/** What of the log could not be read. */
export interface AuditGaps {
  /** Whether there is a log at all. */
  readonly hasLog: boolean;
  /** Lines that cannot be read. */
  readonly broken: number;
  /** Whether the last line is unfinished. */
  readonly isTorn: boolean;
  /** The number of the first entry, where older files are not here. */
  readonly from: number | undefined;
}

export interface AuditSearch {
  readonly filter: Filter;
  /** The last ones, at most so many. */
  readonly most: number;
  /** Every entry, instead of the one with which each decision ended. */
  readonly isEveryStep: boolean;
}

export interface AuditFound extends AuditGaps {
  readonly isEmpty: boolean;
  /** Oldest first. They are read from the files each time. */
  entries(): AsyncGenerator<Entry>;
}

/** Hands what was found to `use`; the files are open until that is done. */
export async function findInAudit(
  app: App,
  { filter, most, isEveryStep }: AuditSearch,
  use: (found: AuditFound) => Promise<void>,
): Promise<void> {
  await readingLog(app, async (files) => {
    const choice = isEveryStep ? new Entries(filter, most) : new Decisions(filter, most);
    const { places, broken, isTorn, from } = await findEntries(files, choice);
    await use({
      hasLog: files.length > 0,
      broken,
      isTorn,
      from,
      isEmpty: places.length === 0,
      entries: () => readEntries(places),
    });
  });
}

export interface AuditStats extends Omit<AuditGaps, "isTorn"> {
  readonly counts: readonly Count[];
}

/** What became of the asks of the last `days`, of one bottle or all. */
export async function countInAudit(
  app: App,
  days: number,
  slug: Slug | undefined,
): Promise<AuditStats> {
  const since = app.now().getTime() - days * DAY_MS;
  return await readingLog(app, async (files) => {
    let broken = 0;
    let first: Entry | undefined;
    const counts = await countOutcomes(async function* () {
      for await (const entry of allEntries(files)) {
        first ??= entry;
        if (!entry) broken++;
        else if (matches(entry, { slug, since })) yield entry;
      }
    }());
    // Older files are missed only where they could hold something of these days.
    const from = first && matches(first, { since }) ? beginsAt(first) : undefined;
    return { hasLog: files.length > 0, broken, from, counts };
  });
}

async function readingLog<T>(
  app: App,
  read: (files: readonly LogFile[]) => Promise<T>,
): Promise<T> {
  try {
    using log = await openLog(app.stateDirectory);
    return await read(log.files);
  } catch (error) {
    throw fromSystem(error, "cannot-read", `read the audit log ${logPath(app.stateDirectory)}`);
  }
}

/** Throws a failure when an entry is not as it was written, or none has the hash `expect`. */
export async function verifyAudit(
  app: App,
  expect: string | undefined,
): Promise<Extract<Verdict, { kind: "ok" }>> {
  const verdict = await verifyLog(app.stateDirectory, expect);
  const path = logPath(app.stateDirectory);
  if (verdict.kind === "broken") {
    throw new Failure(
      "audit-broken",
      `the audit log ${path} is broken at entry ${verdict.entry}: ${verdict.why}`,
      { do: "help", about: "audit" },
    );
  }
  if (expect === undefined || verdict.expected !== undefined) return verdict;
  throw new Failure(
    "audit-broken",
    `no entry of the audit log ${path} has the hash ${expect}: the log was rewritten since that ` +
      "was noted, or is another one",
    { do: "help", about: "audit" },
  );
}
