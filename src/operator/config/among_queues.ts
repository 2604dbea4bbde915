/** Whether something that the operator relies on lies where a bottle can write: in a bottle's queue. */

import { dirname, isAbsolute, join, resolve } from "node:path";
import { parseSlug } from "../../queue/layout.ts";
import { Failure, type FailureCode } from "../failure.ts";
import type { Target } from "./config.ts";
import { findProgram } from "./program.ts";

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** The directories of the state that records are read from, by the names of what is in them. */
const READ_FROM = ["open", "done", "abandoned"];

export const AMONG_QUEUES = "is among the queues, where a bottle can write; choose another place";

/** A word for what lies there, and its path. */
export interface Relied {
  readonly what: string;
  readonly path: string;
}

/** The queues under one root, known by what they are and not by how their paths are written. */
export class AmongQueues {
  readonly #root: string;
  readonly #identity: string | undefined;
  readonly #bottles: ReadonlySet<string>;

  private constructor(
    root: string,
    identity: string | undefined,
    bottles: ReadonlySet<string>,
  ) {
    this.#root = root;
    this.#identity = identity;
    this.#bottles = bottles;
  }

  /** Without a root that can be read there are no queues. */
  static async under(root: string): Promise<AmongQueues> {
    const bottles = new Set<string>();
    const names = await Array.fromAsync(Deno.readDir(root)).catch(() => []);
    for (const { name } of names) {
      const identity = parseSlug(name) && identityOf(join(root, name));
      if (identity) bottles.add(identity);
    }
    return new AmongQueues(root, identityOf(root), bottles);
  }

  /**
   * Whether the way to `path`, with the links on it, leads through a bottle's queue: one that is
   * there, also where it is mounted a second time, or any name under the root that a bottle may have.
   */
  async holds(path: string): Promise<boolean> {
    for await (const { parent, name } of placesTo(path)) {
      const identity = identityOf(join(parent, name));
      if (identity && this.#bottles.has(identity)) return true;
      if (!parseSlug(name)) continue;
      if (this.#identity !== undefined && identityOf(parent) === this.#identity) return true;
    }
    return false;
  }

  /** Throws a failure when a bottle could write what is recorded in the state directory. */
  async requireOutside(state: string): Promise<void> {
    for (const part of ["", ...READ_FROM]) {
      if (!await this.holds(join(state, part))) continue;
      throw new Failure("cannot-write", `the state directory ${state} ${AMONG_QUEUES}`);
    }
    const identity = identityOf(state);
    for await (const { parent, name } of placesTo(this.#root)) {
      if (identity === undefined || identityOf(join(parent, name)) !== identity) continue;
      throw new Failure(
        "cannot-write",
        `the state directory ${state} holds the queues ${this.#root}, where bottles can write; ` +
          "choose another place",
      );
    }
  }

  /** What of a live file and of the commands that go with it lies among the queues. */
  async of(target: Target, searchPath: string | undefined): Promise<Relied[]> {
    const found: Relied[] = [];
    if (await this.holds(target.path)) found.push({ what: "", path: target.path });
    const check = target.check?.kind === "command" ? target.check.command : undefined;
    for (const [what, argv] of [["reload", target.reload], ["check", check]] as const) {
      const [command, ...args] = argv ?? [];
      if (command === undefined) continue;
      const program = await findProgram(command, searchPath);
      // A script is often an argument of its interpreter.
      const paths = [program.kind === "missing" ? command : program.path, ...args];
      for (const [index, path] of paths.entries()) {
        if (index > 0 && !isAbsolute(path)) continue;
        const place = resolve(path);
        if (await this.holds(place)) found.push({ what: `${what}: ${place} `, path: place });
      }
    }
    return found;
  }
}

/** Throws a failure when `path`, which is called `what`, lies among the queues under `root`. */
export async function requireApart(
  { what, path }: Relied,
  root: string,
  code: FailureCode,
): Promise<void> {
  const queues = await AmongQueues.under(root);
  if (await queues.holds(path)) throw new Failure(code, `${what} ${path} ${AMONG_QUEUES}`);
}

/** Every place on the way to `path`, with links followed; ends at what is not there. */
async function* placesTo(path: string): AsyncGenerator<{ parent: string; name: string }> {
  const rest = path.split("/");
  let at = "/";
  for (let links = 0; rest.length > 0;) {
    const name = rest.shift() ?? "";
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const to = await Deno.readLink(next).catch(() => undefined);
    if (to !== undefined) {
      if (++links > MAX_LINKS) return;
      // The link itself counts: who can write there can make it lead elsewhere.
      yield { parent: at, name };
      if (isAbsolute(to)) at = "/";
      rest.unshift(...to.split("/"));
      continue;
    }
    yield { parent: at, name };
    at = next;
  }
}

/** Without waiting: there may be a thousand bottles. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
