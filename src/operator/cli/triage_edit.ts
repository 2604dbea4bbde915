/** `m` on the triage screen: the editor first, which decides nothing; what it made is looked at then. */

import type { Item } from "../../queue/item.ts";
import { requireKind } from "../app/changed_file.ts";
import { claim, release } from "../app/claim.ts";
import { Draft } from "../edit/draft.ts";
import { Failure } from "../failure.ts";
import { actorOf, type CommandContext } from "./command.ts";
import { requireEditor } from "./modify.ts";
import { editedFile, withText } from "./modify_in_editor.ts";

/** The texts that were edited and not decided on, by proposal: the next edit goes on from there. */
export type Kept = Map<string, Draft>;

/**
 * The changed file in its one form; undefined when the operator changed nothing. The claim is held
 * while the editor runs. Throws a failure, which says where the text is, when the text is wrong.
 */
export async function editProposed(
  context: CommandContext,
  item: Item,
  key: string,
  kept: Kept,
): Promise<string | undefined> {
  const editor = requireEditor(context);
  const kind = requireKind(item);
  using interrupts = context.interrupts();
  const actor = actorOf(context, interrupts.signal);
  await claim(context.app, actor, item, "modified");
  const { proposed_file: proposed } = item.proposal;
  let draft = kept.get(key);
  try {
    draft = draft && await draft.isThere() ? draft : await Draft.create(kind.fileName, proposed);
    kept.set(key, draft);
    return await editedFile(context, item, { kind, editor, draft, interrupts });
  } catch (error) {
    if (error instanceof Failure && error.code === "unchanged") return await drop(key, kept);
    if (draft && error instanceof Failure && await draft.isChanged()) {
      throw withText(item, error, draft.path);
    }
    throw error;
  } finally {
    await release(context.app, actor, item);
  }
}

/** Its text is decided on, or says nothing of its own. */
export async function drop(key: string, kept: Kept): Promise<undefined> {
  await kept.get(key)?.remove();
  kept.delete(key);
}
