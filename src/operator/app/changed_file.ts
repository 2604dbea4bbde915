/** What an operator wrote instead of the proposed file: checked, and what it would do. */

import { isOpen, type Item } from "../../queue/item.ts";
import { Failure } from "../failure.ts";
import type { Kind } from "../review/kind.ts";
import { kindOf } from "../review/mod.ts";
import type { App } from "./app.ts";
import { basisOf, requireShown } from "./basis.ts";
import { previewOf } from "./preview.ts";
import { shorten } from "./shorten.ts";

/** Throws a failure for a tool that this version does not know: it cannot be modified. */
export function requireKind({ proposal: { id, tool } }: Item): Kind {
  const kind = kindOf(tool);
  if (kind) return kind;
  throw new Failure(
    "malformed",
    `${shorten(id)} cannot be modified: this version does not know the tool ${tool}`,
    { do: "reject", id, notes: "why not" },
  );
}

/** `text` in its one form. Throws a failure when it is wrong, or says what the proposal says. */
export function changedFile({ proposal }: Item, kind: Kind, text: string): string {
  const review = kind.review(text);
  if (review.kind === "malformed") {
    throw new Failure("bad-edit", `the changed file is wrong: ${review.problem}`);
  }
  const { proposed_file: proposed, id } = proposal;
  const before = kind.review(proposed);
  const isPlain = before.kind === "understood" && before.isCanonical;
  // Of a file in another form already its one form is a change: others may have read more from it.
  if (isPlain ? review.canonical === before.canonical : text === proposed) {
    throw new Failure(
      "unchanged",
      "the file says what the proposal says, nothing was decided; change it",
      { do: isPlain ? "approve" : "show", id },
    );
  }
  return review.canonical;
}

/**
 * The basis of the changed file as the live files are now. Throws a failure when the one that was
 * given is neither that nor the proposal's.
 */
export async function basisOfChanged(
  app: App,
  item: Item,
  finalFile: string,
  given: string | undefined,
): Promise<string | undefined> {
  if (given === undefined || !isOpen(item)) return given;
  const preview = await previewOf(app, item, finalFile);
  const basis = basisOf(item.proposal, finalFile, preview);
  if (!basis.startsWith(given)) await requireShown(app, item, given);
  return basis;
}
