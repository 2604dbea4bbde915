/** The operator's terminal: the only place that changes its mode, and puts it back. */

import { Keyboard, readInput, type Typed } from "../keyboard.ts";
import type { Size } from "./state.ts";

export interface Terminal {
  size(): Size;
  /** Waits for what is typed, or for a pause after it and after what was written. */
  read(): Promise<Typed>;
  /** Never fails: a terminal that is gone is told by {@linkcode read} and the signals. */
  write(text: string): Promise<void>;
  /** Takes the whole screen, every key as it is typed, and no echo. */
  enter(): void;
  /** Puts back what was before. Harmless when nothing was taken. */
  leave(): void;
  onResize(callback: () => void): Disposable;
  /** SIGINT, SIGTERM and SIGHUP do nothing else until disposed. */
  onStop(callback: (signal: Deno.Signal) => void): Disposable;
}

/** Alternate screen, no wrapping at the edge, pastes marked as such. */
const ENTER = "\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[?2004h";
const LEAVE = "\x1b[0m\x1b[?2004l\x1b[?25h\x1b[?7h\x1b[?1049l";

/** Keeps the window's title, and puts it back; a terminal that keeps none is left without one. */
const KEEP_TITLE = "\x1b[22;2t";
const TITLE_BACK = "\x1b]2;\x07\x1b[23;2t";

/** For a terminal that does not tell. */
const DEFAULT_SIZE: Size = { columns: 80, rows: 24 };

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Whether there is a terminal to type on and to draw on. */
export function isOnTerminal(): boolean {
  return Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}

/** `hasTitle`: the title of its window is changed, and is to be put back. */
export function systemTerminal(hasTitle = false): Terminal {
  const enter = hasTitle ? KEEP_TITLE + ENTER : ENTER;
  const goodbye = hasTitle ? LEAVE + TITLE_BACK : LEAVE;
  let isTaken = false;
  const keyboard = new Keyboard(readInput);
  const leave = () => {
    if (!isTaken) return;
    isTaken = false;
    keyboard.stop();
    globalThis.removeEventListener("unload", leave);
    globalThis.removeEventListener("error", leave);
    globalThis.removeEventListener("unhandledrejection", leave);
    attempt(() => Deno.stdin.setRaw(false));
    attempt(() => Deno.stdout.writeSync(new TextEncoder().encode(goodbye)));
  };
  return {
    size() {
      try {
        const { columns, rows } = Deno.consoleSize();
        return columns > 0 && rows > 0 ? { columns, rows } : DEFAULT_SIZE;
      } catch {
        return DEFAULT_SIZE;
      }
    },
    read: () => keyboard.read(),
    async write(text) {
      // Nothing is answered while it is drawn, and not sooner after it.
      keyboard.stop();
      const bytes = new TextEncoder().encode(text);
      try {
        for (let written = 0; written < bytes.length;) {
          written += await Deno.stdout.write(bytes.subarray(written));
        }
      } catch {
        // Gone: see above.
      }
      if (isTaken) keyboard.restart();
    },
    enter() {
      if (isTaken) return;
      isTaken = true;
      // An error of another part of the program must be readable, and leave a terminal that works.
      globalThis.addEventListener("unload", leave);
      globalThis.addEventListener("error", leave);
      globalThis.addEventListener("unhandledrejection", leave);
      Deno.stdin.setRaw(true);
      keyboard.restart();
      attempt(() => Deno.stdout.writeSync(new TextEncoder().encode(enter)));
    },
    leave,
    onResize: (callback) => listening(["SIGWINCH"], callback),
    onStop: (callback) => listening(STOP_SIGNALS, callback),
  };
}

/** A terminal that is gone cannot be put back. */
function attempt(change: () => void): void {
  try {
    change();
  } catch {
    // Nothing is left to do.
  }
}

function listening(
  signals: readonly Deno.Signal[],
  callback: (signal: Deno.Signal) => void,
): Disposable {
  const listeners = signals.map((signal) => {
    const listener = () => callback(signal);
    Deno.addSignalListener(signal, listener);
    return { signal, listener };
  });
  return {
    [Symbol.dispose]() {
      for (const { signal, listener } of listeners) Deno.removeSignalListener(signal, listener);
    },
  };
}
