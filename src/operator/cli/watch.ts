/** `watch`: a line for everything that happens in the queues, until interrupted. */

import type { Skipped } from "../../queue/item.ts";
import { Failure } from "../failure.ts";
import { Bell } from "./bell.ts";
import { Chronicle, type Happening } from "./chronicle.ts";
import type { Call, Command } from "./command.ts";
import { reading, requireBottle } from "./find.ts";
import { firstsOf, printLeft } from "./firsts.ts";
import { happeningLine, happeningRecord } from "./happening.ts";
import { noted } from "./noted_items.ts";
import { reportSkipped } from "./skipped.ts";

/** The queues are read at most this often, and never more than this share of the time. */
const MIN_PAUSE_MS = 100;
const READING_SHARE = 0.2;

/** At most this many notes about what was skipped are remembered, so as not to be told again. */
const MAX_NOTES = 10_000;

/** After so many lines they are written out, which is when a signal to stop is noticed. */
const LINES_AT_ONCE = 50;

export const watch: Command = {
  name: "watch",
  usage: "",
  summary: "print what is asked, claimed, decided and delivered, as it happens",
  about: [
    "Prints the proposals that can be decided, then a line for each one that comes and for each " +
    "that is claimed, given back, decided, delivered or withdrawn, or expires, of all bottles, also " +
    "of those that appear later. Ends with Ctrl-C.",
    "With --json every line is one object.",
  ],
  options: [],
  examples: [
    "supervisectl watch",
    "supervisectl watch --json | jq -r 'select(.event == \"pending\") | .asks'",
  ],
  async run(call) {
    using interrupts = call.interrupts();
    await requireRoot(call);
    const chronicle = new Chronicle(call.desk, call.slug);
    const bell = new Bell(interrupts.signal);
    using _watching = call.desk.watch(() => bell.ring(), { slug: call.slug });
    if (!call.json) call.err.line(`Watching ${call.desk.root}; Ctrl-C ends it.`);
    const noted = new Set<string>();
    while (!interrupts.signal.aborted) {
      const started = performance.now();
      const news = await reading(call, () => chronicle.read(interrupts.signal));
      await tell(call, news.happenings, interrupts.signal);
      reportSkipped(call.err, news.skipped.filter((skipped) => isNew(noted, skipped)));
      await call.out.flush();
      await call.err.flush();
      if (news.isMore) bell.ring();
      const tookMs = performance.now() - started;
      // Nothing need happen any more for it to end.
      if (call.out.closed) break;
      await bell.rung(Math.max(MIN_PAUSE_MS, tookMs / READING_SHARE));
    }
  },
};

/** A bottle may appear later, the queue root may not: it would be a mistyped one. */
async function requireRoot(call: Call): Promise<void> {
  try {
    await requireBottle(call);
  } catch (error) {
    const rootIsThere = call.slug && await call.desk.bottles().then(() => true, () => false);
    if (!rootIsThere || !(error instanceof Failure)) throw error;
    call.err.line(`${error.message}; waiting for it.`);
  }
}

async function tell(
  call: Call,
  happenings: readonly Happening[],
  signal: AbortSignal,
): Promise<void> {
  const all = call.json ? await noted(call, happenings, ({ item }) => item) : [];
  const pending = happenings.filter(({ event }) => event === "pending");
  const { shown, left } = firstsOf(call, pending, ({ item }) => item.slug);
  const isShown = new Set(shown);
  for (const [index, happening] of happenings.entries()) {
    if (index % LINES_AT_ONCE === 0) await call.out.flush();
    if (signal.aborted || call.out.closed) return;
    if (happening.event === "pending" && !isShown.has(happening)) continue;
    if (call.json) {
      const [, notices = []] = all[index] ?? [];
      call.out.json(happeningRecord(happening, notices, call.now()), 0);
    } else call.out.line(happeningLine(happening, call.now(), call.out.room));
  }
  printLeft(call, left);
}

/** Whether it was not noted before. Other numbers in the same reason are no news. */
function isNew(noted: Set<string>, { slug, name, why }: Skipped): boolean {
  const note = `${slug}/${name} ${why.replaceAll(/\d+/g, "#")}`;
  if (noted.has(note)) return false;
  if (noted.size >= MAX_NOTES) noted.clear();
  noted.add(note);
  return true;
}
