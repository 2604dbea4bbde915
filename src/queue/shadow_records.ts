/** The operator's side of a trial run: reads what a sidecar recorded, and trusts none of it. */

import { join } from "node:path";
import { hasCode } from "./durable.ts";
import { shortened, type Skipped } from "./item.ts";
import {
  MAX_RECORD_BYTES,
  MAX_SHADOW_BYTES,
  parseRecordName,
  type ProposalId,
  recordName,
  SHADOW_DIRECTORY,
  type Slug,
} from "./layout.ts";
import { parseProposal, type Proposal } from "./proposal.ts";
import { type Read, readRecord } from "./read.ts";

/** At most this many names are looked at. */
const MAX_NAMES = 20_000;

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
  const { ids, why } = await recorded(directory);
  if (why !== undefined) skip(SHADOW_DIRECTORY, why);
  let bytesLeft = MAX_BYTES;
  let passedOver = 0;
  for (const id of ids) {
    const name = recordName(id, "proposal");
    const bytes = await Deno.lstat(join(directory, name)).then(({ size }) => size, () => 0);
    if (bytes <= MAX_RECORD_BYTES && bytes > bytesLeft) {
      passedOver++;
      continue;
    }
    const read = readAsk(directory, id, slug);
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

interface Ids {
  readonly ids: readonly ProposalId[];
  /** Why there are none, or not all. */
  readonly why?: string;
}

/** Whatever stands in the directory's place meanwhile is an answer, not an error. */
async function recorded(directory: string): Promise<Ids> {
  const ids: ProposalId[] = [];
  try {
    const before = await Deno.lstat(directory);
    if (!before.isDirectory) return { ids, why: "not a directory" };
    let names = 0;
    for await (const { name } of Deno.readDir(directory)) {
      if (names++ === MAX_NAMES) return { ids, why: `all but the first ${MAX_NAMES} files of it` };
      const record = parseRecordName(name);
      if (record?.kind === "proposal") ids.push(record.id);
    }
    const after = await Deno.lstat(directory);
    if (after.ino !== before.ino || after.dev !== before.dev) {
      return { ids: [], why: "replaced while it was read" };
    }
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
  return { ids };
}

function readAsk(directory: string, id: ProposalId, slug: Slug): Read<Proposal> {
  const read = readRecord(directory, recordName(id, "proposal"), parseProposal);
  if (read.kind !== "read") return read;
  if (read.value.id !== id) return { kind: "unreadable", why: "holds another ask's id" };
  if (read.value.bottle_slug !== slug) {
    return { kind: "unreadable", why: `says it is of bottle ${read.value.bottle_slug}` };
  }
  return read;
}
