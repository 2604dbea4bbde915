/** Decisions of the audit log and what verifying it found, in the wire form. */

import type { z } from "zod";
import type { Entry } from "../../audit/chain.ts";
import { outcomeOf } from "../../audit/outcome.ts";
import type { Verdict } from "../../audit/verify.ts";
import type { auditSchema, auditVerifySchema } from "../wire/audit.ts";
import { known } from "./known.ts";

export function auditRecord(entry: Entry): z.output<typeof auditSchema> {
  return {
    ...known(entry, "at", "who", "face"),
    outcome: outcomeOf(entry),
    ...known(entry, "bottle_slug", "proposal_id", "tool", "host", "ask", "granted"),
    ...known(entry, "justification", "notes", "detail", "arrival_timestamp", "step"),
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
