/** The hash by which texts are compared, recorded and shown, on both sides of the queue. */

import { createHash } from "node:crypto";

/**
 * SHA-256 of the UTF-8 form of `text`, in lower-case hexadecimal. Throws for a text that has none: to
 * hash it all the same would replace characters.
 */
export function sha256Hex(text: string): string {
  if (!text.isWellFormed()) throw new TypeError("a text with lone surrogates has no UTF-8 form");
  return createHash("sha256").update(text, "utf8").digest("hex");
}
