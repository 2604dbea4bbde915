/** One proposal on paper: what is asked, what would change, why, and how to go on. */

import { formOf } from "../../queue/asking_tools.ts";
import { isOpen, type Item } from "../../queue/item.ts";
import { whyNot } from "../app/approvable.ts";
import { shownBasis } from "../app/basis.ts";
import { type Preview, whyNothing } from "../app/preview.ts";
import { shorten, shortHash } from "../app/shorten.ts";
import { wrapWords } from "../columns.ts";
import type { Output } from "../output.ts";
import type { Notice } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { quote, type Quoted } from "../review/quote.ts";
import { fieldRows, noticeRows, quotedRows } from "../text/parts.ts";
import { visibleLine } from "../visible.ts";
import { instantAndAge } from "../when.ts";
import type { CommandContext } from "./command.ts";
import { hiddenNotice } from "./hidden_notice.ts";
import { type LaidOutDiff, layOutAll, printLaidOut, remarksOn } from "./live_diff.ts";
import { askedAgain, stateOf, undoneBy, waitingFor } from "./standing.ts";

/** Rows of a text before the rest is only counted; `--full` shows all. */
const MAX_FILE_ROWS = 400;
const MAX_NOTE_ROWS = 60;

/** After so many rows of an agent's text, what must not be overlooked is said again. */
const SCROLLED_ROWS = 12;

export class Page {
  readonly #context: CommandContext;
  readonly #item: Item;
  readonly #preview: Preview;
  readonly #out: Output;
  // Laid out before anything is printed: what is left out of them decides what is said.
  readonly #diffs: readonly LaidOutDiff[];
  readonly #justification: Quoted;
  readonly #repeats: readonly (readonly [title: string, said: Quoted])[];
  /** Undefined where the diff says all of it. */
  readonly #file: Quoted | undefined;

  constructor(
    context: CommandContext,
    item: Item,
    preview: Preview,
    out: Output,
  ) {
    this.#context = context;
    this.#item = item;
    this.#preview = preview;
    this.#out = out;
    const { plan } = preview;
    const { proposed_file: file, justification, tool } = item.proposal;
    this.#diffs = plan ? layOutAll(plan, out.columns, this.#isFull) : [];
    this.#justification = this.#quote(justification, MAX_NOTE_ROWS);
    this.#repeats = item.repeats.map((
      repeat,
    ) => [askedAgain(repeat, context.app.now()), this.#quote(repeat.justification, MAX_NOTE_ROWS)]);
    // A whole Dockerfile is not repeated below what changes in it.
    const isInDiff = formOf(tool) === "dockerfile" && plan !== undefined && !this.#isFull;
    this.#file = isInDiff ? undefined : this.#quote(file, MAX_FILE_ROWS);
  }

  /** The basis to approve exactly what is shown. */
  get basis(): string {
    return shownBasis(this.#item, this.#preview);
  }

  print(): void {
    const { proposal } = this.#item;
    const now = this.#context.app.now();
    this.#out.line(`Proposal ${proposal.id}`);
    this.#field("bottle", this.#item.slug);
    this.#field("tool", proposal.tool);
    this.#field("arrived", instantAndAge(proposal.arrival_timestamp, now));
    this.#field("state", stateOf(this.#item, now));
    const { undone } = this.#preview;
    if (undone) this.#field("undone", undoneBy(undone, now));
    if (this.#isOpen) this.#field("waiting", waitingFor(this.#item, now));
    const hidden = this.#isOpen ? this.#hidden() : undefined;
    if (this.#isOpen && !hidden) this.#field("basis", shortHash(this.basis));
    this.#asks();
    const found = this.#preview.notices;
    const rows = this.#live() +
      this.#text("The agent's justification", this.#justification) +
      this.#repeats.reduce((sum, [title, said]) => sum + this.#text(title, said), 0) +
      this.#proposedFile();
    this.#decision();
    if (found.length > 0 && rows > SCROLLED_ROWS) {
      this.#out.line();
      this.#out.line("Once more:");
      this.#out.rows(noticeRows(found, this.#out.columns));
    }
    this.#next(hidden !== undefined);
    if (hidden) {
      this.#out.line();
      this.#out.rows(noticeRows([hidden], this.#out.columns));
    }
  }

  /** That not all is printed; undefined when all is. A basis stands for what was shown. */
  #hidden(): Notice | undefined {
    const parts = [
      ...this.#diffs.map(({ target, ...diff }) => ({
        what: `the diff of ${target.path}`,
        ...diff,
      })),
      { what: "the justification", ...this.#justification, hiddenFrom: undefined },
      ...this.#repeats.map(([, said]) => ({
        what: "the justification of an ask made again",
        ...said,
        hiddenFrom: undefined,
      })),
      ...this.#file ? [{ what: "the proposed file", ...this.#file }] : [],
    ];
    return hiddenNotice(parts, this.#preview.notices);
  }

  /** The diffs, and what is to be known of the live files. Returns how many rows they took. */
  #live(): number {
    const { plan, problem } = this.#preview;
    if (!plan) {
      const { tool } = this.#item.proposal;
      if (problem || !this.#isOpen || whyNot(this.#item.proposal)) return 0;
      this.#out.line();
      this.#out.paragraph(`Nothing would be applied: ${whyNothing(tool)}.`);
      return 0;
    }
    const rows = this.#diffs.reduce((sum, diff) => sum + printLaidOut(this.#out, diff), 0);
    const remarks = remarksOn(plan);
    if (remarks.length > 0) this.#out.line();
    for (const sentence of remarks) this.#out.paragraph(sentence);
    return rows;
  }

  #proposedFile(): number {
    if (this.#file) return this.#text("The proposed file", this.#file);
    this.#out.line();
    this.#out.line("The whole proposed file: --full shows it.");
    return 0;
  }

  get #isOpen(): boolean {
    return isOpen(this.#item);
  }

  get #isFull(): boolean {
    return this.#context.flag("full");
  }

  /** What is asked for, in the program's words, and what must not be overlooked. */
  #asks(): void {
    const review = reviewOf(this.#item.proposal);
    this.#out.line();
    if (review.kind === "understood") {
      for (const row of wrapWords(`Asks to ${visibleLine(review.asks)}.`, this.#out.columns)) {
        this.#out.line(row);
      }
      for (const [label, value] of review.details) this.#field(label, value);
    }
    this.#out.rows(noticeRows(this.#preview.notices, this.#out.columns));
  }

  #decision(): void {
    const { decision, proposal } = this.#item;
    const { applied, undone, isLost } = this.#preview;
    if (applied) {
      const paths = applied.files.filter(({ added }) => added !== undefined)
        .map(({ target }) => target.path);
      this.#out.line();
      this.#out.paragraph(
        paths.length > 0
          ? `Applied to ${paths.join(" and ")}${isLost ? ", which no longer say all of it" : ""}.`
          : `The live files said it already when it was approved${
            isLost ? ", and no longer do" : ""
          }.`,
      );
      if (paths.length > 0) {
        this.#out.line(`Undo: ${this.#context.next("undo", shorten(proposal.id))}`);
      } else if (isLost) {
        this.#approveAgain();
      }
    }
    if (undone) {
      this.#out.line();
      this.#out.paragraph("What it added was taken back.");
      this.#approveAgain();
      if (undone.notes) {
        this.#text("The notes of the undo", this.#quote(undone.notes, MAX_NOTE_ROWS));
      }
    }
    if (decision?.notes) {
      this.#text("The operator's notes", this.#quote(decision.notes, MAX_NOTE_ROWS));
    }
    if (decision?.final_file) {
      this.#text("The decided file", this.#quote(decision.final_file, MAX_FILE_ROWS));
    }
  }

  #approveAgain(): void {
    const { id } = this.#item.proposal;
    this.#out.line(`Approve again: ${this.#context.next("approve", shorten(id))}`);
  }

  /** The command lines that go on from here. What was not shown whole is shown before it is approved. */
  #next(isHidden: boolean): void {
    if (!this.#isOpen) return;
    const { state, proposal } = this.#item;
    const id = shorten(proposal.id);
    const other = state === "claimed" && this.#item.claim?.claimed_by !== this.#context.operator;
    const takeOver = other ? ["--take-over"] : [];
    const basis = isHidden ? [] : ["--basis", shortHash(this.basis)];
    const review = reviewOf(proposal);
    const commands = [
      ...isHidden
        ? [["show", id, "--full"]]
        : review.kind === "understood" && review.isCanonical
        ? [["approve", id, ...basis, ...takeOver]]
        : [],
      ...kindOf(proposal.tool) ? [["modify", id, ...basis, ...takeOver]] : [],
      ["reject", id, ...basis, ...takeOver, "--notes", "why not"],
    ];
    this.#out.line();
    for (const [index, words] of commands.entries()) {
      this.#out.line(`${index === 0 ? "Try:" : "    "} ${this.#context.next(...words)}`);
    }
  }

  #field(label: string, value: string): void {
    this.#out.rows(fieldRows(label, value, this.#out.columns));
  }

  #quote(text: string, maxRows: number): Quoted {
    return quote(text, this.#out.columns, this.#isFull ? Infinity : maxRows);
  }

  /** Prints a text of somebody else's behind a gutter. Returns how many rows it took. */
  #text(title: string, text: Quoted): number {
    this.#out.line();
    this.#out.rows(quotedRows(title, text));
    return text.rows.length;
  }
}
