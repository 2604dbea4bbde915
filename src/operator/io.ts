/** The world outside as `run` sees it, so that tests can give another one. */

import { Keyboard, readInput, type Typed } from "./keyboard.ts";
import type { Stream } from "./output.ts";
import { type Environment, givenColumns, takesEscapes } from "./settings.ts";

export interface Io {
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly stdinIsTerminal: boolean;
  readonly stdoutIsTerminal: boolean;
  /** Takes each key of the terminal of standard input as it is typed, and shows none, until disposed. */
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
  const env = (name: string) => Deno.env.get(name);
  return {
    stdout: streamTo(Deno.stdout, env),
    stderr: streamTo(Deno.stderr, env),
    stdinIsTerminal,
    stdoutIsTerminal: Deno.stdout.isTerminal(),
    keys: systemKeys,
    env,
    hostname: () => Deno.hostname(),
    now: () => new Date(),
    interrupts: () => systemInterrupts(stdinIsTerminal),
  };
}

function streamTo(stream: typeof Deno.stdout, env: Environment): Stream {
  const isTerminal = stream.isTerminal();
  return {
    write: (bytes) => stream.write(bytes),
    isTerminal,
    columns: givenColumns(env) ?? (isTerminal ? terminalColumns() : undefined),
    styled: isTerminal && !Deno.noColor && takesEscapes(env),
  };
}

/** Of a terminal that does not tell its size, and of one that says 0. */
const DEFAULT_COLUMNS = 80;

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS;
  }
}

function systemKeys(): Keys {
  const keyboard = new Keyboard(readInput);
  // Ctrl-C stays a signal.
  Deno.stdin.setRaw(true, { cbreak: true });
  return {
    read: () => keyboard.read(),
    [Symbol.dispose]() {
      keyboard.stop();
      Deno.stdin.setRaw(false);
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
