/**
 * Hints of which bottles have changed, from `inotifywait` where it is installed. Only hints: it may be
 * missing, killed, flooded or at the end of the system's watches, and then nothing more comes.
 */

import { parseSlug, type Slug } from "./layout.ts";

/**
 * The shell ends the program when its input ends, as it does however ours ends. No key on the terminal
 * ends the shell before that.
 */
const SCRIPT = `trap "" HUP INT QUIT TERM
inotifywait -q -m -r -e create -e moved_to -e moved_from -e delete -e close_write \\
  --format %w -- "$1" 2>/dev/null &
exec >/dev/null 2>&1
read -r _
kill -9 $!`;

/** What has come within this time is told together, in milliseconds. */
const GATHER_MS = 10;

/** More than so much at once, in bytes, is noise: it is thrown away, and the next is waited for. */
const NOISE_BYTES = 32_768;
const NOISE_PAUSE_MS = 1_000;

export class InotifyHint implements Disposable {
  readonly #root: string;
  readonly #tell: (slugs: ReadonlySet<Slug>) => void;
  #child: Deno.ChildProcess | undefined;
  #isStopped = false;

  /** `tell` is called with the bottles below `root` in whose directories something happened. */
  constructor(root: string, tell: (slugs: ReadonlySet<Slug>) => void) {
    this.#root = root;
    this.#tell = tell;
    try {
      this.#child = new Deno.Command("sh", {
        args: ["-c", SCRIPT, "sh", root],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
      void this.#follow(this.#child).catch(() => {}).finally(() => this.#stop());
    } catch {
      // No shell, or no right to start one.
    }
  }

  /** Whether hints may still come. */
  get isAlive(): boolean {
    return this.#child !== undefined;
  }

  [Symbol.dispose](): void {
    this.#isStopped = true;
    this.#stop();
  }

  #stop(): void {
    // The end of its input ends the shell, and that the program.
    this.#child?.stdin.close().catch(() => {});
    this.#child = undefined;
  }

  async #follow({ stdout }: Deno.ChildProcess): Promise<void> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of stdout) {
      if (this.#isStopped) return;
      if (bytes.length >= NOISE_BYTES) {
        rest = "";
        await delay(NOISE_PAUSE_MS);
        continue;
      }
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = (lines.pop() ?? "").slice(-NOISE_BYTES);
      const slugs = this.#slugsOf(lines);
      if (slugs.size > 0) this.#tell(slugs);
      await delay(GATHER_MS);
    }
  }

  /** A bottle can make lines that name another: that one is looked at once more. */
  #slugsOf(directories: readonly string[]): Set<Slug> {
    const slugs = new Set<Slug>();
    const start = this.#root.endsWith("/") ? this.#root : `${this.#root}/`;
    for (const directory of directories) {
      if (!directory.startsWith(start)) continue;
      const slug = parseSlug(directory.slice(start.length).split("/", 1)[0] ?? "");
      if (slug) slugs.add(slug);
    }
    return slugs;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
