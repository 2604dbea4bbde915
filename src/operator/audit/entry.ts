/** What can be told to the audit log: a step, what it was about, and what was asked. */

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
  /** The log itself: the last entry of a file, and the first of the one that follows. */
  "rotated",
  "continued",
] as const;
export type AuditStep = typeof STEPS[number];

/** What was asked, in the words of a log; every entry of a decision has it. */
export interface AskFields {
  /** When the ask came, as the bottle's queue says. */
  readonly arrival_timestamp?: string | undefined;
  /** What was asked for, in plain words. */
  readonly ask?: string | undefined;
  /** What it is about: the host, or `Dockerfile`; of a modified one, what was granted. */
  readonly host?: string | undefined;
  readonly justification?: string | undefined;
  /** SHA-256 of the proposed file. */
  readonly file_sha256?: string | undefined;
}

/** What a caller tells; every value is text, and what does not belong to a step is left out. */
export interface AuditEvent extends AskFields {
  readonly step: AuditStep;
  readonly bottle_slug: string;
  readonly proposal_id: string;
  readonly tool: string;
  /** SHA-256 of what the operator was shown, lower-case hexadecimal. */
  readonly basis?: string | undefined;
  /** The live file, with its SHA-256 before and after and the unified diff. */
  readonly file?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly diff?: string | undefined;
  /** The status of the decision. */
  readonly status?: string | undefined;
  readonly notes?: string | undefined;
  /** What else is to be known: the command that was run, why a step failed. */
  readonly detail?: string | undefined;
  /** What an approval added to the file, as JSON. */
  readonly added?: string | undefined;
  /** Where the operator acted. */
  readonly face?: Face | undefined;
  /** What was approved instead of what was proposed, and the same in plain words. */
  readonly final_file?: string | undefined;
  readonly granted?: string | undefined;
  readonly proposed_file?: string | undefined;
  /** What a change of live files was for: its steps have the same names. */
  readonly purpose?: "apply" | "answer" | "undo" | "put-back" | undefined;
}

export type Face = "cli" | "triage";
