/** Ends what a killed command left of the proposal that is meant, and says so. */

import { targetsFor } from "../apply/plan.ts";
import type { CommandContext } from "./command.ts";
import { findItem } from "./find.ts";
import { endInterrupted } from "./interrupted.ts";

/** Before anything of it is shown or asked: what would be shown is half of it. */
export async function endOf(context: CommandContext): Promise<void> {
  const { slug, proposal } = await findItem(context);
  // A configuration that is wrong is told by what needs it.
  const config = await context.app.config().catch(() => undefined);
  const targets = targetsFor(proposal.tool, config?.targetsOf(slug) ?? {});
  const ended = await endInterrupted(context, { slug, id: proposal.id, targets });
  if (context.json) return;
  for (const { sentence } of ended) context.err.paragraph(sentence);
}
