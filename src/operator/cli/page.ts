/** One proposal on paper: what is asked, what would change, why, and how to go on. */

import { formOf } from "../../queue/asking_tools.ts";
import { isOpen, type Item } from "../../queue/item.ts";
import { whyNot } from "../app/approvable.ts";
import { shownBasis } from "../app/basis.ts";
import { type Preview, whyNothing } from "../app/preview.ts";
import { shorten, shortHash } from "../app/shorten.ts";
import { wrapWords } from "../columns.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { quote, type Quoted } from "../review/quote.ts";
import { changeRows, fieldRows, noticeRows, quotedRows, sentenceRows } from "../text/parts.ts";
import { plain, type Row } from "../text/row.ts";
import { visibleLine } from "../visible.ts";
import { instantAndAge } from "../when.ts";
import type { CommandContext } from "./command.ts";
import { hiddenNotice } from "./hidden_notice.ts";
import { layOutAll, remarksOn } from "./live_diff.ts";
import { askedAgain, stateOf, undoneBy, waitingFor } from "./standing.ts";

/** Rows of a text before the rest is only counted; `--full` shows all. */
const MAX_FILE_ROWS = 400;
const MAX_NOTE_ROWS = 60;

/** After so many rows of an agent's text, what must not be overlooked is said again. */
const SCROLLED_ROWS = 12;

export function pageRows(context: CommandContext, item: Item, preview: Preview): Row[] {
  const { columns, room } = context.out;
  const { proposal } = item;
  const { plan, notices, undone } = preview;
  const now = context.app.now();
  const field = (label: string, value: string) => fieldRows(label, value, columns);
  const texts = textsOf(context, item, preview);
  const { diffs, justification, repeats, file } = texts;
  const hidden = isOpen(item) ? hiddenIn(texts, preview) : undefined;
  const basis = hidden ? undefined : shortHash(shownBasis(item, preview));
  const said = [...diffs, justification, ...repeats.map(([, text]) => text), ...file ? [file] : []];
  const isScrolled = said.reduce((sum, { rows }) => sum + rows.length, 0) > SCROLLED_ROWS;
  const remarks = plan ? remarksOn(plan) : remarksWithout(item, preview);
  return [
    plain(`Proposal ${proposal.id}`),
    ...field("bottle", item.slug),
    ...field("tool", proposal.tool),
    ...field("arrived", instantAndAge(proposal.arrival_timestamp, now)),
    ...field("state", stateOf(item, now)),
    ...undone ? field("undone", undoneBy(undone, now)) : [],
    ...isOpen(item) ? field("waiting", waitingFor(item, now)) : [],
    ...isOpen(item) && basis ? field("basis", basis) : [],
    [],
    ...askRows(item, columns),
    ...noticeRows(notices, columns),
    ...diffs.flatMap((diff) => [[], ...changeRows(diff, room)]),
    ...remarks.length > 0 ? [[]] : [],
    ...remarks.flatMap((sentence) => sentenceRows(sentence, room)),
    ...under("The agent's justification", justification),
    ...repeats.flatMap(([title, text]) => under(title, text)),
    ...file
      ? under("The proposed file", file)
      : [[], plain("The whole proposed file: --full shows it.")],
    ...decisionRows(context, item, preview),
    ...notices.length > 0 && isScrolled
      ? [[], plain("Once more:"), ...noticeRows(notices, columns)]
      : [],
    ...isOpen(item) ? nextRows(context, item, basis) : [],
    ...hidden ? [[], ...noticeRows([hidden], columns)] : [],
  ];
}

type Texts = ReturnType<typeof textsOf>;

/** Laid out before anything else: what is left out of them decides what is said. */
function textsOf(context: CommandContext, { proposal, repeats }: Item, { plan }: Preview) {
  const { out, app } = context;
  const { proposed_file, justification, tool } = proposal;
  const isFull = context.flag("full");
  // A whole Dockerfile is not repeated below what changes in it.
  const isInDiff = formOf(tool) === "dockerfile" && plan !== undefined && !isFull;
  return {
    diffs: plan ? layOutAll(plan, out.columns, isFull) : [],
    justification: quoted(context, justification, MAX_NOTE_ROWS),
    repeats: repeats.map((repeat) =>
      [
        askedAgain(repeat, app.now()),
        quoted(context, repeat.justification, MAX_NOTE_ROWS),
      ] as const
    ),
    /** Undefined where the diff says all of it. */
    file: isInDiff ? undefined : quoted(context, proposed_file, MAX_FILE_ROWS),
  };
}

function quoted(context: CommandContext, text: string, maxRows: number): Quoted {
  return quote(text, context.out.columns, context.flag("full") ? Infinity : maxRows);
}

/** A text of somebody else's behind a gutter. */
function under(title: string, text: Quoted): Row[] {
  return [[], ...quotedRows(title, text)];
}

/** That not all is printed; undefined when all is. A basis stands for what was shown. */
function hiddenIn({ diffs, justification, repeats, file }: Texts, { notices }: Preview) {
  const parts = [
    ...diffs.map(({ target, ...diff }) => ({ what: `the diff of ${target.path}`, ...diff })),
    { what: "the justification", ...justification, hiddenFrom: undefined },
    ...repeats.map(([, text]) => ({
      what: "the justification of an ask made again",
      ...text,
      hiddenFrom: undefined,
    })),
    ...file ? [{ what: "the proposed file", ...file }] : [],
  ];
  return hiddenNotice(parts, notices);
}

function remarksWithout(item: Item, { problem }: Preview): string[] {
  const { proposal } = item;
  if (problem || !isOpen(item) || whyNot(proposal)) return [];
  return [`Nothing would be applied: ${whyNothing(proposal.tool)}.`];
}

/** What is asked for, in the program's words. */
function askRows({ proposal }: Item, columns: number): Row[] {
  const review = reviewOf(proposal);
  if (review.kind !== "understood") return [];
  return [
    ...wrapWords(`Asks to ${visibleLine(review.asks)}.`, columns).map(plain),
    ...review.details.flatMap(([label, value]) => fieldRows(label, value, columns)),
  ];
}

function decisionRows(
  context: CommandContext,
  { decision, proposal }: Item,
  { applied, undone, isLost }: Preview,
): Row[] {
  const id = shorten(proposal.id);
  const sentence = (text: string) => [[], ...sentenceRows(text, context.out.room)];
  const again = plain(`Approve again: ${context.next("approve", id)}`);
  const paths = (applied?.files ?? []).filter(({ added }) => added !== undefined)
    .map(({ target }) => target.path).join(" and ");
  const changed = `Applied to ${paths}${isLost ? ", which no longer say all of it" : ""}.`;
  const idle = "The live files said it already when it was approved" +
    `${isLost ? ", and no longer do" : ""}.`;
  return [
    ...applied ? sentence(paths ? changed : idle) : [],
    ...paths ? [plain(`Undo: ${context.next("undo", id)}`)] : applied && isLost ? [again] : [],
    ...undone ? [...sentence("What it added was taken back."), again] : [],
    ...undone?.notes
      ? under("The notes of the undo", quoted(context, undone.notes, MAX_NOTE_ROWS))
      : [],
    ...decision?.notes
      ? under("The operator's notes", quoted(context, decision.notes, MAX_NOTE_ROWS))
      : [],
    ...decision?.final_file
      ? under("The decided file", quoted(context, decision.final_file, MAX_FILE_ROWS))
      : [],
  ];
}

/** The command lines that go on from here. What was not shown whole is shown before it is approved. */
function nextRows(context: CommandContext, item: Item, basis: string | undefined): Row[] {
  const { state, proposal, claim } = item;
  const id = shorten(proposal.id);
  const isOthers = state === "claimed" && claim?.claimed_by !== context.operator;
  const given = [...basis ? ["--basis", basis] : [], ...isOthers ? ["--take-over"] : []];
  const review = reviewOf(proposal);
  const canApprove = review.kind === "understood" && review.isCanonical;
  const commands = [
    ...basis === undefined
      ? [["show", id, "--full"]]
      : canApprove
      ? [["approve", id, ...given]]
      : [],
    ...kindOf(proposal.tool) ? [["modify", id, ...given]] : [],
    ["reject", id, ...given, "--notes", "why not"],
  ];
  return [
    [],
    ...commands.map((words, index) =>
      plain(`${index === 0 ? "Try:" : "    "} ${context.next(...words)}`)
    ),
  ];
}
