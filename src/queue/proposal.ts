/** What an agent asks for, and its file `<id>.proposal.json`. */

import { z } from "zod";
import { isoTime, MAX_TIME_LENGTH } from "./iso_time.ts";
import {
  MAX_RECORD_BYTES,
  parseProposalId,
  parseSlug,
  type ProposalId,
  recordName,
  type Slug,
} from "./layout.ts";
import { type Read, readRecord } from "./read.ts";
import { sha256Hex } from "./sha256.ts";
import { faultOfText } from "./text.ts";

/** What an agent wants: the tool it called, the payload, and why. */
export interface Ask {
  readonly tool: string;
  readonly proposedFile: string;
  readonly justification: string;
}

/** One ask of one bottle. Field names are those of the file. */
export interface Proposal {
  readonly id: ProposalId;
  readonly bottle_slug: Slug;
  /** The name of the tool that was called. */
  readonly tool: string;
  /** What is asked for; its form depends on the tool. */
  readonly proposed_file: string;
  readonly justification: string;
  /** ISO 8601, UTC. */
  readonly arrival_timestamp: string;
  /** SHA-256 of `proposed_file`, hexadecimal. */
  readonly current_file_hash: string;
  /** From then on it has expired, unless it is claimed. ISO 8601, UTC; absent: never. */
  readonly expires_at?: string | undefined;
}

/**
 * The proposal that an ask becomes. It expires after `ttlSeconds`; default: never. `hash` is that of
 * the payload, where it is known already: 1 MiB is not hashed twice.
 */
export function newProposal(
  slug: Slug,
  ask: Ask,
  arrival: Date,
  ttlSeconds?: number,
  hash: string = sha256Hex(ask.proposedFile),
): Proposal {
  const expiresAt = ttlSeconds && new Date(arrival.getTime() + ttlSeconds * 1_000).toISOString();
  return {
    id: crypto.randomUUID() as ProposalId,
    bottle_slug: slug,
    tool: ask.tool,
    proposed_file: ask.proposedFile,
    justification: ask.justification,
    arrival_timestamp: arrival.toISOString(),
    current_file_hash: hash,
    ...expiresAt ? { expires_at: expiresAt } : {},
  };
}

const text = z.string().superRefine((value, context) => {
  const fault = faultOfText(value);
  // What has no hash is not compared with one.
  if (fault) context.addIssue({ code: "custom", message: fault, continue: false });
});

function parsedBy<T>(parse: (text: string) => T | undefined, fault: string) {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message: fault });
    return z.NEVER;
  });
}

const proposalFile = z.object({
  id: parsedBy(parseProposalId, "not a lower-case UUID v4"),
  bottle_slug: parsedBy(parseSlug, "not a plain name"),
  tool: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "not a tool name"),
  proposed_file: text,
  justification: text,
  arrival_timestamp: z.string().refine((text) => Number.isFinite(Date.parse(text)), "not a time"),
  current_file_hash: z.string(),
  // An invalid time does not make an ask unreadable: the ask never expires.
  expires_at: z.string().max(MAX_TIME_LENGTH).transform(isoTime).optional().catch(undefined),
}).refine((file) => file.current_file_hash === sha256Hex(file.proposed_file), {
  message: "does not match proposed_file: the file was changed after it was written",
  path: ["current_file_hash"],
});

/** Checks the parsed content of a proposal file; unknown keys are dropped. Throws a `ZodError`. */
export function parseProposal(content: unknown): Proposal {
  return proposalFile.parse(content);
}

/** Reads the proposal of `id` from a directory of that bottle; another's is unreadable. */
export function readProposal(
  { directory, slug }: { readonly directory: string; readonly slug: Slug },
  id: ProposalId,
): Read<Proposal> {
  const read = readRecord(directory, recordName(id, "proposal"), parseProposal);
  if (read.kind !== "read") return read;
  const { id: given, bottle_slug: bottle } = read.value;
  if (given !== id) return { kind: "unreadable", why: "holds another proposal's id" };
  if (bottle !== slug) return { kind: "unreadable", why: `says it is of bottle ${bottle}` };
  return read;
}

/** The text of a proposal's file, or undefined when no reader would take a file that large in. */
export function formatProposal(proposal: Proposal): string | undefined {
  const text = JSON.stringify(proposal, null, 2) + "\n";
  // A UTF-16 unit takes at most three bytes: most texts need no encoding to be known as small.
  if (text.length * 3 <= MAX_RECORD_BYTES) return text;
  return new TextEncoder().encode(text).length <= MAX_RECORD_BYTES ? text : undefined;
}
