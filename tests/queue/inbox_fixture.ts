/** A queue directory with its inbox, for the tests of the agent's side. */

import assert from "node:assert/strict";
import { basename, join } from "node:path";
import type { ProposalChange } from "../../src/queue/changes.ts";
import { type Ask, Inbox, type InboxOptions, type Submission } from "../../src/queue/inbox.ts";
import type { ProposalId, RecordKind, Slug } from "../../src/queue/layout.ts";
import { formatProposal, type Proposal } from "../../src/queue/proposal.ts";
import { sha256Hex } from "../../src/queue/sha256.ts";
import type { WaitOutcome } from "../../src/queue/wait.ts";
import { DirectoryWatch } from "../../src/queue/watch.ts";
import { QueueProbe, type Response } from "../support/queue_probe.ts";
import { temporary } from "../support/temporary.ts";
import { closedWatchers } from "../support/watchers.ts";
import { within } from "../support/within.ts";

export const NOW = new Date("2026-11-21T12:00:00Z");

/** Longer than any test: what is noticed came by event. */
export const NO_POLLS_MS = 3_600_000;
export const FAST_POLLS_MS = 5;

/** A queue directory, its inbox and the inbox's log; opened again it is the next run of the sidecar. */
export class Queue implements AsyncDisposable {
  readonly directory: string;
  readonly probe: QueueProbe;
  readonly log: string[] = [];
  /** What all its inboxes told, in order. */
  readonly changes: ProposalChange[] = [];
  readonly #options: Partial<InboxOptions>;
  readonly #end: () => Promise<void>;
  #logged = () => {};
  #changed = () => {};
  inbox!: Inbox;

  private constructor(
    directory: string,
    options: Partial<InboxOptions>,
    end: () => Promise<void>,
  ) {
    this.directory = directory;
    this.probe = new QueueProbe(directory);
    this.#options = options;
    this.#end = end;
  }

  /** `prepare` fills the directory before it is opened. */
  static async open(
    options: Partial<InboxOptions> = {},
    prepare: (queue: Queue) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Queue> {
    const directory = await temporary();
    const watchers = closedWatchers();
    const queue = new Queue(join(directory.path, "dev"), options, async () => {
      watchers[Symbol.dispose]();
      await directory[Symbol.asyncDispose]();
    });
    await Deno.mkdir(join(queue.directory, "processed"), { recursive: true });
    await prepare(queue);
    await queue.start();
    return queue;
  }

  async start(): Promise<void> {
    this.inbox = await Inbox.open({
      directory: this.directory,
      slug: "dev" as Slug,
      maxPending: 64,
      log: (line) => {
        this.log.push(line);
        this.#logged();
      },
      now: () => NOW,
      pollIntervalMs: NO_POLLS_MS,
      ...this.#options,
    });
    this.inbox.onChange((change) => {
      this.changes.push(change);
      this.#changed();
    });
  }

  async restart(): Promise<void> {
    await this.inbox[Symbol.asyncDispose]();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inbox[Symbol.asyncDispose]();
    await this.#end();
  }

  /** Submits an ask that must be queued, and returns its id. */
  async queued(asked: Ask): Promise<ProposalId> {
    return idOf(await this.inbox.submit(asked), "queued");
  }

  outcome(id: ProposalId): Promise<WaitOutcome> {
    return within(60, "outcome", this.inbox.wait(id).outcome);
  }

  /** Puts an answer there and waits until the inbox has taken it in. */
  async decide(id: ProposalId, response: Response = { status: "approved" }): Promise<void> {
    const { outcome } = this.inbox.wait(id);
    await this.probe.answer(id, response);
    const { kind } = await within(60, "decision", outcome);
    assert.equal(kind, "decided");
  }

  async logged(pattern: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#logged = () => {
      if (this.log.some((line) => pattern.test(line))) resolve();
    };
    this.#logged();
    await within(60, `${pattern} in the log`, promise);
  }

  /** The kinds of the changes that were told of one proposal. */
  told(id: ProposalId): string[] {
    return this.changes.flatMap((change) => change.id === id ? [change.kind] : []);
  }

  /** Waits until this was told, the last of it just now or before. */
  async untilTold(id: ProposalId, ...kinds: ProposalChange["kind"][]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#changed = () => {
      if (this.told(id).length >= kinds.length) resolve();
    };
    this.#changed();
    await within(60, `${kinds.join(", ")} told`, promise);
    assert.deepEqual(this.told(id), kinds);
  }

  /** The records of one proposal, here and in `processed/`. */
  async records(id: ProposalId): Promise<string[]> {
    const kinds = async (below: string) =>
      (await this.probe.names(below)).filter((name) => name.startsWith(id))
        .map((name) => join(below, name.slice(id.length + 1, -".json".length)));
    return [...await kinds(""), ...await kinds("processed")].sort();
  }

  /** Lets a poll of this pace come round a few times. */
  async polls(times = 4): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let polled = 0;
    using _watchers = closedWatchers();
    using _watch = new DirectoryWatch(this.directory, {
      onName() {},
      onPolled: () => void (++polled === times && resolve()),
      pollIntervalMs: FAST_POLLS_MS,
    });
    await within(60, `${times} polls`, promise);
  }
}

export function ask(name: string | number, tool = "egress-block"): Ask {
  return { tool, proposedFile: `{"host": "${name}.example"}\n`, justification: "to read" };
}

export function idOf(submission: Submission, kind: "queued" | "joined"): ProposalId {
  assert.equal(submission.kind, kind);
  return (submission as Submission & { readonly id: ProposalId }).id;
}

export function proposalOf(asked: Ask, fields: Partial<Proposal> = {}): Proposal {
  return {
    id: crypto.randomUUID() as ProposalId,
    bottle_slug: "dev" as Slug,
    tool: asked.tool,
    proposed_file: asked.proposedFile,
    justification: asked.justification,
    arrival_timestamp: "2026-11-20T12:00:00.000Z",
    current_file_hash: sha256Hex(asked.proposedFile),
    ...fields,
  };
}

/** Puts `value` in the place of a member, until the end of the block. */
export function replaced(object: object, name: string, value: unknown): Disposable {
  const original = Reflect.get(object, name);
  Reflect.set(object, name, value);
  return { [Symbol.dispose]: () => void Reflect.set(object, name, original) };
}

/** Puts a proposal there as an earlier run or another hand would have. */
export async function place(queue: Queue, proposal: Proposal, below = ""): Promise<ProposalId> {
  const path = join(queue.directory, below, `${proposal.id}.proposal.json`);
  await Deno.writeTextFile(path, formatProposal(proposal)!);
  return proposal.id;
}

/** What the operator's side writes when one of them takes a proposal. */
export function claimText(id: ProposalId, by = "ann", at = NOW): string {
  return JSON.stringify({ proposal_id: id, claimed_by: by, claimed_at: at.toISOString() });
}

/** Runs `hook` once, just after (or before) the record of that kind was linked to its name. */
export function atLink(
  kind: RecordKind,
  when: "before" | "after",
  hook: () => Promise<unknown>,
): Disposable {
  const { link } = Deno;
  let isDone = false;
  return replaced(Deno, "link", async (from: string, to: string) => {
    const isIt = !isDone && basename(to).endsWith(`.${kind}.json`);
    isDone ||= isIt;
    if (isIt && when === "before") await hook();
    await link(from, to);
    if (isIt && when === "after") await hook();
  });
}

/**
 * As on a bind mount across a virtual machine: no events come. Tests with a FIFO need it too: one in
 * the directory blocks the runtime's watcher, and the test when it closes that.
 */
export function withoutEvents(): Disposable {
  const watcher = { close() {}, [Symbol.asyncIterator]: () => [].values() };
  return replaced(Deno, "watchFs", () => watcher);
}
