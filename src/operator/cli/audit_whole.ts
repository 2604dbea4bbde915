/** `audit verify` and `audit rotate`: whether the log is what was written, and a new file for it. */

import { verifyAudit } from "../app/audit.ts";
import { auditVerifyRecord } from "../app/records/audit.ts";
import type { Verdict } from "../audit/verify.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import type { CommandContext } from "./command.ts";

export async function verify(context: CommandContext): Promise<void> {
  const expect = context.text("expect")?.toLowerCase();
  if (expect !== undefined && !/^[0-9a-f]{64}$/.test(expect)) {
    throw new Failure(
      "usage",
      `--expect must be the 64 digits that audit verify printed, got "${expect}"`,
    );
  }
  report(context, await verifyAudit(context.app, expect));
}

function report(context: CommandContext, verdict: Verdict & { kind: "ok" }): void {
  if (context.json) return context.out.json(auditVerifyRecord(verdict));
  const { entries, from, files, head, remarks, expected } = verdict;
  const where = files > 1 ? ` in ${files} files` : "";
  context.out.line(`The audit log is whole: ${count(entries, "entry", "entries")}${where}.`);
  if (from > 1) {
    context.out.paragraph(
      `It is verified from entry ${from} on: those before it are in older files that are not here.`,
    );
  }
  if (expected !== undefined) context.out.line(`Entry ${expected} has the expected hash.`);
  for (const text of remarks) context.out.paragraph(`Remark: ${text}; the next entry repairs it.`);
  if (head !== undefined) context.out.line(`Head: ${head}`);
}

export async function rotate(context: CommandContext): Promise<void> {
  const rotated = await context.app.audit({ name: context.operator }).rotate();
  if (context.json) {
    return context.out.json({ closed: rotated?.name ?? null, head: rotated?.hash ?? null });
  }
  if (!rotated) return context.out.line("The audit log has nothing to close.");
  context.out.paragraph(
    `Closed ${rotated.name} in ${context.app.stateDirectory}; the log goes on in audit.jsonl.`,
  );
  context.out.line(`Head of the closed file: ${rotated.hash}`);
}
