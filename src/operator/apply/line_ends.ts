/** When two texts end their lines in different ways: said once, so that what differs else shows. */

type End = "LF" | "CRLF" | "CR";

const FEED: Readonly<Record<End, string>> = { LF: "\n", CRLF: "\r\n", CR: "\r" };

/** Two texts to be compared by their lines. */
export interface Compared {
  readonly before: string;
  readonly after: string;
  /** What was made the same in them, as a sentence without its end; undefined when nothing was. */
  readonly change: string | undefined;
}

/**
 * Takes away that the line ends differ. Where `after` mixes them, what is rarer in it stays a
 * difference: the sentence alone would not say in which lines it is.
 */
export function withSameEnds(before: string, after: string): Compared {
  const [was, is] = [endsOf(before), endsOf(after)];
  const [old] = was;
  const [now] = is;
  const isMixed = was.length > 1 && is.length === 1;
  if (!old || !now || old === now && !isMixed) return { before, after, change: undefined };
  const change = `line ends change from ${was.join(" and ")} to ${is.join(" and ")}`;
  if (is.length > 1) return { before: ended(before, [old], now), after, change };
  return { before: ended(before, was, "LF"), after: ended(after, is, "LF"), change };
}

/** Those that `text` has, the most frequent first. A lone CR ends lines only where no LF does. */
function endsOf(text: string): readonly End[] {
  const feeds = text.split("\n").length - 1;
  if (feeds === 0) return text.includes("\r") ? ["CR"] : [];
  const both = text.split("\r\n").length - 1;
  const ends: readonly End[] = both > feeds - both ? ["CRLF", "LF"] : ["LF", "CRLF"];
  return ends.filter((end) => end === "LF" ? feeds > both : both > 0);
}

function ended(text: string, ends: readonly End[], end: End): string {
  return text.replace(/\r\n|\n|\r/g, (found) => {
    const isOne = ends.some((one) => FEED[one] === found);
    return isOne ? FEED[end] : found;
  });
}
