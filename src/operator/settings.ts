/** What the environment says: where the queues are, and who decides. */

import { join, resolve } from "node:path";
import { Failure } from "./failure.ts";

export type Environment = (name: string) => string | undefined;

/** The queue root: the option, else `SUPERVISE_QUEUE_ROOT`, else `~/.bot-bottle/queue`. */
export function queueRoot(option: string | undefined, env: Environment): string {
  const home = env("HOME");
  const given = option ?? set(env, "SUPERVISE_QUEUE_ROOT");
  // Shells expand "~" only at the start of a word, so not in "--queue-root=~/queue".
  if (given !== undefined) {
    if (!home && /^~(\/|$)/.test(given)) {
      throw new Failure(
        "usage",
        `HOME is not set, so "${given}" names no directory; give --queue-root an absolute path`,
      );
    }
    return resolve(home && /^~(\/|$)/.test(given) ? join(home, given.slice(1)) : given);
  }
  if (home) return join(home, ".bot-bottle", "queue");
  throw new Failure(
    "usage",
    "HOME is not set, so there is no default queue root; give --queue-root DIR",
  );
}

/** The state directory: `SUPERVISE_STATE_DIR`, else `$XDG_STATE_HOME/supervise`, else in `HOME`. */
export function stateDirectory(env: Environment): string {
  const given = set(env, "SUPERVISE_STATE_DIR");
  if (given !== undefined) return resolve(given);
  const state = set(env, "XDG_STATE_HOME");
  if (state !== undefined) return resolve(state, "supervise");
  const home = env("HOME");
  if (home) return join(home, ".local", "state", "supervise");
  throw new Failure(
    "usage",
    "HOME is not set, so there is no place for the audit log; set SUPERVISE_STATE_DIR",
  );
}

/** Whether there is a state directory to be named: without one nothing was recorded here. */
export function hasStateDirectory(env: Environment): boolean {
  const names = ["SUPERVISE_STATE_DIR", "XDG_STATE_HOME"];
  return Boolean(env("HOME")) || names.some((name) => set(env, name) !== undefined);
}

/** The name that claims and decisions carry. `SUPERVISE_OPERATOR` is taken as it is. */
export function operatorName(env: Environment, hostname: () => string): string {
  const own = set(env, "SUPERVISE_OPERATOR");
  if (own !== undefined) return own;
  const user = set(env, "SUDO_USER") ?? set(env, "USER") ?? set(env, "LOGNAME") ?? "operator";
  return `${user}@${hostname()}`;
}

/** The editor as the beginning of a shell's command line: `VISUAL`, else `EDITOR`. */
export function editorCommand(env: Environment): string | undefined {
  return set(env, "VISUAL") ?? set(env, "EDITOR");
}

/** Whether what is printed is read as UTF-8. Without a locale it is not. */
export function readsUtf8(env: Environment): boolean {
  const locale = set(env, "LC_ALL") ?? set(env, "LC_CTYPE") ?? set(env, "LANG") ?? "C";
  return /utf-?8/i.test(locale);
}

/** Whether the terminal is one that bold can be shown and a whole screen be drawn on. */
export function takesEscapes(env: Environment): boolean {
  return !["dumb", undefined].includes(set(env, "TERM"));
}

/** Terminals that take a title for their window; others may print it. */
const TAKES_TITLE =
  /^(xterm|screen|tmux|rxvt|alacritty|kitty|foot|wezterm|ghostty|st|konsole|gnome|vte|putty|contour|iterm)/;

/** How the triage screen tells of new asks. `SUPERVISE_BELL=0`: not at all. */
export function announcing(env: Environment): { readonly bell: boolean; readonly title: boolean } {
  const bell = set(env, "SUPERVISE_BELL") !== "0";
  return { bell, title: bell && TAKES_TITLE.test(set(env, "TERM") ?? "") };
}

/** `COLUMNS`: how many columns to lay out for, whatever is printed on; undefined when not said. */
export function givenColumns(env: Environment): number | undefined {
  const text = set(env, "COLUMNS") ?? "";
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined;
}

function set(env: Environment, name: string): string | undefined {
  return env(name)?.trim() || undefined;
}
