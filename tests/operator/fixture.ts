/** Queues for the operator's tests, written as a sidecar would leave them, and `run` in this process. */

import { join } from "node:path";
import {
  DIRECTORY_MODE,
  type ProposalId,
  type RecordKind,
  recordName,
  type Slug,
} from "../../src/queue/layout.ts";
import { formatProposal, type Proposal } from "../../src/queue/proposal.ts";
import { sha256Hex } from "../../src/queue/sha256.ts";
import { App, type AppOptions } from "../../src/operator/app/app.ts";
import { NO_CONFIG } from "../../src/operator/config/config.ts";
import type { Io, Keys } from "../../src/operator/io.ts";
import { run } from "../../src/operator/main.ts";
import type { Stream } from "../../src/operator/output.ts";
import type { ControlResult } from "../support/programs.ts";
import { assertWire } from "./app/wire_check.ts";

export const NOW = new Date("2026-11-21T12:00:00Z");

export const ROUTE = json({ host: "api.github.com", path_allowlist: ["/repos/acme/"] });

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

export interface ProposalOptions {
  readonly id?: string;
  readonly slug?: string;
  readonly tool?: string;
  readonly file?: string;
  readonly justification?: string;
  /** Before {@linkcode NOW}. */
  readonly ageSeconds?: number;
}

/** Puts a proposal into its bottle's queue and returns it. */
export async function propose(root: string, options: ProposalOptions = {}): Promise<Proposal> {
  const file = options.file ?? ROUTE;
  const proposal: Proposal = {
    id: (options.id ?? crypto.randomUUID()) as ProposalId,
    bottle_slug: (options.slug ?? "dev") as Slug,
    tool: options.tool ?? "egress-block",
    proposed_file: file,
    justification: options.justification ?? "to read the issues",
    arrival_timestamp: new Date(NOW.getTime() - (options.ageSeconds ?? 180) * 1_000).toISOString(),
    current_file_hash: sha256Hex(file),
  };
  const text = formatProposal(proposal);
  if (text === undefined) throw new Error("the proposal is too large for a record");
  const directory = join(root, proposal.bottle_slug);
  await Deno.mkdir(join(directory, "processed"), { recursive: true, mode: DIRECTORY_MODE });
  await Deno.writeTextFile(join(directory, recordName(proposal.id, "proposal")), text);
  return proposal;
}

/** An id of which `start` is the beginning. */
export function idWith(start: string): string {
  const id = crypto.randomUUID();
  return start + id.slice(start.length);
}

export function recordPath(root: string, proposal: Proposal, kind: RecordKind): string {
  return join(root, proposal.bottle_slug, recordName(proposal.id, kind));
}

export async function writeRecord(
  root: string,
  proposal: Proposal,
  kind: RecordKind,
  content: Record<string, unknown> = {},
): Promise<void> {
  const record = { proposal_id: proposal.id, ...content };
  await Deno.writeTextFile(recordPath(root, proposal, kind), JSON.stringify(record));
}

export async function readRecord(
  root: string,
  proposal: Proposal,
  kind: RecordKind,
): Promise<Record<string, unknown> | undefined> {
  try {
    return JSON.parse(await Deno.readTextFile(recordPath(root, proposal, kind)));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Says, as a sidecar does, that calls wait for a proposal. */
export async function setWaiting(root: string, proposal: Proposal, calls: number): Promise<void> {
  const text = JSON.stringify({ updated: NOW.toISOString(), calls: { [proposal.id]: calls } });
  await Deno.writeTextFile(join(root, proposal.bottle_slug, "waiting.json"), text);
}

/** Says, as a sidecar does, that an agent asked for the answer so long ago, without a call that waits. */
export async function setPolled(root: string, proposal: Proposal, ageMs: number): Promise<void> {
  const polls = { [proposal.id]: new Date(NOW.getTime() - ageMs).toISOString() };
  const text = JSON.stringify({ updated: NOW.toISOString(), calls: {}, polls });
  await Deno.writeTextFile(join(root, proposal.bottle_slug, "waiting.json"), text);
}

/** Moves all records of a proposal to `processed/`, as a sidecar does when it has delivered. */
export async function fileAway(root: string, proposal: Proposal): Promise<void> {
  for (const kind of ["proposal", "claim", "withdrawn", "response", "undelivered"] as const) {
    const name = recordName(proposal.id, kind);
    const directory = join(root, proposal.bottle_slug);
    await Deno.rename(join(directory, name), join(directory, "processed", name)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

export interface RunOptions {
  readonly env?: Record<string, string>;
  /** Instead of `env`. */
  readonly readEnv?: (name: string) => string;
  /** Makes both streams a terminal of that width. */
  readonly columns?: number;
  readonly styled?: boolean;
  /** Instead of {@linkcode NOW}. */
  readonly now?: () => Date;
  /** Makes standard input a terminal, at which these lines are typed. */
  readonly answers?: string[];
}

/**
 * Runs one command in this process, at {@linkcode NOW} and as alice, and collects its output. What it
 * prints with `--json` must have the form of its schema.
 */
export async function ctl(
  root: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<ControlResult> {
  const env: Record<string, string> = {
    SUPERVISE_QUEUE_ROOT: root,
    SUPERVISE_OPERATOR: "alice",
    SUPERVISE_STATE_DIR: `${root}/.state`,
    LANG: "C.UTF-8",
    ...options.env,
  };
  const stdout = collector(options);
  const stderr = collector(options);
  const io: Io = {
    stdout,
    stderr,
    stdinIsTerminal: options.answers !== undefined,
    stdoutIsTerminal: options.columns !== undefined,
    keys: () => keysOf(options.answers ?? []),
    env: options.readEnv ?? ((name) => env[name]),
    hostname: () => "desk.example",
    now: options.now ?? (() => NOW),
    interrupts: () => ({
      signal: new AbortController().signal,
      editing: false,
      [Symbol.dispose]() {},
    }),
  };
  const code = await run(args, io);
  const result = { code, stdout: stdout.text(), stderr: stderr.text() };
  assertWire(args, result.stdout, result.stderr);
  return result;
}

/** A person who types each answer after the question. */
function keysOf(answers: string[]): Keys {
  let isAsked = false;
  return {
    read() {
      isAsked = !isAsked;
      if (isAsked) return Promise.resolve("quiet");
      const answer = answers.shift();
      return Promise.resolve(answer === undefined ? undefined : encoder.encode(`${answer}\n`));
    },
    [Symbol.dispose]() {},
  };
}

const encoder = new TextEncoder();

function collector({ columns, styled }: RunOptions): Stream & { text(): string } {
  let text = "";
  return {
    ...{ isTerminal: columns !== undefined, columns, styled: styled ?? false },
    write(bytes) {
      text += new TextDecoder().decode(bytes);
      return Promise.resolve(bytes.length);
    },
    text: () => text,
  };
}

/** What `--basis` takes to answer exactly what `show` shows now. */
export async function shownBasis(root: string, id: string, options?: RunOptions): Promise<string> {
  const basis = parsed(await ctl(root, ["show", id, "--json"], options))["basis"];
  if (typeof basis !== "string") throw new Error(`${id} is not open, and has no basis`);
  return basis;
}

/** Makes an executable shell script and returns its path. `$1` is the file when it is an editor. */
export async function script(directory: string, name: string, body: string): Promise<string> {
  const path = join(directory, name);
  await Deno.writeTextFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o700 });
  return path;
}

/** What `stdout` of a command with `--json` holds. */
export function parsed(result: ControlResult): Record<string, unknown> {
  return JSON.parse(result.stdout);
}

/** An application without a face, whose queues are those under `queueRoot`. */
export function appOn(queueRoot: string, options: Partial<AppOptions> = {}): App {
  return new App({
    queueRoot: () => queueRoot,
    stateDirectory: () => join(queueRoot, ".state"),
    hasState: true,
    readConfig: () => Promise.resolve(NO_CONFIG),
    searchPath: undefined,
    face: "cli",
    now: () => NOW,
    ...options,
  });
}
