/** The fields that several records have: one word and one meaning each. */

import { z } from "zod";

/** A record that others have in them: it has a name and a table of its own in the documentation. */
export function part<S extends z.ZodRawShape>(id: string, description: string, shape: S) {
  return z.object(shape).meta({ id, title: id.replaceAll("_", " "), description });
}

export const proposalId = z.string().describe("the proposal's id, a UUID");
export const bottleSlug = z.string().describe("the bottle's name");
export const tool = z.string().describe("the tool that the agent called");
/** Which proposal a record is about. */
export const aboutProposal = { proposal_id: proposalId, bottle_slug: bottleSlug, tool };
export const ask = z.string().describe("what the agent asks for, in plain words");
export const notices = z.array(z.string())
  .describe("what an operator must not overlook, each as `LABEL: text`");
export const notes = z.string().describe("what the operator wrote to the agent; may be empty");
export const notesIfAny = z.string().nullable().describe("what the operator wrote to the agent");
export const status = z.enum(["approved", "modified", "rejected"]).describe("the answer");
export const decidedBy = z.string().nullable()
  .describe("who decided; null where the queue does not say");
export const decidedAt = z.string().nullable()
  .describe("when, ISO 8601 in UTC; null where the queue does not say");
export const finalFile = z.string().nullable()
  .describe("what was approved instead of the proposed file; null unless `modified`");
export const waiting = z.int().describe("calls of the agent that wait for the answer now");
export const polledAt = z.string().nullable()
  .describe("when the agent last asked for the answer; null: not within the last minute");
export const targetKind = z.enum(["routes", "pipelock", "dockerfile"]).describe("which live file");
export const path = z.string().describe("the live file's path on the host");
export const pathAllowlist = z.array(z.string()).nullable()
  .describe("URL path prefixes, each starting with `/`; null: every path");
export const auth = part("auth", "The credential that the proxy adds.", {
  scheme: z.string().describe("`Bearer` or `token`"),
  token_ref: z.string().describe("the name under which the proxy knows the secret"),
});
export const justification = z.string().describe("the agent's reason, in its own words");
export const host = z.string().describe("the host's name");
export const covered = z.array(z.string())
  .describe("ids of open asks that the live files now grant as well");
export const fileSha256 = z.string().describe("SHA-256 of the proposed file");

export const skippedSchema = part("skipped", "A file of a queue that could not be read.", {
  bottle_slug: bottleSlug,
  name: z.string()
    .describe("the file or directory; empty for the queue directory itself, or for many files"),
  why: z.string().describe("why it was skipped"),
});
