/** Which texts may stand in a record: the one rule of both sides for what an agent or an operator wrote. */

/**
 * Says in half a sentence ("must be …") why `text` may not stand in a record; undefined: it may. A
 * lone surrogate has no UTF-8 form, so that different texts would be stored, and hashed, as one; NUL
 * ends a text for many programs that read it later.
 */
export function faultOfText(text: string): string | undefined {
  if (text.isWellFormed() && !text.includes("\0")) return undefined;
  const at = text.search(/[\0\p{Cs}]/u);
  const line = text.slice(0, at).split("\n").length;
  const code = text.charCodeAt(at).toString(16);
  const found = code === "0" ? "NUL" : `a lone surrogate (\\u${code})`;
  return `must be well-formed Unicode without NUL, but line ${line} has ${found}`;
}
