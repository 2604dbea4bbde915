/** The form of a record about one proposal: how it is checked, read and written, by either side. */

import type { z } from "zod";
import { type ProposalId, type RecordKind, recordName } from "./layout.ts";
import { type Read, readRecord } from "./read.ts";

/** What a file of that schema says. Field names are those of the file. */
export type RecordOf<S extends z.ZodType> =
  & Readonly<Omit<z.output<S>, "proposal_id">>
  & { readonly proposal_id: ProposalId };

export interface RecordForm<T> {
  /** Checks the parsed content of a file found under `id`. Throws a `ZodError` or an `Error`. */
  parse(content: unknown, id: ProposalId): T;
  /** Reads the record of `id` from a queue directory, or from its `processed` directory. */
  read(directory: string, id: ProposalId): Read<T>;
}

export function recordForm<S extends z.ZodType<{ proposal_id: string }>>(
  kind: RecordKind,
  schema: S,
): RecordForm<RecordOf<S>> {
  const parse = (content: unknown, id: ProposalId) => {
    const file = schema.parse(content);
    if (file.proposal_id !== id) throw new Error("proposal_id: is not the one in the file's name");
    return { ...file, proposal_id: id };
  };
  return {
    parse,
    read: (directory, id) =>
      readRecord(directory, recordName(id, kind), (content) => parse(content, id)),
  };
}

/** The text of a record's file. */
export function formatRecord<T extends { readonly proposal_id: ProposalId }>(record: T): string {
  return JSON.stringify(record, null, 2) + "\n";
}
