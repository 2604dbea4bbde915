/** What was approved and undone is applied once more, as it was decided. */

import type { Decision } from "../../queue/decision.ts";
import type { Item } from "../../queue/item.ts";
import { type Plan, targetsFor } from "../apply/plan.ts";
import type { Targets } from "../config/config.ts";
import { Failure } from "../failure.ts";
import type { Telling } from "../live/apply_dependencies.ts";
import type { ChangeRecord } from "../live/record.ts";
import { tellHoldsAgain } from "../live/recover.ts";
import { type Answered, planned } from "./answer.ts";
import type { Actor, App } from "./app.ts";
import { basisOf } from "./basis.ts";
import { changeLiveFiles } from "./change_live_files.ts";
import { dependenciesOf } from "./dependencies.ts";
import { addedNothing, grantedOnlyIn, isLost } from "./ends_with.ts";
import { Stale } from "./refusals.ts";
import { shorten } from "./shorten.ts";

/**
 * The approval of `item` that was undone, by this operator's own records, and can be given again;
 * undefined where none was. Throws a failure when the queue no longer holds what was decided.
 */
export async function undoneApproval(app: App, item: Item): Promise<ChangeRecord | undefined> {
  const { slug, state, proposal, decision } = item;
  if (!["decided", "delivered", "undelivered"].includes(state)) return undefined;
  const record = await app.changes.done(slug, proposal.id, "apply");
  if (!record || !await hasEnded(app, record)) return undefined;
  const isSame = proposal.current_file_hash === record.file_sha256 &&
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
async function hasEnded(app: App, record: ChangeRecord): Promise<boolean> {
  if (await app.changes.done(record.slug, record.id, "undo")) return true;
  return addedNothing(record) && await isLost(app, record);
}

/**
 * Applies `record` again, in the steps of an approval of `item`, of which nothing is left half done.
 * It holds once this program's own record says so, whatever a bottle writes; only then is the agent
 * told. Throws a failure when a step fails: then the live files are as before, and it stays undone.
 */
export async function approveAgain(
  app: App,
  actor: Actor,
  item: Item,
  record: ChangeRecord,
  basis: string | undefined,
): Promise<Answered> {
  const { slug, proposal } = item;
  const { id } = proposal;
  const targets = (await app.config()).targetsOf(slug);
  const wanted = targetsFor(proposal.tool, targets);
  let again: Telling = { told: [], untold: [] };
  const { plan } = await changeLiveFiles(app, actor, {
    targets: wanted,
    done: `${shorten(id)} is approved and applied again`,
    async plan(held) {
      if (!await hasEnded(app, record)) {
        throw new Failure("already-decided", `${shorten(id)} has been approved again meanwhile`);
      }
      const plan = await planned(app, item, record.approved, { targets, wanted, held });
      if (!plan) {
        throw new Failure(
          "not-configured",
          `${shorten(id)} cannot be applied again: no live file is configured for it`,
          { do: "doctor" },
        );
      }
      const undone = await app.changes.done(slug, id, "undo");
      const shown = basisOf(proposal, record.approved, { plan, undone });
      if (!shown.startsWith(basis ?? "")) throw new Stale(id, plan);
      const others = (await heldAgain(app, record, targets, plan)).map(({ id }) => id);
      const change: ChangeRecord = {
        ...record,
        purpose: "apply",
        again: true,
        basis: shown,
        files: plan.files,
        operator: actor.name,
        begun_at: app.now().toISOString(),
        queue_root: app.desk.root,
        others,
      };
      return { record: change, plan };
    },
    commit: (open) => app.changes.commit(open),
    async log(open) {
      again = await tellHoldsAgain(open, dependenciesOf(app, actor));
    },
  });
  return { recovered: [], plan, decision: decisionIn(item), again };
}

/** The approvals that ended with it hold with it. */
async function heldAgain(app: App, record: ChangeRecord, targets: Targets, { files }: Plan) {
  const before = new Map(files.map(({ target, before }) => [target.kind, before]));
  const after = new Map(files.map(({ target, after }) => [target.kind, after]));
  return await grantedOnlyIn(app, record, targets, { texts: after, others: before });
}

function decisionIn({ decision, proposal }: Item): Decision {
  if (decision) return decision;
  throw new Error(`${proposal.id} has no decision`);
}
