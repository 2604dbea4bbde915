/** The world outside as `run` sees it, so that tests can give another one. */

import { Keyboard, readInput, type Typed } from "./keyboard.ts";
import type { Stream } from "./output.ts";

export interface Io {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdinIsTerminal: boolean;
  /** What is typed at the terminal of standard input, until disposed. */
  keys(): Keys;
  env(name: string): string | undefined;
  hostname(): string;
  now(): Date;
  /** From here on a signal to stop is a request, until disposed. */
  interrupts(): Interrupts;
}

export interface Keys extends Disposable {
  /** Waits for what is typed, or for a pause in which nothing is. */
  read(): Promise<Typed>;
  /** From here on: each key as it is typed and not shown, or again a line at a time. */
  takeRaw(isRaw: boolean): void;
}

export interface Interrupts extends Disposable {
  /** Aborted by SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /**
   * While true, Ctrl-C on a terminal is the editor's business: it gets the signal too, and whether
   * the edit goes on is its decision.
   */
  editing: boolean;
}

export function systemIo(): Io {
  const stdinIsTerminal = Deno.stdin.isTerminal();
  return {
    stdout: terminalStream(Deno.stdout),
    stderr: terminalStream(Deno.stderr),
    stdinIsTerminal,
    keys: systemKeys,
    env: (name) => Deno.env.get(name),
    hostname: () => Deno.hostname(),
    now: () => new Date(),
    interrupts: () => systemInterrupts(stdinIsTerminal),
  };
}

function terminalStream(stream: typeof Deno.stdout): Stream {
  const isTerminal = stream.isTerminal();
  return {
    write: (bytes) => stream.write(bytes),
    columns: isTerminal ? terminalColumns() : undefined,
    styled: isTerminal && !Deno.noColor,
  };
}

function terminalColumns(): number | undefined {
  try {
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined; // A terminal that does not tell its size.
  }
}

function systemKeys(): Keys {
  const keyboard = new Keyboard(readInput);
  let isRaw = false;
  const takeRaw = (raw: boolean) => {
    if (raw !== isRaw) Deno.stdin.setRaw(raw, { cbreak: raw });
    isRaw = raw;
  };
  return {
    read: () => keyboard.read(),
    takeRaw,
    [Symbol.dispose]() {
      keyboard.stop();
      takeRaw(false);
    },
  };
}

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function systemInterrupts(stdinIsTerminal: boolean): Interrupts {
  const controller = new AbortController();
  const listeners = STOP_SIGNALS.map((name) => {
    const listener = () => {
      if (name === "SIGINT" && interrupts.editing && stdinIsTerminal) return;
      controller.abort();
    };
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  const interrupts: Interrupts = {
    signal: controller.signal,
    editing: false,
    [Symbol.dispose]() {
      for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
    },
  };
  return interrupts;
}
