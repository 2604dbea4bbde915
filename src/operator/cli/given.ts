/** Options that are repeated in a command line to go on with. */

import type { Call } from "./command.ts";

/** `--basis` as it was given. */
export function givenBasis(call: Call): string[] {
  const basis = call.text("basis");
  return basis === undefined ? [] : ["--basis", basis];
}
