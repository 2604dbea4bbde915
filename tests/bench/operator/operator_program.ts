/** An operator's program in a world of its own: queues, live file, state; run as a process. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Slug } from "../../../src/queue/layout.ts";
import { formatProposal, newProposal } from "../../../src/queue/proposal.ts";
import { inherited } from "../server.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** How a program is named in the table, and the words that its command line begins with. */
export interface ProgramSpec {
  readonly name: string;
  readonly command: readonly string[];
}

/** This repository's, run from source under its production permissions. */
export const OWN_PROGRAM: ProgramSpec = {
  name: "supervisectl",
  command: [
    Deno.execPath(),
    ...["run", "-q", "--no-prompt", "--cached-only", `--config=${ROOT}deno.json`],
    ...["-P=supervisectl", `${ROOT}src/operator/main.ts`],
  ],
};

export class World implements AsyncDisposable {
  readonly directory: string;
  readonly #spec: ProgramSpec;

  private constructor(spec: ProgramSpec, directory: string) {
    this.#spec = spec;
    this.directory = directory;
  }

  static async make(spec: ProgramSpec, bottles = 0): Promise<World> {
    const directory = await Deno.makeTempDir({ prefix: "supervise-bench-" });
    const world = new World(spec, directory);
    await Deno.mkdir(world.root);
    for (let number = 0; number < bottles; number++) {
      await Deno.mkdir(join(world.root, slugOf(number)), { mode: 0o700 });
    }
    return world;
  }

  get root(): string {
    return join(this.directory, "queue");
  }

  /** Puts an ask into a bottle, whole at once, as its sidecar does. Returns its id. */
  ask(bottle: number, host = "api.github.com"): string {
    const slug = slugOf(bottle);
    const proposal = newProposal(slug, {
      tool: "egress-block",
      proposedFile: JSON.stringify({ host, path_allowlist: ["/repos/acme/"] }, null, 2) + "\n",
      justification: "The build fetches its releases from there.",
    }, new Date());
    const { id } = proposal;
    const path = join(this.root, slug, `${id}.proposal.json`);
    const aside = join(this.root, slug, `.${id}.tmp`);
    Deno.writeTextFileSync(aside, formatProposal(proposal) ?? "");
    Deno.renameSync(aside, path);
    return id;
  }

  start(args: readonly string[]): Deno.ChildProcess {
    const [program = "", ...words] = this.#spec.command;
    return new Deno.Command(program, {
      args: [...words, ...args],
      env: {
        ...inherited(),
        SUPERVISE_QUEUE_ROOT: this.root,
        SUPERVISE_STATE_DIR: join(this.directory, "state"),
        SUPERVISE_OPERATOR: "bench",
      },
      clearEnv: true,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Runs a command to its end. Returns how long it took in milliseconds; throws when it fails. */
  async run(...args: readonly string[]): Promise<number> {
    const startedMs = performance.now();
    const { success, stderr } = await this.start(args).output();
    const tookMs = performance.now() - startedMs;
    if (!success) throw new Error(`${args[0]}: ${new TextDecoder().decode(stderr)}`);
    return tookMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.directory, { recursive: true });
  }
}

function slugOf(bottle: number): Slug {
  return `bottle-${bottle}` as Slug;
}
