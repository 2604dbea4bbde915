/** What may be approved together with others: asks whose growth is told in words, without a warning. */

import { growthOf } from "../review/growth.ts";
import type { Notice } from "../review/kind.ts";

/** Said of nearly every ask, beside the host itself: a fact, and no warning. */
const FACTS = ["NEW HOST"];

/** Why it cannot be approved together with others: what grows must be told in full, in words. */
export function whyAlone(
  tool: string,
  file: string,
  notices: readonly Notice[],
): string | undefined {
  const first = notices.find(({ label }) => !FACTS.includes(label));
  if (first) return `it has a warning, ${first.label}: approve it by itself`;
  return growthOf(tool, file)
    ? undefined
    : "only its diff says what it changes: approve it by itself";
}
