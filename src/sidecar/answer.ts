/** What the agent reads: the words of every answer, and the same as data. */

import type { Decision } from "../queue/decision.ts";
import type { EndReason, GrantEnd } from "../queue/grant_end.ts";
import type { ProposalId } from "../queue/layout.ts";
import type { ToolAnswer } from "./mcp/tool_result.ts";
import type { AskOutput } from "./tools/ask_output.ts";

const USE_FINAL_FILE = "use what was approved, which is in final_file";
const NOT_AGAIN = "read the notes, and do not ask again unchanged";
const ASK_AGAIN = "make the same call again if you still need it";

/** The answer for a decided proposal. A rejection is an error result. */
export function wordDecision(decision: Decision): ToolAnswer {
  const { proposal_id, status, notes, final_file } = decision;
  const lines = [`status: ${status}`];
  if (notes) lines.push(`notes: ${notes}`);
  const isModified = status === "modified" && final_file !== null;
  if (isModified) {
    lines.push(
      "the operator modified your proposal before approving; " +
        "the final config is now what's been applied",
    );
  }
  const data: AskOutput = {
    proposal_id,
    status,
    notes,
    ...isModified ? { next: USE_FINAL_FILE, final_file } : {},
    ...status === "rejected" ? { next: NOT_AGAIN } : {},
  };
  const answer = worded(lines, data, status === "rejected");
  if (!isModified) return answer;
  return { ...answer, dataInWords: `proposal_id: ${proposal_id}\nfinal_file:\n${final_file}` };
}

/** The answer for a proposal that is not decided yet. `mayAsk`: the bottle takes asks now. */
export function wordPending(notes: string, id: ProposalId, mayAsk = true): ToolAnswer {
  const orAgain = mayAsk
    ? "; or make the same call again to wait longer, it joins this proposal"
    : "";
  const next = `go on with other work, then call proposal-status with this proposal_id${orAgain}`;
  const lines = ["status: pending", `notes: ${notes}`, `proposal_id: ${id}`, `next: ${next}`];
  return worded(lines, { proposal_id: id, status: "pending", notes, next });
}

/** The answer for a proposal that was taken back by the agent's side. `mayAsk`: as above. */
export function wordWithdrawn(id: ProposalId, mayAsk = true): ToolAnswer {
  return worded(["status: withdrawn"], {
    proposal_id: id,
    status: "withdrawn",
    notes: "",
    ...mayAsk ? { next: ASK_AGAIN } : {},
  });
}

/**
 * The answer for a proposal that was not answered in time. Nothing was granted: an error result.
 * `mayAsk`: the bottle takes asks now.
 */
export function wordExpired(id: ProposalId, mayAsk = true): ToolAnswer {
  const notes = "the operator did not answer in time, so nothing was allowed";
  const whole = mayAsk ? `${notes}; ${ASK_AGAIN}` : notes;
  const lines = ["status: expired", `notes: ${whole}`, `proposal_id: ${id}`];
  const next = mayAsk ? { next: ASK_AGAIN } : {};
  return worded(lines, { proposal_id: id, status: "expired", notes, ...next }, true);
}

const ENDS: Readonly<Record<EndReason, string>> = {
  undone: "undone by the operator",
  expired: "its time was over",
  revoked: "revoked by the operator",
};

/** Why what was granted no longer holds, with the operator's words. */
export function wordEnd(reason: EndReason, notes: string): string {
  return ENDS[reason] + (notes ? `: ${notes}` : "");
}

/**
 * The answer for what was approved, and no longer holds: an error result. `mayAsk`: the bottle takes
 * asks now.
 */
export function wordEnded(
  { proposal_id: id, status }: Decision,
  { reason, notes: words, endedAt }: GrantEnd,
  mayAsk = true,
): ToolAnswer {
  const notes = `it was ${status}, and ended at ${endedAt}: ${wordEnd(reason, words)}`;
  const orAsk = mayAsk ? `; ${ASK_AGAIN}` : "";
  const next = `do without it, what it granted no longer holds${orAsk}`;
  const lines = ["status: ended", `notes: ${notes}`, `proposal_id: ${id}`, `next: ${next}`];
  return worded(lines, { proposal_id: id, status: "ended", notes, next }, true);
}

/** The answer for what is allowed now, without an ask. `what`: in a few words. */
export function wordAlreadyAllowed(what: string): ToolAnswer {
  const notes = `${what}, by the live route table, so the operator was not asked`;
  const next = "Try the request again; if it is still refused, the refusal comes from elsewhere " +
    "(the host itself, or pipelock: use pipelock-block): read what it says";
  return worded([`already allowed: ${notes}. ${next}`], {
    status: "already-allowed",
    notes,
    next,
  });
}

/** The answer of a trial run: the ask is on record, and is never decided. */
export function wordShadow(id: ProposalId): ToolAnswer {
  const notes = "this bottle is on a trial run, so the ask was only recorded: " +
    "nothing was allowed, and no answer will come";
  const next = "Go on with what you can do without it, and ask for each further thing you would " +
    "need, once";
  const lines = ["status: shadow", `notes: ${notes}. ${next}`, `proposal_id: ${id}`];
  return worded(lines, { proposal_id: id, status: "shadow", notes, next });
}

/** The end of a message that the live table cannot be had. `mayAsk`: the bottle takes asks now. */
export function whenRoutesUnknown(mayAsk: boolean): string {
  const orAsk = mayAsk ? ", or ask for the host with egress-block" : "";
  return `. Your routes are unknown for now; try again later${orAsk}.`;
}

/** An error result: the call did nothing, and the text says what to do. */
export function refusal(text: string): ToolAnswer {
  return { kind: "answer", text, isError: true };
}

/** Where a pending proposal stands, in a few words. */
export function wordPlace(ahead: number, isClaimed: boolean): string {
  return isClaimed ? "the operator is looking at it now" : `${ahead} ahead of it`;
}

function worded(lines: readonly string[], structured: AskOutput, isError = false): ToolAnswer {
  return { kind: "answer", text: lines.join("\n"), isError, structured };
}
