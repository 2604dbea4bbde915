/** The agent's side of `<id>.repeats.json`: keeps what is new in an ask that joins another. */

import { join } from "node:path";
import { replaceFile } from "./durable.ts";
import type { OpenProposal } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { Limit } from "./limit.ts";
import { sha256Hex } from "./sha256.ts";
import { isRegularFile } from "./read.ts";
import { formatRecord } from "./record.ts";
import { MAX_REPEATS, readRepeats } from "./repeats.ts";

export class RepeatLog {
  readonly #state: QueueState;
  /** One at a time: each reads what the one before has written. */
  readonly #turns = new Limit(1);

  constructor(state: QueueState) {
    this.#state = state;
  }

  /**
   * Keeps a justification that the proposal does not have yet. Survives a power cut when it
   * returns; never rejects.
   */
  async add(entry: OpenProposal, justification: string): Promise<void> {
    if (entry.decision || sha256Hex(justification) === entry.reasonHash) return;
    await this.#turns.run(() => this.#write(entry.id, justification)).catch((error) => {
      // The ask itself is in the queue all the same.
      const name = recordName(entry.id, "repeats");
      this.#state.cannot(name, `write ${name}`, error);
    });
  }

  async #write(id: ProposalId, justification: string): Promise<void> {
    const { directory, now } = this.#state;
    const read = readRepeats(directory, id);
    const before = read.kind === "read" ? read.value.repeats : [];
    if (before.some((repeat) => repeat.justification === justification)) return;
    const repeat = { justification, asked_at: now().toISOString() };
    const repeats = [...before, repeat].slice(-MAX_REPEATS);
    // It may have been filed away while this one waited for its turn.
    if (!await isRegularFile(join(directory, recordName(id, "proposal")))) return;
    await replaceFile(
      directory,
      recordName(id, "repeats"),
      formatRecord({ proposal_id: id, repeats }),
    );
  }
}
