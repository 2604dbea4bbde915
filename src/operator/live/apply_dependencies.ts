/** What a change of live files needs of those who ask for it. */

import type { ProposalId } from "../../queue/layout.ts";
import type { AuditLog } from "../audit/log.ts";
import type { ChangeJournal } from "./change_journal.ts";
import type { ChangeRecord } from "./record.ts";

export interface Telling {
  /** Of what the agent is told. */
  readonly told: readonly ProposalId[];
  /** For each of the rest why it cannot be told, as a sentence. */
  readonly untold: readonly string[];
}

export interface ApplyDependencies {
  readonly changes: ChangeJournal;
  readonly audit: AuditLog;
  /**
   * Tells the agent that what it was granted was undone, or holds again, the record's `others` too.
   * Survives a power cut when it settles, and may be repeated. Never rejects.
   */
  readonly tellAgent: (record: ChangeRecord) => Promise<Telling>;
  /** Aborted, it ends the step that is under way, and what was done is put back. */
  readonly signal: AbortSignal;
}
