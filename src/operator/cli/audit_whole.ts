/** `audit verify` and `audit rotate`: whether the log is what was written, and a new file for it. */

import { logPath } from "../audit/file.ts";
import { type Verdict, verifyLog } from "../audit/verify.ts";
import { Failure } from "../failure.ts";
import { count } from "../review/kind.ts";
import type { Call } from "./command.ts";

export async function verify(call: Call): Promise<void> {
  const expect = call.text("expect")?.toLowerCase();
  if (expect !== undefined && !/^[0-9a-f]{64}$/.test(expect)) {
    throw new Failure(
      "usage",
      `--expect "${expect}" is no hash; the 64 digits that audit verify printed are wanted`,
    );
  }
  const verdict = await verifyLog(call.stateDirectory, expect);
  if (verdict.kind === "broken") {
    const { entry, why } = verdict;
    throw new Failure(
      "audit-broken",
      `the audit log ${logPath(call.stateDirectory)} is broken at entry ${entry}: ${why}`,
      "supervisectl help audit",
    );
  }
  if (expect !== undefined && verdict.expected === undefined) {
    throw new Failure(
      "audit-broken",
      `no entry of the audit log ${logPath(call.stateDirectory)} has the hash ${expect}: it was ` +
        "rewritten since that was noted, or is another log",
      "supervisectl help audit",
    );
  }
  report(call, verdict);
}

function report(call: Call, verdict: Verdict & { kind: "ok" }): void {
  const { entries, from, files, head, remarks, expected } = verdict;
  if (call.json) {
    const found = expected === undefined ? {} : { expected };
    const what = { status: "ok", entries, from, files, head: head ?? null, remarks };
    return call.out.json({ ...what, ...found });
  }
  const where = files > 1 ? ` in ${files} files` : "";
  call.out.line(`The audit log is whole: ${count(entries, "entry", "entries")}${where}.`);
  if (from > 1) {
    call.out.paragraph(
      `It is verified from entry ${from} on: those before it are in older files that are not here.`,
    );
  }
  if (expected !== undefined) call.out.line(`Entry ${expected} has the expected hash.`);
  for (const text of remarks) call.out.paragraph(`Remark: ${text}; the next entry repairs it.`);
  if (head !== undefined) call.out.line(`Head: ${head}`);
}

export async function rotate(call: Call): Promise<void> {
  const rotated = await call.audit.rotate();
  if (call.json) {
    return call.out.json({ closed: rotated?.name ?? null, ...rotated && { head: rotated.hash } });
  }
  if (!rotated) return call.out.line("The audit log has nothing to close.");
  call.out.paragraph(
    `Closed ${rotated.name} in ${call.stateDirectory}; the log goes on in audit.jsonl.`,
  );
  call.out.line(`Head of the closed file: ${rotated.hash}`);
}
