/** `approve` of what was undone: what was decided is applied once more, as it was decided. */

import type { Item } from "../../queue/item.ts";
import type { Decision } from "../../queue/decision.ts";
import { type Plan, targetsFor } from "../apply/plan.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import { carryOut } from "../live/carry_out.ts";
import { HeldFiles } from "../live/held_files.ts";
import type { ChangeRecord } from "../live/record.ts";
import { completeAgain } from "../live/recover.ts";
import { basisOf } from "./basis.ts";
import type { CommandContext } from "./command.ts";
import { addedNothing, grantedOnlyIn, isLost } from "./ends_with.ts";
import { endInterrupted, requireWhole } from "./interrupted.ts";
import { meansOf } from "./means.ts";
import { planned, type Settled } from "./settle.ts";
import { shorten } from "./short_id.ts";
import { Stale } from "./stale.ts";
import { Unlogged } from "./unlogged.ts";

/**
 * The approval of `item` that was undone, by this operator's own records, and can be given again;
 * undefined where none was. Throws a failure when the queue no longer holds what was decided.
 */
export async function undoneApproval(
  context: CommandContext,
  item: Item,
): Promise<ChangeRecord | undefined> {
  const { slug, state, proposal, decision } = item;
  if (!["decided", "delivered", "undelivered"].includes(state)) return undefined;
  const applications = context.app.changes;
  const record = await applications.done(slug, proposal.id, "apply");
  if (!record || !await hasEnded(context, record)) return undefined;
  const isSame = proposal.current_file_hash === record.basis &&
    decision?.application === record.token;
  if (isSame) return record;
  throw new Failure(
    "already-decided",
    `${shorten(proposal.id)} was undone, and the queue no longer holds what was decided then; ` +
      "the agent must ask again",
    { do: "show", id: proposal.id },
  );
}

/** Undone itself, or with what it held by, and has nothing in the live files that undo could find. */
async function hasEnded(context: CommandContext, record: ChangeRecord): Promise<boolean> {
  if (await context.app.changes.done(record.slug, record.id, "undo")) return true;
  return addedNothing(record) && await isLost(context, record);
}

/**
 * Applies `record` again, in the steps of an approval. It holds once this program's own record says
 * so, whatever a bottle writes; only then is the agent told. Throws a failure when a step fails: then
 * the live files are as before, and it stays undone.
 */
export async function approveAgain(
  context: CommandContext,
  item: Item,
  record: ChangeRecord,
  basis: string | undefined,
): Promise<Settled> {
  const { slug, proposal } = item;
  const applications = context.app.changes;
  const targets = (await context.app.config()).targetsOf(slug);
  const wanted = targetsFor(proposal.tool, targets);
  const ended = await endInterrupted(context, { slug, id: proposal.id, targets: wanted });
  using interrupts = context.interrupts();
  const means = meansOf(context, interrupts.signal);
  using held = await HeldFiles.hold(wanted);
  await requireWhole(context, wanted);
  const id = shorten(proposal.id);
  if (!await hasEnded(context, record)) {
    throw new Failure("already-decided", `${id} has been approved again meanwhile`);
  }
  const plan = await planned(item, record.approved, targets, wanted, held);
  if (!plan) {
    throw new Failure(
      "not-configured",
      `${id} cannot be applied again: no live file is configured for it`,
      { do: "doctor" },
    );
  }
  const shown = basisOf(proposal, record.approved, { plan });
  if (!shown.startsWith(basis ?? "")) throw new Stale(id, { do: "show", id }, plan);
  const change: ChangeRecord = {
    ...record,
    ...{ purpose: "apply", again: true, shown, files: plan.files },
    ...{
      operator: context.operator,
      begunAt: context.app.now().toISOString(),
      queueRoot: context.app.desk.root,
    },
    others: (await heldAgain(context, record, targets, plan)).map(({ id }) => id),
  };
  using open = await applications.begin(change);
  await carryOut(open, held, means, () => applications.commit(open));
  try {
    const again = await completeAgain(open, means);
    return { ended, plan, decision: decisionIn(item), again };
  } catch (error) {
    throw new Unlogged(`${id} is approved and applied again`, error);
  }
}

/** The approvals that ended with it hold with it. */
async function heldAgain(
  context: CommandContext,
  record: ChangeRecord,
  targets: Targets,
  { files }: Plan,
) {
  const before = new Map(files.map(({ target, before }) => [target.kind, before]));
  const after = new Map(files.map(({ target, after }) => [target.kind, after]));
  return await grantedOnlyIn(context, record, targets, { texts: after, others: before });
}

function decisionIn({ decision, proposal }: Item): Decision {
  if (decision) return decision;
  throw new Error(`${proposal.id} has no decision`);
}
