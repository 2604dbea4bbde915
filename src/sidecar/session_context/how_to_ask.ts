/** How to ask, in a few lines for a model that may know nothing of this server yet. */

import { ASKING_TOOL_NAMES, ASKING_TOOLS } from "../../queue/asking_tools.ts";
import type { Mode } from "../settings.ts";

const TOOLS = Object.values(ASKING_TOOLS).map(({ use }) => `${use} `).join("");

const IN_ONE_LINE: Readonly<Record<Mode, string>> = {
  live: `Ask with ${ASKING_TOOL_NAMES} and say why; proposal-status ` +
    "tells where an earlier ask stands.",
  readonly: "Nothing can be asked in this session: tell your user what is missing.",
  shadow: `A trial run: what you ask for with ${ASKING_TOOL_NAMES} is ` +
    "only recorded; nothing is allowed by it and no answer will come.",
};

/** At most 200 characters, all ASCII. */
export function howToAskInOneLine(mode: Mode): string {
  return IN_ONE_LINE[mode];
}

/** At most 600 characters, all ASCII. `timeoutSeconds`: how long a call waits for the operator. */
export function howToAsk(mode: Mode, timeoutSeconds: number): string {
  switch (mode) {
    case "live":
      return `${TOOLS}Ask for no more than you need and say why. A person decides: a call waits up to ` +
        `${timeoutSeconds} s and then answers 'status: pending' with a proposal_id, which ` +
        "proposal-status looks up. list-egress-routes shows the live table.";
    case "shadow":
      return `${TOOLS}This is a trial run: an ask is only recorded, nothing is allowed by it and ` +
        "no answer will come. Ask once for each thing you would need, say why, and go on without it.";
    case "readonly":
      return "Nothing can be asked in this session. list-egress-routes shows what is allowed, " +
        "proposal-status where earlier asks stand. When something is refused or missing, do not " +
        "look for a way around: tell your user what is missing.";
  }
}
