/** `modify`: the agent may have something else than it asked for, which the operator writes. */

import { isOpen, type Item } from "../../queue/item.ts";
import { Draft } from "../edit/draft.ts";
import { edit } from "../edit/editor.ts";
import { readTextFile } from "../edit/text_file.ts";
import { Failure } from "../failure.ts";
import type { Kind, Review } from "../review/kind.ts";
import { kindOf } from "../review/mod.ts";
import { editorCommand } from "../settings.ts";
import { basisOf, readBasis, requireShown } from "./basis.ts";
import { again, claim, release } from "./claiming.ts";
import type { Command, CommandContext } from "./command.ts";
import { consent, dryRun } from "./consent.ts";
import { endOf } from "./end_of.ts";
import { findItem } from "./find.ts";
import { Lapsed, lapsed } from "./lapsed.ts";
import { readNotes } from "./notes.ts";
import { outlookOn } from "./outlook.ts";
import { explain, report } from "./report.ts";
import { settle, type Settled } from "./settle.ts";
import { shorten } from "./short_id.ts";

export const modify: Command = {
  name: "modify",
  usage: "ID [--file FILE --basis HEX --notes TEXT --dry-run --take-over]",
  summary: "change the proposed file, then approve it",
  about: [
    "Claims the proposal, starts your editor (VISUAL, else EDITOR) on the proposed file, checks " +
    "what you saved, and approves and applies that instead, as approve does. A shell starts the " +
    "editor: quote in its command what needs quotes. It must not return before you are done. With " +
    "--file no " +
    "editor is started; --dry-run then prints what would change and the basis to do it on.",
    "Nothing is decided when you change nothing, when the editor fails, or when the changed file " +
    "is wrong; the claim is given back and your text is kept.",
  ],
  options: ["file", "basis", "notes", "dry-run", "take-over"],
  operand: { name: "ID", required: true },
  examples: [
    "supervisectl modify 1a2b --notes 'only the paths you need'",
    "EDITOR='code --wait' supervisectl modify 1a2b",
    "supervisectl modify 1a2b --file route.json",
    "supervisectl modify 1a2b --file -",
  ],
  acts: true,
  async run(context) {
    const notes = readNotes(context);
    const file = context.text("file");
    const editor = file === undefined ? requireEditor(context) : undefined;
    const given = readBasis(context);
    if (!context.flag("dry-run")) await endOf(context);
    const item = await findItem(context);
    const kind = requireKind(item);
    if (editor && context.flag("dry-run")) {
      throw new Failure("usage", "--dry-run needs --file FILE: an editor would change it anew");
    }
    if (editor) {
      if (given !== undefined && isOpen(item)) await requireShown(context, item, given);
      const { settled, review } = await modifyInEditor(context, item, {
        ...{ kind, editor, notes, given },
      });
      return await report(context, item, settled, review);
    }
    const finalFile = changed(item, kind, await readTextFile(file ?? ""));
    if (context.flag("dry-run")) {
      return await dryRun(context, item, finalFile, again(context, item, "modified", undefined));
    }
    const basis = await basisOn(context, item, finalFile, given);
    const change = { finalFile, notes, basis, takeOver: context.flag("take-over") };
    await report(context, item, await answer(context, item, change), kind.review(finalFile));
  },
};

interface Changed {
  readonly finalFile: string;
  readonly notes: string;
  /** Of the changed file, as `--dry-run` prints it. */
  readonly basis: string | undefined;
  readonly takeOver: boolean;
}

/**
 * The basis of the changed file as the live files are now. Throws a failure when the one that was
 * given is neither that nor the proposal's, as `show` prints it.
 */
async function basisOn(
  context: CommandContext,
  item: Item,
  finalFile: string,
  given: string | undefined,
): Promise<string | undefined> {
  if (given === undefined || !isOpen(item)) return given;
  const outlook = await outlookOn(context, item, finalFile);
  const basis = basisOf(item.proposal, finalFile, outlook);
  if (!basis.startsWith(given)) await requireShown(context, item, given);
  return basis;
}

/** Approves the changed file instead of the proposed one. */
async function answer(
  context: CommandContext,
  item: Item,
  change: Changed,
  signal?: AbortSignal,
): Promise<Settled> {
  const { finalFile } = change;
  const basis = isOpen(item)
    ? await consent(context, item, finalFile, change.basis, signal)
    : change.basis;
  try {
    return await settle(context, item, { ...change, status: "modified", basis });
  } catch (error) {
    explain(context, error);
    throw error;
  }
}

export function requireEditor(context: CommandContext): string {
  const editor = editorCommand(context.env);
  if (editor) return editor;
  throw new Failure(
    "usage",
    "neither VISUAL nor EDITOR is set; an editor or --file FILE is wanted",
    { do: "modify", id: context.operand ?? "ID", file: "FILE" },
  );
}

export function requireKind(item: Item): Kind {
  const kind = kindOf(item.proposal.tool);
  if (kind) return kind;
  const id = shorten(item.proposal.id);
  throw new Failure(
    "malformed",
    `${id} cannot be modified: this version does not know the tool ${item.proposal.tool}`,
    { do: "reject", id, notes: "why not" },
  );
}

/** The text in its one form. Throws a failure when it is wrong, or says what the proposal says. */
export function changed(item: Item, kind: Kind, text: string): string {
  const review = kind.review(text);
  if (review.kind === "malformed") {
    throw new Failure("bad-edit", `the changed file is wrong: ${review.problem}`);
  }
  const { proposed_file: proposed, id } = item.proposal;
  const before = kind.review(proposed);
  const isPlain = before.kind === "understood" && before.isCanonical;
  // Of a file in another form already its one form is a change: others may have read more from it.
  if (isPlain ? review.canonical === before.canonical : text === proposed) {
    throw new Failure(
      "unchanged",
      "the file says what the proposal says, nothing was decided; a change is wanted",
      { do: isPlain ? "approve" : "show", id },
    );
  }
  return review.canonical;
}

/** An editor that ends so soon after its start was not used by a person. */
const AT_ONCE_MS = 3_000;

/** Whether the editor returned without a change, and sooner than a person does. */
export function isAtOnce(
  { app }: CommandContext,
  { proposal }: Item,
  text: string,
  startedMs: number,
): boolean {
  return text === proposal.proposed_file && app.now().getTime() - startedMs < AT_ONCE_MS;
}

interface InEditor {
  readonly kind: Kind;
  readonly editor: string;
  readonly notes: string;
  /** Of the proposal as it was shown, or of the changed file. */
  readonly given: string | undefined;
}

/** Throws a failure, which says where the operator's text is, when nothing was decided. */
async function modifyInEditor(
  context: CommandContext,
  item: Item,
  { kind, editor, notes, given }: InEditor,
): Promise<{ readonly settled: Settled; readonly review: Review }> {
  using interrupts = context.interrupts();
  await claim(context, item, "modified", context.flag("take-over"));
  let draft: Draft | undefined;
  let wasAtOnce = false;
  try {
    draft = await Draft.create(kind.fileName, item.proposal.proposed_file);
    const startedMs = context.app.now().getTime();
    await edit(editor, draft.path, interrupts);
    const text = await draft.read();
    wasAtOnce = isAtOnce(context, item, text, startedMs);
    if (wasAtOnce) throw atOnce(editor);
    const finalFile = changed(item, kind, text);
    // The edit may have taken hours: another operator may have taken the claim over.
    const basis = await basisOn(context, item, finalFile, given);
    const change = { finalFile, notes, basis, takeOver: false };
    const settled = await answer(context, item, change, interrupts.signal);
    await draft.remove();
    return { settled, review: kind.review(finalFile) };
  } catch (error) {
    await release(context, item);
    const told = await lapsed(context, item, error);
    const isUnchanged = error instanceof Failure && error.code === "unchanged";
    if (draft && (wasAtOnce || !isUnchanged && await draft.isChanged())) {
      throw withText(item, told, draft.path);
    }
    await draft?.remove();
    throw told;
  }
}

/** Many editors hand a file to a window that is open and return: what is saved there comes later. */
export function atOnce(editor: string): Failure {
  return new Failure(
    "editor-failed",
    `the editor ${editor} returned at once without a change, nothing was decided; where it still ` +
      "has the file open, save it there and go on with --file, or have it wait (as code --wait)",
  );
}

/** Adds where the operator's text is, and how to go on with it. */
export function withText(item: Item, error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const goesOn = !(error instanceof Lapsed) &&
    ["bad-edit", "interrupted", "editor-failed", "cannot-write"].includes(error.code);
  return new Failure(
    error.code,
    `${error.message}; your text is kept in ${path}`,
    goesOn ? { do: "modify", id: item.proposal.id, file: path } : error.remedy,
  );
}
