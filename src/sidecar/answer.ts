/** What the agent reads: the words of every answer, and the same as data. */

import type { Decision } from "../queue/decision.ts";
import type { ProposalId } from "../queue/layout.ts";

/** The answer as data; its JSON Schema is in tools/ask_output.ts. */
export interface AnswerData {
  readonly proposal_id: ProposalId;
  readonly status: "approved" | "modified" | "rejected" | "pending" | "withdrawn";
  readonly notes: string;
  /** What was approved instead of what was asked for; only with `modified`. */
  readonly final_file?: string;
}

export interface Worded {
  readonly kind: "answer";
  readonly text: string;
  readonly isError: boolean;
  /** Absent where there is no proposal to speak of. */
  readonly structured?: object | undefined;
}

/** The answer for a decided proposal. A rejection is an error result. */
export function wordDecision(decision: Decision): Worded {
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
  const data: AnswerData = {
    proposal_id,
    status,
    notes,
    ...isModified ? { final_file } : {},
  };
  return worded(lines, data, status === "rejected");
}

/** The answer for a proposal that nobody has decided yet. */
export function wordPending(notes: string, id: ProposalId): Worded {
  const lines = [
    "status: pending",
    `notes: ${notes}`,
    `proposal_id: ${id}`,
    "next: go on with other work, then call proposal-status with this proposal_id; or make the " +
    "same call again to wait longer, it joins this proposal",
  ];
  return worded(lines, { proposal_id: id, status: "pending", notes });
}

/** The answer for a proposal that was taken back by the agent's side. */
export function wordWithdrawn(id: ProposalId): Worded {
  return worded(["status: withdrawn"], { proposal_id: id, status: "withdrawn", notes: "" });
}

/** An error result: the call did nothing, and the text says what to do. */
export function refusal(text: string): Worded {
  return { kind: "answer", text, isError: true };
}

/** Where a pending proposal stands, in a few words. */
export function wordPlace(ahead: number, isClaimed: boolean): string {
  return isClaimed ? "the operator is looking at it now" : `${ahead} ahead of it`;
}

function worded(lines: readonly string[], structured: AnswerData, isError = false): Worded {
  return { kind: "answer", text: lines.join("\n"), isError, structured };
}
