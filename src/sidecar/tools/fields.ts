/** Argument fields that more than one tool has. */

import { z } from "zod";
import { faultOfText } from "../../queue/text.ts";

/** The longest justification, in characters: an operator must be able to read it. */
const MAX_JUSTIFICATION_LENGTH = 4_000;

/** A text of the agent's that goes into the queue. `form`: what it must be, said of everything else. */
export function storedText(form: string) {
  return z.string(form)
    .refine((text) => text.trim() !== "", form)
    .superRefine((text, context) => {
      const fault = faultOfText(text);
      if (fault) context.addIssue({ code: "custom", message: fault });
    });
}

/** Why the agent asks; `purpose` tells the model what to write. */
export function justification(purpose: string) {
  const form = `must be a non-empty string of at most ${MAX_JUSTIFICATION_LENGTH} characters ` +
    "that tells the operator why";
  return storedText(form).max(MAX_JUSTIFICATION_LENGTH, form).describe(purpose);
}
