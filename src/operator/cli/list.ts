/** `list`: what can be decided now, of all bottles, oldest first. */

import type { Slug } from "../../queue/layout.ts";
import { reading, requireBottle } from "../app/find.ts";
import { listAsks } from "../app/listing.ts";
import { withNotices } from "../app/preview.ts";
import { listedRecord, skippedRecord } from "../app/records/proposal.ts";
import { firstsOf, printLeft, reportSkipped } from "./beside_lists.ts";
import type { Command, CommandContext } from "./command.ts";
import { announceInterrupted } from "./recovered.ts";
import { itemTable } from "./table.ts";

export const list: Command = {
  name: "list",
  usage: "[--all --full]",
  summary: "list the asks that wait for an answer",
  about: [
    "Lists the proposals of all bottles that can be decided, oldest first: the id to type, the age, " +
    "the bottle, what it asks for, how many calls wait for the answer, and who has claimed it.",
    "A bottle's first 20 come before the further ones of any bottle. A terminal shows 100 of a bottle " +
    "and counts the rest; --slug or --full lists them.",
    "Lines are cut to the terminal's width, or to COLUMNS. --full prints them whole, as a pipe and a " +
    "file get them.",
    "stderr names the files that cannot be read.",
    "--json leaves out the files themselves and cuts long strings; show --json has all of one " +
    "proposal.",
  ],
  options: ["all", "full"],
  examples: [
    "supervisectl list",
    "supervisectl list --slug dev --all",
    "supervisectl list --json | jq -r '.proposals[].id'",
  ],
  async run(context) {
    const bottles = await requireBottle(context.app, context.slug);
    const all = context.flag("all");
    const { items, skipped, lying, undone } = await reading(
      context.app,
      () => listAsks(context.app, context.slug, all),
    );
    if (context.json) {
      const found = await withNotices(context.app, items, (item) => item);
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
        all,
        now: context.app.now(),
        columns: context.flag("full") ? Infinity : context.out.room,
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
