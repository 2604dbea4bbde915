/** Looks at a queue directory as it lies on disk and says what in it is lost or torn. */

import { join } from "node:path";
import { parseClaim, parseDecision } from "../../../src/queue/decision.ts";
import {
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  type RecordKind,
} from "../../../src/queue/layout.ts";
import { parseProposal, type Proposal } from "../../../src/queue/proposal.ts";

type Place = "queue" | "processed";

/** What is on disk about one proposal. */
export interface Records {
  readonly places: Map<RecordKind, Place>;
  proposal?: Proposal;
  notes?: string;
}

export interface Audit {
  readonly records: ReadonlyMap<ProposalId, Records>;
  readonly faults: readonly string[];
}

/**
 * Reads every record, also the filed ones. A fault is a record that is not whole, that is in two
 * places, or a proposal that looks pending although its decision was filed away.
 *
 * The directory may be in use: a record that is moved while it is looked at is looked for again.
 */
export function audit(directory: string): Audit {
  const records = new Map<ProposalId, Records>();
  const faults: string[] = [];
  // The queue first: records only ever move from there to `processed`, so none is passed over.
  for (const place of ["queue", "processed"] as const) {
    const from = place === "queue" ? directory : join(directory, PROCESSED_DIRECTORY);
    for (const name of names(from)) {
      const record = parseRecordName(name);
      if (!record) continue;
      const known = records.get(record.id) ?? { places: new Map() };
      try {
        const text = Deno.readTextFileSync(join(from, name));
        take(known, record.id, record.kind, JSON.parse(text));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue; // Moved since it was listed.
        faults.push(`${place}/${name} is torn: ${error instanceof Error ? error.message : error}`);
      }
      records.set(record.id, known);
      known.places.set(record.kind, place);
    }
  }
  for (const [id, { places }] of records) {
    if (places.get("proposal") === "queue" && places.get("response") === "processed") {
      faults.push(`${id} looks pending although its decision was filed away`);
    }
    if (!places.has("proposal")) faults.push(`${id} has records but no proposal`);
  }
  return { records, faults };
}

/** Whether a proposal is at rest: whole in the queue, or filed away with its decision. */
export function atRest({ places }: Records): boolean {
  return new Set(places.values()).size === 1 &&
    (places.get("proposal") === "queue" || places.has("response"));
}

/** The names in a directory; none when there is no such directory. */
export function names(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map((entry) => entry.name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function take(known: Records, id: ProposalId, kind: RecordKind, content: unknown): void {
  switch (kind) {
    case "proposal":
      known.proposal = parseProposal(content);
      if (known.proposal.id !== id) throw new Error("holds another id");
      break;
    case "response":
      known.notes = parseDecision(content, id).notes;
      break;
    case "claim":
      parseClaim(content, id);
      break;
    case "withdrawn":
      break;
  }
}
