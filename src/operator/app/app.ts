/** What every use case works on, whatever face asks for it, and who acts. */

import { Desk } from "../../queue/desk.ts";
import type { Face } from "../audit/entry.ts";
import { AuditLog } from "../audit/log.ts";
import type { Config } from "../config/config.ts";
import { ChangeJournal } from "../live/change_journal.ts";

/** The functions are called at the first use: a request fails only for want of what it needs. */
export interface AppOptions {
  readonly queueRoot: () => string;
  readonly stateDirectory: () => string;
  /** Whether `stateDirectory` names one: without it nothing was ever recorded. */
  readonly hasState: boolean;
  /** Reads it again when the file changed. */
  readonly readConfig: () => Promise<Config>;
  /** Where commands of the configuration are looked for, as `PATH`. */
  readonly searchPath: string | undefined;
  readonly face: Face;
  readonly now: () => Date;
}

export class App {
  readonly #options: AppOptions;
  readonly #logs = new Map<string, AuditLog>();
  #desk: Desk | undefined;

  constructor(options: AppOptions) {
    this.#options = options;
  }

  get desk(): Desk {
    return this.#desk ??= new Desk(this.#options.queueRoot(), this.#options.now);
  }

  /** Where the audit log and the records of changes are. */
  get stateDirectory(): string {
    return this.#options.stateDirectory();
  }

  get hasState(): boolean {
    return this.#options.hasState;
  }

  /** The records of changes of live files. */
  get changes(): ChangeJournal {
    return new ChangeJournal(this.stateDirectory);
  }

  get searchPath(): string | undefined {
    return this.#options.searchPath;
  }

  /** The log, in which each entry carries the actor's name. */
  audit({ name }: Pick<Actor, "name">): AuditLog {
    const { now, face } = this.#options;
    const log = this.#logs.get(name) ?? new AuditLog(this.stateDirectory, name, now, { face });
    this.#logs.set(name, log);
    return log;
  }

  /** As its file is now. Throws a failure when it is wrong. */
  config(): Promise<Config> {
    return this.#options.readConfig();
  }

  now(): Date {
    return this.#options.now();
  }
}

export interface Actor {
  /** What claims, decisions and the audit log call them. */
  readonly name: string;
  /** How they proved it. */
  readonly credential: "unix user" | "token" | "passkey" | "ssh key" | "policy rule";
  /** Aborted, it ends the step that is under way; what was begun is put back. */
  readonly signal: AbortSignal;
}
