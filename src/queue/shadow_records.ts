/** The operator's side of a trial run: reads what a sidecar recorded, and trusts none of it. */

import { join } from "node:path";
import { shortened, type Skipped } from "./item.ts";
import {
  MAX_RECORD_BYTES,
  MAX_SHADOW_BYTES,
  parseRecordName,
  SHADOW_DIRECTORY,
  type Slug,
} from "./layout.ts";
import { namesIn } from "./names.ts";
import { type Proposal, readProposal } from "./proposal.ts";

/** Several sidecars may have recorded, each within its limit. */
const MAX_BYTES = 2 * MAX_SHADOW_BYTES;

/** Where the asks of a bottle's trial runs are; `root` holds one queue directory a bottle. */
export function shadowDirectory(root: string, slug: Slug): string {
  return join(root, slug, SHADOW_DIRECTORY);
}

/**
 * Hands each recorded ask to `onAsk`, in no order, and returns what was passed over and why. Takes in
 * at most 20,000 files of 1 MiB, 128 MiB together, and follows no link. Where nothing was recorded
 * there is nothing to hand over. Throws the file system's error for the directory itself.
 */
export async function readShadow(
  root: string,
  slug: Slug,
  onAsk: (ask: Proposal) => void,
): Promise<Skipped[]> {
  const directory = shadowDirectory(root, slug);
  const skipped: Skipped[] = [];
  const skip = (name: string, why: string) => skipped.push({ slug, name, why: shortened(why) });
  const { names, why } = await namesIn(directory);
  if (why !== undefined) skip(SHADOW_DIRECTORY, why);
  let bytesLeft = MAX_BYTES;
  let passedOver = 0;
  for (const name of names) {
    const record = parseRecordName(name);
    if (record?.kind !== "proposal") continue;
    const bytes = await Deno.lstat(join(directory, name)).then(({ size }) => size, () => 0);
    if (bytes <= MAX_RECORD_BYTES && bytes > bytesLeft) {
      passedOver++;
      continue;
    }
    const read = readProposal({ slug, directory }, record.id);
    if (read.kind === "unreadable") skip(`${SHADOW_DIRECTORY}/${name}`, read.why);
    if (read.kind !== "read") continue;
    // A file may have grown since it was measured.
    bytesLeft -= Math.max(bytes, read.value.proposed_file.length + read.value.justification.length);
    onAsk(read.value);
  }
  if (passedOver > 0) {
    skip(SHADOW_DIRECTORY, `${passedOver} asks, over the limit of ${MAX_BYTES / 2 ** 20} MiB`);
  }
  return skipped;
}
