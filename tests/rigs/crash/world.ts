/** One operator's desk for a crash: live files, what reads them, a queue, and a state directory. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Slug } from "../../../src/queue/layout.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { ctl, propose } from "../../operator/fixture.ts";
import { Running } from "../../support/process.ts";
import { type ControlResult, runtimeEnvironment } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import type { Kill, Step } from "./step.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export const SLUG = "web-1" as Slug;

/** The live files as they are before anything is asked. */
export const OLD_TEXTS = {
  "routes.yaml": `# what web-1 may reach
routes:
  - host: pypi.example   # packages
    path_allowlist:
      - /simple/
  # everything here
  - host: docs.example
`,
  "pipelock.yaml": `# pipelock of web-1
api_allowlist:
  - crates.example   # for another bottle's sake
  - docs.example
mode: strict
`,
  "Dockerfile": "FROM debian:13-slim\nRUN apt-get update\nUSER agent\n",
} as const;

export type LiveName = keyof typeof OLD_TEXTS;
export type LiveTexts = Readonly<Record<LiveName, string>>;

export const LIVE_NAMES = Object.keys(OLD_TEXTS) as LiveName[];

/** Which of them is replaced by rename; the others are written in place. */
export const RENAMED: LiveName = "pipelock.yaml";

export interface World extends AsyncDisposable {
  readonly queue: string;
  readonly state: string;
  /** The directory of the live files, and of what their readers last read. */
  readonly live: string;
  ask(tool: string, file: string): Promise<Proposal>;
  /** Runs `supervisectl` in this process; on a terminal it is told yes. */
  ctl(args: readonly string[], onTerminal?: boolean): Promise<ControlResult>;
  /** Runs it as a process that is killed. Returns what it said if it was not. */
  killed(kill: Kill, args: readonly string[]): Promise<string | undefined>;
  /** Runs it as a process to its end, and returns by which calls it changed something. */
  steps(args: readonly string[]): Promise<Step[]>;
}

export async function world(): Promise<World> {
  const directory = await temporary();
  const { path } = directory;
  const [queue, state, live] = ["queue", "state", "live"].map((name) => join(path, name)) as [
    ...[string, string, string],
  ];
  await Deno.mkdir(live);
  for (const name of LIVE_NAMES) {
    await Deno.writeTextFile(join(live, name), OLD_TEXTS[name]);
    await Deno.writeTextFile(join(live, `${name}.loaded`), OLD_TEXTS[name]);
  }
  const config = join(path, "config.yaml");
  // JSON is YAML too.
  await Deno.writeTextFile(config, JSON.stringify({ bottles: [bottle(live)] }), { mode: 0o600 });
  const env = {
    ...{ SUPERVISE_CONFIG: config, SUPERVISE_STATE_DIR: state, SUPERVISE_OPERATOR: "alice" },
    SUPERVISE_QUEUE_ROOT: queue,
  };
  const start = (plan: string, trace: string, args: readonly string[]) =>
    new Running(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--cached-only", "-P=supervisectl"],
        ...["tests/rigs/crash/killed_main.ts", plan, trace, ...args],
      ],
      env: { ...runtimeEnvironment(), ...env },
      clearEnv: true,
      cwd: ROOT,
    });
  return {
    ...{ queue, state, live },
    ask: (tool, file) => propose(queue, { slug: SLUG, tool, file }),
    ctl: (args, onTerminal = false) =>
      ctl(queue, args, { env, ...onTerminal && { answers: ["y"] } }),
    async killed({ moment, step }, args) {
      await using process = start(`${moment}:${step.number}`, "", args);
      const { signal, code } = await process.status;
      if (signal === "SIGKILL") return undefined;
      return `it was not killed but ended with ${code}: ${process.stdout}${process.stderr}`;
    },
    async steps(args) {
      const trace = join(path, "trace");
      await using process = start("count", trace, args);
      const { code } = await process.status;
      if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${process.stderr}`);
      const lines = (await Deno.readTextFile(trace)).trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line));
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}

/** The check of effect compares what the reader has with the file; one file has none. */
function bottle(live: string) {
  const target = (name: LiveName) => {
    const file = join(live, name);
    return { file, reload: ["cp", file, `${file}.loaded`] };
  };
  const checked = (name: LiveName) => {
    const { file, reload } = target(name);
    return { file, reload, check: ["cmp", "-s", file, `${file}.loaded`] };
  };
  return {
    match: "web-*",
    routes: checked("routes.yaml"),
    pipelock: { ...target(RENAMED), write: "rename" },
    dockerfile: checked("Dockerfile"),
  };
}

export async function liveTexts({ live }: World, suffix: "" | ".loaded" = ""): Promise<LiveTexts> {
  const texts: Record<LiveName, string> = { ...OLD_TEXTS };
  for (const name of LIVE_NAMES) texts[name] = await Deno.readTextFile(join(live, name + suffix));
  return texts;
}
