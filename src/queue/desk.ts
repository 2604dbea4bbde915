/** The operator's side of all queue directories: see what was asked, claim it, decide it. */

import { join } from "node:path";
import { type Claim, type Decision, parseClaim, readClaim, readDecision } from "./decision.ts";
import { publishFirst, removeDurably, removeIf, replaceFile } from "./durable.ts";
import { datesOf, isExpired } from "./expired.ts";
import type { EndRecord } from "./grant_end.ts";
import type { Item } from "./item.ts";
import { MAX_RECORD_BYTES, recordName, type Slug } from "./layout.ts";
import { Queues } from "./queues.ts";
import { isRegularFile, readRecord } from "./read.ts";
import { formatRecord } from "./record.ts";
import { endOf, isRealDirectory, placeIn, readValue, readWithdrawals } from "./records.ts";

export type { FoundProposal, Listing, ListOptions } from "./queues.ts";

export type ClaimOutcome =
  /** It is this operator's to decide. `resumed`: the same operator had claimed it before. */
  | { readonly kind: "claimed"; readonly resumed: boolean }
  | { readonly kind: "taken"; readonly claim: Claim | undefined }
  | { readonly kind: "decided"; readonly decision: Decision | undefined }
  | { readonly kind: "withdrawn" }
  | Expired
  | { readonly kind: "gone" };

/** It was not claimed in time. `at`: since when, in ISO 8601, as far as its records say. */
type Expired = { readonly kind: "expired"; readonly at: string | undefined };

export type DecideOutcome =
  | { readonly kind: "decided" }
  /** Another decision was first; it stands. */
  | { readonly kind: "already"; readonly decision: Decision | undefined }
  /** Another operator has taken the claim over. */
  | { readonly kind: "taken"; readonly claim: Claim }
  | { readonly kind: "withdrawn" }
  | Expired
  | { readonly kind: "gone" }
  | { readonly kind: "too-large"; readonly limitBytes: number };

type Over = Exclude<DecideOutcome, { kind: "decided" | "taken" | "too-large" }>;

/**
 * A sidecar that withdraws a proposal looks for a claim and a response after it wrote its file, and
 * takes the file away again or files the proposal away: what is seen meanwhile is not settled.
 */
interface Look<T> {
  /** What holds if nothing more happens: the sidecar has crashed. */
  readonly outcome: T;
  readonly isSettled: boolean;
}

/** How often is looked while a sidecar may take for that, and for how long, in milliseconds. */
const LOOK_MS = 25;
const SETTLE_MS = 1_000;

export class Desk extends Queues {
  readonly #now: () => Date;
  readonly #pause: (ms: number) => Promise<void>;

  /** `root` holds one queue directory a bottle. */
  constructor(root: string, now: () => Date = () => new Date(), pause = sleep) {
    super(root, now);
    this.#now = now;
    this.#pause = pause;
  }

  /**
   * Claims a proposal for `operator`. The first claim wins and survives a crash. The same operator
   * may take up an own claim again; `takeOver` replaces another operator's. What has expired can no
   * longer be claimed. A claim that this call makes is the one of `request`, a UUID.
   */
  async claim(
    item: Item,
    operator: string,
    takeOver = false,
    request: string = crypto.randomUUID(),
  ): Promise<ClaimOutcome> {
    const over = await this.#overAlready(item);
    if (over) return unclaimed(over);
    const outcome = await this.#writeClaim(item, operator, takeOver, request);
    if (outcome.kind !== "claimed") return outcome;
    // The agent may have withdrawn it before it could see the claim.
    const since = await this.#overAlready(item).catch(async (error) => {
      await this.release(item, request).catch(() => {});
      throw error;
    });
    if (!since) return outcome;
    await this.release(item, request);
    return unclaimed(since);
  }

  /** Gives a claim back undecided, if it is still the one that `request` made. */
  async release(item: Item, request: string): Promise<void> {
    const directory = this.#directory(item.slug);
    const { id } = item.proposal;
    const parse = (file: unknown) => parseClaim(file, id);
    await removeIf(
      directory,
      recordName(id, "claim"),
      (name) => readValue(readRecord(directory, name, parse))?.request === request,
    );
  }

  /**
   * Writes the decision on a proposal that its operator (`decided_by`) has claimed. The first decision
   * wins; it survives a power cut when this returns `decided`. Throws the file system's error when it
   * cannot be written.
   */
  async decide(item: Item, decision: Decision): Promise<DecideOutcome> {
    const directory = this.#directory(item.slug);
    const name = recordName(item.proposal.id, "response");
    const text = formatRecord(decision);
    if (new TextEncoder().encode(text).length > MAX_RECORD_BYTES) {
      return { kind: "too-large", limitBytes: MAX_RECORD_BYTES };
    }
    const over = await this.#overAlready(item);
    if (over) return over;
    const claim = this.#readClaim(item);
    if (claim && decision.decided_by !== undefined && claim.claimed_by !== decision.decided_by) {
      return { kind: "taken", claim };
    }
    if (await publishFirst(directory, name, text) === "exists") {
      const first = readValue(readDecision(directory, item.proposal.id));
      if (first) return { kind: "already", decision: first };
      // A response no reader takes in decides nothing and would block this proposal for ever.
      await replaceFile(directory, name, text);
    }
    return await this.#settled(() => this.#confirm(item, decision));
  }

  /**
   * Writes the last word on what a decision granted, in place of an earlier one. It goes into the
   * queue also where the proposal was filed away: there the sidecar sees it, and files it away too.
   * Survives a power cut when it returns. Throws the file system's error when it cannot be written.
   */
  async tellEnd(slug: Slug, record: EndRecord): Promise<void> {
    const name = recordName(record.proposal_id, "ended");
    await replaceFile(this.#directory(slug), name, formatRecord(record));
  }

  async #writeClaim(
    item: Item,
    operator: string,
    takeOver: boolean,
    request: string,
  ): Promise<ClaimOutcome> {
    const directory = this.#directory(item.slug);
    const { id } = item.proposal;
    const own: Claim = {
      proposal_id: id,
      claimed_by: operator,
      claimed_at: this.#now().toISOString(),
      request,
    };
    const text = formatRecord(own);
    if (await publishFirst(directory, recordName(id, "claim"), text) === "published") {
      return { kind: "claimed", resumed: false };
    }
    const claim = readValue(readClaim(directory, id));
    if (claim?.claimed_by === operator) return { kind: "claimed", resumed: true };
    if (!takeOver) return { kind: "taken", claim };
    await replaceFile(directory, recordName(id, "claim"), text);
    return { kind: "claimed", resumed: false };
  }

  /**
   * Looks once more after a decision was written: between the last look and the write, another
   * decision may have been delivered, or the proposal withdrawn. What was filed away stands.
   */
  async #confirm(item: Item, decision: Decision): Promise<Look<DecideOutcome>> {
    const { isWithdrawn, isHere } = await this.#lookHere(item);
    if (isHere) return { outcome: { kind: "decided" }, isSettled: !isWithdrawn };
    const filed = await this.#lookFiled(item);
    const isOwn = filed?.kind === "already" && filed.decision &&
      formatRecord(filed.decision) === formatRecord(decision);
    // Neither: its records are being moved.
    if (!filed || isOwn) return { outcome: { kind: "decided" }, isSettled: filed !== undefined };
    const name = recordName(item.proposal.id, "response");
    await removeDurably(this.#directory(item.slug), name).catch(() => {});
    return { outcome: filed, isSettled: true };
  }

  #readClaim({ slug, proposal }: Item): Claim | undefined {
    return readValue(readClaim(this.#directory(slug), proposal.id));
  }

  /** Why a proposal can no longer be decided; undefined when it can. */
  #overAlready(item: Item): Promise<Over | undefined> {
    return this.#settled(async (): Promise<Look<Over | undefined>> => {
      const response = readDecision(this.#directory(item.slug), item.proposal.id);
      if (response.kind === "read") {
        return { outcome: { kind: "already", decision: response.value }, isSettled: true };
      }
      const { isWithdrawn, isHere } = await this.#lookHere(item);
      const filed = isHere ? undefined : await this.#lookFiled(item);
      if (filed) return { outcome: filed, isSettled: true };
      if (isWithdrawn) return { outcome: this.#takenBack(item), isSettled: false };
      // Or its records are being moved.
      if (!isHere) return { outcome: { kind: "gone" }, isSettled: false };
      const { proposal } = item;
      const isOver = isExpired(datesOf(proposal), this.#readClaim(item) !== undefined, this.#now());
      const expired = { kind: "expired", at: proposal.expires_at } as const;
      return { outcome: isOver ? expired : undefined, isSettled: true };
    });
  }

  /** In this order: a withdrawal that stands is there for as long as the proposal is. */
  async #lookHere({ slug, proposal }: Item): Promise<{ isWithdrawn: boolean; isHere: boolean }> {
    const at = (kind: "withdrawn" | "proposal") =>
      isRegularFile(join(this.#directory(slug), recordName(proposal.id, kind)));
    return { isWithdrawn: await at("withdrawn"), isHere: await at("proposal") };
  }

  /** What became of a proposal that was filed away; the response is moved before the withdrawal. */
  async #lookFiled(item: Item): Promise<Over | undefined> {
    const { slug, proposal } = item;
    const processed = this.#directory(slug, true);
    if (!isRealDirectory(processed)) return undefined;
    const isWithdrawn = await isRegularFile(join(processed, recordName(proposal.id, "withdrawn")));
    const filed = readDecision(processed, proposal.id);
    if (filed.kind === "read") return { kind: "already", decision: filed.value };
    return isWithdrawn ? this.#takenBack(item, true) : undefined;
  }

  #takenBack(item: Item, processed = false): Over | undefined {
    const { slug, proposal } = item;
    const claim = processed ? undefined : this.#readClaim(item);
    const seen = readWithdrawals(placeIn(this.root, slug, processed), proposal.id);
    const end = endOf(seen, proposal, claim, this.#now());
    return end?.reason === "expired"
      ? { kind: "expired", at: end.at }
      : end && { kind: "withdrawn" };
  }

  async #settled<T>(look: () => Promise<Look<T>>): Promise<T> {
    for (let waitedMs = 0;; waitedMs += LOOK_MS) {
      const { outcome, isSettled } = await look();
      if (isSettled || waitedMs >= SETTLE_MS) return outcome;
      await this.#pause(LOOK_MS);
    }
  }

  #directory(slug: Slug, processed = false): string {
    return placeIn(this.root, slug, processed).directory;
  }
}

function unclaimed(over: Over): Exclude<ClaimOutcome, { kind: "claimed" | "taken" }> {
  return over.kind === "already" ? { ...over, kind: "decided" } : over;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
