/** Replaces a bottle's Dockerfile, and brings the old one back. */

import { z } from "zod";
import { UNKNOWN_ADDITION } from "./added_route.ts";
import { type Edit, MAX_LIVE_BYTES, type Removal } from "./edit.ts";
import { sha256Hex } from "../../queue/sha256.ts";
import { refused } from "./yaml_file.ts";

const addedDockerfile = z.object({
  /** All of the text that was replaced. */
  before: z.string(),
  sha256_after: z.string(),
});

type AddedDockerfile = z.infer<typeof addedDockerfile>;

export function replaceDockerfile(text: string, proposed: string): Edit<AddedDockerfile> {
  if (text === proposed) return { kind: "unchanged", notices: [] };
  if (new TextEncoder().encode(proposed).length > MAX_LIVE_BYTES) {
    return refused(
      `the Dockerfile must have at most ${MAX_LIVE_BYTES} bytes`,
    );
  }
  return {
    kind: "changed",
    after: proposed,
    added: { before: text, sha256_after: sha256Hex(proposed) },
    notices: [],
  };
}

/** Brings the old file back if the present one is exactly what was written. */
export function restoreDockerfile(text: string, added: unknown): Removal {
  const parsed = addedDockerfile.safeParse(added);
  if (!parsed.success) return refused(UNKNOWN_ADDITION);
  const { before, sha256_after } = parsed.data;
  if (sha256Hex(text) === sha256_after) return { kind: "changed", after: before, notices: [] };
  const why = text === before
    ? "the Dockerfile is the old one already"
    : "the Dockerfile was changed since, and what is taken back is the file as a whole";
  return { kind: "unchanged", why };
}
