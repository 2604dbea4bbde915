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
  readonly begun_at: string;
  /** SHA-256 over everything the operator was shown. */
  readonly basis: string;
  /** SHA-256 of the proposed file that was decided on. */
  readonly file_sha256: string;
  /** What goes with the decision, or with an undo. */
  readonly notes: string;
  readonly justification: string;
  /** What the audit log says of the ask; a record of an earlier version has none. */
  readonly asked?: Pick<AskFields, "arrival_timestamp" | "ask" | "host"> | undefined;
  /** What was granted, in plain words, where it is not what was asked for. */
  readonly granted?: string | undefined;
  /** Where the bottle's queue is. */
  readonly queue_root: string;
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
  const { bottle_slug: slug, proposal_id: id, files, ...rest } = recordFile.parse(content);
  return {
    ...rest,
    slug,
    id,
    files: files.map(({ reload_timeout_ms: reloadTimeoutMs, added, ...target }) => ({
      target: { reload: undefined, check: undefined, ...target, reloadTimeoutMs },
      before: textOf(`${target.kind}.before`),
      after: textOf(`${target.kind}.after`),
      added,
    })),
  };
}

export function formatRecord({ slug, id, files, ...rest }: ChangeRecord): string {
  const content = {
    ...rest,
    bottle_slug: slug,
    proposal_id: id,
    files: files.map(({ target: { reloadTimeoutMs, ...target }, added }) => ({
      ...target,
      reload_timeout_ms: reloadTimeoutMs,
      added,
    })),
  };
  return JSON.stringify(content, null, 2) + "\n";
}

function never(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom", message: "not a plain name" });
  return z.NEVER;
}
