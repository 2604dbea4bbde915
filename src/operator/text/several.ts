/** Several asks that one question is about: what each would allow, which are left out, and the result. */

import { allowedRows, labelledRows, reasonRows, sentenceRows, warningRows } from "./parts.ts";
import { bold, type Row } from "./row.ts";

/** The number of characters of an id that a person is shown. */
const SHORT_ID = 8;

export function shortId(id: string): string {
  return id.slice(0, SHORT_ID);
}

/** `1a2b3c4d of bottle dev` */
export function nameOf(slug: string, id: string): string {
  return `${shortId(id)} of bottle ${slug}`;
}

export interface AskedAbout {
  /** As of {@linkcode nameOf}. */
  readonly name: string;
  /** The ask in one line. */
  readonly what: string;
  /** All that it would allow, each line a fact. */
  readonly allows: readonly string[];
  readonly notices: readonly string[];
  /** The agent's. */
  readonly reason: string;
  /** Why it is left out; undefined when it is not. */
  readonly why: string | undefined;
}

/** What an approval would allow is told in full, since nothing else shows it. */
export function severalRows(
  verb: "approve" | "reject",
  asks: readonly AskedAbout[],
  notes: string,
  columns: number,
): Row[] {
  const left = asks.filter(({ why }) => why !== undefined);
  return [
    ...verb === "reject" ? [...labelledRows("Their agents read:", notes, columns), []] : [],
    ...asks.filter(({ why }) => why === undefined).flatMap((one) =>
      verb === "reject" ? nameRows(`${one.name}: ${one.what}`, columns) : [
        ...nameRows(one.name, columns),
        ...allowedRows(one.allows, columns),
        ...warningRows(one.notices, columns),
        ...reasonRows(one.reason, columns),
        [],
      ]
    ),
    ...left.length > 0 ? [bold("Left out, these stay open:")] : [],
    ...left.flatMap(({ name, why }) => sentenceRows(`${name}: ${why}`, columns)),
  ];
}

function nameRows(text: string, columns: number): Row[] {
  return sentenceRows(text, columns).map((row) => row.flatMap(({ text }) => bold(text)));
}

/** What became of one of them. */
export interface Became {
  readonly name: string;
  readonly isDone: boolean;
  readonly what: string;
}

/** What was not done comes first: it must be read. */
export function outcomeLines(all: readonly Became[]): string[] {
  const done = all.filter(({ isDone }) => isDone);
  return [
    `${done.length} of ${all.length} answered.`,
    ...[...all.filter(({ isDone }) => !isDone), ...done].map(({ name, what }) =>
      `${name}: ${what}`
    ),
  ];
}
