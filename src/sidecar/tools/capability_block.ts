/** `capability-block`: asks for a changed Dockerfile of the agent's own container. */

import { z } from "zod";
import type { Proposer } from "../propose.ts";
import type { Mode } from "../settings.ts";
import { askOutput } from "./ask_output.ts";
import { justification, storedText } from "./fields.ts";
import { answerTexts } from "./answer_texts.ts";
import { ASK, defineTool, type SidecarTool } from "./tool.ts";

const NAME = "capability-block";

const DOCKERFILE_FORM = "must be a string with the whole proposed Dockerfile, not blank";

const input = z.object({
  dockerfile: storedText(DOCKERFILE_FORM)
    .describe("The whole new Dockerfile, not a fragment or a diff."),
  justification: justification(
    "For the operator: which tool, skill, permission or variable is missing and what for.",
  ),
});

const WHAT =
  "Ask the operator to change the container you run in. Call it when you lack a tool, package, " +
  "skill, permission or environment variable that must come from your Dockerfile, not from the " +
  "network rules. Read the current file (resource supervise://dockerfile, or " +
  "/etc/bot-bottle/current-config/Dockerfile), change as little as possible, and pass the whole " +
  "new file. ";

const ANSWERS =
  "Answers: 'status: approved' or 'status: modified' (the operator rebuilds the bottle; this " +
  "session may be replaced by a new one on the same branch, so commit your work), 'status: " +
  "rejected' (read the notes), or 'status: pending' (go on with other work and use " +
  "proposal-status).";

export function capabilityBlock(proposer: Proposer, mode: Mode): SidecarTool {
  return defineTool({
    name: NAME,
    title: "Ask for a changed container",
    description: WHAT + answerTexts(mode, ANSWERS),
    input,
    output: askOutput,
    // An approval replaces the Dockerfile, and may end this session.
    annotations: { ...ASK, destructiveHint: true },
    waits: true,
    run: (args, caller) =>
      proposer.propose(
        { tool: NAME, proposedFile: args.dockerfile, justification: args.justification },
        caller,
      ),
  });
}
