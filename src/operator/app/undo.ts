/** Takes back exactly what an approval added: what it would do, and doing it. */

import type { ProposalId, Slug } from "../../queue/layout.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { changeKindsOf } from "../apply/change_kinds.ts";
import type { TargetKind } from "../apply/edit.ts";
import type { Target, Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { Telling } from "../live/apply_dependencies.ts";
import { logStep } from "../live/change_log.ts";
import type { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord, RecordedFile } from "../live/record.ts";
import { type Recovered, told } from "../live/recover.ts";
import type { Notice } from "../review/kind.ts";
import type { Actor, App } from "./app.ts";
import { changeLiveFiles } from "./change_live_files.ts";
import { tellAgent } from "./dependencies.ts";
import { grantedOnlyIn } from "./ends_with.ts";
import { textsOf } from "./preview.ts";
import { recoverInterrupted } from "./recover.ts";
import { shorten } from "./shorten.ts";

/** What taking an approval back would do, or did. */
export interface UndoPreview {
  readonly files: readonly RecordedFile[];
  /** For each file that has nothing of it any more, why. */
  readonly remarks: readonly string[];
  readonly notices: readonly Notice[];
  /** The bottle's other approvals that the live files grant until then. */
  readonly others: readonly ChangeRecord[];
}

/** `told`: of which approvals the agent is told that they were undone. */
export interface Undone extends UndoPreview {
  readonly told: readonly ProposalId[];
}

async function targetsNow(app: App, record: ChangeRecord): Promise<Targets> {
  const targets = (await app.config()).targetsOf(record.slug);
  for (const { target: { kind, path } } of record.files) {
    const now = targets[kind]?.path;
    if (now === path) continue;
    throw new Failure(
      "not-configured",
      `${shorten(record.id)} was applied to ${path}, and the ${kind} file of bottle ` +
        `${record.slug} is now ${now ?? "not configured"}; configure it, or take it back by hand`,
      { do: "doctor" },
    );
  }
  return targets;
}

/**
 * Ends what was interrupted of approvals whose id starts with `prefix`, or of their files: an undo
 * begins with it, before it is shown.
 */
export async function recoverForUndo(
  app: App,
  actor: Actor,
  prefix: string,
  slug?: Slug,
): Promise<readonly Recovered[]> {
  const standing = prefix === "" ? [] : await app.changes.standing(slug, prefix);
  const targets = standing.flatMap(({ files }) => files.map(({ target }) => target));
  return await recoverInterrupted(app, actor, { slug, id: prefix, targets });
}

/** What taking `record` back would do to the live files as they are. */
export async function previewUndo(app: App, record: ChangeRecord): Promise<UndoPreview> {
  const targets = await targetsNow(app, record);
  return await removing(app, record, targets);
}

/** Of the files that are held, as they are held, and of the route table in any case. */
async function textsFor(record: ChangeRecord, targets: Targets, held?: HeldFiles) {
  const wanted = wantedOf(record, targets);
  const texts = await textsOf(wanted, held);
  if (texts.has("routes") || !targets.routes) return texts;
  // Only it says whether a host is still needed there.
  for (const [kind, text] of await textsOf([targets.routes])) texts.set(kind, text);
  return texts;
}

function wantedOf(record: ChangeRecord, targets: Targets): Target[] {
  return record.files.map(({ target }) => targets[target.kind] ?? target);
}

async function removing(
  app: App,
  record: ChangeRecord,
  targets: Targets,
  held?: HeldFiles,
): Promise<UndoPreview> {
  const texts = await textsFor(record, targets, held);
  const removal = removalOf(record, targets, texts);
  const after = new Map(texts);
  for (const file of removal.files) after.set(file.target.kind, file.after);
  const others = await grantedOnlyIn(app, record, targets, { texts, others: after });
  return { ...removal, others };
}

/** Throws a failure when nothing of it is left to take back, or a file is not what it should be. */
function removalOf(
  record: ChangeRecord,
  targets: Targets,
  texts: ReadonlyMap<TargetKind, string>,
): Omit<UndoPreview, "others"> {
  const will = new Map(texts);
  const files: RecordedFile[] = [];
  const remarks: string[] = [];
  const found: Notice[] = [];
  for (const change of changeKindsOf(record.tool)) {
    const { added, target: recorded } = record.files.find(({ target }) =>
      target.kind === change.target
    ) ?? {};
    const target = targets[change.target] ?? recorded;
    const before = texts.get(change.target);
    if (!target || before === undefined || added === undefined) continue;
    const removal = change.remove(before, added, will);
    if (removal.kind === "refused") {
      throw new Failure("bad-target", `${target.path}: ${removal.problem}; nothing was changed`);
    }
    if (removal.kind === "unchanged") {
      remarks.push(`${target.path} stays as it is: ${removal.why}.`);
      continue;
    }
    found.push(...removal.notices);
    will.set(change.target, removal.after);
    files.push({ target, before, after: removal.after, added: undefined });
  }
  if (files.length > 0) return { files, remarks, notices: found };
  const why = remarks.join(" ") || "the files said it already when it was approved";
  throw new Failure(
    "nothing-to-undo",
    `nothing of ${shorten(record.id)} can be taken back: ${why}`,
    { do: "doctor" },
  );
}

/**
 * Takes it back and tells the agent, with `notes`. Throws a failure when a step fails or the files are
 * not what was shown.
 */
export async function undo(
  app: App,
  actor: Actor,
  record: ChangeRecord,
  shown: UndoPreview,
  notes = "",
): Promise<Undone> {
  const { slug, id } = record;
  const targets = await targetsNow(app, record);
  let telling: Telling = { told: [], untold: [] };
  const { undoing } = await changeLiveFiles(app, actor, {
    targets: wantedOf(record, targets),
    done: `what ${shorten(id)} added is taken back`,
    async plan(held) {
      if (await app.changes.done(slug, id, "undo")) {
        throw new Failure("nothing-to-undo", `${shorten(id)} has been taken back meanwhile`);
      }
      const undoing = await removing(app, record, targets, held);
      const basis = basisOfUndo(undoing);
      if (basis !== basisOfUndo(shown)) {
        throw new Failure(
          "changed",
          "the live files were changed since they were read: nothing was written; try again",
          { do: "undo", id },
        );
      }
      const change: ChangeRecord = {
        ...record,
        purpose: "undo",
        operator: actor.name,
        begun_at: app.now().toISOString(),
        basis,
        files: undoing.files,
        queue_root: app.desk.root,
        notes,
        again: undefined,
        others: undoing.others.map(({ id }) => id),
      };
      return { record: change, undoing };
    },
    async commit({ record }) {
      telling = await tellAgent(app)(record);
    },
    async log({ record }, { undoing }) {
      const detail = [...undoing.remarks, ...told(record, telling)].join(" ") || undefined;
      await logStep({ audit: app.audit(actor) }, record, "undone", {
        ...notes && { notes },
        detail,
      });
    },
  });
  const remarks = [...undoing.remarks, ...telling.untold];
  return { ...undoing, remarks, told: telling.told };
}

function basisOfUndo({ files, others }: UndoPreview): string {
  return sha256Hex(JSON.stringify([
    ...files.map(({ target: { path, reload }, before, after }) => [path, before, after, reload]),
    ...others.map(({ id }) => id),
  ]));
}
