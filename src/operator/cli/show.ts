/** `show`: everything about one proposal, in plain words before the file itself. */

import type { Item } from "../../queue/bottle.ts";
import { cut, pad, wrapWords } from "../columns.ts";
import { loud, type Output } from "../output.ts";
import type { Notice } from "../review/kind.ts";
import { kindOf, reviewOf } from "../review/mod.ts";
import { quote } from "../review/quote.ts";
import { visibleLine } from "../visible.ts";
import { instantAndAge } from "../when.ts";
import type { Call, Command } from "./command.ts";
import { findItem } from "./find.ts";
import { itemRecord } from "./record.ts";
import { shortBasis } from "./settle.ts";
import { shorten } from "./short_id.ts";
import { stateOf, waitingFor } from "./standing.ts";

/** Rows of a text before the rest is only counted; `--full` shows all. */
const MAX_FILE_ROWS = 400;
const MAX_NOTE_ROWS = 60;

/** After so many rows of an agent's text, what must not be overlooked is said again. */
const SCROLLED_ROWS = 12;

const LABEL_COLUMNS = 10;

export const show: Command = {
  name: "show",
  usage: "ID [--full]",
  summary: "show one proposal: what is asked, why, and who waits",
  about: [
    "Shows what would change in plain words, the agent's justification, where the proposal " +
    "stands, who waits for the answer, and the proposed file.",
    "The basis is the beginning of the file's SHA-256: an answer with --basis is given to nothing " +
    "but the file that was shown.",
    "What an agent wrote stands behind a bar, and every character that hides or moves text is " +
    "spelled out, as <U+202E>.",
  ],
  options: ["full"],
  operand: { name: "ID", required: true },
  examples: ["supervisectl show 1a2b", "supervisectl show 1a2b --json | jq -r .proposed_file"],
  async run(call) {
    const item = await findItem(call);
    if (call.json) call.out.json(itemRecord(item));
    else new Page(call, item).print();
  },
};

class Page {
  readonly #call: Call;
  readonly #item: Item;
  readonly #out: Output;

  constructor(call: Call, item: Item) {
    this.#call = call;
    this.#item = item;
    this.#out = call.out;
  }

  print(): void {
    const { proposal } = this.#item;
    const now = this.#call.now();
    this.#out.line(`Proposal ${proposal.id}`);
    this.#field("bottle", this.#item.slug);
    this.#field("tool", proposal.tool);
    this.#field("arrived", instantAndAge(proposal.arrival_timestamp, now));
    this.#field("state", stateOf(this.#item, now));
    if (this.#isOpen) this.#field("waiting", waitingFor(this.#item));
    this.#field("basis", shortBasis(this.#item.proposal.current_file_hash));
    const notices = [...this.#changed(), ...this.#asks()];
    const rows = this.#text("The agent's justification", proposal.justification, MAX_NOTE_ROWS) +
      this.#text("The proposed file", proposal.proposed_file, MAX_FILE_ROWS);
    this.#decision();
    if (notices.length > 0 && rows > SCROLLED_ROWS) {
      this.#out.line();
      this.#out.line("Once more:");
      this.#notices(notices);
    }
    this.#next();
  }

  get #isOpen(): boolean {
    return this.#item.state === "pending" || this.#item.state === "claimed";
  }

  /** Says, and returns, that the decision was on another file than the one below. */
  #changed(): readonly Notice[] {
    const { decision, proposal } = this.#item;
    if (!decision?.basis || decision.basis === proposal.current_file_hash) return [];
    const notice = {
      label: "NOT WHAT WAS DECIDED",
      text: `the decision was on basis ${shortBasis(decision.basis)}; the proposed file ` +
        "was changed since",
    };
    this.#out.line();
    this.#notices([notice]);
    return [notice];
  }

  /** What is asked for, in the program's words. Returns what must not be overlooked. */
  #asks(): readonly Notice[] {
    const review = reviewOf(this.#item.proposal);
    this.#out.line();
    if (review.kind === "malformed") {
      const notice = {
        label: "NOT IN THE EXPECTED FORM",
        text: `${review.problem}. It cannot be approved as it stands`,
      };
      this.#notices([notice]);
      return [notice];
    }
    for (const row of wrapWords(`Asks to ${visibleLine(review.asks)}.`, this.#out.columns)) {
      this.#out.line(row);
    }
    for (const [label, value] of review.details) this.#field(label, value);
    this.#notices(review.notices);
    return review.notices;
  }

  #notices(notices: readonly Notice[]): void {
    for (const { label, text } of notices) {
      const rows = wrapWords(visibleLine(`${label}  ${text}`), this.#out.columns - 4);
      for (const [index, row] of rows.entries()) {
        if (index > 0 || !row.startsWith(label)) this.#out.line(`    ${row}`);
        else this.#out.line("  ! ", loud(label), row.slice(label.length));
      }
    }
  }

  #decision(): void {
    const { decision } = this.#item;
    if (decision?.notes) this.#text("The operator's notes", decision.notes, MAX_NOTE_ROWS);
    if (decision?.final_file) this.#text("The decided file", decision.final_file, MAX_FILE_ROWS);
  }

  #next(): void {
    if (!this.#isOpen) return;
    const { state, proposal } = this.#item;
    const id = shorten(proposal.id);
    const other = state === "claimed" && this.#item.claim?.claimed_by !== this.#call.operator;
    const takeOver = other ? ["--take-over"] : [];
    const basis = ["--basis", shortBasis(this.#item.proposal.current_file_hash)];
    const review = reviewOf(proposal);
    const commands = [
      ...review.kind === "understood" && review.isCanonical
        ? [["approve", id, ...basis, ...takeOver]]
        : [],
      ...kindOf(proposal.tool) ? [["modify", id, ...basis, ...takeOver]] : [],
      ["reject", id, ...basis, ...takeOver, "--notes", "why not"],
    ];
    this.#out.line();
    for (const [index, words] of commands.entries()) {
      this.#out.line(`${index === 0 ? "Try:" : "    "} ${this.#call.next(...words)}`);
    }
  }

  #field(label: string, value: string): void {
    const columns = this.#out.columns - LABEL_COLUMNS - 2;
    const rows = wrapWords(cut(visibleLine(value), 5 * columns), columns);
    for (const [index, row] of rows.entries()) {
      this.#out.line(`  ${pad(index === 0 ? label : "", LABEL_COLUMNS)}${row}`);
    }
  }

  /** Prints a text of somebody else's behind a gutter. Returns how many rows it took. */
  #text(title: string, text: string, maxRows: number): number {
    const limit = this.#call.flag("full") ? Infinity : maxRows;
    const { rows, leftOut } = quote(text, this.#out.columns, limit);
    this.#out.line();
    this.#out.line(`${title}:`);
    for (const row of rows) this.#out.line(row);
    if (leftOut) this.#out.line(`  (${leftOut}; --full shows all)`);
    return rows.length;
  }
}
