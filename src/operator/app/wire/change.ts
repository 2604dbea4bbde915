/** What an approval or an undo does to the live files. */

import { z } from "zod";
import * as field from "./fields.ts";

export const changeSchema = field.part("change", "One live file, before and after.", {
  kind: field.targetKind,
  path: field.path,
  changed: z.boolean().describe("false: the file says it already and stays as it is"),
  diff: z.string().describe("unified diff of the bytes, as `patch` applies it; empty: no change"),
  line_ends: z.string().nullable().describe("how the line ends change; null: they do not"),
  text_diff: z.string().nullable()
    .describe("where the line ends change, the diff of everything else"),
});

/** The fields of everything that plans a change. */
export const planFields = {
  files: z.array(changeSchema).describe("the live files that the ask is about"),
  missing: z.array(field.targetKind)
    .describe("live files that the ask is about and that the configuration does not name"),
};

export const planSchema = field.part(
  "plan",
  "What an approval would do to the live files as they are now.",
  planFields,
);
