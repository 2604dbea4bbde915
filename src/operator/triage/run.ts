/** The triage screen on a terminal: keys and news become events, and effects are carried out. */

import { Failure } from "../failure.ts";
import { visibleLine } from "../visible.ts";
import type { Actions, ScreenEffect, ScreenTask } from "./actions.ts";
import { Display } from "./display.ts";
import { Drafts } from "./drafts.ts";
import { type Key, KeyReader } from "./keys.ts";
import { update } from "./model.ts";
import { windowTitle } from "./page.ts";
import { firstState, type ScreenEvent, type State } from "./state.ts";
import type { Terminal } from "./terminal.ts";
import { view } from "./view.ts";

/** A sequence of a key arrives within this time, also over a slow line; a lone ESC is a key. */
const ESCAPE_MS = 100;

/** Keys that one screen gets within this time of each other were typed by no hand. */
const BURST_MS = 50;

/** Ages run: so often it is looked whether one that is shown has changed. */
const TICK_MS = 1_000;

/** The queues are read at most this often, and never more than this share of the time. */
const MIN_PAUSE_MS = 100;
const READING_SHARE = 0.2;

export interface Options {
  now(): Date;
  /** A clock that never jumps; default: that of the program. */
  readonly uptimeMs?: () => number;
  /** How it is told that asks came; default: not at all. */
  readonly announces?: { readonly bell: boolean; readonly title: boolean };
}

/** Runs until the operator quits, the terminal is gone, or a signal comes. Throws for bugs only. */
export async function runTriage(
  actions: Actions,
  terminal: Terminal,
  options: Options,
): Promise<void> {
  const read = await readDrafts(actions);
  const session = new Session(actions, terminal, options, read.drafts);
  if (read.problem) session.send({ name: "noted", message: read.problem });
  await session.run();
}

async function readDrafts(
  actions: Actions,
): Promise<{ readonly drafts: ReadonlyMap<string, string>; readonly problem?: string }> {
  try {
    return { drafts: await actions.readDrafts() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { drafts: new Map(), problem: `Texts begun earlier are not here: ${error.message}.` };
  }
}

class Session {
  readonly #actions: Actions;
  readonly #terminal: Terminal;
  readonly #display: Display;
  readonly #drafts: Drafts;
  readonly #uptimeMs: () => number;
  readonly #hasBell: boolean;
  readonly #end = Promise.withResolvers<void>();
  #state: State;
  #isOver = false;
  /** While an editor has the terminal, nothing else may read from it. */
  #away: Promise<void> | undefined;
  #isReading = false;
  #isStale = false;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #escape: ReturnType<typeof setTimeout> | undefined;
  #typed: { readonly on: string; readonly atMs: number } | undefined;

  constructor(
    actions: Actions,
    terminal: Terminal,
    { now, uptimeMs = () => performance.now(), announces }: Options,
    drafts: ReadonlyMap<string, string>,
  ) {
    this.#actions = actions;
    this.#uptimeMs = uptimeMs;
    this.#hasBell = announces?.bell ?? false;
    this.#terminal = terminal;
    this.#state = firstState(terminal.size(), drafts);
    this.#display = new Display(
      terminal,
      () => ({
        ...view(this.#state, now(), actions.table.bind(actions)),
        ...announces?.title && { title: windowTitle(this.#state) },
      }),
      (error) => this.#end.reject(error),
    );
    this.#drafts = new Drafts(
      (texts) => actions.saveDrafts(texts),
      drafts,
      (problem) => this.send({ name: "noted", message: `The text is not saved: ${problem}.` }),
    );
  }

  async run(): Promise<void> {
    using _stop = this.#terminal.onStop((signal) => this.#stop(signal));
    using _resize = this.#terminal.onResize(() => {
      this.send({ name: "resized", size: this.#terminal.size() });
    });
    using _watch = this.#actions.watch(() => this.#refresh());
    const ticks = setInterval(() => this.#display.draw(), TICK_MS);
    let unsaved: readonly string[] = [];
    try {
      this.#display.open();
      this.#refresh();
      this.#guard(this.#readKeys());
      await this.#end.promise;
    } finally {
      this.#isOver = true;
      clearInterval(ticks);
      clearTimeout(this.#pause);
      clearTimeout(this.#escape);
      try {
        unsaved = await this.#drafts.flush();
      } finally {
        await this.#display.close();
      }
    }
    const lost = unsaved.map((text) => `Not saved: ${text}`);
    for (const line of [...this.#state.parting, ...lost]) {
      await this.#terminal.write(`${visibleLine(line)}\n`);
    }
  }

  send(event: ScreenEvent): void {
    if (this.#isOver) return;
    try {
      const { state, effects } = update(this.#state, event);
      this.#state = state;
      this.#drafts.keep(state.drafts);
      for (const effect of effects) this.#start(effect);
      if (state.isEnding && !state.work) this.#end.resolve();
      this.#display.draw();
    } catch (error) {
      this.#end.reject(error);
    }
  }

  /** What fails here is a bug: texts are saved, the terminal is put back, and the error goes on. */
  #guard(work: Promise<void>): void {
    work.catch((error) => this.#end.reject(error));
  }

  #stop(signal: Deno.Signal): void {
    // Ctrl-C in an editor is the editor's business.
    if (this.#away && signal === "SIGINT") return;
    // What runs is not broken off, but the terminal is needed no more.
    if (!this.#away) this.#guard(this.#display.close());
    this.send({ name: "stopped" });
  }

  async #readKeys(): Promise<void> {
    const reader = new KeyReader();
    while (!this.#isOver) {
      const typed = await this.#terminal.read();
      if (typed === undefined) return this.#stop("SIGHUP");
      if (typed === "quiet") {
        this.send({ name: "quiet" });
        continue;
      }
      clearTimeout(this.#escape);
      this.#type(reader.read(typed));
      if (reader.isWaiting) {
        this.#escape = setTimeout(() => this.#type(reader.flush()), ESCAPE_MS);
      }
      await this.#away;
      if (this.#state.isEnding && !this.#state.work) return;
    }
  }

  #type(keys: readonly Key[]): void {
    const atMs = this.#uptimeMs();
    const on = this.#state.screen.name;
    const last = this.#typed?.on === on ? this.#typed.atMs : -Infinity;
    const isBurst = keys.length > 1 || atMs - last < BURST_MS;
    this.#typed = { on, atMs };
    for (const key of keys) this.send({ name: "key", key, isBurst });
    this.send({ name: "typed" });
  }

  #start(effect: ScreenEffect): void {
    if (effect.name === "list") this.#refresh();
    else if (effect.name === "ring") {
      if (this.#hasBell) this.#display.ring();
    } else if (effect.name === "edit") {
      this.#away = this.#lend(effect).finally(() => this.#away = undefined);
      this.#guard(this.#away);
    } else this.#guard(this.#perform(effect));
  }

  /** Does it while something else has the terminal. */
  async #lend(task: ScreenTask): Promise<void> {
    await this.#display.close();
    try {
      await this.#perform(task);
    } finally {
      if (!this.#state.isEnding) this.#display.open();
    }
  }

  async #perform(task: ScreenTask): Promise<void> {
    const onDone = (done: number) => {
      this.send({ name: "progressed", done });
      return !this.#state.isEnding;
    };
    try {
      this.send(await this.#actions.perform(task, onDone));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message, remedy } = error;
      const next = remedy && this.#actions.remedyLine(remedy);
      this.send({ name: "failed", task, code, message, next });
    }
  }

  /** Reads the queues now, or once more after the reading that goes on. */
  #refresh(): void {
    this.#isStale = true;
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    this.#isStale = false;
    const started = performance.now();
    this.#guard(
      this.#perform({ name: "list" }).then(() => {
        if (this.#isOver) return;
        const tookMs = performance.now() - started;
        this.#pause = setTimeout(() => {
          this.#isReading = false;
          if (this.#isStale) this.#refresh();
        }, Math.max(MIN_PAUSE_MS, tookMs / READING_SHARE));
      }),
    );
  }
}
