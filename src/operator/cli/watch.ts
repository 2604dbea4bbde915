/** `watch`: a line for everything that happens in the queues, until interrupted. */

import type { Skipped } from "../../queue/item.ts";
import { Debounce } from "../app/debounce.ts";
import { type QueueEvent, QueueFeed } from "../app/feed.ts";
import { reading, requireBottle } from "../app/find.ts";
import { withNotices } from "../app/preview.ts";
import { eventRecord } from "../app/records/event.ts";
import { Failure } from "../failure.ts";
import { firstsOf, printLeft, reportSkipped } from "./beside_lists.ts";
import type { Command, CommandContext } from "./command.ts";
import { eventLine, timeOf } from "./event_line.ts";

/** The queues are read at most this often, and never more than this share of the time. */
const MIN_PAUSE_MS = 100;
const READING_SHARE = 0.2;

/** At most this many notes about what was skipped are remembered, so as not to be told again. */
const MAX_NOTES = 10_000;

/** After so many lines they are written out, which is when a signal to stop is noticed. */
const LINES_AT_ONCE = 50;

export const watch: Command = {
  name: "watch",
  usage: "[--new]",
  summary: "print what is asked, claimed, decided and delivered, as it happens",
  about: [
    "Prints the proposals that can be decided, then a line for each one that comes and for each " +
    "that is claimed, given back, decided, delivered, undone or withdrawn, or expires, of all " +
    "bottles, also of those that appear later. Ends with Ctrl-C.",
    "--new leaves out what can be decided already, for a program that is started again.",
    "With --json every line is one object.",
  ],
  options: ["new"],
  examples: [
    "supervisectl watch",
    "supervisectl watch --json | jq -r 'select(.event == \"pending\") | .ask'",
  ],
  async run(context) {
    using interrupts = context.interrupts();
    await requireRoot(context);
    const { desk } = context.app;
    const { slug } = context;
    const feed = new QueueFeed(desk, { slug, onlyNew: context.flag("new") });
    const changes = new Debounce(interrupts.signal);
    using _watching = desk.watch(() => changes.trigger(), { slug });
    if (!context.json) context.err.line(`Watching ${desk.root}; Ctrl-C ends it.`);
    const toldSkipped = new Set<string>();
    while (!interrupts.signal.aborted) {
      const started = performance.now();
      const news = await reading(context.app, () => feed.read(interrupts.signal));
      await tell(context, news.events, interrupts.signal);
      reportSkipped(context.err, news.skipped.filter((skipped) => isNew(toldSkipped, skipped)));
      await context.out.flush();
      await context.err.flush();
      if (news.isMore) changes.trigger();
      const tookMs = performance.now() - started;
      // Nothing need happen any more for it to end.
      if (context.out.closed) break;
      await changes.wait(Math.max(MIN_PAUSE_MS, tookMs / READING_SHARE));
    }
  },
};

/** A bottle may appear later, the queue root may not: it would be a mistyped one. */
async function requireRoot(context: CommandContext): Promise<void> {
  try {
    await requireBottle(context.app, context.slug);
  } catch (error) {
    const rootIsThere = context.slug &&
      await context.app.desk.bottles().then(() => true, () => false);
    if (!rootIsThere || !(error instanceof Failure)) throw error;
    context.err.line(`${error.message}; waiting for it.`);
  }
}

async function tell(
  context: CommandContext,
  events: readonly QueueEvent[],
  signal: AbortSignal,
): Promise<void> {
  const all = context.json ? await withNotices(context.app, events, ({ item }) => item) : [];
  const pending = events.filter(({ event }) => event === "pending");
  const { shown, left } = firstsOf(context, pending, ({ item }) => item.slug);
  const isShown = new Set(shown);
  for (const [index, event] of events.entries()) {
    if (index % LINES_AT_ONCE === 0) await context.out.flush();
    if (signal.aborted || context.out.closed) return;
    if (event.event === "pending" && !isShown.has(event)) continue;
    if (context.json) {
      const [, notices = []] = all[index] ?? [];
      const at = timeOf(event, context.app.now());
      context.out.json(eventRecord(event, notices, at), 0);
    } else context.out.line(eventLine(event, context.app.now(), context.out.room));
  }
  printLeft(context, left);
}

/** Whether it was not told before. Other numbers in the same reason are no news. */
function isNew(told: Set<string>, { slug, name, why }: Skipped): boolean {
  const note = `${slug}/${name} ${why.replaceAll(/\d+/g, "#")}`;
  if (told.has(note)) return false;
  if (told.size >= MAX_NOTES) told.clear();
  told.add(note);
  return true;
}
