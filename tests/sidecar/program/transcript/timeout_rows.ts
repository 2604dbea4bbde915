/** Transcript, part 7: what an agent is told when nobody decides in time. */

import type { Reason } from "./row.ts";

export interface TimeoutRow {
  readonly name: string;
  /** SUPERVISE_RESPONSE_TIMEOUT_SECONDS as it is set. */
  readonly setting: string;
  readonly meaning: RegExp;
  readonly differs?: Reason;
  /** What was recorded, in words, where it is meant to differ. */
  readonly reference?: string;
}

/** The first two lines are those of the recorded answer; what follows was added to them. */
function pending(seconds: string): RegExp {
  return new RegExp(
    `^status: pending\\nnotes: operator response timed out after ${seconds}s; ` +
      `proposal remains queued(\\nproposal_id: [0-9a-f-]{36}\\nnext: [^\\n]+\\n?)?$`,
  );
}

export const TIMEOUT_ROWS: readonly TimeoutRow[] = [
  { name: "after 1 s", setting: "1", meaning: pending("1") },
  {
    name: "decided after the time-out",
    setting: "1",
    meaning: pending("1"),
    differs: "lateDecision",
    reference: "the decision and its proposal stay in the queue for ever",
  },
  { name: "after 0.25 s", setting: "0.25", meaning: pending("0\\.25") },
  { name: "after 1.5 s", setting: "1.5", meaning: pending("1\\.5") },
  { name: "after 1e0 s, said as 1 s", setting: "1e0", meaning: pending("1") },
];
