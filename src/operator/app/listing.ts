/** The asks of all bottles, with what was undone of them by this operator's own records. */

import type { Listing } from "../../queue/desk.ts";
import type { Item } from "../../queue/item.ts";
import type { Slug } from "../../queue/layout.ts";
import { Failure } from "../failure.ts";
import { undoneKey } from "../live/change_journal.ts";
import type { ChangeRecord } from "../live/record.ts";
import type { App } from "./app.ts";

export interface ListedAsks extends Listing {
  readonly undone: ReadonlyMap<Item, ChangeRecord>;
}

/** `all`: also what is over. Throws the file system's error when the queue root cannot be read. */
export async function listAsks(
  app: App,
  slug: Slug | undefined,
  all: boolean,
): Promise<ListedAsks> {
  const listing = await app.desk.list({ slug, all });
  return { ...listing, undone: await undoneIn(app, listing.items) };
}

async function undoneIn(
  app: App,
  items: readonly Item[],
): Promise<ReadonlyMap<Item, ChangeRecord>> {
  const undone = new Map<Item, ChangeRecord>();
  const decided = items.filter(({ decision }) => decision !== undefined);
  // Where nothing is decided no record is looked for, and no place for them is needed.
  if (decided.length === 0) return undone;
  try {
    const keys = await app.changes.undoneKeys();
    for (const item of decided) {
      const { slug, proposal: { id } } = item;
      if (!keys.has(undoneKey(slug, id))) continue;
      const record = await app.changes.done(slug, id, "undo");
      if (record) undone.set(item, record);
    }
  } catch (error) {
    // The list must not fail for want of a state directory, or for one record in it: doctor tells.
    if (!(error instanceof Failure)) throw error;
  }
  return undone;
}
