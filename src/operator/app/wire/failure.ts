/** Why something could not be done. */

import { z } from "zod";

export const refusalSchema = z.object({
  code: z.string().describe("a short name that scripts can rely on"),
  message: z.string().describe("what was found and what must be different"),
  try: z.string().nullable().describe("a command line that goes on from here"),
}).meta({ id: "failure", title: "failure", description: "Why something could not be done." });

export const failureSchema = z.object({ error: refusalSchema.describe("why") });
