/** How to ask, in a few lines for a model that may know nothing of this server yet. */

import type { Mode } from "../settings.ts";

const TOOLS = "A host or path is refused: egress-block with the host, the paths you need, and " +
  "why. pipelock refuses a host: pipelock-block with the URL. Something is missing in your " +
  "container: capability-block with the whole new Dockerfile. ";

const IN_ONE_LINE: Readonly<Record<Mode, string>> = {
  live: "Ask with egress-block, pipelock-block or capability-block and say why; proposal-status " +
    "tells where an earlier ask stands.",
  readonly: "Nothing can be asked in this session: tell your user what is missing.",
  shadow:
    "A trial run: what you ask for with egress-block, pipelock-block or capability-block is " +
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
      return `${TOOLS}Ask for no more than you need. A person decides: a call waits up to ` +
        `${timeoutSeconds} s and then answers 'status: pending' with a proposal_id, which ` +
        "proposal-status looks up. list-egress-routes shows the live table.";
    case "shadow":
      return `${TOOLS}This is a trial run: an ask is only recorded, nothing is allowed by it and ` +
        "no answer will come. Ask for each thing you would need, once, and go on without it.";
    case "readonly":
      return "Nothing can be asked in this session. list-egress-routes shows what is allowed, " +
        "proposal-status where earlier asks stand. When something is refused or missing, do not " +
        "look for a way around: tell your user what is missing.";
  }
}
