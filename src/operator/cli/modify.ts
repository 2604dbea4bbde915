/** `modify`: the agent may have something else than it asked for, which the operator writes. */

import { isOpen } from "../../queue/item.ts";
import { answer } from "../app/answer.ts";
import { requireShown } from "../app/basis.ts";
import { basisOfChanged, changedFile, requireKind } from "../app/changed_file.ts";
import { findItem } from "../app/find.ts";
import { readTextFile } from "../edit/text_file.ts";
import { Failure } from "../failure.ts";
import { editorCommand } from "../settings.ts";
import { readBasis, readNotes } from "./answer_options.ts";
import type { Command, CommandContext } from "./command.ts";
import { consent, dryRun } from "./consent.ts";
import { modifyInEditor } from "./modify_in_editor.ts";
import { recovered } from "./recovered.ts";
import { explaining, report } from "./report.ts";

export const modify: Command = {
  name: "modify",
  usage: "ID [--file FILE --basis HEX --notes TEXT --dry-run --take-over]",
  summary: "change the proposed file, then approve it",
  about: [
    "Claims the proposal, starts your editor (VISUAL, else EDITOR) on the proposed file, checks " +
    "what you saved, and approves and applies that instead, as approve does. A shell starts the " +
    "editor: quote in its command what needs quotes. It must not return before you are done. With " +
    "--file, no editor is started; --dry-run then prints what would change and the basis to do it " +
    "on.",
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
    const { app, operand, slug } = context;
    const notes = readNotes(context);
    const path = context.text("file");
    const editor = path === undefined ? requireEditor(context) : undefined;
    const given = readBasis(context);
    const isDryRun = context.flag("dry-run");
    const takeOver = context.flag("take-over");
    if (editor && isDryRun) {
      throw new Failure("usage", "--dry-run needs --file FILE: an editor would change it again");
    }
    const found = await findItem(app, operand, slug);
    const whole = isDryRun ? { item: found, recovered: [] } : await recovered(context, found);
    const { item } = whole;
    const kind = requireKind(item);
    if (editor) {
      if (given !== undefined && isOpen(item)) await requireShown(app, item, given);
      const edit = { kind, editor, notes, given, takeOver };
      const { answered, review } = await modifyInEditor(context, whole, edit);
      return await report(context, item, answered, review);
    }
    const finalFile = changedFile(item, kind, await readTextFile(path ?? ""));
    if (isDryRun) {
      return await dryRun(context, item, finalFile, { do: "modify", id: item.proposal.id });
    }
    const shown = await basisOfChanged(app, item, finalFile, given);
    const basis = isOpen(item) ? await consent(context, item, finalFile, shown) : shown;
    const request = { status: "modified", notes, finalFile, basis, takeOver } as const;
    const answered = await explaining(context, (actor) => answer(app, actor, whole, request));
    await report(context, item, answered, kind.review(finalFile));
  },
};

export function requireEditor(context: CommandContext): string {
  const editor = editorCommand(context.env);
  if (editor) return editor;
  throw new Failure(
    "usage",
    "neither VISUAL nor EDITOR is set; set one, or use --file FILE",
    { do: "modify", id: context.operand ?? "ID", file: "FILE" },
  );
}
