/** The operator of the sidecar's crash test: the product's own desk in this process, for speed. */

import { join } from "node:path";
import { Desk } from "../../../src/queue/desk.ts";
import { type ProposalId, recordName, type Slug } from "../../../src/queue/layout.ts";
import { delay } from "../../support/chance.ts";

const NAME = "bench";
const LOOK_INTERVAL_MS = 5;

export class DeskOperator {
  readonly #desk: Desk;
  readonly #slug: Slug;
  readonly #fault: (text: string) => void;

  /** `fault` gets whatever a desk says that it must not say when nobody else decides. */
  constructor(root: string, slug: Slug, fault: (text: string) => void) {
    this.#desk = new Desk(root);
    this.#slug = slug;
    this.#fault = fault;
  }

  /** Claims and approves one proposal; the decision survives every crash when this returns. */
  async approve(id: ProposalId, mayBeDecided = false): Promise<void> {
    const found = await this.#desk.find(id, this.#slug);
    if (found.kind !== "found") return this.#fault(`the operator cannot find ${id}`);
    const claim = await this.#desk.claim(found.item, NAME);
    if (claim.kind === "decided" && mayBeDecided) return;
    if (claim.kind !== "claimed") {
      return this.#fault(`the operator cannot claim ${id}: ${claim.kind}`);
    }
    const decided = await this.#desk.decide(found.item, {
      proposal_id: id,
      status: "approved",
      notes: notesFor(id),
      final_file: null,
      decided_by: NAME,
      decided_at: new Date().toISOString(),
    });
    if (decided.kind !== "decided") {
      this.#fault(`the operator cannot decide ${id}: ${decided.kind}`);
    }
  }

  /**
   * Approves many at one moment, as host tooling without a desk does: whole files, renamed into
   * place one right after the other.
   */
  approveAtOnce(ids: readonly ProposalId[]): void {
    const directory = join(this.#desk.root, this.#slug);
    const files = ids.map((id) => {
      const temporary = join(directory, `.${id}.decision.tmp`);
      const decision = {
        proposal_id: id,
        status: "approved",
        notes: notesFor(id),
        final_file: null,
      };
      Deno.writeTextFileSync(temporary, JSON.stringify(decision));
      return { temporary, target: join(directory, recordName(id, "response")) };
    });
    for (const { temporary, target } of files) Deno.renameSync(temporary, target);
  }

  /** Approves whatever is open and whatever comes, until told to stop. */
  async approveAll(until: { stop: boolean }): Promise<void> {
    const taken = new Set<ProposalId>();
    while (!until.stop) {
      const { items, skipped } = await this.#desk.list({ slug: this.#slug });
      for (const { name, why } of skipped) this.#fault(`the operator cannot read ${name}: ${why}`);
      const open = items.map((item) => item.proposal.id).filter((id) => !taken.has(id));
      for (const id of open) taken.add(id);
      // What is filed away while it is being listed may look open once more; the claim tells.
      await Promise.all(open.map((id) => this.approve(id, true)));
      await delay(LOOK_INTERVAL_MS);
    }
  }
}

function notesFor(id: ProposalId): string {
  return `approved ${id}`;
}
