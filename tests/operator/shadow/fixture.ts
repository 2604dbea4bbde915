/** Records of a trial run, written as a sidecar in shadow mode would leave them. */

import { join } from "node:path";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { recordName } from "../../../src/queue/layout.ts";
import { type ProposalOptions, propose } from "../fixture.ts";

/** Puts an ask on record, and not into the queue. */
export async function recordAsk(root: string, options: ProposalOptions = {}): Promise<Proposal> {
  const ask = await propose(root, options);
  const queue = join(root, ask.bottle_slug);
  await Deno.mkdir(join(queue, "shadow"), { recursive: true, mode: 0o700 });
  const name = recordName(ask.id, "proposal");
  await Deno.rename(join(queue, name), join(queue, "shadow", name));
  return ask;
}
