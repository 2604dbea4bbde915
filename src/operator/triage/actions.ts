/** What the triage screen needs done, so that the screen itself touches no queue and no file. */

import type { Item } from "../../queue/item.ts";
import type { Remedy } from "../failure.ts";
import type { Row } from "../text/row.ts";
import type { Became } from "../text/several.ts";

/** One proposal as the screen shows it. */
export interface Detail {
  /** As it was read for this: the list may have an older one. */
  readonly item: Item;
  /** In the order in which it is read: what grows and why first. */
  readonly rows: readonly Row[];
  /** What an answer is bound to. */
  readonly basis: string;
  /** What access grows, in the program's words: said again where the approval is confirmed. */
  readonly grows: readonly string[];
  /** What must not be overlooked: said again as well. */
  readonly notices: readonly string[];
  /** The changed rows of the live files: said again as well. */
  readonly changes: readonly string[];
  readonly canApprove: boolean;
  /** Why it cannot be approved. */
  readonly why?: string | undefined;
  /** Why it cannot be approved together with others; undefined when it can. */
  readonly alone?: string | undefined;
}

/** An approval that can be taken back. */
export interface Recent {
  readonly key: string;
  readonly slug: string;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: string;
}

/** An open ask of which the live files grant everything by now. */
export interface Moot {
  readonly item: Item;
  /** What an answer is bound to. */
  readonly basis: string;
}

/** What an answer has done. */
export interface AnswerReport {
  readonly sentences: readonly string[];
  /** `sentences` in one line, where none of them asks the operator to do or to know more. */
  readonly line?: string | undefined;
  /** The asks that it made moot, which can be answered with it; `sentences` name them. */
  readonly moot: readonly Moot[];
}

/** What the operator made of a proposed file in the editor. */
export type EditResult =
  | { readonly kind: "unchanged" }
  | { readonly kind: "changed"; readonly file: string; readonly detail: Detail };

/** One of several asks, as it was shown. */
export interface Chosen {
  readonly item: Item;
  readonly basis: string;
}

/** All but {@linkcode watch} and {@linkcode table} throw a `Failure` for what can be expected. */
export interface Actions {
  /** What can be decided, oldest first, and how many files were passed over. */
  list(): Promise<{ readonly items: readonly Item[]; readonly skipped: number }>;
  /** The head and one row for each item, at most `columns` wide. */
  table(items: readonly Item[], columns: number, now: Date): readonly string[];
  /** `edited` is the file that the operator made of the proposed one. */
  detail(item: Item, columns: number, edited?: string): Promise<Detail>;
  approve(item: Item, basis: string, notes: string): Promise<AnswerReport>;
  reject(item: Item, basis: string, notes: string): Promise<AnswerReport>;
  /** Runs the editor on the terminal, which the screen has left meanwhile. Decides nothing. */
  edit(item: Item, columns: number): Promise<EditResult>;
  /** Approves `file` instead of the proposed one. */
  modify(item: Item, file: string, basis: string, notes: string): Promise<AnswerReport>;
  /**
   * Answers one after the other, each by its own story; `onDone` hears how many are done, and ends
   * it early by returning false. What each became, and sentences on the asks that they made moot.
   */
  answerAll(
    verb: "approve" | "reject",
    chosen: readonly Chosen[],
    notes: string,
    onDone: (count: number) => boolean,
  ): Promise<{ readonly outcomes: readonly Became[]; readonly sentences: readonly string[] }>;
  /** Approves what the approval of `by` made moot. Returns sentences that say what happened. */
  cover(by: Item, moot: readonly Moot[]): Promise<readonly string[]>;
  /** What was approved lately, newest first. */
  recent(): Promise<readonly Recent[]>;
  /** What taking it back would change, with the diff. */
  undoing(recent: Recent, columns: number): Promise<readonly Row[]>;
  /** Takes back what the last {@linkcode undoing} of it showed, and nothing else. */
  undo(recent: Recent, notes: string): Promise<readonly string[]>;
  /** How an operator does what a failure leads to. */
  remedyLine(remedy: Remedy): string;
  /** Calls back when something in the queues changed. */
  watch(onChange: () => void): Disposable;
  /**
   * The texts that were begun, by {@linkcode keyOf}, of the bottles that `list` lists. A file that
   * cannot be read is set aside before this throws, since the next save would replace it.
   */
  readDrafts(): Promise<ReadonlyMap<string, string>>;
  /** Keeps all of `drafts` instead of those before; never two calls at a time. */
  saveDrafts(drafts: ReadonlyMap<string, string>): Promise<void>;
}

/** What tells a proposal from those of all bottles. */
export function keyOf({ slug, proposal }: Item): string {
  return `${slug}/${proposal.id}`;
}
