/** Makes text of others safe to stand in a system prompt: one line, nothing hidden, bounded. */

import { remembered } from "../remembered.ts";
import { redact, REDACTED } from "./redact.ts";

/**
 * What is spelled out: control and format characters, every separator but the space, surrogates,
 * private and unassigned code points, what fonts draw as nothing, and piles of combining marks. The
 * operator's program has the same set, and cannot share it: no module is in both planes.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|\p{M}{4,}/gu;

/** More of a text is not looked at, in UTF-16 units; a justification has at most 4,000. */
const MAX_LOOKED_AT = 4_096;

/** At most so much is taken away before a cut, in UTF-16 units. */
const MAX_TORN = 40;

/** At the end of what was cut. */
const CUT = "…";

/** Shorter ones, such as hosts and paths, are searched as quickly as they are looked up. */
const LONG_TEXT = 200;

/** Notes are in each page again. Room for several pages; 4 MiB at most. */
const redactLong = remembered(256, redact, MAX_LOOKED_AT);

/**
 * `text` as it may be shown: secrets taken out, what hides or breaks lines spelled out as `<U+000A>`,
 * cut to `maxBytes` bytes of UTF-8. `isCut`: its end is missing already. Lets go of the original.
 */
export function shown(text: string, maxBytes: number, isCut = false): string {
  const hasMore = isCut || text.length > MAX_LOOKED_AT;
  const seen = text.slice(0, MAX_LOOKED_AT);
  return visible(seen.length < LONG_TEXT ? redact(seen) : redactLong(seen), maxBytes, hasMore);
}

/** The same for text that is shown once: remembers nothing, looks at `maxUnits`. */
export function shownOnce(text: string, maxBytes: number, maxUnits: number): string {
  return visible(redact(text.slice(0, maxUnits)), maxBytes, text.length > maxUnits);
}

function visible(open: string, maxBytes: number, hasMore: boolean): string {
  const spelled = (hasMore ? withoutTornEnd(open) : open).replace(HIDDEN, spell);
  return cut(hasMore ? spelled + CUT : spelled, maxBytes);
}

/** Cuts between characters, of which one that is spelled out counts as one. */
export function cut(text: string, maxBytes: number): string {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return new TextDecoder().decode(bytes);
  let end = Math.max(0, maxBytes - byteLength(CUT));
  while (end > 0 && (bytes[end] ?? 0) >> 6 === 0b10) end--;
  const kept = new TextDecoder().decode(bytes.subarray(0, end));
  return kept.replace(/<(U(\+[0-9A-F]{0,6})?)?$/, "") + CUT;
}

/** In UTF-8. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** For a line of text: in quotation marks that nothing inside can close. */
export function quoted(visible: string): string {
  return JSON.stringify(visible);
}

/**
 * Of a secret that is cut in two the first half may not be recognised, so that the last word goes; of
 * one without an end, as where no spaces are written, only so much as may be such a half.
 */
function withoutTornEnd(open: string): string {
  // A URL's user, of any length, is only known by what follows it.
  const text = open.replace(/(:\/\/)[^\s/"'<>]+$/, `$1${REDACTED}`);
  const least = Math.max(0, text.length - MAX_TORN);
  for (let end = text.length; end > least; end--) {
    if (/\s/.test(text.charAt(end - 1)) || text.endsWith(REDACTED, end)) return text.slice(0, end);
  }
  // A character of two units is not torn itself.
  return text.slice(0, least).replace(/[\ud800-\udbff]$/, "");
}

function spell(found: string): string {
  let spelled = "";
  for (const character of found) {
    const code = character.codePointAt(0) ?? 0;
    spelled += `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  }
  return spelled;
}
