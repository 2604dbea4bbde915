/** What an engine makes of a live file: text in, text out, and nothing else. */

import type { Notice } from "../review/kind.ts";

/** The live files that an approval can change, in the order in which they are written. */
export const TARGET_KINDS = ["routes", "pipelock", "dockerfile"] as const;
export type TargetKind = typeof TARGET_KINDS[number];

/** The largest live file that is taken in, in bytes (1 MiB). */
export const MAX_LIVE_BYTES = 1_048_576;

/** Lines of a text, counted from 1, both ends among them. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** A text that is left as it is: what is wrong with it, and what it must be. */
export interface Refused {
  readonly kind: "refused";
  readonly problem: string;
}

/** What became of a text. `Added` is plain JSON: it is kept, so that it can be taken back. */
export type Edit<Added> =
  | {
    readonly kind: "changed";
    readonly after: string;
    readonly added: Added;
    readonly notices: readonly Notice[];
    /** What a person must see of the text from before, changed or not. */
    readonly around?: Lines;
  }
  /** The file says it already. */
  | { readonly kind: "unchanged"; readonly notices: readonly Notice[] }
  | Refused;

/** What is to be said of an edit, without its text: that is dear to make and to prove. */
export type Noticed =
  | { readonly kind: "changed" | "unchanged"; readonly notices: readonly Notice[] }
  | Refused;

/** What became of a text from which an addition was taken back. */
export type Removal =
  | { readonly kind: "changed"; readonly after: string; readonly notices: readonly Notice[] }
  /** Why there is nothing to take back. */
  | { readonly kind: "unchanged"; readonly why: string }
  | Refused;
