/** What the parts of the agent's side share: the directory, what is known of it, and the log. */

import { join } from "node:path";
import { Archive } from "./archive.ts";
import { Changes } from "./changes.ts";
import { PROCESSED_DIRECTORY, type Slug } from "./layout.ts";
import { Limit } from "./limit.ts";
import { OpenProposals } from "./open_proposals.ts";
import { RecentlyEnded } from "./recently_ended.ts";
import { WaitingHint } from "./waiting.ts";

export interface QueueStateOptions {
  readonly directory: string;
  readonly slug: Slug;
  readonly log: (line: string) => void;
  /** Called as often as the log is told that something failed. */
  readonly onTrouble?: (() => void) | undefined;
  readonly now?: () => Date;
}

/** A record may have 1 MiB, and a request for many must not hold them all in memory. */
const READS_AT_ONCE = 8;

export class QueueState implements AsyncDisposable {
  readonly directory: string;
  /** Where the records of what is over are. */
  readonly processed: string;
  readonly slug: Slug;
  readonly log: (line: string) => void;
  readonly now: () => Date;
  readonly changes: Changes;
  readonly hint: WaitingHint;
  readonly entries: OpenProposals;
  readonly archive: Archive;
  readonly recentlyEnded = new RecentlyEnded();
  readonly reads = new Limit(READS_AT_ONCE);
  /** What goes on beside the calls ends early: the next run goes on with it. */
  isStopped = false;
  readonly #running = new Set<Promise<unknown>>();
  readonly #said = new Map<string, string>();

  readonly #onTrouble: () => void;

  constructor(
    { directory, slug, log, onTrouble = () => {}, now = () => new Date() }: QueueStateOptions,
  ) {
    this.directory = directory;
    this.processed = join(directory, PROCESSED_DIRECTORY);
    this.slug = slug;
    this.log = log;
    this.#onTrouble = onTrouble;
    this.now = now;
    this.changes = new Changes((line) => this.trouble(line));
    this.hint = new WaitingHint(directory, now);
    this.entries = new OpenProposals(this.changes, (id) => this.hint.left(id));
    this.archive = new Archive(directory, (id, error) => this.cannotMove(id, error));
  }

  /** Work beside the calls, which is waited for at the end. What may go wrong it handles itself. */
  inBackground(work: Promise<unknown>): void {
    const done = work.catch((error) => this.trouble(`internal error: ${textOf(error)}`))
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Says that something failed. */
  trouble(line: string): void {
    this.log(line);
    this.#onTrouble();
  }

  /** Says what is wrong with a file once, and again only when that changes. */
  sayOnce(name: string, line: string): void {
    if (this.#said.get(name) === line) return;
    if (this.#said.size > 1_000) this.#said.clear();
    this.#said.set(name, line);
    this.trouble(line);
  }

  /** Says once that `what` cannot be done; it is tried again at the next look. */
  cannot(name: string, what: string, error: unknown): void {
    // The message has the name of a temporary file, which is another one each time.
    const reason = error instanceof Error && "code" in error ? String(error.code) : textOf(error);
    this.sayOnce(name, `cannot ${what}: ${reason}`);
  }

  cannotMove(name: string, error: unknown): void {
    const below = `${PROCESSED_DIRECTORY}/`;
    this.sayOnce(below + name, `cannot move ${name} to ${below}: ${textOf(error)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isStopped = true;
    this.recentlyEnded.stop();
    // What ends may begin something: a decision that was read is the reason for a move.
    while (this.#running.size > 0) await Promise.all(this.#running);
    await this.hint[Symbol.asyncDispose]();
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
