/** What the audit log is told of a change of live files. */

import { sha256Hex } from "../../queue/sha256.ts";
import { unifiedDiff } from "../apply/unified_diff.ts";
import type { AuditEvent, AuditStep } from "../audit/entry.ts";
import type { ApplyDependencies } from "./apply_dependencies.ts";
import type { ChangeRecord, RecordedFile } from "./record.ts";

/** Writes an entry about a change, with what was asked. */
export async function logStep(
  { audit }: Pick<ApplyDependencies, "audit">,
  record: ChangeRecord,
  step: AuditStep,
  fields: Partial<AuditEvent> = {},
): Promise<void> {
  await audit.append({
    step,
    bottle_slug: record.slug,
    proposal_id: record.id,
    tool: record.tool,
    ...record.asked,
    granted: record.granted,
    justification: record.justification,
    file_sha256: record.file_sha256,
    basis: record.basis,
    purpose: record.purpose,
    ...fields,
  });
}

/** What a file said before and after. */
export function fileFields({ target, before, after, added }: RecordedFile): Partial<AuditEvent> {
  return {
    added: added === undefined ? undefined : inShort(added),
    file: target.path,
    before: sha256Hex(before),
    after: sha256Hex(after),
    diff: unifiedDiff(target.path, before, after),
  };
}

/** Without how the text was written: the diff has that. */
function inShort(added: unknown): string {
  return JSON.stringify(added, (key, value) => HOW_WRITTEN.includes(key) ? undefined : value);
}

const HOW_WRITTEN = ["exact", "lines", "behind"];
