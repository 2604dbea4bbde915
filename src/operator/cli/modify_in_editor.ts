/** The operator's own text from an editor: claimed while it is written, kept when nothing is decided. */

import { isOpen, type Item } from "../../queue/item.ts";
import { answer, type Answered } from "../app/answer.ts";
import { basisOfChanged, changedFile } from "../app/changed_file.ts";
import { claim, release } from "../app/claim.ts";
import type { Whole } from "../app/recover.ts";
import { ExpiredMeanwhile, expiredMeanwhile } from "../app/refusals.ts";
import { Draft } from "../edit/draft.ts";
import { edit } from "../edit/editor.ts";
import { Failure } from "../failure.ts";
import type { Interrupts } from "../io.ts";
import type { Kind, Review } from "../review/kind.ts";
import { actorOf, type CommandContext } from "./command.ts";
import { consent } from "./consent.ts";
import { explaining } from "./report.ts";

/** An editor that ends so soon after its start was not used by a person. */
const AT_ONCE_MS = 3_000;

export interface InEditor {
  readonly kind: Kind;
  readonly editor: string;
  readonly notes: string;
  /** Of the proposal as it was shown, or of the changed file. */
  readonly given: string | undefined;
  readonly takeOver: boolean;
}

/** Throws a failure, which says where the operator's text is, when nothing was decided. */
export async function modifyInEditor(
  context: CommandContext,
  whole: Whole,
  { kind, editor, notes, given, takeOver }: InEditor,
): Promise<{ readonly answered: Answered; readonly review: Review }> {
  const { app } = context;
  const { item } = whole;
  using interrupts = context.interrupts();
  const actor = actorOf(context, interrupts.signal);
  await claim(app, actor, item, "modified", takeOver);
  let draft: Draft | undefined;
  try {
    draft = await Draft.create(kind.fileName, item.proposal.proposed_file);
    const finalFile = await editedFile(context, item, { kind, editor, draft, interrupts });
    const shown = await basisOfChanged(app, item, finalFile, given);
    const basis = isOpen(item)
      ? await consent(context, item, finalFile, shown, interrupts.signal)
      : shown;
    // The edit may have taken hours: another operator may have taken the claim over.
    const request = { status: "modified", notes, finalFile, basis, takeOver: false } as const;
    const answered = await explaining(context, () => answer(app, actor, whole, request));
    await draft.remove();
    return { answered, review: kind.review(finalFile) };
  } catch (error) {
    await release(app, actor, item);
    const told = await expiredMeanwhile(app, actor, item, error);
    const isUnchanged = error instanceof Failure && error.code === "unchanged";
    const isLeft = error instanceof EditorLeft;
    if (draft && (isLeft || !isUnchanged && await draft.isChanged())) {
      throw withText(item, told, draft.path);
    }
    await draft?.remove();
    throw told;
  }
}

/** What the editor makes of the draft, in its one form. Throws a failure when it is wrong. */
export async function editedFile(
  { app }: CommandContext,
  item: Item,
  { kind, editor, draft, interrupts }: Pick<InEditor, "kind" | "editor"> & {
    readonly draft: Draft;
    readonly interrupts: Interrupts;
  },
): Promise<string> {
  const startedMs = app.now().getTime();
  await edit(editor, draft.path, interrupts);
  const text = await draft.read();
  const isAtOnce = app.now().getTime() - startedMs < AT_ONCE_MS;
  if (isAtOnce && text === item.proposal.proposed_file) throw new EditorLeft(editor);
  return changedFile(item, kind, text);
}

/** Many editors hand a file to a window that is open and return: what is saved there comes later. */
class EditorLeft extends Failure {
  constructor(editor: string) {
    super(
      "editor-failed",
      `the editor ${editor} returned at once without a change, nothing was decided; where it still ` +
        "has the file open, save it there and go on with --file, or have it wait (as code --wait)",
    );
  }
}

/** Failures after which the text can be used as it is, or mended. */
const GOES_ON = ["bad-edit", "interrupted", "editor-failed", "cannot-write"];

/** Adds where the operator's text is, and how to go on with it. */
export function withText({ proposal: { id } }: Item, error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const goesOn = !(error instanceof ExpiredMeanwhile) && GOES_ON.includes(error.code);
  return new Failure(
    error.code,
    `${error.message}; your text is kept in ${path}`,
    goesOn ? { do: "modify", id, file: path } : error.remedy,
  );
}
