/** What a model is told about this server before it has seen a tool. */

import { ASKING_TOOLS } from "../queue/asking_tools.ts";
import type { Mode } from "./settings.ts";

const SANDBOX = "You work in a sandbox whose network and tools are restricted. ";

const HOW_TO_ASK =
  "When something you need is refused or missing, do not look for a way around: ask the operator, " +
  "a person, with these tools.\n" +
  Object.values(ASKING_TOOLS).map(({ use }) => `- ${use}\n`).join("") +
  "list-egress-routes shows what is allowed now, supervise://dockerfile your current Dockerfile.\n" +
  "Ask for no more than you need and say why";

/** `timeoutSeconds`: how long a call waits for the operator. */
export function instructions(timeoutSeconds: number, mode: Mode): string {
  switch (mode) {
    case "live":
      return SANDBOX + HOW_TO_ASK + ": narrow asks are approved sooner. A call waits up to " +
        `${timeoutSeconds} s for the person and then answers 'status: pending' with a ` +
        "proposal_id: the ask stays with the operator, so go on with other work and look with " +
        "proposal-status every minute or so. 'approved': try again what was refused. 'modified': " +
        "approved with changes, so look what is allowed now. 'rejected': read the notes and do " +
        "not ask again unchanged. 'already allowed': try again, no approval was needed.";
    case "shadow":
      return SANDBOX + HOW_TO_ASK + ". This is a trial run: each ask is recorded and answered " +
        "at once with 'status: shadow', nothing is allowed and the operator does not decide. " +
        "So ask for each thing you would need, once, and go on with what you can do without it.";
    case "readonly":
      return SANDBOX + "In this session you cannot ask for more: list-egress-routes shows " +
        "what is allowed, proposal-status where earlier asks stand. When something you need is " +
        "refused or missing, do not look for a way around: tell your user what is missing.";
  }
}
