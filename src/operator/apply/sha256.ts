/** The hash by which texts are compared, recorded and shown. */

import { createHash } from "node:crypto";

/** SHA-256 of the UTF-8 form of `text`, in lower-case hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
