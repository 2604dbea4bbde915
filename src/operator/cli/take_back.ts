/** Takes back what an approval added: worked out, carried out, and told. */

import type { ProposalId } from "../../queue/layout.ts";
import { changeKindsOf } from "../apply/change_kinds.ts";
import type { TargetKind } from "../apply/edit.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import type { Target, Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { carryOut, tell, type Telling } from "../live/carry_out.ts";
import { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord, RecordedFile } from "../live/record.ts";
import { told } from "../live/recover.ts";
import type { Notice } from "../review/kind.ts";
import type { CommandContext } from "./command.ts";
import { endsSentence, grantedOnlyIn } from "./ends_with.ts";
import { endInterrupted, requireWhole } from "./interrupted.ts";
import { meansOf } from "./means.ts";
import { textsOf } from "./outlook.ts";
import { shorten } from "./short_id.ts";
import { Unlogged } from "./unlogged.ts";

/** What taking an approval back would do, or did. */
export interface Undoing {
  readonly files: readonly RecordedFile[];
  /** For each file that has nothing of it any more, why. */
  readonly remarks: readonly string[];
  readonly notices: readonly Notice[];
  /** The bottle's other approvals that the live files grant until then. */
  readonly others: readonly ChangeRecord[];
}

/** `told`: of which approvals the agent is told that they were undone. */
export interface Undone extends Undoing {
  readonly told: readonly ProposalId[];
}

async function targetsNow(context: CommandContext, record: ChangeRecord): Promise<Targets> {
  const targets = (await context.app.config()).targetsOf(record.slug);
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

/** What taking `record` back would do to the live files as they are. */
export async function undoingOf(context: CommandContext, record: ChangeRecord): Promise<Undoing> {
  const targets = await targetsNow(context, record);
  return await removing(context, record, targets);
}

/** Of the files that are held, as they are held, and of the route table in any case. */
async function textsFor(record: ChangeRecord, targets: Targets, held?: HeldFiles) {
  const wanted = wantedOf(record, targets);
  const texts = await textsOf(wanted, held);
  if (texts.has("routes") || !targets.routes) return texts;
  // Without it nobody knows whether a host is still wanted there.
  for (const [kind, text] of await textsOf([targets.routes])) texts.set(kind, text);
  return texts;
}

function wantedOf(record: ChangeRecord, targets: Targets): Target[] {
  return record.files.map(({ target }) => targets[target.kind] ?? target);
}

async function removing(
  context: CommandContext,
  record: ChangeRecord,
  targets: Targets,
  held?: HeldFiles,
): Promise<Undoing> {
  const texts = await textsFor(record, targets, held);
  const removal = removalOf(record, targets, texts);
  const after = new Map(texts);
  for (const file of removal.files) after.set(file.target.kind, file.after);
  const others = await grantedOnlyIn(context, record, targets, { texts, others: after });
  return { ...removal, others };
}

/** Throws a failure when nothing of it is left to take back, or a file is not what it should be. */
function removalOf(
  record: ChangeRecord,
  targets: Targets,
  texts: ReadonlyMap<TargetKind, string>,
): Omit<Undoing, "others"> {
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
export async function takeBack(
  context: CommandContext,
  record: ChangeRecord,
  shown: Undoing,
  notes = "",
): Promise<Undone> {
  const applications = context.app.changes;
  const targets = await targetsNow(context, record);
  const wanted = wantedOf(record, targets);
  await endInterrupted(context, { slug: record.slug, id: record.id, targets: wanted });
  using interrupts = context.interrupts();
  const means = meansOf(context, interrupts.signal);
  using held = await HeldFiles.hold(wanted);
  if (await applications.done(record.slug, record.id, "undo")) {
    throw new Failure("nothing-to-undo", `${shorten(record.id)} has been taken back meanwhile`);
  }
  const undone = await removing(context, record, targets, held);
  if (hashOf(undone) !== hashOf(shown)) {
    throw new Failure(
      "changed",
      "the live files were changed since they were read: nothing was written; try again",
      { do: "undo", id: record.id },
    );
  }
  const change: ChangeRecord = {
    ...record,
    ...{ purpose: "undo", operator: context.operator, begunAt: context.app.now().toISOString() },
    ...{ shown: hashOf(undone), files: undone.files, queueRoot: context.app.desk.root, notes },
    ...{ again: undefined, others: undone.others.map(({ id }) => id) },
  };
  await requireWhole(context, wanted);
  using open = await applications.begin(change);
  let telling: Telling = { told: [], untold: [] };
  await carryOut(open, held, means, async () => {
    telling = await means.tellAgent(change);
  });
  try {
    const detail = [...undone.remarks, ...told(change, telling)].join(" ") || undefined;
    await tell(means, change, "undone", { ...notes && { notes }, detail });
    await applications.finish(open);
  } catch (error) {
    throw new Unlogged(`what ${shorten(record.id)} added is taken back`, error);
  }
  const remarks = [...undone.remarks, ...telling.untold];
  return { ...undone, remarks, told: telling.told };
}

function hashOf({ files, others }: Undoing): string {
  return sha256Hex(JSON.stringify([
    ...files.map(({ target, before, after }) => [target.path, before, after]),
    ...others.map(({ id }) => id),
  ]));
}

export function sentencesOn(
  record: ChangeRecord,
  { files, remarks, notices: found, others, told }: Undone,
): string[] {
  const what = `Took back what ${shorten(record.id)} (${record.tool}, bottle ${record.slug}) added`;
  const named = endsSentence(others, ["ended", "ended"]);
  return [
    `${what} to ${files.map(({ target }) => target.path).join(" and ")}.`,
    ...remarks,
    ...found.map(({ label, text }) => `${label}: ${text}.`),
    ...named ? [named] : [],
    toldSentence(told, others.length === 0),
  ];
}

/** Why the agent is not told of the rest is in the remarks. */
function toldSentence(told: readonly ProposalId[], isAlone: boolean): string {
  if (told.length === 0) return "Its next request is refused again.";
  const what = isAlone
    ? "it was"
    : `${told.map((id) => shorten(id)).join(", ")} ${told.length === 1 ? "was" : "were"}`;
  return `The agent is told that ${what} undone; its next request is refused again.`;
}
