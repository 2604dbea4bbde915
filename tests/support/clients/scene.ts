/** A sidecar, a client connected to it, and the operator's hands and eyes. */

import assert from "node:assert/strict";
import { type Sidecar, type SidecarOptions, startSidecar, supervisectl } from "../programs.ts";
import { QueueProbe } from "../queue_probe.ts";
import { within } from "../within.ts";
import type { AgentClient, Connect } from "./agent_client.ts";

export interface Scene extends AsyncDisposable {
  readonly sidecar: Sidecar;
  readonly agent: AgentClient;
  readonly probe: QueueProbe;
}

export async function scene(connect: Connect, options: SidecarOptions = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const sidecar = stack.use(await startSidecar(options));
  const agent = stack.use(await within(60, "connection", connect(sidecar.url)));
  const probe = new QueueProbe(sidecar.queueDirectory);
  const owned = stack.move();
  return { sidecar, agent, probe, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** An ask that differs from others by its host. */
export function askFor(host: string) {
  return { host, path_allowlist: ["/"], justification: "read issues" };
}

/** Runs `supervisectl` to its end, which must be a good one. */
export async function operate(queueRoot: string, args: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await supervisectl(queueRoot, args);
  assert.equal(code, 0, stdout + stderr);
}

export function approve(queueRoot: string, id: string): Promise<void> {
  return operate(queueRoot, ["approve", id, "--notes", "go ahead"]);
}

/** What the client is told of an ask that {@linkcode approve} has decided. */
export function approved(id: string) {
  return {
    isError: false,
    text: "status: approved\nnotes: go ahead",
    structured: { proposal_id: id, status: "approved", notes: "go ahead" },
  };
}
