/** The operator's configuration: which live files a bottle has, and how their readers are told. */

import type { Slug } from "../../queue/layout.ts";
import type { TargetKind } from "../apply/edit.ts";

/** A command and its arguments; no shell reads it. */
export type Argv = readonly [string, ...string[]];

/** How it is seen that a change has taken effect. */
export type Check =
  /** The route table, asked of `url` through the forward proxy `proxy`, or directly without one. */
  | { readonly kind: "route-table"; readonly proxy: URL | undefined; readonly url: URL }
  /** A command that exits 0 once the change shows. */
  | { readonly kind: "command"; readonly command: Argv };

/** One live file of one bottle. */
export interface Target {
  readonly kind: TargetKind;
  /** Absolute; `{slug}` is filled in, here and in every argument below. */
  readonly path: string;
  /**
   * `in-place` keeps the inode, which a bind mount of a single file needs; `rename` replaces the
   * file in one step.
   */
  readonly write: "in-place" | "rename";
  /** Undefined: the reader watches its file itself. */
  readonly reload: Argv | undefined;
  readonly reloadTimeoutMs: number;
  readonly check: Check | undefined;
}

export type Targets = Readonly<Partial<Record<TargetKind, Target>>>;

export interface Config {
  /** The file; undefined when there is none, which is no error. */
  readonly path: string | undefined;
  /** The live files of a bottle; none when nothing is configured for it. */
  targetsOf(slug: Slug): Targets;
}

export const NO_CONFIG: Config = { path: undefined, targetsOf: () => ({}) };
