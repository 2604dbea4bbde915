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
import { known } from "./known.ts";

/** Which proposal a record is about. */
export function aboutItem({ slug, proposal: { id, tool } }: Item) {
  return { proposal_id: id, bottle_slug: slug, tool };
}

function aboutChange({ slug, id, tool }: ChangeRecord) {
  return { proposal_id: id, bottle_slug: slug, tool };
}

/** `covered`: open asks that the live files now grant as well. */
export function answerRecord(
  item: Item,
  decision: Decision,
  plan: Plan | undefined,
  covered: readonly ProposalId[],
): z.output<typeof answerSchema> {
  const isRejected = decision.status === "rejected";
  return {
    ...aboutItem(item),
    ...known(decision, "status", "notes", "final_file"),
    ...known(decision, "basis", "file_sha256", "decided_by", "decided_at"),
    waiting: item.waiting,
    applied: plan !== undefined,
    covered: [...covered],
    ...isRejected ? { files: [], missing: [] } : planRecord(item.proposal.tool, plan),
  };
}

/** `failure`: it was not answered. */
export function severalRecord(
  status: "approved" | "rejected",
  outcomes: readonly { readonly item: Item; readonly failure: Error | undefined }[],
  covered: readonly ProposalId[],
): z.output<typeof severalSchema> {
  return {
    answers: outcomes.map(({ item, failure }) => ({
      ...aboutItem(item),
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
  record: ChangeRecord,
  { files, remarks, endsToo, isDryRun }: {
    readonly files: readonly RecordedFile[];
    readonly remarks: readonly string[];
    /** The bottle's other approvals that end with it. */
    readonly endsToo: readonly ProposalId[];
    readonly isDryRun: boolean;
  },
): z.output<typeof undoSchema> {
  return {
    ...aboutChange(record),
    dry_run: isDryRun,
    files: files.map(changeRecord),
    remarks: [...remarks],
    ends_too: [...endsToo],
  };
}

export function abandonRecord(
  { open: { record }, files, kept }: Abandonable,
): z.output<typeof abandonSchema> {
  return {
    ...aboutChange(record),
    ...known(record, "purpose", "begun_at"),
    begun_by: record.operator,
    files: files.map(({ file: { target }, holds }) => ({
      kind: target.kind,
      path: target.path,
      holds,
    })),
    kept,
  };
}
