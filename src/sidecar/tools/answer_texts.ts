/** What a tool that asks tells a model about its answers, which depends on the mode of the bottle. */

import type { Mode } from "../settings.ts";

const RECORDED =
  "This is a trial run: the ask is recorded and answered at once with 'status: shadow', nothing is " +
  "allowed by it and the operator does not decide. Make each ask once, and go on with what you can " +
  "do without it.";

/** `waited`: of a bottle whose operator decides. The end of a description. */
export function answerTexts(mode: Mode, waited: string): string {
  if (mode === "shadow") return RECORDED;
  return `The call waits for a person. ${waited} 'status: expired': the operator did not decide in ` +
    "time.";
}
