/** `audit`: what was decided, as the log has it. */

import { domainToASCII } from "node:url";
import { auditRecord, auditStatsRecord } from "../app/records/audit.ts";
import type { Entry } from "../audit/chain.ts";
import { Decisions, Entries, type Filter, matches } from "../audit/choice.ts";
import { type LogFile, openLog } from "../audit/closed.ts";
import { decisionRows, type Row, rowOf } from "../audit/decision_page.ts";
import { logPath } from "../audit/file.ts";
import { printCounts, printEntry, printFields } from "../audit/page.ts";
import { allEntries, type Choice, findEntries, type Found, readEntries } from "../audit/read.ts";
import { countOutcomes } from "../audit/stats.ts";
import { Failure, fromSystem } from "../failure.ts";
import { rotate, verify } from "./audit_whole.ts";
import type { Command, CommandContext } from "./command.ts";
import type { OptionName } from "./options.ts";
import { periodOf } from "./time_option.ts";

const DEFAULT_TAIL = 20;
const DAY_MS = 86_400_000;

/** After so many entries they are written out. */
const ENTRIES_AT_ONCE = 50;

const FILTERS = ["host", "id", "who", "since", "until", "slug"] as const;

export const audit: Command = {
  name: "audit",
  usage: "[verify | rotate] [--host HOST --id ID --who NAME --since TIME --until TIME] [--steps] " +
    "[--tail N] [--full] [--stats DAYS] [--expect HASH]",
  summary: "show who decided what, when and why, and verify the log",
  about: [
    "Prints the last decisions, one a line, oldest first: when (UTC), who, what was decided, the " +
    "bottle, the proposal, from which face, and what it was about. What failed or was interrupted " +
    "is there too. --full adds why: the agent's reason, the notes, and what went wrong.",
    "--host takes a whole name in any case, or .example.com for that name and all below it. " +
    "--since and --until take a day (all of it), a time, or how long ago; all times are UTC. With " +
    "any of these, or --slug, --id or --who, all that match are printed; --tail limits that.",
    "--steps prints every entry of the log, with --full also diffs and hashes. With --json every " +
    "line is one decision, or with --steps one entry.",
    "--stats counts, for each bottle and tool, what was approved, modified, rejected, failed and " +
    "undone in so many days, and the median time from the ask to the answer.",
    "audit verify goes through all files of the log and names the first entry that is not as it " +
    "was written. It prints the head: note it where nobody who can write the log can change it, " +
    "and --expect tells later whether the log still holds it. audit rotate closes the file and " +
    "begins a new one that goes on from it.",
    "Nothing is added to a log whose end is broken, so nothing can be decided. Keep it as " +
    "evidence, and a new log begins: in the state directory, mkdir audit.broken && mv audit.jsonl " +
    "audit.head audit.*-*.jsonl audit.torn-* audit.broken/ (what is not there need not be moved).",
  ],
  options: ["host", "id", "who", "since", "until", "steps", "tail", "full", "stats", "expect"],
  operand: { name: "verify or rotate", required: false },
  examples: [
    "supervisectl audit --host api.github.com --full",
    "supervisectl audit --since yesterday --who alice",
    "supervisectl audit --stats 30",
    "supervisectl audit verify",
  ],
  acts: ({ words }) => words[1] === "rotate",
  async run(context) {
    if (context.operand !== undefined) return await actOn(context, context.operand);
    refuse(context, "audit without verify", ["expect"]);
    const days = wholeNumber(context, "stats");
    if (days !== undefined) {
      refuse(context, "audit --stats", ["tail", "since", "until", "host", "id", "who", "steps"]);
    }
    const choice = choiceOf(context);
    try {
      using log = await openLog(context.app.stateDirectory);
      if (days !== undefined) await printStats(context, log.files, days);
      else if (context.flag("steps")) await printEntries(context, log.files, choice);
      else await printDecisions(context, log.files, choice);
    } catch (error) {
      const path = logPath(context.app.stateDirectory);
      throw fromSystem(error, "cannot-read", `read the audit log ${path}`);
    }
  },
};

async function actOn(context: CommandContext, operand: string): Promise<void> {
  const others = [...FILTERS, "steps", "tail", "full", "stats"] as const;
  if (operand === "verify") {
    refuse(context, "audit verify", others);
    return await verify(context);
  }
  if (operand === "rotate") {
    refuse(context, "audit rotate", [...others, "expect"]);
    return await rotate(context);
  }
  throw new Failure(
    "usage",
    `audit takes verify, rotate or nothing, got "${operand}"`,
    { do: "help", about: "audit" },
  );
}

/** Without a filter the last ones are meant, with one all that match. */
function choiceOf(context: CommandContext): Choice {
  const filter: Filter = {
    ...{ slug: context.slug, host: hostOf(context), who: context.text("who") },
    ...{ id: context.text("id")?.trim().toLowerCase(), ...periodOf(context) },
  };
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  const most = wholeNumber(context, "tail") ?? (isFiltered ? Infinity : DEFAULT_TAIL);
  return context.flag("steps") ? new Entries(filter, most) : new Decisions(filter, most);
}

/** Without a final dot, in lower case and as it is written in ASCII. */
function hostOf(context: CommandContext): string | undefined {
  const text = context.text("host")?.trim();
  if (text === undefined) return undefined;
  const [, dot, name = ""] = /^(\.?)([^.].*?)\.?$/.exec(text) ?? [];
  if (name.toLowerCase() === "dockerfile") return "dockerfile";
  const host = /[/:@*\s]/.test(name) && !name.startsWith("[") ? "" : domainToASCII(name);
  if (host !== "") return `${dot}${host}`;
  throw new Failure(
    "usage",
    `--host must be a host name such as api.github.com, .github.com for all below it, or ` +
      `Dockerfile, got "${text}"`,
  );
}

async function printDecisions(
  context: CommandContext,
  files: readonly LogFile[],
  choice: Choice,
): Promise<void> {
  const found = await findEntries(files, choice);
  if (found.places.length === 0) nothing(context, files);
  else if (context.json) {
    await eachEntry(context, found, (entry) => context.out.json(auditRecord(entry), 0));
  } else {
    const rows: Row[] = [];
    for await (const entry of readEntries(found.places)) rows.push(rowOf(entry));
    const [heads, ...lines] = decisionRows(rows, context.out.room);
    context.out.line(heads ?? "");
    let at = 0;
    await eachEntry(context, found, (entry) => {
      context.out.line(lines[at++] ?? "");
      if (context.flag("full")) printFields(context.out, entry, WHY, true);
    });
  }
  remark(context, found);
}

const WHY = ["proposal_id", "ask", "granted", "justification", "notes", "detail"] as const;

async function printEntries(
  context: CommandContext,
  files: readonly LogFile[],
  choice: Choice,
): Promise<void> {
  const found = await findEntries(files, choice);
  if (found.places.length === 0) nothing(context, files);
  await eachEntry(context, found, (entry) => {
    if (context.json) context.out.json(entry, 0);
    else printEntry(context.out, entry, context.flag("full"));
  });
  remark(context, found);
}

async function eachEntry(
  context: CommandContext,
  { places }: Found,
  print: (entry: Entry) => void,
): Promise<void> {
  let printed = 0;
  for await (const entry of readEntries(places)) {
    print(entry);
    if (++printed % ENTRIES_AT_ONCE === 0) await context.out.flush();
    if (context.out.closed) return;
  }
}

async function printStats(
  context: CommandContext,
  files: readonly LogFile[],
  days: number,
): Promise<void> {
  const filter = { slug: context.slug, since: context.app.now().getTime() - days * DAY_MS };
  const passed = { broken: 0, isTorn: false };
  const counts = await countOutcomes(async function* () {
    for await (const entry of allEntries(files)) {
      if (!entry) passed.broken++;
      else if (matches(entry, filter)) yield entry;
    }
  }());
  if (context.json) context.out.json(auditStatsRecord(days, counts));
  else if (counts.length === 0) nothing(context, files);
  else printCounts(context.out, counts);
  remark(context, passed);
}

function nothing(context: CommandContext, files: readonly LogFile[]): void {
  if (context.json) return;
  const none = `No audit log yet at ${logPath(context.app.stateDirectory)}.`;
  const what = context.flag("steps") ? "entries" : "decisions";
  context.out.line(files.length > 0 ? `No such ${what}.` : none);
}

function remark(context: CommandContext, { broken, isTorn, from }: Omit<Found, "places">): void {
  if (from !== undefined) {
    context.err.paragraph(
      `supervisectl: the audit log begins at entry ${from} here; older files of it are not there`,
    );
  }
  const left = [
    ...broken > 0 ? [`${broken} ${broken === 1 ? "line" : "lines"} that cannot be read`] : [],
    ...isTorn ? ["a last line that is unfinished"] : [],
  ];
  if (left.length === 0) return;
  context.err.paragraph(`supervisectl: the audit log has ${left.join(" and ")}`);
  context.err.line(`Try: ${context.next("audit", "verify")}`);
}

function refuse(context: CommandContext, form: string, options: readonly OptionName[]): void {
  const given = options.find((option) =>
    option === "slug"
      ? context.slug !== undefined
      : option === "full" || option === "steps"
      ? context.flag(option)
      : context.text(option as "tail") !== undefined
  );
  if (!given) return;
  throw new Failure("usage", `${form} takes no --${given}`, { do: "help", about: "audit" });
}

function wholeNumber(context: CommandContext, option: "tail" | "stats"): number | undefined {
  const text = context.text(option);
  if (text === undefined || /^[1-9]\d{0,6}$/.test(text)) return text ? Number(text) : undefined;
  throw new Failure("usage", `--${option} must be a number from 1 to 9999999, got "${text}"`);
}
