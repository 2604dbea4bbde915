/** What the triage screen needs done, so that the screen itself touches no queue and no file. */

import type { Item } from "../../queue/item.ts";
import type { Remedy } from "../failure.ts";
import type { Row } from "../text/row.ts";
import type { Became } from "../text/several.ts";

export type Verb = "approve" | "modify" | "reject";

/** An ask as it was shown. */
export interface BoundAsk {
  readonly item: Item;
  /** What an answer is bound to. */
  readonly basis: string;
}

/** One proposal as the screen shows it; `item` as it was read for this: the list may have an older one. */
export interface Detail extends BoundAsk {
  /** In the order in which it is read: what grows and why first. */
  readonly rows: readonly Row[];
  /** What access grows, in the program's words: said again where the approval is confirmed. */
  readonly grows: readonly string[];
  /** What must not be overlooked: said again as well. */
  readonly notices: readonly string[];
  /** The changed rows of the live files, and what stays as it is: said again as well. */
  readonly changes: readonly string[];
  /** Why it cannot be approved; undefined when it can. */
  readonly why?: string | undefined;
  /** Why it cannot be approved together with others; undefined when it can. */
  readonly alone?: string | undefined;
}

/** One of several asks that are to be answered together. */
export interface Surveyed {
  readonly item: Item;
  /** Undefined where it could not be read. */
  readonly detail: Detail | undefined;
  /** Why it is left out; undefined when it can be answered with the others. */
  readonly why: string | undefined;
}

/** The open asks of which the live files grant everything by now, and the approval that did it. */
export interface Cover {
  readonly by: Item;
  readonly moot: readonly BoundAsk[];
}

/** An approval that can be taken back. */
export interface Recent {
  readonly slug: string;
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: string;
}

/** What is done while the screen waits for it. */
export type Work =
  /** Runs the editor on the terminal, which the screen has left meanwhile. Decides nothing. */
  | { readonly name: "edit"; readonly item: Item; readonly columns: number }
  | {
    readonly name: Verb;
    readonly item: Item;
    /** What the operator made of the proposed file, where that was on the card. */
    readonly edited: string | undefined;
    readonly basis: string;
    readonly notes: string;
  }
  /** Reads what each would grow. */
  | { readonly name: "survey"; readonly items: readonly Item[]; readonly columns: number }
  /** One after the other, each by its own story. */
  | {
    readonly name: "several";
    readonly verb: "approve" | "reject";
    readonly asks: readonly BoundAsk[];
    readonly notes: string;
  }
  /** Approves what other approvals made moot. */
  | { readonly name: "cover"; readonly covers: readonly Cover[] }
  /** Takes back what the last `undoing` of it showed, and nothing else. */
  | { readonly name: "undo"; readonly recent: Recent; readonly notes: string };

/** What is done outside of the screen, which hears of it by {@linkcode ScreenNews}. */
export type ScreenTask =
  | Work
  | { readonly name: "list" }
  | {
    readonly name: "detail";
    readonly item: Item;
    readonly columns: number;
    readonly edited: string | undefined;
  }
  | { readonly name: "recent" }
  /** What taking it back would change. */
  | { readonly name: "undoing"; readonly recent: Recent; readonly columns: number };

/** Also `ring`: new asks came. */
export type ScreenEffect = ScreenTask | { readonly name: "ring" };

/** What came of a task. */
export type ScreenNews =
  /** What can be decided, oldest first, and how many files were passed over. */
  | { readonly name: "listed"; readonly items: readonly Item[]; readonly skipped: number }
  | {
    readonly name: "detailed";
    readonly columns: number;
    readonly edited: string | undefined;
    readonly detail: Detail;
  }
  /** `changed`: what the operator made of the proposed file; undefined when nothing. */
  | {
    readonly name: "edited";
    readonly changed: { readonly file: string; readonly detail: Detail } | undefined;
  }
  | { readonly name: "surveyed"; readonly asks: readonly Surveyed[] }
  /** Newest first. */
  | { readonly name: "recalled"; readonly recents: readonly Recent[] }
  | { readonly name: "undoing"; readonly recent: Recent; readonly rows: readonly Row[] }
  /** The work has done what `sentences` say. */
  | {
    readonly name: "done";
    readonly sentences: readonly string[];
    /** `sentences` in one line, where none of them asks the operator to do or to know more. */
    readonly line?: string | undefined;
    /** Of several asks, what became of each. */
    readonly became?: readonly Became[];
    /** What can be answered with it; `sentences` name them. */
    readonly covers?: readonly Cover[];
  };

export interface Actions {
  /**
   * `onDone` hears how many of several asks are answered, and ends it early by returning false.
   * Throws a `Failure` for what can be expected.
   */
  perform(task: ScreenTask, onDone: (count: number) => boolean): Promise<ScreenNews>;
  /** The head and one row for each item, at most `columns` wide. */
  table(items: readonly Item[], columns: number, now: Date): readonly string[];
  /** How an operator does what a failure leads to. */
  remedyLine(remedy: Remedy): string;
  /** Calls back when something in the queues changed. */
  watch(onChange: () => void): Disposable;
  /**
   * The texts that were begun, by {@linkcode keyOf}, of the bottles that are listed. A file that
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
