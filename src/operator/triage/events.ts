/** What can happen to the triage screen, and what it then wants done. */

import type { Item } from "../../queue/item.ts";
import type { FailureCode } from "../failure.ts";
import type { Row } from "../text/row.ts";
import type { Became } from "../text/several.ts";
import type { Chosen, Detail, EditResult, Recent } from "./actions.ts";
import type { Key } from "./keys.ts";
import type { Cover, Size, State, Surveyed, Verb } from "./state.ts";

export type ScreenEvent =
  /** `isBurst`: it came together with other keys, as no hand types. */
  | { readonly name: "key"; readonly key: Key; readonly isBurst: boolean }
  /** The keys that came at once were all told. */
  | { readonly name: "typed" }
  | { readonly name: "quiet" }
  | { readonly name: "resized"; readonly size: Size }
  | { readonly name: "listed"; readonly items: readonly Item[]; readonly skipped: number }
  | {
    readonly name: "detailed";
    readonly columns: number;
    readonly edited: string | undefined;
    readonly detail: Detail;
  }
  | { readonly name: "edited"; readonly edited: EditResult }
  | { readonly name: "surveyed"; readonly asks: readonly Surveyed[] }
  | { readonly name: "progressed"; readonly done: number }
  | {
    readonly name: "answered";
    readonly outcomes: readonly Became[];
    readonly sentences: readonly string[];
  }
  | { readonly name: "recalled"; readonly recents: readonly Recent[] }
  | { readonly name: "undoing"; readonly recent: Recent; readonly rows: readonly Row[] }
  /** The action that ran has done what `sentences` say; `line` says it where that is enough. */
  | {
    readonly name: "done";
    readonly sentences: readonly string[];
    readonly line?: string | undefined;
    readonly cover?: Cover;
  }
  | {
    readonly name: "failed";
    readonly effect: ScreenEffect;
    readonly code: FailureCode;
    readonly message: string;
    readonly next: string | undefined;
  }
  | { readonly name: "noted"; readonly message: string }
  | { readonly name: "stopped" };

export type ScreenEffect =
  | { readonly name: "list" }
  /** New asks came. */
  | { readonly name: "ring" }
  | {
    readonly name: "detail";
    readonly item: Item;
    readonly columns: number;
    readonly edited: string | undefined;
  }
  | { readonly name: "edit"; readonly item: Item; readonly columns: number }
  | {
    readonly name: Verb;
    readonly item: Item;
    readonly edited: string | undefined;
    readonly basis: string;
    readonly notes: string;
  }
  | { readonly name: "survey"; readonly items: readonly Item[]; readonly columns: number }
  | {
    readonly name: "several";
    readonly verb: "approve" | "reject";
    readonly chosen: readonly Chosen[];
    readonly notes: string;
  }
  | { readonly name: "cover" } & Cover
  | { readonly name: "recent" }
  | { readonly name: "undoing"; readonly recent: Recent; readonly columns: number }
  | { readonly name: "undo"; readonly recent: Recent; readonly notes: string };

export interface Transition {
  readonly state: State;
  readonly effects: readonly ScreenEffect[];
}

export function step(state: State, ...effects: readonly ScreenEffect[]): Transition {
  return { state, effects };
}
