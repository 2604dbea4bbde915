/** What an approval or an undo does to the live files. */

import { z } from "zod";
import { path, targetKind } from "./fields.ts";

export const changeSchema = z.object({
  kind: targetKind,
  path,
  changed: z.boolean().describe("false: the file says it already and stays as it is"),
  diff: z.string().describe("unified diff of the bytes, as `patch` applies it; empty: no change"),
  line_ends: z.string().nullable().describe("how the line ends change; null: they do not"),
  text_diff: z.string().nullable()
    .describe("where the line ends change, the diff of everything else"),
}).meta({ id: "change", title: "change", description: "One live file, before and after." });

/** The fields of everything that plans a change. */
export const planFields = {
  files: z.array(changeSchema).describe("the live files that the ask is about"),
  missing: z.array(targetKind)
    .describe("live files that the ask is about and that the configuration does not name"),
};

export const planSchema = z.object(planFields).meta({
  id: "plan",
  title: "plan",
  description: "What an approval would do to the live files as they are now.",
});
