/** Why something could not be done, in the wire form. */

import type { z } from "zod";
import type { refusalSchema } from "../wire/failure.ts";

export function refusalRecord(
  { code, message }: { readonly code: string; readonly message: string },
  /** A command line that goes on from here. */
  next: string | undefined,
): z.output<typeof refusalSchema> {
  return { code, message, try: next ?? null };
}
