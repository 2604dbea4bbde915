/** Says what earlier, killed programs were found to have left, and what is left of it. */

import type { Item } from "../../queue/item.ts";
import { interruptedChanges, recoverItem, type Whole } from "../app/recover.ts";
import { shorten } from "../app/shorten.ts";
import { workOf } from "../live/record.ts";
import type { Recovered } from "../live/recover.ts";
import { asOperator, type CommandContext } from "./command.ts";

/** Ends what was interrupted of `found` and says so; the answer need not do or say it again. */
export async function recovered(context: CommandContext, found: Item): Promise<Whole> {
  const { item, recovered } = await asOperator(
    context,
    (actor) => recoverItem(context.app, actor, found),
  );
  tellRecovered(context, recovered);
  return { item, recovered: [] };
}

export function tellRecovered(
  { json, err }: CommandContext,
  recovered: readonly Recovered[],
): void {
  if (json) return;
  for (const { sentence } of recovered) err.paragraph(sentence);
}

/** Says, where proposals are shown, that something was interrupted and is not ended yet. */
export async function announceInterrupted(
  context: CommandContext,
  slug = context.slug,
): Promise<void> {
  for (const record of await interruptedChanges(context.app, slug)) {
    context.err.paragraph(
      `supervisectl: the ${workOf(record)} of ${
        shorten(record.id)
      } (bottle ${record.slug}) was interrupted, and its ` +
        "files may be half changed; the next answer to it, or change of them, puts that right",
    );
  }
}
