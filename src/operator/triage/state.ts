/** All that the triage screen knows. */

import type { Item } from "../../queue/item.ts";
import type { Row } from "../text/row.ts";
import { type Detail, keyOf, type Moot, type Recent } from "./actions.ts";
import type { Field } from "./field.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is smaller is not laid out for. */
export const MIN_SIZE: Size = { columns: 40, rows: 10 };

export type Verb = "approve" | "modify" | "reject";

/** The proposal on the card, and under the input and the question about it. */
export interface Opened {
  readonly item: Item;
  /** Undefined until it has been read. */
  readonly detail: Detail | undefined;
  /** The file that the operator made of the proposed one: then the detail is about that. */
  readonly edited: string | undefined;
  readonly top: number;
  /** Whether its end was on the screen: what was not shown is not approved. */
  readonly isSeen: boolean;
}

export type Screen =
  | { readonly name: "list" }
  | { readonly name: "filter"; readonly field: Field }
  | { readonly name: "detail" }
  | {
    readonly name: "input";
    readonly verb: Verb;
    /** Of the detail under which the text is written; undefined until that has been read. */
    readonly basis: string | undefined;
    readonly field: Field;
  }
  | Reason
  | Confirm
  | Recall
  | UndoScreen
  | {
    readonly name: "message";
    readonly title: string;
    readonly text: readonly string[];
    readonly top: number;
    readonly back: Screen;
    /** What an approval made moot can be answered with it. */
    readonly cover?: Cover;
    /** The text that is shown can be dropped: the key of its draft. */
    readonly draft?: string;
  }
  | { readonly name: "help"; readonly top: number; readonly back: Screen };

/** The reason to reject several is written below their list. */
export interface Reason {
  readonly name: "reason";
  readonly items: readonly Item[];
  readonly field: Field;
  readonly top: number;
}

/** A question. Enter confirms it after a pause, Esc goes back: there is no other way to answer one. */
export interface Confirm {
  readonly name: "confirm";
  readonly question: Question;
  readonly top: number;
  /** So many rows from the first on were on the screen, without a gap. */
  readonly seenRows: number;
  /** Whether all of them were. */
  readonly isSeen: boolean;
  readonly back: Screen;
}

/** What is asked, with all that was shown, whatever is read meanwhile. */
export type Question =
  | {
    readonly name: "answer";
    readonly verb: Verb;
    readonly item: Item;
    readonly detail: Detail;
    readonly edited: string | undefined;
    readonly notes: string;
  }
  | {
    readonly name: "several";
    readonly verb: "approve" | "reject";
    readonly asks: readonly Surveyed[];
    readonly notes: string;
  }
  | {
    readonly name: "undo";
    readonly recent: Recent;
    readonly rows: readonly Row[];
    readonly notes: string;
  }
  | { readonly name: "cover"; readonly cover: Cover }
  | { readonly name: "drop"; readonly key: string; readonly text: string };

/** One of several asks that are to be answered together. */
export interface Surveyed {
  readonly item: Item;
  /** Undefined where it could not be read. */
  readonly detail: Detail | undefined;
  /** Why it is left out; undefined when it can be answered with the others. */
  readonly why: string | undefined;
}

/** The list of what was approved lately. */
export interface Recall {
  readonly name: "recent";
  /** Undefined until it has been read. */
  readonly recents: readonly Recent[] | undefined;
  readonly selected: number;
  readonly top: number;
}

/** The notes of an undo are written below what it would change. */
export interface UndoScreen {
  readonly name: "undo";
  readonly recent: Recent;
  /** Undefined until it has been read. */
  readonly rows: readonly Row[] | undefined;
  readonly field: Field;
  readonly top: number;
  readonly back: Recall;
}

/** The asks that the approval of `by` made moot. */
export interface Cover {
  readonly by: Item;
  readonly moot: readonly Moot[];
}

/** The one action that runs. */
export type Work =
  | { readonly name: Verb | "edit"; readonly key: string }
  | { readonly name: "survey" }
  | {
    readonly name: "several";
    readonly verb: "approve" | "reject";
    readonly done: number;
    readonly count: number;
  }
  | { readonly name: "cover" }
  | { readonly name: "undo"; readonly recent: Recent };

export interface State {
  readonly size: Size;
  /** Undefined until they have been read. */
  readonly items: readonly Item[] | undefined;
  /** Those of `items` that the filter lets through, in the order of the list. */
  readonly shown: readonly Item[];
  /** What a row must hold, as it was typed; empty: all are shown. */
  readonly filter: string;
  /** The keys of those that came since the first listing and were not looked at. */
  readonly fresh: ReadonlySet<string>;
  /** The keys of those that are to be answered together. */
  readonly marked: ReadonlySet<string>;
  readonly skipped: number;
  readonly selected: string | undefined;
  readonly top: number;
  readonly opened: Opened | undefined;
  readonly drafts: ReadonlyMap<string, string>;
  /** The drafts without a proposal of which this run has told. */
  readonly told: ReadonlySet<string>;
  readonly screen: Screen;
  readonly work: Work | undefined;
  /** A sentence above the keys; the next key takes it away. */
  readonly notice: string;
  /** Nothing was typed for a while since this screen was drawn: a question can be answered. */
  readonly isQuiet: boolean;
  /** The program ends as soon as nothing runs. */
  readonly isEnding: boolean;
  /** What is printed after the end, since no screen could show it. */
  readonly parting: readonly string[];
}

export function firstState(size: Size, drafts: ReadonlyMap<string, string>): State {
  return {
    size,
    items: undefined,
    shown: [],
    filter: "",
    fresh: new Set(),
    marked: new Set(),
    skipped: 0,
    selected: undefined,
    top: 0,
    opened: undefined,
    drafts,
    told: new Set(),
    screen: { name: "list" },
    work: undefined,
    notice: "",
    isQuiet: false,
    isEnding: false,
    parting: [],
  };
}

export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_SIZE.columns || rows < MIN_SIZE.rows;
}

export function selectedItem({ shown, selected }: State): Item | undefined {
  return shown.find((item) => keyOf(item) === selected);
}

/** Whether the opened proposal can no longer be answered. */
export function isGone({ items, opened }: State): boolean {
  if (!items || !opened) return false;
  const key = keyOf(opened.item);
  return !items.some((item) => keyOf(item) === key);
}

/** The number of characters of an id that a person is shown. */
const SHORT_ID = 8;

/** `1a2b3c4d of bottle dev`, also of a key. */
export function nameOf(of: Item | Recent | string): string {
  if (typeof of !== "string") {
    return nameOf("proposal" in of ? keyOf(of) : `${of.slug}/${of.id}`);
  }
  const [slug = "", id = ""] = of.split("/");
  return `${id.slice(0, SHORT_ID)} of bottle ${slug}`;
}

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID);
}
