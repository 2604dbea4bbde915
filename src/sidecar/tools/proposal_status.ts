/** `proposal-status`: tells where an earlier ask stands, and never waits. */

import { z } from "zod";
import { ASKING_TOOL_NAMES } from "../../queue/asking_tools.ts";
import type { Inbox } from "../../queue/inbox.ts";
import { parseProposalId } from "../../queue/layout.ts";
import type { ShadowLog } from "../../queue/shadow.ts";
import type { Mode } from "../settings.ts";
import {
  refusal,
  wordDecision,
  wordEnded,
  wordExpired,
  wordPending,
  wordPlace,
  wordShadow,
  wordWithdrawn,
} from "../answer.ts";
import { askOutput } from "./ask_output.ts";
import { lettersOf } from "./argument_names.ts";
import { defineTool, LOOK, type SidecarTool } from "./tool.ts";

const NAME = "proposal-status";

const ID_FORM = "must be the proposal_id of an earlier answer, a UUID such as " +
  "'3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11'";

const input = z.object({
  proposal_id: z.string(ID_FORM)
    .transform((text, context) => {
      const id = parseProposalId(text.trim().toLowerCase());
      if (id) return id;
      context.addIssue({ code: "custom", message: ID_FORM });
      return z.NEVER;
    })
    .describe("The proposal_id from a 'status: pending' answer."),
});

/** Looking under another name for it does no harm, so that is taken. */
const ALSO_CALLED: ReadonlySet<string> = new Set(["id", "proposalid", "proposal", "taskid"]);

const DESCRIPTION = `See whether the operator has answered an earlier ${ASKING_TOOL_NAMES} call ` +
  "that ended in 'status: pending'. Pass the proposal_id from that answer. " +
  "Returns at once with 'status: approved', 'modified', 'rejected', 'withdrawn', 'expired' (the " +
  "operator did not answer in time), 'ended' (it was approved, and no longer holds) or " +
  "still 'pending'. Look every minute or so while you do other work; more often does not help.";

/** `shadow`: where asks are recorded on a trial run. */
export function proposalStatus(
  inbox: Inbox,
  mode: Mode,
  shadow?: Pick<ShadowLog, "has">,
): SidecarTool {
  const mayAsk = mode === "live";
  return defineTool({
    name: NAME,
    title: "Look up an earlier ask",
    description: DESCRIPTION,
    input,
    output: askOutput,
    annotations: LOOK,
    renamed: (name) => ALSO_CALLED.has(lettersOf(name)) ? "proposal_id" : undefined,
    run: async ({ proposal_id: id }, caller) => {
      const standing = await inbox.standing(id);
      switch (standing.kind) {
        case "decided":
          caller.onSent(inbox.answering(id));
          return wordDecision(standing.decision);
        case "ended":
          caller.onSent(inbox.answering(id));
          return wordEnded(standing.decision, standing.end, mayAsk);
        case "pending":
          inbox.polled(id);
          return wordPending(
            `waiting for the operator since ${standing.since}, ${
              wordPlace(standing.ahead, standing.claimed)
            }`,
            id,
            mayAsk,
          );
        case "withdrawn":
          return wordWithdrawn(id, mayAsk);
        case "expired":
          return wordExpired(id, mayAsk);
        case "unknown":
          if (await shadow?.has(id)) return wordShadow(id);
          return refusal(
            `${NAME}: this bottle has no proposal ${id}. Check the id` +
              (mayAsk ? ", or make the original call again." : "."),
          );
      }
    },
  });
}
