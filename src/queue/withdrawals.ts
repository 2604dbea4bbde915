/** Ending proposals that are not decided, in a race with operators who claim them. */

import { join } from "node:path";
import { readClaim } from "./decision.ts";
import { publishFirst, removeDurably, removeIf, replaceFile } from "./durable.ts";
import { isExpired } from "./expired.ts";
import { type ProposalId, recordName } from "./layout.ts";
import type { OpenProposal } from "./open_proposals.ts";
import type { QueueState } from "./queue_state.ts";
import { isRegularFile, readRecord } from "./read.ts";
import { readEnd } from "./standing.ts";
import { endWithdrawn, standing, stillThere, takeInDecision } from "./take_in.ts";
import { parseWithdrawal, type TakenBack, withdrawalText } from "./withdrawal.ts";

/** `withdrawn`, `expired`: also when it was before. `claimed`, `decided`: an operator was first. */
export type WithdrawOutcome = TakenBack | "claimed" | "decided" | "unknown";

/** A withdrawn proposal keeps its place for so long: to ask and withdraw in turn must not be free. */
const KEPT_PLACE_MS = 60_000;

export class Withdrawals {
  readonly #state: QueueState;
  /** One at a time for each proposal, so that no own file is taken for another hand's. */
  readonly #running = new Map<ProposalId, Promise<WithdrawOutcome | undefined>>();

  /** When each of the last was withdrawn, oldest first; in milliseconds. */
  #ends: number[] = [];

  constructor(state: QueueState) {
    this.#state = state;
  }

  /** Proposals that were withdrawn so lately that they still count as open. */
  keptPlaces(): number {
    if (this.#ends.length === 0) return 0;
    const since = this.#state.now().getTime() - KEPT_PLACE_MS;
    this.#ends = this.#ends.filter((end) => end > since);
    return this.#ends.length;
  }

  /** Settles when it is not being withdrawn any more; never rejects. */
  async settled(id: ProposalId): Promise<void> {
    await this.#running.get(id)?.catch(() => {});
  }

  /**
   * Several at once share one outcome, whatever their reasons. Throws the file system's error when it
   * cannot be written.
   */
  async withdraw(id: ProposalId, reason: TakenBack = "withdrawn"): Promise<WithdrawOutcome> {
    const running = this.#running.get(id);
    if (running) return await running ?? await this.withdraw(id, reason);
    const entry = this.#state.entries.get(id);
    if (!entry) return await this.#whatBecameOf(id);
    return await this.#alone(id, () => this.#withdraw(entry, reason));
  }

  /**
   * A file was seen. The agent's stands, whatever claim there is, unless there is a response. One that
   * says `expired` goes where a claim came first.
   */
  async seen(entry: OpenProposal): Promise<void> {
    if (this.#running.has(entry.id)) return;
    await this.#alone(entry.id, () => this.#takeOver(entry));
  }

  #alone<T extends WithdrawOutcome | undefined>(
    id: ProposalId,
    run: () => Promise<T>,
  ): Promise<T> {
    const running = run().finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  /**
   * Each side writes its file and then looks for the other's. Who finds none has won; when both find
   * one the claim stands, and the operator waits to see that.
   */
  async #withdraw(entry: OpenProposal, reason: TakenBack): Promise<WithdrawOutcome> {
    const { id } = entry;
    const { directory, now } = this.#state;
    const name = recordName(id, "withdrawn");
    const before = await this.#whyNot(entry, reason);
    if (before) return before;
    const end = now();
    const ended = { reason, endedAt: end.toISOString() };
    const record = withdrawalText(id, ended);
    if (await publishFirst(directory, name, record) === "exists") {
      const outcome = await this.#takeOver(entry);
      if (outcome) return outcome;
      await replaceFile(directory, name, record);
    }
    const after = await this.#whyNot(entry, reason);
    // Another sidecar has acted on this very record, and files it away.
    if (after === "withdrawn" || after === "expired") return after;
    if (after) {
      await removeDurably(directory, name);
      return after;
    }
    // A client that waited for as long as an ask may live has paid for the next one.
    if (reason === "withdrawn") this.#ends.push(end.getTime());
    endWithdrawn(this.#state, entry, ended);
    return reason;
  }

  async #whyNot(entry: OpenProposal, reason: TakenBack): Promise<WithdrawOutcome | undefined> {
    const { entries } = this.#state;
    await entry.publishing?.catch(() => {});
    if (entries.isPending(entry)) await takeInDecision(this.#state, entry);
    if (entries.isPending(entry)) await stillThere(this.#state, entry);
    const isClaimed = await this.#isClaimed(entry, reason);
    if (entries.isPending(entry)) return isClaimed ? "claimed" : undefined;
    return await this.#whatBecameOf(entry.id);
  }

  /** Whether by a claim that keeps it from ending so. */
  async #isClaimed(entry: OpenProposal, reason: TakenBack): Promise<boolean> {
    const { directory, now } = this.#state;
    if (reason === "withdrawn") {
      return await isRegularFile(join(directory, recordName(entry.id, "claim")));
    }
    const read = readClaim(directory, entry.id);
    return read.kind === "read" && !isExpired(entry, true, now());
  }

  /** Undefined when there is no file (any more), or one that is not regular: that withdraws nothing. */
  async #takeOver(entry: OpenProposal): Promise<WithdrawOutcome | undefined> {
    const { directory, entries, now } = this.#state;
    if (!await isRegularFile(join(directory, recordName(entry.id, "withdrawn")))) return undefined;
    const ended = await readEnd(directory, entry.id, now());
    if (!ended) return undefined;
    if (entries.isPending(entry)) await takeInDecision(this.#state, entry);
    const isLeft = ended.reason === "expired" && await this.#isClaimed(entry, "expired");
    if (isLeft && entries.isPending(entry)) {
      await this.#removeMark(entry.id);
      return "claimed";
    }
    endWithdrawn(this.#state, entry, ended);
    return await this.#whatBecameOf(entry.id);
  }

  /** Takes a mark away whose writer was killed before it could. Another sidecar's that stood is filed. */
  async #removeMark(id: ProposalId): Promise<void> {
    const { directory } = this.#state;
    await removeIf(directory, recordName(id, "withdrawn"), (name) => {
      const read = readRecord(directory, name, (file) => parseWithdrawal(file, id));
      return read.kind === "read" && read.value.reason === "expired";
    });
  }

  async #whatBecameOf(id: ProposalId): Promise<WithdrawOutcome> {
    const { kind } = await standing(this.#state, id);
    return kind === "pending" ? "unknown" : kind === "ended" ? "decided" : kind;
  }
}
