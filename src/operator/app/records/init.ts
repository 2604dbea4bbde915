/** What a bottle has on the host now, in the wire form. */

import type { z } from "zod";
import type { Slug } from "../../../queue/layout.ts";
import type { Initialized } from "../init.ts";
import type { initSchema } from "../wire/init.ts";

export function initRecord(
  slug: Slug,
  { places, entry }: Initialized,
): z.output<typeof initSchema> {
  return {
    bottle_slug: slug,
    places: places.map(({ what, path, isNew }) => ({ what, path, made: isNew })),
    entry: entry ?? null,
  };
}
