/** `list`: what can be decided now, of all bottles, oldest first. */

import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { listedRecord, skippedRecord } from "../app/records/proposal.ts";
import { Failure } from "../failure.ts";
import { undoneKey } from "../live/applications.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { Command, CommandContext } from "./command.ts";
import { reading, requireBottle } from "./find.ts";
import { firstsOf, printLeft } from "./firsts.ts";
import { announceInterrupted } from "./interrupted.ts";
import { noted } from "./noted_items.ts";
import { reportSkipped } from "./skipped.ts";
import { itemTable } from "./table.ts";

export const list: Command = {
  name: "list",
  usage: "[--all --full]",
  summary: "list what agents ask for and nobody has answered",
  about: [
    "Lists the proposals that can be decided, of all bottles, oldest first: the id to type, how " +
    "long ago it came, who asks for what, how many calls wait for the answer, and who has " +
    "claimed it.",
    "Many of one bottle stand behind the first ones of all others, and of more than 100 of one the " +
    "rest is only counted on a terminal; --slug or --full lists them.",
    "What does not fit the terminal, or COLUMNS, is cut. --full prints it whole, as a pipe and a file " +
    "get it.",
    "Files that cannot be read are named on stderr and do not stop the rest.",
    "With --json the files themselves are left out and long strings are cut: show --json has all " +
    "of one proposal.",
  ],
  options: ["all", "full"],
  examples: [
    "supervisectl list",
    "supervisectl list --slug dev --all",
    "supervisectl list --json | jq -r '.proposals[].id'",
  ],
  async run(context) {
    const bottles = await requireBottle(context);
    const all = context.flag("all");
    const { items, skipped, lying } = await reading(
      context,
      () => context.app.desk.list({ slug: context.slug, all }),
    );
    const undone = await undoneIn(context, items);
    if (context.json) {
      const found = await noted(context, items, (item) => item);
      return await context.out.jsonLists({
        proposals: found.values()
          .map(([item, notices]) => listedRecord(item, notices, undone.get(item))),
        skipped: skipped.values().map(skippedRecord),
        undelivered: lying.entries().map(([slug, count]) => ({ bottle_slug: slug, count })),
      });
    }
    reportSkipped(context.err, skipped);
    await announceInterrupted(context);
    if (items.length === 0) context.out.line(nothing(context, bottles.length, all));
    else {
      const { shown, left } = firstsOf(context, items, ({ slug }) => slug);
      const rows = itemTable(shown, {
        ...{
          all,
          now: context.app.now(),
          columns: context.flag("full") ? Infinity : context.out.room,
        },
        undone: new Set(undone.keys()),
      });
      for (const row of rows) context.out.line(row);
      printLeft(context, left, all);
    }
    reportLying(context, lying);
  },
};

/** At most this many bottles are named, those with the most first. */
const MAX_NAMED = 5;

/** Decisions that agents have not picked up: on stderr, since they are not what is listed. */
function reportLying(context: CommandContext, lying: ReadonlyMap<Slug, number>): void {
  const most = [...lying].sort(([, a], [, b]) => b - a);
  for (const [slug, count] of most.slice(0, MAX_NAMED)) {
    const what = count === 1
      ? "1 decision that its agent has"
      : `${count} decisions that its agent has`;
    context.err.paragraph(`supervisectl: bottle ${slug}: ${what} not picked up`);
  }
  const more = most.slice(MAX_NAMED);
  if (more.length === 0) return;
  const sum = more.reduce((total, [, count]) => total + count, 0);
  context.err.paragraph(`supervisectl: and ${sum} of ${more.length} further bottles`);
}

/** What was undone of `items`, by this operator's own records. */
async function undoneIn(
  context: CommandContext,
  items: readonly Item[],
): Promise<ReadonlyMap<Item, ChangeRecord>> {
  const undone = new Map<Item, ChangeRecord>();
  const decided = items.filter(({ decision }) => decision !== undefined);
  // Where nothing is decided no record is looked for, and no place for them is needed.
  if (decided.length === 0) return undone;
  try {
    const keys = await context.app.changes.undoneKeys();
    for (const item of decided) {
      const { slug, proposal: { id } } = item;
      if (!keys.has(undoneKey(slug, id))) continue;
      const record = await context.app.changes.done(slug, id, "undo");
      if (record) undone.set(item, record);
    }
  } catch (error) {
    // The list must not fail for want of a state directory, or for one record in it: doctor tells.
    if (!(error instanceof Failure)) throw error;
  }
  return undone;
}

function nothing(context: CommandContext, bottles: number, all: boolean): string {
  if (bottles === 0) {
    return `No proposals: no bottle has a queue under ${context.app.desk.root} yet.`;
  }
  const where = context.slug
    ? `bottle ${context.slug}`
    : bottles === 1
    ? "1 bottle"
    : `${bottles} bottles`;
  return all ? `No proposals in ${where}.` : `Nothing to decide in ${where}.`;
}
