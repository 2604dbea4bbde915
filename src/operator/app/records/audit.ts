/** Decisions and counts of the audit log, in the wire form. */

import type { z } from "zod";
import type { Entry } from "../../audit/chain.ts";
import type { Verdict } from "../../audit/verify.ts";
import { outcomeOf } from "../../audit/outcome.ts";
import type { auditRotateSchema, auditSchema, auditVerifySchema } from "../wire/audit.ts";

export function auditRecord(entry: Entry): z.output<typeof auditSchema> {
  return {
    at: entry.at,
    who: entry.who,
    face: entry.face ?? null,
    outcome: outcomeOf(entry),
    bottle_slug: entry.bottle_slug,
    proposal_id: entry.proposal_id,
    tool: entry.tool,
    host: entry.host ?? null,
    ask: entry.ask ?? null,
    granted: entry.granted ?? null,
    justification: entry.justification ?? null,
    notes: entry.notes ?? null,
    detail: entry.detail ?? null,
    arrival_timestamp: entry.arrival_timestamp ?? null,
    step: entry.step,
    seq: Number(entry.seq),
    hash: entry.hash,
  };
}

export function auditVerifyRecord(
  { entries, from, files, head, remarks, expected }: Extract<Verdict, { kind: "ok" }>,
): z.output<typeof auditVerifySchema> {
  return {
    ok: true,
    entries,
    first_seq: from,
    files,
    head: head ?? null,
    expected_seq: expected ?? null,
    remarks: [...remarks],
  };
}

export function auditRotateRecord(
  rotated: { readonly name: string; readonly hash: string } | undefined,
): z.output<typeof auditRotateSchema> {
  return { closed: rotated?.name ?? null, head: rotated?.hash ?? null };
}
