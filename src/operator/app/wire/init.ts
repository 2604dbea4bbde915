/** What `init` made, and what it found. */

import { z } from "zod";
import * as field from "./fields.ts";

export const initSchema = z.object({
  bottle_slug: field.bottleSlug,
  places: z.array(
    field.part("place", "A file or directory that the bottle needs.", {
      what: z.enum(["queue", "state", "configuration", "routes"]).describe("what it is"),
      path: z.string().describe("where it is"),
      made: z.boolean().describe("whether it was made now; else it was there and is as it was"),
    }),
  ).describe("in the order in which they were made"),
  entry: z.string().nullable()
    .describe(
      "an entry for the configuration, which has no routes file for this bottle; null: it has one",
    ),
});
