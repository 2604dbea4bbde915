/** All that the triage screen knows, and what can happen to it. */

import type { Item } from "../../queue/item.ts";
import type { FailureCode } from "../failure.ts";
import type { Row } from "../text/row.ts";
import { nameOf } from "../text/several.ts";
import {
  type Cover,
  type Detail,
  keyOf,
  type Recent,
  type ScreenEffect,
  type ScreenNews,
  type ScreenTask,
  type Verb,
  type Work,
} from "./actions.ts";
import type { Field } from "./field.ts";
import type { Key } from "./keys.ts";

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** What is smaller is not laid out for. */
export const MIN_SIZE: Size = { columns: 40, rows: 10 };

/** The proposal on the card, and under the notes and the question about it. */
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
  | Writing
  | Confirm
  | Recall
  | MessageScreen
  | { readonly name: "help"; readonly top: number; readonly back: Screen };

/** The notes or the reason that the agent reads, written below what they are about. */
export interface Writing {
  readonly name: "write";
  readonly title: string;
  readonly about:
    /** The opened proposal; `basis` of the detail under which the text is written, once that is read. */
    | { readonly name: "answer"; readonly verb: Verb; readonly basis: string | undefined }
    /** Several asks that are to be rejected. */
    | { readonly name: "several"; readonly items: readonly Item[] }
    /** `rows`: what the undo would change, once that is read. */
    | {
      readonly name: "undo";
      readonly recent: Recent;
      readonly rows: readonly Row[] | undefined;
    };
  readonly field: Field;
  readonly top: number;
  readonly back: Screen;
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
export interface Question {
  readonly title: string;
  readonly asks: string;
  /** What Enter does, in the third person and as the key's hint; undefined: nothing can be done. */
  readonly enter: readonly [does: string, hint: string] | undefined;
  /** It shows what no other screen does: Enter works when all of it was on the screen. */
  readonly isOnlyHere: boolean;
  rows(columns: number): readonly Row[];
  confirmed(state: State): Transition;
}

/** The list of what was approved lately. */
export interface Recall {
  readonly name: "recent";
  /** Undefined until it has been read. */
  readonly recents: readonly Recent[] | undefined;
  readonly selected: number;
  readonly top: number;
}

export interface MessageScreen {
  readonly name: "message";
  readonly title: string;
  readonly text: readonly string[];
  readonly top: number;
  readonly back: Screen;
  /** What approvals made moot can be answered with them. */
  readonly covers?: readonly Cover[] | undefined;
  /** The text that is shown can be dropped: the key of its draft. */
  readonly draft?: string | undefined;
}

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
  /** What runs. */
  readonly work: Work | undefined;
  /** Of several asks that are answered: how many are. */
  readonly done: number;
  /** A sentence above the keys; the next key takes it away. */
  readonly notice: string;
  /** Nothing was typed for a while since this screen was drawn: a question can be answered. */
  readonly isQuiet: boolean;
  /** The program ends as soon as nothing runs. */
  readonly isEnding: boolean;
  /** What is printed after the end, since no screen could show it. */
  readonly parting: readonly string[];
}

export type ScreenEvent =
  | ScreenNews
  /** `isBurst`: it came together with other keys, as no hand types. */
  | { readonly name: "key"; readonly key: Key; readonly isBurst: boolean }
  /** The keys that came at once were all told. */
  | { readonly name: "typed" }
  | { readonly name: "quiet" }
  | { readonly name: "resized"; readonly size: Size }
  | { readonly name: "progressed"; readonly done: number }
  | {
    readonly name: "failed";
    readonly task: ScreenTask;
    readonly code: FailureCode;
    readonly message: string;
    readonly next: string | undefined;
  }
  | { readonly name: "noted"; readonly message: string }
  | { readonly name: "stopped" };

export interface Transition {
  readonly state: State;
  readonly effects: readonly ScreenEffect[];
}

export function step(state: State, ...effects: readonly ScreenEffect[]): Transition {
  return { state, effects };
}

/** Begins what the screen waits for. */
export function start(state: State, work: Work): Transition {
  return step({ ...state, work, done: 0 }, work);
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
    done: 0,
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

/** Whether the screen is about an answer to the opened proposal: all that leads back to its card. */
export function isAnswer({ screen }: State): boolean {
  return (screen.name === "write" || screen.name === "confirm") && screen.back.name === "detail";
}

/** `1a2b3c4d of bottle dev` */
export function nameOfItem({ slug, proposal }: Item): string {
  return nameOf(slug, proposal.id);
}
