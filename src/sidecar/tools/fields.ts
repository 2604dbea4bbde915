/** Argument fields that more than one tool has. */

import { z } from "zod";

/** The longest justification, in characters: an operator must be able to read it. */
const MAX_JUSTIFICATION_LENGTH = 4_000;

/** Text that can be stored: JSON can carry half a surrogate pair, UTF-8 cannot. */
export function wellFormed(text: string): boolean {
  return text.isWellFormed();
}

export const NOT_WELL_FORMED = "must be well-formed Unicode, without lone surrogates";

/** Why the agent asks; `purpose` tells the model what to write. */
export function justification(purpose: string) {
  const form = `must be a non-empty string of at most ${MAX_JUSTIFICATION_LENGTH} characters ` +
    "that tells the operator why";
  return z.string(form)
    .max(MAX_JUSTIFICATION_LENGTH, form)
    .refine((text) => text.trim() !== "", form)
    .refine(wellFormed, NOT_WELL_FORMED)
    .describe(purpose);
}
