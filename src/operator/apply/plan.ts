/** What an approval would do to a bottle's live files: worked out, not done. */

import { createHash } from "node:crypto";
import type { Target, Targets } from "../config/config.ts";
import type { Notice } from "../review/kind.ts";
import { type ChangeKind, changeKindsOf, type Texts } from "./change_kinds.ts";
import type { Lines, TargetKind } from "./edit.ts";
import { reachedIn } from "./route_notices.ts";
import { sha256Hex } from "../../queue/sha256.ts";

/** One live file as it is, and as it would be. */
export interface Planned {
  readonly change: ChangeKind;
  readonly target: Target;
  readonly before: string;
  readonly after: string;
  /** What must be seen of `before`, changed or not. */
  readonly around?: Lines | undefined;
  /** What is kept to take it back; undefined when the file says it already. */
  readonly added: unknown;
}

export interface Plan {
  /** In the order in which they are written; empty when nothing is configured. */
  readonly files: readonly Planned[];
  /** What stays to be done by hand, since no file is configured for it. */
  readonly missing: readonly TargetKind[];
  readonly notices: readonly Notice[];
  /**
   * SHA-256 over all of `files` and the commands that tell their readers, hexadecimal; undefined when
   * there is none.
   */
  readonly live: string | undefined;
}

/** `refused`: a live file is not what it should be; says which, what is wrong and what it must be. */
export type Planning =
  | { readonly kind: "planned"; readonly plan: Plan }
  | { readonly kind: "refused"; readonly problem: string };

/** The configured live files that a tool's approval is about; none without the first of them. */
export function targetsFor(tool: string, targets: Targets): readonly Target[] {
  const found = changeKindsOf(tool).map(({ target }) => targets[target]);
  return found[0] ? found.filter((target) => target !== undefined) : [];
}

/**
 * `approved` is the decided file in its one form, `texts` the files of {@linkcode targetsFor}, and
 * the route table, if it is known, for what is to be said of any change.
 */
export function planOf(
  tool: string,
  approved: string,
  targets: Targets,
  texts: Texts,
): Planning {
  const files: Planned[] = [];
  const notices: Notice[] = [];
  const missing: TargetKind[] = [];
  const targetsOfTool = targetsFor(tool, targets);
  for (const change of changeKindsOf(tool)) {
    const target = targetsOfTool.find(({ kind }) => kind === change.target);
    const before = texts.get(change.target);
    if (!target || before === undefined) {
      missing.push(change.target);
      continue;
    }
    const edit = change.add(before, approved);
    if (edit.kind === "refused") {
      return refusedAt(target, edit.problem);
    }
    notices.push(...edit.notices);
    const isChanged = edit.kind === "changed";
    files.push({
      change,
      target,
      before,
      after: isChanged ? edit.after : before,
      added: isChanged ? edit.added : undefined,
      around: isChanged ? edit.around : undefined,
    });
  }
  const changed = files.filter(({ before, after }) => before !== after);
  notices.push(...openedNotices(changed, approved, texts));
  const live = files.length > 0 ? hashOf(files) : undefined;
  return { kind: "planned", plan: { files, missing, notices, live } };
}

/** What {@linkcode planOf} says, and of which files, without making it: for many asks. */
export function noticedOf(
  tool: string,
  approved: string,
  targets: Targets,
  texts: Texts,
): {
  readonly kind: "noticed";
  readonly notices: readonly Notice[];
  readonly changed: readonly Target[];
} | Extract<Planning, { kind: "refused" }> {
  const notices: Notice[] = [];
  const changed: Change[] = [];
  const targetsOfTool = targetsFor(tool, targets);
  for (const change of changeKindsOf(tool)) {
    const target = targetsOfTool.find(({ kind }) => kind === change.target);
    const text = texts.get(change.target);
    if (!target || text === undefined) continue;
    const looked = change.look(text, approved);
    if (looked.kind === "refused") return refusedAt(target, looked.problem);
    notices.push(...looked.notices);
    if (looked.kind === "changed") changed.push({ change, target });
  }
  notices.push(...openedNotices(changed, approved, texts));
  return { kind: "noticed", notices, changed: changed.map(({ target }) => target) };
}

function refusedAt({ path }: Target, problem: string): Extract<Planning, { kind: "refused" }> {
  return { kind: "refused", problem: `${path}: ${problem}` };
}

type Change = Pick<Planned, "change" | "target">;

/** What the route table sends is reached, too, when another file alone lets its host through. */
function openedNotices(changed: readonly Change[], approved: string, texts: Texts): Notice[] {
  if (changed.some(({ target }) => target.kind === "routes")) return [];
  return changed.flatMap(({ change }) =>
    change.opens ? reachedIn(texts.get("routes"), change.opens(approved)) : []
  );
}

/** The files that would be written. */
export function changedIn({ files }: Plan): readonly Planned[] {
  return files.filter(({ before, after }) => before !== after);
}

function hashOf(files: readonly Planned[]): string {
  const hash = createHash("sha256");
  for (const { target, before, after } of files) {
    const { kind, path, reload = [] } = target;
    for (const part of [kind, path, sha256Hex(before), sha256Hex(after), JSON.stringify(reload)]) {
      hash.update(`${new TextEncoder().encode(part).length}:${part}`);
    }
  }
  return hash.digest("hex");
}
