/** Ends what a killed command left of the proposal that is meant, and says so. */

import { targetsFor } from "../apply/plan.ts";
import type { Call } from "./command.ts";
import { findItem } from "./find.ts";
import { endInterrupted } from "./interrupted.ts";

/** Before anything of it is shown or asked: what would be shown is half of it. */
export async function endOf(call: Call): Promise<void> {
  const { slug, proposal } = await findItem(call);
  // A configuration that is wrong is told by what needs it.
  const config = await call.config().catch(() => undefined);
  const targets = targetsFor(proposal.tool, config?.targetsOf(slug) ?? {});
  const ended = await endInterrupted(call, { slug, id: proposal.id, targets });
  if (call.json) return;
  for (const { sentence } of ended) call.err.paragraph(sentence);
}
