/** A real terminal for a program: a tmux server of its own, whose screen can be read and typed on. */

import { finish } from "./process.ts";
import { eventually } from "./within.ts";

/** For a program to start, or to redraw, on a machine with other work. */
const PATIENCE_S = 60;

const SESSION = "test";

export const HAS_TMUX = await finish("tmux", ["-V"])
  .then(({ code }) => code === 0, () => false);

export interface TmuxOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  /** Added to the environment of the shell, which holds little else. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A shell with the prompt `$ ` on a terminal of 80 columns and 24 rows. */
export async function startTmux(options: TmuxOptions = {}): Promise<Tmux> {
  const tmux = new Tmux(`supervise-${crypto.randomUUID().slice(0, 8)}`);
  const { columns = 80, rows = 24, cwd = Deno.cwd() } = options;
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: Deno.env.get("HOME") ?? "",
    TERM: "screen-256color",
    LC_ALL: "C.UTF-8",
    NO_COLOR: "1",
    PS1: "$ ",
    ...options.env,
  };
  const shell = ["env", "-i", ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const command = [...shell, "sh"].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const size = ["-x", String(columns), "-y", String(rows)];
  await tmux.run("new-session", "-d", "-s", SESSION, ...size, "-c", cwd, `exec ${command}`);
  await tmux.run("set-option", "-g", "window-size", "manual");
  await tmux.until(/^\$ $|^\$$/m);
  return tmux;
}

/** A person does not press two keys faster, in milliseconds. */
const HAND_MS = 150;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class Tmux implements AsyncDisposable {
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  /** Runs one tmux command and returns what it prints. */
  async run(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await finish(
      "tmux",
      ["-u", "-L", this.#server, "-f", "/dev/null", ...args],
      { env: { LC_ALL: "C.UTF-8" } },
    );
    if (code !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }

  /** Presses keys by tmux's names: `Enter`, `Escape`, `C-u`, `a`. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.run("send-keys", "-t", SESSION, ...keys);
  }

  async type(text: string): Promise<void> {
    await this.run("send-keys", "-t", SESSION, "-l", text);
  }

  /**
   * Presses Enter as a hand does, some time after what was typed before: what comes at once is pasted
   * text to the program. Once more where a busy machine has read both together all the same.
   */
  async enter(next: RegExp): Promise<string> {
    await pause(HAND_MS);
    await this.press("Enter");
    let screen = "";
    await eventually(PATIENCE_S, `screen that matches ${next}`, async () => {
      screen = await this.screen();
      if (/press Enter to go on/.test(screen)) {
        await pause(HAND_MS);
        await this.press("Enter");
      }
      return next.test(screen);
    }).catch((error) => {
      throw new Error(`${error.message}, but:\n${screen}`);
    });
    return screen;
  }

  /** Pastes as a person does: between marks, if the program has asked for them. */
  async paste(text: string): Promise<void> {
    await this.run("set-buffer", "-b", "paste", text);
    await this.run("paste-buffer", "-p", "-r", "-b", "paste", "-t", SESSION);
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.run("resize-window", "-t", SESSION, "-x", String(columns), "-y", String(rows));
  }

  /** What is on the screen, a line each row; `-e` among `flags` keeps the attributes. */
  async screen(...flags: readonly string[]): Promise<string> {
    return await this.run("capture-pane", "-p", ...flags, "-t", SESSION);
  }

  /** A tmux format of the terminal: `#{cursor_x}`, `#{alternate_on}`. */
  async state(format: string): Promise<string> {
    return (await this.run("display-message", "-p", "-t", SESSION, format)).trim();
  }

  /** Waits until the screen matches. Throws with the screen when it does not. */
  async until(pattern: RegExp): Promise<string> {
    let screen = "";
    const isSo = async () => pattern.test(screen = await this.screen());
    await eventually(PATIENCE_S, `screen that matches ${pattern}`, isSo)
      .catch((error) => {
        throw new Error(`${error.message}, but:\n${screen}`);
      });
    return screen;
  }

  /** Waits until the screen is `wanted`. Returns what it is, at the latest after `seconds`. */
  async becomes(wanted: string, seconds = PATIENCE_S): Promise<string> {
    let screen = "";
    const isSo = async () => wanted === (screen = await this.screen());
    await eventually(seconds, "such screen", isSo).catch(() => {});
    return screen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run("kill-server").catch(() => {});
  }
}
