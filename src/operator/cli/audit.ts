/** `audit`: what was done, as the log has it, and whether the log is still what was written. */

import type { Entry } from "../audit/chain.ts";
import { logPath, openRegular } from "../audit/file.ts";
import { printCounts, printEntry } from "../audit/page.ts";
import { findEntries, type Found, readEntries } from "../audit/read.ts";
import { type Count, countOutcomes } from "../audit/stats.ts";
import { type Verdict, verifyLog } from "../audit/verify.ts";
import { Failure, fromSystem } from "../failure.ts";
import { instant } from "../when.ts";
import type { Call, Command } from "./command.ts";
import type { OptionName } from "./options.ts";

const DEFAULT_TAIL = 20;
const DAY_MS = 86_400_000;

/** After so many entries they are written out. */
const ENTRIES_AT_ONCE = 50;

export const audit: Command = {
  name: "audit",
  usage: "[verify] [--tail N] [--since TIME] [--stats DAYS] [--full] [--expect HASH]",
  summary: "show what was done, and verify that the log of it is whole",
  about: [
    "Prints the last entries of the audit log, oldest first: when, who, what was done, the bottle, " +
    "the proposal. With --since all since then, with --slug those of one bottle. --full adds the " +
    "diffs, the justifications and the hashes. With --json every line is one entry.",
    "--stats counts, for each bottle and tool, what was approved, modified, rejected, failed and " +
    "undone in so many days, and the median time from the claim to the answer.",
    "audit verify goes through the whole log and names the first entry that is not as it was " +
    "written. It prints the head: note it where nobody who can write the log can change it, and " +
    "--expect tells later whether the log still holds it.",
    "Nothing is added to a log whose end is broken, so nothing can be decided. Keep it as " +
    "evidence, and a new log begins: in the state directory, mkdir audit.broken && mv audit.jsonl " +
    "audit.head audit.torn-* audit.broken/ (what is not there need not be moved).",
  ],
  options: ["tail", "since", "stats", "expect", "full"],
  operand: { name: "verify", required: false },
  examples: [
    "supervisectl audit --slug dev --since 7d",
    "supervisectl audit --stats 30",
    "supervisectl audit verify",
  ],
  async run(call) {
    if (call.operand !== undefined) return await verify(call);
    refuse(call, "audit without verify", ["expect"]);
    const days = wholeNumber(call, "stats");
    if (days !== undefined) refuse(call, "audit --stats", ["tail", "since"]);
    const path = logPath(call.stateDirectory);
    try {
      using file = await openRegular(path, { read: true }, "cannot-read");
      if (days !== undefined) await printStats(call, file, days);
      else await printEntries(call, file);
    } catch (error) {
      throw fromSystem(error, "cannot-read", `read the audit log ${path}`);
    }
  },
};

async function printEntries(call: Call, file: Deno.FsFile | undefined): Promise<void> {
  const since = sinceMs(call);
  const most = wholeNumber(call, "tail") ?? (since === undefined ? DEFAULT_TAIL : Infinity);
  const found = file && await find(call, file, since ?? -Infinity, most);
  if (!file || found?.spans.length === 0) nothing(call, file !== undefined);
  let printed = 0;
  for await (const entry of file && found ? readEntries(file, found.spans) : []) {
    if (call.json) call.out.json(entry, 0);
    else printEntry(call.out, entry, call.flag("full"));
    if (++printed % ENTRIES_AT_ONCE === 0) await call.out.flush();
    if (call.out.closed) return;
  }
  if (found) remark(call, found);
}

async function printStats(call: Call, file: Deno.FsFile | undefined, days: number): Promise<void> {
  const found = file && await find(call, file, call.now().getTime() - days * DAY_MS, Infinity);
  const counts = file && found ? await countOutcomes(readEntries(file, found.spans)) : [];
  if (call.json) call.out.json({ days, counts: counts.map(countRecord) });
  else if (counts.length === 0) nothing(call, file !== undefined);
  else printCounts(call.out, counts);
  if (found) remark(call, found);
}

function countRecord({ slug, medianMs, ...count }: Count) {
  return { bottle_slug: slug, ...count, median_ms: medianMs ?? null };
}

async function find(
  { slug }: Call,
  file: Deno.FsFile,
  since: number,
  most: number,
): Promise<Found> {
  const isWanted = (entry: Entry) =>
    (slug === undefined || entry.slug === slug) &&
    (since === -Infinity || Date.parse(entry.at) >= since);
  return await findEntries(file, (await file.stat()).size, isWanted, most);
}

function nothing(call: Call, isLog: boolean): void {
  if (call.json) return;
  call.out.line(
    isLog ? "No such entries." : `No audit log yet at ${logPath(call.stateDirectory)}.`,
  );
}

function remark(call: Call, { broken, isTorn }: Found): void {
  const left = [
    ...broken > 0 ? [`${broken} ${broken === 1 ? "line" : "lines"} that cannot be read`] : [],
    ...isTorn ? ["a last line that is unfinished"] : [],
  ];
  if (left.length === 0) return;
  call.err.paragraph(`supervisectl: the audit log has ${left.join(" and ")}`);
  call.err.line(`Try: ${call.next("audit", "verify")}`);
}

async function verify(call: Call): Promise<void> {
  if (call.operand !== "verify") {
    throw new Failure(
      "usage",
      `audit has no "${call.operand}"; verify, or nothing, is wanted`,
      call.next("audit", "verify"),
    );
  }
  refuse(call, "audit verify", ["tail", "since", "stats", "full", "slug"]);
  const expect = call.text("expect")?.toLowerCase();
  if (expect !== undefined && !/^[0-9a-f]{64}$/.test(expect)) {
    throw new Failure(
      "usage",
      `--expect "${expect}" is no hash; the 64 digits that audit verify printed are wanted`,
    );
  }
  const verdict = await verifyLog(call.stateDirectory, expect);
  if (verdict.kind === "broken") {
    const { entry, why } = verdict;
    throw new Failure(
      "audit-broken",
      `the audit log ${logPath(call.stateDirectory)} is broken at entry ${entry}: ${why}`,
      "supervisectl help audit",
    );
  }
  if (expect !== undefined && verdict.expected === undefined) {
    throw new Failure(
      "audit-broken",
      `no entry of the audit log ${logPath(call.stateDirectory)} has the hash ${expect}: it was ` +
        "rewritten since that was noted, or is another log",
      "supervisectl help audit",
    );
  }
  report(call, verdict);
}

function report(call: Call, { entries, head, remarks, expected }: Verdict & { kind: "ok" }): void {
  if (call.json) {
    const found = expected === undefined ? {} : { expected };
    return call.out.json({ status: "ok", entries, head: head ?? null, remarks, ...found });
  }
  const count = `${entries} ${entries === 1 ? "entry" : "entries"}`;
  call.out.line(`The audit log is whole: ${count}.`);
  if (expected !== undefined) call.out.line(`Entry ${expected} has the expected hash.`);
  for (const text of remarks) call.out.paragraph(`Remark: ${text}; the next entry repairs it.`);
  if (head !== undefined) call.out.line(`Head: ${head}`);
}

function refuse(call: Call, form: string, options: readonly OptionName[]): void {
  const given = options.find((option) =>
    option === "slug"
      ? call.slug !== undefined
      : option === "full"
      ? call.flag(option)
      : call.text(option as "tail") !== undefined
  );
  if (!given) return;
  throw new Failure("usage", `${form} takes no --${given}`, "supervisectl help audit");
}

function wholeNumber(call: Call, option: "tail" | "stats"): number | undefined {
  const text = call.text(option);
  if (text === undefined || /^[1-9]\d{0,6}$/.test(text)) return text ? Number(text) : undefined;
  throw new Failure("usage", `--${option} "${text}" is no number; 1 to 9999999 is wanted`);
}

const UNIT_MS = { m: 60_000, h: 3_600_000, d: DAY_MS } as const;
const AGO = /^(\d{1,7})([mhd])$/;
const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/** A time without a zone is one in UTC, as all times in the log. */
function sinceMs(call: Call): number | undefined {
  const text = call.text("since");
  if (text === undefined) return undefined;
  const [, count, unit] = AGO.exec(text) ?? [];
  if (unit) return call.now().getTime() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  const match = TIME.exec(text);
  const time = Date.parse(!match || match[1] || text.length === 10 ? text : `${text}Z`);
  const isReal = match && instant(`${text.slice(0, 10)}T00:00Z`).startsWith(text.slice(0, 10));
  if (isReal && !Number.isNaN(time)) return time;
  throw new Failure(
    "usage",
    `--since "${text}" is no time; 2026-11-01, 2026-11-01T12:00Z, or 90m, 12h, 7d ago is wanted`,
  );
}
