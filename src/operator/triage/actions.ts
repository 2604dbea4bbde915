/** What the triage screen needs done, so that the screen itself touches no queue and no file. */

import type { Item } from "../../queue/item.ts";
import type { Remedy } from "../failure.ts";

/** One proposal as the screen shows it. */
export interface Detail {
  /** Visible text, as `show` prints it; the only escapes are those of {@linkcode BOLD}. */
  readonly rows: readonly string[];
  /** What an answer is bound to. */
  readonly basis: string;
  /** What must not be overlooked: said again where the approval is confirmed. */
  readonly notices: readonly string[];
  readonly canApprove: boolean;
  /** Why it cannot be approved. */
  readonly why?: string | undefined;
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
export interface Answered {
  readonly sentences: readonly string[];
  /** The asks that it made moot, which can be answered with it; `sentences` name them. */
  readonly moot: readonly Moot[];
}

/** How a row of {@linkcode Detail} begins and ends what catches the eye. */
export const BOLD = { on: "\x1b[1m", off: "\x1b[0m" } as const;

/** All but {@linkcode watch} and {@linkcode table} throw a `Failure` for what can be expected. */
export interface Actions {
  /** What can be decided, oldest first, and how many files were passed over. */
  list(): Promise<{ readonly items: readonly Item[]; readonly skipped: number }>;
  /** The head and one row for each item, at most `columns` wide. */
  table(items: readonly Item[], columns: number, now: Date): readonly string[];
  detail(item: Item, columns: number): Promise<Detail>;
  approve(item: Item, basis: string, notes: string): Promise<Answered>;
  reject(item: Item, basis: string, notes: string): Promise<Answered>;
  /** Runs the editor on the terminal, which the screen has left meanwhile. */
  modify(item: Item, basis: string, notes: string): Promise<Answered>;
  /** Approves what the approval of `by` made moot. Returns sentences that say what happened. */
  cover(by: Item, moot: readonly Moot[]): Promise<readonly string[]>;
  /** What was approved lately, newest first. */
  recent(): Promise<readonly Recent[]>;
  undo(recent: Recent): Promise<readonly string[]>;
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
