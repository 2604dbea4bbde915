/** What an approval added to a routes file: plain JSON, kept so that just this can be taken back. */

import { z } from "zod";
import { exactEdit } from "./exact.ts";

const auth = z.object({ scheme: z.string(), token_ref: z.string() });

const kept = { host: z.string().min(1), exact: exactEdit };

export const addedRoute = z.discriminatedUnion("change", [
  /** A route of its own; without `paths` for the whole host. */
  z.object({
    change: z.literal("new"),
    ...kept,
    paths: z.array(z.string()).optional(),
    auth: auth.optional(),
  }),
  /** Paths that the route had not. */
  z.object({ change: z.literal("paths"), ...kept, paths: z.array(z.string()).min(1) }),
  /** The path list was taken away; `lines` is how it was written, `behind` the key before it. */
  z.object({
    change: z.literal("widened"),
    ...kept,
    paths: z.array(z.string()).min(1),
    lines: z.string().optional(),
    behind: z.string().optional(),
  }),
]);

export type AddedRoute = z.infer<typeof addedRoute>;

export const UNKNOWN_ADDITION = "what was added is not kept in a form that this version knows; " +
  "take it back by hand";

export const REFORMATTED = {
  label: "REFORMATTED",
  text: "the file could not be changed in place: all of it is rewritten, look at the whole diff",
};
