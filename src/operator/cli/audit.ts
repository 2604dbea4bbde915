/** `audit`: what was decided, as the log has it. */

import {
  type AuditFound,
  type AuditGaps,
  type AuditStats,
  countInAudit,
  findInAudit,
} from "../app/audit.ts";
import { auditRecord } from "../app/records/audit.ts";
import type { Entry } from "../audit/chain.ts";
import { logPath } from "../audit/file.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import { refuse, searchOf, wholeNumber } from "./audit_options.ts";
import { printCounts, printEntry, printFields } from "./audit_page.ts";
import { rotate, verify } from "./audit_whole.ts";
import type { Command, CommandContext } from "./command.ts";
import { type DecisionRow, decisionRows, rowOf } from "./decision_table.ts";

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
    "was written. It prints the head: note it where those who can write the log cannot change it, " +
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
      return await printStats(context, days);
    }
    await findInAudit(context.app, searchOf(context), async (found) => {
      if (found.isEmpty) nothing(context, found);
      else if (context.flag("steps")) await printSteps(context, found);
      else await printDecisions(context, found);
      remark(context, found);
    });
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

async function printDecisions(context: CommandContext, found: AuditFound): Promise<void> {
  if (context.json) {
    return await eachEntry(context, found, (entry) => context.out.json(auditRecord(entry), 0));
  }
  const rows: DecisionRow[] = [];
  for await (const entry of found.entries()) rows.push(rowOf(entry));
  const [heads, ...lines] = decisionRows(rows, context.out.room);
  context.out.line(heads ?? "");
  let at = 0;
  await eachEntry(context, found, (entry) => {
    context.out.line(lines[at++] ?? "");
    if (context.flag("full")) printFields(context.out, entry, WHY, true);
  });
}

const WHY = ["proposal_id", "ask", "granted", "justification", "notes", "detail"] as const;

async function printSteps(context: CommandContext, found: AuditFound): Promise<void> {
  await eachEntry(context, found, (entry) => {
    if (context.json) context.out.json(entry, 0);
    else printEntry(context.out, entry, context.flag("full"));
  });
}

async function eachEntry(
  context: CommandContext,
  found: AuditFound,
  print: (entry: Entry) => void,
): Promise<void> {
  let printed = 0;
  for await (const entry of found.entries()) {
    print(entry);
    if (++printed % ENTRIES_AT_ONCE === 0) await context.out.flush();
    if (context.out.closed) return;
  }
}

async function printStats(context: CommandContext, days: number): Promise<void> {
  const stats = await countInAudit(context.app, days, context.slug);
  if (context.json) context.out.json({ days, counts: stats.counts });
  else if (stats.counts.length === 0) nothing(context, stats);
  else printCounts(context.out, stats.counts);
  remark(context, stats);
}

function nothing(context: CommandContext, { hasLog }: Pick<AuditGaps, "hasLog">): void {
  if (context.json) return;
  const none = `No audit log yet at ${logPath(context.app.stateDirectory)}.`;
  const what = context.flag("steps") ? "entries" : "decisions";
  context.out.line(hasLog ? `No such ${what}.` : none);
}

function remark(context: CommandContext, gaps: AuditFound | AuditStats): void {
  const { broken, from } = gaps;
  const isTorn = "isTorn" in gaps && gaps.isTorn;
  if (from !== undefined) {
    context.err.paragraph(
      `supervisectl: the audit log begins at entry ${from} here; its older files are missing`,
    );
  }
  const left = [
    ...broken > 0 ? [`${count(broken, "line")} that cannot be read`] : [],
    ...isTorn ? ["an unfinished last line"] : [],
  ];
  if (left.length === 0) return;
  context.err.paragraph(`supervisectl: the audit log has ${left.join(" and ")}`);
  context.err.line(`Try: ${context.next("audit", "verify")}`);
}
