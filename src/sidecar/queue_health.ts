/** Whether the queue can be written now: tried with a real file, since a full disk looks like any other. */

import { join } from "node:path";
import { checkWritable, hasCode } from "../queue/durable.ts";
import { PROCESSED_DIRECTORY } from "../queue/layout.ts";

export interface QueueHealthOptions {
  /** This bottle's queue directory. */
  readonly directory: string;
  /** Directories in it that are written to as well, once they are there. Default: `processed/`. */
  readonly below?: readonly string[];
  /** Throws the file system's error when `directory` cannot be written. */
  readonly tryToWrite?: (directory: string) => Promise<void>;
  /** A check that takes longer is reported as failed, and goes on. In milliseconds. */
  readonly timeoutMs?: number;
  /** A clock that only goes forward, in milliseconds. */
  readonly now?: () => number;
}

/** What is written at a try, in bytes: a block of most file systems, and more than fits an inode. */
const TRIED_BYTES = 4_096;

const TIMEOUT_MS = 2_000;

/** An outcome holds for this long, in milliseconds, so that a flood of questions costs nothing. */
const FRESH_MS = 1_000;

/** Why the queue cannot be written and what to do, in one sentence; undefined when it can. */
export type QueueTrouble = string | undefined;

export class QueueHealth {
  readonly #directory: string;
  readonly #below: readonly string[];
  readonly #tryToWrite: (directory: string) => Promise<void>;
  readonly #timeoutMs: number;
  readonly #now: () => number;
  #latest: Promise<QueueTrouble> | undefined;
  #isTrying = false;
  #triedAtMs = 0;

  constructor(options: QueueHealthOptions) {
    this.#directory = options.directory;
    this.#below = options.below ?? [PROCESSED_DIRECTORY];
    this.#tryToWrite = options.tryToWrite ?? ((directory) => checkWritable(directory, TRIED_BYTES));
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Writes 4 KiB to the queue directory and to those below, fsyncs and removes them. All who ask
   * while that goes on, or within a second after it, share its outcome. Answers within 2 seconds:
   * a try that hangs is reported as such to all who ask, and none is begun beside it. Never throws.
   */
  check(): Promise<QueueTrouble> {
    const isFresh = this.#isTrying || this.#now() - this.#triedAtMs < FRESH_MS;
    if (!this.#latest || !isFresh) this.#latest = this.#begin();
    return this.#latest;
  }

  #begin(): Promise<QueueTrouble> {
    const { promise, resolve } = Promise.withResolvers<QueueTrouble>();
    const tooLong = setTimeout(() => resolve(this.#slow()), this.#timeoutMs);
    this.#isTrying = true;
    void this.#try().then((trouble) => {
      clearTimeout(tooLong);
      this.#isTrying = false;
      this.#triedAtMs = this.#now();
      this.#latest = Promise.resolve(trouble);
      resolve(trouble);
    });
    return promise;
  }

  async #try(): Promise<QueueTrouble> {
    for (const name of ["", ...this.#below]) {
      const directory = join(this.#directory, name);
      try {
        await this.#tryToWrite(directory);
      } catch (error) {
        // It is made when something is to be put there.
        if (name === "" || !hasCode(error, "ENOENT")) return explain(error, directory);
      }
    }
    return undefined;
  }

  #slow(): string {
    return `cannot write to the queue directory ${this.#directory}: it did not answer within ` +
      `${this.#timeoutMs / 1_000} s. Look at the disk or the network mount that it is on`;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  EROFS: "the file system is read-only. Mount it writable",
  ENOSPC: "no space is left, or no inodes. Free some",
  EDQUOT: "its quota is used up. Free some space, or raise the quota",
  EACCES: "permission denied. Give it to the user that the sidecar runs as (chown), mode 0700",
  EPERM:
    "not permitted. Give it to the user that the sidecar runs as (chown), and let it be changed",
  ENOENT: "it is gone. Make or mount it again; what was waiting in it has to be asked again",
  ENOTDIR: "it is not a directory. Put a directory in its place",
};

function explain(error: unknown, directory: string): string {
  const where = `cannot write to the queue directory ${directory}`;
  for (const [code, remedy] of Object.entries(REMEDIES)) {
    if (hasCode(error, code)) return `${where}: ${remedy}`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `${where}: ${reason}. Look at the file system that it is on`;
}
