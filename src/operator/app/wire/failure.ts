/** Why something could not be done. */

import { z } from "zod";
import * as field from "./fields.ts";

export const refusalSchema = field.part("failure", "Why something could not be done.", {
  code: z.string().describe("a short name that scripts can rely on"),
  message: z.string().describe("what was found and what must be different"),
  try: z.string().nullable().describe("a command line that goes on from here"),
});

export const failureSchema = z.object({ error: refusalSchema.describe("why") });
