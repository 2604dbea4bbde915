/** A proposal's own file, wherever it is by now. */

import { join } from "node:path";
import { PROCESSED_DIRECTORY, type ProposalId, recordName, type Slug } from "./layout.ts";
import { parseProposal, type Proposal } from "./proposal.ts";
import { readRecord } from "./read.ts";

/** The proposal and the directory it was found in; undefined where `slug` has none of that id. */
export async function findProposal(
  directory: string,
  slug: Slug,
  id: ProposalId,
): Promise<{ readonly value: Proposal; readonly directory: string } | undefined> {
  // Here before there: it may be filed away between the two looks, and never comes back.
  for (const place of [directory, join(directory, PROCESSED_DIRECTORY)]) {
    const read = await readRecord(place, recordName(id, "proposal"), parseProposal);
    if (read.kind !== "read") continue;
    if (read.value.id === id && read.value.bottle_slug === slug) {
      return { value: read.value, directory: place };
    }
  }
  return undefined;
}
