/** `modify`: the agent may have something else than it asked for, which the operator writes. */

import type { Item } from "../../queue/bottle.ts";
import { Draft } from "../edit/draft.ts";
import { edit } from "../edit/editor.ts";
import { readTextFile } from "../edit/text_file.ts";
import { Failure } from "../failure.ts";
import type { Kind } from "../review/kind.ts";
import { kindOf } from "../review/mod.ts";
import { editorCommand } from "../settings.ts";
import type { Call, Command } from "./command.ts";
import { readNotes } from "./notes.ts";
import {
  again,
  claim,
  decide,
  findShown,
  givenBasis,
  release,
  report,
  settle,
  shortBasis,
} from "./settle.ts";
import { shorten } from "./short_id.ts";

export const modify: Command = {
  name: "modify",
  usage: "ID [--file FILE --basis HEX --notes TEXT --take-over]",
  summary: "change the proposed file, then approve it",
  about: [
    "Claims the proposal, starts your editor (VISUAL, else EDITOR) on the proposed file, checks " +
    "what you saved, and approves that instead. With --file no editor is started.",
    "Nothing is decided when you change nothing, when the editor fails, or when the changed file " +
    "is wrong; the claim is given back and your text is kept.",
    "No live file is changed: make the change yourself.",
  ],
  options: ["file", "basis", "notes", "take-over"],
  operand: { name: "ID", required: true },
  examples: [
    "supervisectl modify 1a2b --notes 'only the paths you need'",
    "EDITOR='code --wait' supervisectl modify 1a2b",
    "supervisectl modify 1a2b --file route.json",
  ],
  async run(call) {
    const notes = readNotes(call);
    const file = call.text("file");
    const editor = file === undefined ? requireEditor(call) : undefined;
    const item = await findShown(call);
    const kind = requireKind(call, item);
    if (editor) return await modifyInEditor(call, item, kind, editor, notes);
    const finalFile = changed(call, item, kind, await readTextFile(file ?? ""));
    const decision = await settle(call, item, { status: "modified", notes, finalFile });
    report(call, item, decision, kind.review(finalFile));
  },
};

type Editor = readonly [string, ...string[]];

function requireEditor(call: Call): Editor {
  const editor = editorCommand(call.env);
  if (editor) return editor;
  throw new Failure(
    "usage",
    "neither VISUAL nor EDITOR is set; an editor or --file FILE is wanted",
    call.next("modify", call.operand ?? "ID", "--file", "FILE", ...givenBasis(call)),
  );
}

function requireKind(call: Call, item: Item): Kind {
  const kind = kindOf(item.proposal.tool);
  if (kind) return kind;
  const id = shorten(item.proposal.id);
  throw new Failure(
    "malformed",
    `${id} cannot be modified: this version does not know the tool ${item.proposal.tool}`,
    call.next("reject", id, "--notes", "why not"),
  );
}

/** The text in its one form. Throws a failure when it is wrong, or says what the proposal says. */
function changed(call: Call, item: Item, kind: Kind, text: string): string {
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
      call.next(isPlain ? "approve" : "show", shorten(id), ...isPlain ? givenBasis(call) : []),
    );
  }
  return review.canonical;
}

async function modifyInEditor(
  call: Call,
  item: Item,
  kind: Kind,
  editor: Editor,
  notes: string,
): Promise<void> {
  using interrupts = call.interrupts();
  await claim(call, item, "modified", call.flag("take-over"));
  let draft: Draft | undefined;
  try {
    draft = await Draft.create(kind.fileName, item.proposal.proposed_file);
    await edit(editor, draft.path, interrupts);
    const finalFile = changed(call, item, kind, await draft.read());
    // The edit may have taken hours: another operator may have taken the claim over.
    await claim(call, item, "modified");
    const decision = await decide(call, item, { status: "modified", notes, finalFile });
    await draft.remove();
    report(call, item, decision, kind.review(finalFile));
  } catch (error) {
    await release(call, item);
    if (error instanceof Failure && error.code === "unchanged") await draft?.remove();
    throw draft && await draft.keepIfChanged() ? withText(call, item, error, draft.path) : error;
  }
}

/** Adds where the operator's text is, and how to go on with it. */
function withText(call: Call, item: Item, error: unknown, path: string): unknown {
  if (!(error instanceof Failure)) return error;
  const [command = "modify", id = shorten(item.proposal.id), ...rest] = again(
    call,
    item,
    "modified",
    // What was edited began as this file; on another one the text says nothing.
    shortBasis(item.proposal.current_file_hash),
  );
  const goesOn = error.code === "bad-edit" || error.code === "interrupted" ||
    error.code === "editor-failed" || error.code === "cannot-write";
  return new Failure(
    error.code,
    `${error.message}; your text is kept in ${path}`,
    goesOn ? call.next(command, id, "--file", path, ...rest) : error.next,
  );
}
