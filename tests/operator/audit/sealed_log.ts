/** An audit log of 30 entries, and what verifying and the script say of one like it. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entry, formatEntry } from "../../../src/operator/audit/chain.ts";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import { type Verdict, verifyLog } from "../../../src/operator/audit/verify.ts";
import { finish } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";

const SCRIPT = fileURLToPath(new URL("../../../docs/verify_audit.py", import.meta.url));
export const mayRunPython = await finish("python3", ["--version"])
  .then(({ code }) => code === 0, () => false);

const COUNT = 30;
export const INTACT = await makeEntries();
export const LINES = INTACT.map(formatEntry);
export const HEAD = headOf(INTACT.at(-1)!);

/** Entries with all that an agent and an operator may write. */
async function makeEntries(): Promise<Entry[]> {
  await using dir = await temporary();
  const log = new AuditLog(dir.path, "alice", () => new Date("2026-11-21T12:00:00Z"));
  for (let count = 0; count < COUNT; count++) {
    await log.append({
      step: "applied",
      bottle_slug: "dev",
      proposal_id: crypto.randomUUID(),
      tool: "egress-block",
      diff: `-a\n+b ${count}\t"\\\u2028 é 🙂\0\x7f`,
      justification: count % 3 ? undefined : "because \ufffd",
    });
  }
  const text = await Deno.readTextFile(join(dir.path, "audit.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

export function headOf({ seq, hash }: Entry): string {
  return JSON.stringify({ seq, hash }) + "\n";
}

export interface State {
  readonly log: string | Uint8Array;
  readonly head: string | undefined;
}

export async function write(directory: string, { log, head }: State): Promise<void> {
  const bytes = typeof log === "string" ? new TextEncoder().encode(log) : log;
  await Deno.writeFile(join(directory, "audit.jsonl"), bytes);
  if (head !== undefined) await Deno.writeTextFile(join(directory, "audit.head"), head);
}

export async function verdictOn(state: State): Promise<Verdict> {
  await using dir = await temporary();
  await write(dir.path, state);
  return await verifyLog(dir.path);
}

/** Undefined when the script finds nothing wrong. */
export async function scriptOn(state: State): Promise<string | undefined> {
  await using dir = await temporary();
  await write(dir.path, state);
  const { code, stderr } = await finish("python3", [SCRIPT, "audit.jsonl"], { cwd: dir.path });
  return code === 0 ? undefined : stderr;
}

export const ALL = LINES.join("");
export const SHORT = LINES.slice(0, 28).join("");
