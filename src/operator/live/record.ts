/** The record of one change to live files: what crash, undo and operator need to know of it. */

import { z } from "zod";
import { parseProposalId, parseSlug, type ProposalId, type Slug } from "../../queue/layout.ts";
import { TARGET_KINDS } from "../apply/edit.ts";
import type { AskFields } from "../audit/entry.ts";
import type { Argv, Check, Target } from "../config/config.ts";

/**
 * `apply` goes with a decision, and `undo` takes it back. An `answer` is a decision that changes no
 * live file: what is open of it is whether it is in the audit log.
 */
export type Purpose = "apply" | "answer" | "undo";

/** One live file of it. The texts stand beside the record, see change_journal.ts. */
export interface RecordedFile {
  readonly target: Target;
  readonly before: string;
  readonly after: string;
  /** What the engine wants back to take it away again; undefined when it is no addition. */
  readonly added: unknown;
}

export interface ChangeRecord {
  readonly purpose: Purpose;
  /** It applies again what was undone: the decision stands, and whether it holds is known here. */
  readonly again?: true | undefined;
  readonly slug: Slug;
  readonly id: ProposalId;
  readonly tool: string;
  /** The decided file in its one form. */
  readonly approved: string;
  readonly status: string;
  readonly operator: string;
  /** ISO 8601, UTC. */
  readonly begunAt: string;
  /** SHA-256 over everything the operator was shown. */
  readonly basis: string;
  /** SHA-256 of the proposed file that was decided on. */
  readonly fileSha256: string;
  /** What goes with the decision, or with an undo. */
  readonly notes: string;
  readonly justification: string;
  /** What the audit log says of the ask; a record of an earlier version has none. */
  readonly asked?: Pick<AskFields, "arrival_timestamp" | "ask" | "host"> | undefined;
  /** What was granted, in plain words, where it is not what was asked for. */
  readonly granted?: string | undefined;
  /** Where the bottle's queue is. */
  readonly queueRoot: string;
  /** Other approvals of the bottle that end with an undo, or hold again with what is applied again. */
  readonly others?: readonly ProposalId[] | undefined;
  /** What the decision that belongs to it carries; no bottle can know it before. */
  readonly token: string;
  readonly files: readonly RecordedFile[];
}

/** In a word what a change does. */
export function workOf({ purpose }: Pick<ChangeRecord, "purpose">): string {
  return purpose === "undo" ? "undo" : "approval";
}

const argv = z.tuple([z.string()], z.string()).transform((words): Argv => words);

const check = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("route-table"), proxy: z.string().optional(), url: z.string() }),
  z.object({ kind: z.literal("command"), command: argv }),
]).transform((file): Check =>
  file.kind === "command" ? file : {
    kind: file.kind,
    proxy: file.proxy === undefined ? undefined : new URL(file.proxy),
    url: new URL(file.url),
  }
);

const recordFile = z.object({
  purpose: z.enum(["apply", "answer", "undo"]),
  again: z.literal(true).optional(),
  bottle_slug: z.string().transform((text, context) => parseSlug(text) ?? never(context)),
  proposal_id: z.string().transform((text, context) => parseProposalId(text) ?? never(context)),
  tool: z.string(),
  approved: z.string(),
  status: z.string(),
  operator: z.string(),
  begun_at: z.string(),
  basis: z.string(),
  file_sha256: z.string(),
  notes: z.string(),
  justification: z.string(),
  asked: z.object({
    arrival_timestamp: z.string().optional(),
    ask: z.string().optional(),
    host: z.string().optional(),
  }).optional(),
  granted: z.string().optional(),
  queue_root: z.string(),
  others: z.array(z.string().transform((text, context) => parseProposalId(text) ?? never(context)))
    .optional(),
  token: z.string(),
  files: z.array(z.object({
    kind: z.enum(TARGET_KINDS),
    path: z.string(),
    write: z.enum(["in-place", "rename"]),
    reload: argv.optional(),
    reload_timeout_ms: z.number(),
    check: check.optional(),
    // JSON has no key for undefined.
    added: z.unknown().optional(),
  })),
});

/** What a record file says; the texts are read from beside it. Throws a `ZodError`. */
export function parseRecord(content: unknown, textOf: (name: string) => string): ChangeRecord {
  const file = recordFile.parse(content);
  return {
    ...file.again && { again: file.again },
    ...{ purpose: file.purpose, slug: file.bottle_slug, id: file.proposal_id, tool: file.tool },
    ...{ approved: file.approved, status: file.status, operator: file.operator },
    ...{ begunAt: file.begun_at, basis: file.basis, fileSha256: file.file_sha256 },
    ...{ notes: file.notes, justification: file.justification, queueRoot: file.queue_root },
    token: file.token,
    ...file.others && { others: file.others },
    ...file.asked && { asked: file.asked },
    ...file.granted !== undefined && { granted: file.granted },
    files: file.files.map(({ kind, path, write, reload, reload_timeout_ms, check, added }) => ({
      target: { kind, path, write, reload, reloadTimeoutMs: reload_timeout_ms, check },
      before: textOf(`${kind}.before`),
      after: textOf(`${kind}.after`),
      added,
    })),
  };
}

export function formatRecord(record: ChangeRecord): string {
  const content = {
    ...{ purpose: record.purpose, again: record.again },
    ...{ bottle_slug: record.slug, proposal_id: record.id },
    ...{ tool: record.tool, approved: record.approved, status: record.status },
    ...{ operator: record.operator, begun_at: record.begunAt },
    ...{ basis: record.basis, file_sha256: record.fileSha256, token: record.token },
    ...{ notes: record.notes, justification: record.justification, queue_root: record.queueRoot },
    ...{ others: record.others, asked: record.asked, granted: record.granted },
    files: record.files.map(({ target, added }) => ({
      ...{ kind: target.kind, path: target.path, write: target.write, reload: target.reload },
      ...{ reload_timeout_ms: target.reloadTimeoutMs, check: target.check, added },
    })),
  };
  return JSON.stringify(content, null, 2) + "\n";
}

function never(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom", message: "not a plain name" });
  return z.NEVER;
}
