/** What an answer or an undo has done, in the wire form. */

import type { z } from "zod";
import type { Decision } from "../../../queue/decision.ts";
import type { Item } from "../../../queue/item.ts";
import type { ProposalId } from "../../../queue/layout.ts";
import type { Plan } from "../../apply/plan.ts";
import type { ChangeRecord, RecordedFile } from "../../live/record.ts";
import type { Notice } from "../../review/kind.ts";
import type { Abandonable } from "../abandon.ts";
import type {
  abandonSchema,
  answerSchema,
  dryRunSchema,
  severalSchema,
  undoSchema,
} from "../wire/answer.ts";
import { changeRecord, noticeLines, planRecord } from "./change.ts";

/** `covered`: open asks that the live files now grant as well. */
export function answerRecord(
  item: Item,
  decision: Decision,
  plan: Plan | undefined,
  covered: readonly ProposalId[],
): z.output<typeof answerSchema> {
  const { id, tool } = item.proposal;
  const planned = decision.status === "rejected"
    ? { files: [], missing: [] }
    : planRecord(tool, plan);
  return {
    proposal_id: id,
    bottle_slug: item.slug,
    tool,
    status: decision.status,
    notes: decision.notes,
    final_file: decision.final_file,
    basis: decision.basis ?? null,
    file_sha256: decision.file_sha256 ?? null,
    decided_by: decision.decided_by ?? null,
    decided_at: decision.decided_at ?? null,
    waiting: item.waiting,
    applied: plan !== undefined,
    covered: [...covered],
    ...planned,
  };
}

/** `failure`: it was not answered. */
export function severalRecord(
  status: "approved" | "rejected",
  outcomes: readonly { readonly item: Item; readonly failure: Error | undefined }[],
  covered: readonly ProposalId[],
): z.output<typeof severalSchema> {
  return {
    answers: outcomes.map(({ item: { slug, proposal }, failure }) => ({
      proposal_id: proposal.id,
      bottle_slug: slug,
      tool: proposal.tool,
      status: failure ? null : status,
      why_not: failure?.message ?? null,
    })),
    covered: [...covered],
  };
}

export function dryRunRecord(
  { proposal }: Item,
  basis: string,
  notices: readonly Notice[],
  plan: Plan | undefined,
): z.output<typeof dryRunSchema> {
  return {
    proposal_id: proposal.id,
    basis,
    notices: noticeLines(notices),
    ...planRecord(proposal.tool, plan),
  };
}

export function undoRecord(
  { id, slug, tool }: ChangeRecord,
  { files, remarks, endsToo, isDryRun }: {
    readonly files: readonly RecordedFile[];
    readonly remarks: readonly string[];
    /** The bottle's other approvals that end with it. */
    readonly endsToo: readonly ProposalId[];
    readonly isDryRun: boolean;
  },
): z.output<typeof undoSchema> {
  return {
    proposal_id: id,
    bottle_slug: slug,
    tool,
    dry_run: isDryRun,
    files: files.map(changeRecord),
    remarks: [...remarks],
    ends_too: [...endsToo],
  };
}

export function abandonRecord(
  { open: { record }, files, kept }: Abandonable,
): z.output<typeof abandonSchema> {
  const { id, slug, tool, purpose, operator, begunAt } = record;
  return {
    proposal_id: id,
    bottle_slug: slug,
    tool,
    purpose,
    begun_by: operator,
    begun_at: begunAt,
    files: files.map(({ file: { target }, holds }) => ({
      kind: target.kind,
      path: target.path,
      holds,
    })),
    kept,
  };
}
