/** Taking proposals back, in a race with operators who claim them. */

import { join } from "node:path";
import { publishFirst, removeDurably, replaceFile } from "./durable.ts";
import type { Entries, Entry } from "./entries.ts";
import type { Intake } from "./intake.ts";
import { type ProposalId, recordName } from "./layout.ts";
import { isRegularFile } from "./read.ts";
import { type Standing, withdrawnAt } from "./standing.ts";
import { formatWithdrawal } from "./withdrawal.ts";

/** `withdrawn`: also when it was before. `claimed`, `decided`: an operator was first. */
export type WithdrawOutcome = "withdrawn" | "claimed" | "decided" | "unknown";

/** A withdrawn proposal keeps its place for so long: to ask and withdraw in turn must not be free. */
const KEPT_PLACE_MS = 60_000;

export interface WithdrawalsOptions {
  readonly directory: string;
  readonly entries: Entries;
  readonly intake: Intake;
  readonly standing: (id: ProposalId) => Promise<Standing>;
  readonly now: () => Date;
}

export class Withdrawals {
  readonly #options: WithdrawalsOptions;
  /** One at a time for each proposal, so that no own file is taken for another hand's. */
  readonly #running = new Map<ProposalId, Promise<WithdrawOutcome | undefined>>();

  /** When each of the last was withdrawn, oldest first; in milliseconds. */
  #ends: number[] = [];

  constructor(options: WithdrawalsOptions) {
    this.#options = options;
  }

  /** Proposals that were withdrawn so lately that they still count as open. */
  keptPlaces(): number {
    if (this.#ends.length === 0) return 0;
    const since = this.#options.now().getTime() - KEPT_PLACE_MS;
    this.#ends = this.#ends.filter((end) => end > since);
    return this.#ends.length;
  }

  /** Settles when it is not being withdrawn any more; never rejects. */
  async settled(id: ProposalId): Promise<void> {
    await this.#running.get(id)?.catch(() => {});
  }

  /** Several at once share one outcome. Throws the file system's error when it cannot be written. */
  async withdraw(id: ProposalId): Promise<WithdrawOutcome> {
    const running = this.#running.get(id);
    if (running) return await running ?? await this.withdraw(id);
    const entry = this.#options.entries.get(id);
    if (!entry) return await this.#whatBecameOf(id);
    return await this.#alone(id, () => this.#withdraw(entry));
  }

  /** A file was seen: another hand's stands, whatever claim there is, unless there is a response. */
  async seen(entry: Entry): Promise<void> {
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
  async #withdraw(entry: Entry): Promise<WithdrawOutcome> {
    const { id } = entry;
    const { directory, intake, now } = this.#options;
    const name = recordName(id, "withdrawn");
    const before = await this.#whyNot(entry);
    if (before) return before;
    const end = now();
    const at = end.toISOString();
    const record = formatWithdrawal({ proposal_id: id, withdrawn_at: at });
    if (await publishFirst(directory, name, record) === "exists") {
      const outcome = await this.#takeOver(entry);
      if (outcome) return outcome;
      await replaceFile(directory, name, record);
    }
    const after = await this.#whyNot(entry);
    if (after) {
      await removeDurably(directory, name);
      return after;
    }
    this.#ends.push(end.getTime());
    intake.endWithdrawn(entry, at);
    return "withdrawn";
  }

  async #whyNot(entry: Entry): Promise<WithdrawOutcome | undefined> {
    const { directory, entries, intake } = this.#options;
    await entry.publishing?.catch(() => {});
    if (entries.isPending(entry)) await intake.readDecision(entry);
    if (entries.isPending(entry)) await intake.stillThere(entry);
    const isClaimed = await isRegularFile(join(directory, recordName(entry.id, "claim")));
    if (entries.isPending(entry)) return isClaimed ? "claimed" : undefined;
    return await this.#whatBecameOf(entry.id);
  }

  /** Undefined when there is no regular file: what is none withdraws nothing. */
  async #takeOver(entry: Entry): Promise<WithdrawOutcome | undefined> {
    const { directory, entries, intake, now } = this.#options;
    if (!await isRegularFile(join(directory, recordName(entry.id, "withdrawn")))) return undefined;
    const at = await withdrawnAt(directory, entry.id, now());
    if (entries.isPending(entry)) await intake.readDecision(entry);
    intake.endWithdrawn(entry, at);
    return await this.#whatBecameOf(entry.id);
  }

  async #whatBecameOf(id: ProposalId): Promise<WithdrawOutcome> {
    const { kind } = await this.#options.standing(id);
    return kind === "pending" ? "unknown" : kind;
  }
}
