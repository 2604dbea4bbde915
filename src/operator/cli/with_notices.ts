/** What must not be overlooked of each of many proposals, with the live files read once. */

import type { Item } from "../../queue/item.ts";
import type { Notice } from "../review/kind.ts";
import type { CommandContext } from "./command.ts";
import { LiveTexts } from "../app/live_texts.ts";
import { noticesNow } from "../app/preview.ts";

/** The same list, each with its notices. `itemOf`: the proposal that one of them is about. */
export async function withNotices<T>(
  context: CommandContext,
  list: readonly T[],
  itemOf: (one: T) => Item,
): Promise<(readonly [of: T, notices: readonly Notice[]])[]> {
  const live = new LiveTexts(context.app);
  const notices = new Map<T, readonly Notice[]>();
  // The engines remember one file: those of one bottle come one after another.
  for (const group of Map.groupBy(list, (one) => itemOf(one).slug).values()) {
    for (const one of group) notices.set(one, await noticesNow(itemOf(one), live));
    live.forget();
  }
  return list.map((one) => [one, notices.get(one) ?? []]);
}
