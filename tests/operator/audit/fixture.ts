/** Audit logs for tests: written as the program writes them, or word for word. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Entry } from "../../../src/operator/audit/chain.ts";
import type { AuditEvent } from "../../../src/operator/audit/entry.ts";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { makeFifo } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { NOW } from "../fixture.ts";

const ID = "1a2b3c4d-0000-4000-8000-000000000001";
export const CLAIMED: AuditEvent = {
  step: "claimed",
  bottle_slug: "dev",
  proposal_id: ID,
  tool: "egress-block",
};

export function logIn(directory: string, now = () => NOW): AuditLog {
  return new AuditLog(directory, "alice", now);
}

export async function entriesIn(directory: string): Promise<Entry[]> {
  const text = await Deno.readTextFile(join(directory, "audit.jsonl"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** What may stand under the name of the log, and is none. */
export const NO_FILES:
  readonly (readonly [name: string, make: (path: string) => Promise<unknown>])[] = [
    ["a symbolic link", async (path) => {
      await Deno.writeTextFile(`${path}.other`, "");
      await Deno.symlink(`${path}.other`, path);
    }],
    ["a symbolic link to nothing", (path) => Deno.symlink(`${path}.other`, path)],
    ["a directory", (path) => Deno.mkdir(path)],
    ["a FIFO", makeFifo],
  ];

/** A chain as the log writes it. */
export async function chainOf(count: number): Promise<Entry[]> {
  await using dir = await temporary();
  const log = logIn(dir.path);
  for (let made = 0; made < count; made++) await log.append(CLAIMED);
  return await entriesIn(dir.path);
}

export async function writeLog(
  directory: string,
  log: string,
  head: string | undefined,
): Promise<void> {
  await Deno.writeTextFile(join(directory, "audit.jsonl"), log);
  if (head !== undefined) await Deno.writeTextFile(join(directory, "audit.head"), head);
}

export function isFailure(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}
