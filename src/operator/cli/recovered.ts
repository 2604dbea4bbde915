/** Says what earlier, killed programs were found to have left, and what is left of it. */

import type { Item } from "../../queue/item.ts";
import { interruptedChanges, recoverItem } from "../app/recover.ts";
import { shorten } from "../app/short_id.ts";
import type { Recovered } from "../live/recover.ts";
import { asOperator, type CommandContext } from "./command.ts";

/** Ends what was interrupted of `item`, says so, and returns it as it is then. */
export async function recovered(context: CommandContext, item: Item): Promise<Item> {
  const found = await asOperator(context, (actor) => recoverItem(context.app, actor, item));
  tellRecovered(context, found.recovered);
  return found.item;
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
  for (const { id, slug: bottle, purpose } of await interruptedChanges(context.app, slug)) {
    const what = purpose === "undo" ? "undo" : "approval";
    context.err.paragraph(
      `supervisectl: the ${what} of ${shorten(id)} (bottle ${bottle}) was interrupted, and its ` +
        "files may be half changed; the next answer to it, or change of them, puts that right",
    );
  }
}
