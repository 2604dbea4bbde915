/** All that the triage screen knows, what can happen to it, and what it then wants done. */

import type { Item } from "../../queue/item.ts";
import type { FailureCode } from "../failure.ts";
import { type Detail, keyOf, type Moot, type Recent } from "./actions.ts";
import type { Field } from "./field.ts";
import type { Key } from "./keys.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is smaller is not laid out for. */
export const MIN_SIZE: Size = { columns: 40, rows: 10 };

export type Verb = "approve" | "modify" | "reject";

/** The proposal under the detail, the input and the question. */
export interface Opened {
  readonly item: Item;
  /** Undefined until it has been read. */
  readonly detail: Detail | undefined;
  readonly top: number;
  /** Whether its end was on the screen: what was not shown is not approved. */
  readonly isSeen: boolean;
}

export type Screen =
  | { readonly name: "list" }
  | { readonly name: "detail" }
  | {
    readonly name: "input";
    readonly verb: Verb;
    /** Of the detail under which the text is written; undefined until that has been read. */
    readonly basis: string | undefined;
    readonly field: Field;
    /** Nothing was typed for a while since the field was opened: it could be seen. */
    readonly wasQuiet: boolean;
    /** Some of the text came faster than a hand types. */
    readonly hasBurst: boolean;
  }
  /** What was shown, whatever is read meanwhile. */
  | {
    readonly name: "confirm";
    readonly verb: "approve" | "reject";
    readonly item: Item;
    readonly detail: Detail;
    readonly notes: string;
    readonly top: number;
  }
  | Recall
  | {
    readonly name: "confirm-undo";
    readonly recent: Recent;
    readonly top: number;
    readonly back: Recall;
  }
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

/** The list of what was approved lately. */
export interface Recall {
  readonly name: "recent";
  /** Undefined until it has been read. */
  readonly recents: readonly Recent[] | undefined;
  readonly selected: number;
  readonly top: number;
}

/** The asks that the approval of `by` made moot. */
export interface Cover {
  readonly by: Item;
  readonly moot: readonly Moot[];
}

/** The one action that runs. */
export type Work =
  | { readonly name: Verb; readonly key: string }
  | { readonly name: "cover" }
  | { readonly name: "undo"; readonly recent: Recent };

export interface State {
  readonly size: Size;
  /** Undefined until they have been read. */
  readonly items: readonly Item[] | undefined;
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

export type Event =
  /** `isBurst`: it came together with other keys, as no hand types. */
  | { readonly name: "key"; readonly key: Key; readonly isBurst: boolean }
  /** The keys that came at once were all told. */
  | { readonly name: "typed" }
  | { readonly name: "quiet" }
  | { readonly name: "resized"; readonly size: Size }
  | { readonly name: "listed"; readonly items: readonly Item[]; readonly skipped: number }
  | {
    readonly name: "detailed";
    readonly item: Item;
    readonly columns: number;
    readonly detail: Detail;
  }
  | { readonly name: "recalled"; readonly recents: readonly Recent[] }
  /** The action that ran has done what `sentences` say. */
  | { readonly name: "done"; readonly sentences: readonly string[]; readonly cover?: Cover }
  | {
    readonly name: "failed";
    readonly effect: Effect;
    readonly code: FailureCode;
    readonly message: string;
    readonly next: string | undefined;
  }
  | { readonly name: "noted"; readonly message: string }
  | { readonly name: "stopped" };

export type Effect =
  | { readonly name: "list" }
  | { readonly name: "detail"; readonly item: Item; readonly columns: number }
  | {
    readonly name: Verb;
    readonly item: Item;
    readonly basis: string;
    readonly notes: string;
  }
  | { readonly name: "cover" } & Cover
  | { readonly name: "recent" }
  | { readonly name: "undo"; readonly recent: Recent };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function firstState(size: Size, drafts: ReadonlyMap<string, string>): State {
  return {
    size,
    items: undefined,
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

export function step(state: State, ...effects: readonly Effect[]): Step {
  return { state, effects };
}

export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < MIN_SIZE.columns || rows < MIN_SIZE.rows;
}

export function selectedItem({ items, selected }: State): Item | undefined {
  return items?.find((item) => keyOf(item) === selected);
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
