/** Since when a bottle may reach what a grant has, who allowed it and why, in one sentence. */

import type { Grant } from "../app/granted.ts";
import { cut } from "../columns.ts";
import { visibleLine } from "../visible.ts";
import { instant } from "../when.ts";
import { shorten } from "../app/short_id.ts";

/** What an agent or an operator wrote is cut to this much; `--full` and `--json` have all. */
const MAX_WORDS_COLUMNS = 120;

/**
 * `since 2026-11-28 12:00Z, alice (cli, 1a2b3c4d): for a week; the agent: to read the issues`. What
 * the agent wrote comes last, so that none of it can pass for the operator's words.
 */
export function sinceWhen({ origin }: Grant, slug: string, isFull: boolean): string {
  if (!origin) return "by hand";
  const { at, who, face = "cli", proposal_id, bottle_slug: bottle, justification, notes } =
    origin.entry;
  const words = (text: string) =>
    cut(
      visibleLine(text.trim().replaceAll(/\s*\n\s*/g, " ")),
      isFull ? Infinity : MAX_WORDS_COLUMNS,
    );
  const where = bottle === slug ? "" : `, for bottle ${visibleLine(bottle)}`;
  const said = notes ? `: ${words(notes)}` : "";
  const why = justification ? `; the agent: ${words(justification)}` : "";
  const time = instant(at).replace("T", " ").replace(/:\d\dZ$/, "Z");
  return `since ${time}, ${visibleLine(who)} (${face}, ${
    shorten(proposal_id)
  }${where})${said}${why}`;
}
