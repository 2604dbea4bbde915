/** One entry of the audit log: what was done, by whom, on what, and the hash that binds it. */

/** What can be told of a proposal, in the order in which it happens. */
export const STEPS = [
  "claimed",
  "applied",
  "reloaded",
  "effective",
  "answered",
  "rejected",
  "failed",
  "undone",
  "abandoned",
  /** The log itself: an unfinished last line was cut off. */
  "repaired",
] as const;
export type Step = typeof STEPS[number];

/** What a caller tells; every value is text, and what does not belong to a step is left out. */
export interface Event {
  readonly step: Step;
  readonly slug: string;
  readonly proposal_id: string;
  readonly tool: string;
  /** SHA-256 of what the operator was shown, lower-case hexadecimal. */
  readonly shown?: string | undefined;
  /** The live file, with its SHA-256 before and after and the unified diff. */
  readonly file?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly diff?: string | undefined;
  /** The status of the decision. */
  readonly status?: string | undefined;
  readonly notes?: string | undefined;
  readonly justification?: string | undefined;
  /** What else is to be known: the command that was run, why a step failed. */
  readonly detail?: string | undefined;
}
