/** `{slug}`, the one word that is filled in, wherever it stands in a configuration. */

import type { Slug } from "../../queue/layout.ts";
import { quoted } from "./complaint.ts";

const WORD = /\{\s*[A-Za-z_][\w-]*\s*\}/g;

export function fill(text: string, slug: Slug): string {
  return text.replaceAll("{slug}", () => slug);
}

/** What no text may hold; undefined when all is well. */
export function textProblem(text: string): string | undefined {
  if (text.includes("\0")) return "holds NUL; text is wanted";
  const other = text.match(WORD)?.find((word) => word !== "{slug}");
  return other && `holds ${quoted(other)}; {slug} is the only word that is filled in`;
}
