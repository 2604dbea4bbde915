/** A proposal on one screen: what grows and why stand first, then what would change. */

import type { Notice, Review } from "../review/kind.ts";
import { quote } from "../review/quote.ts";
import {
  type Change,
  changeRows,
  fieldRows,
  noticeRows,
  quotedRows,
  sentenceRows,
} from "./parts.ts";
import { bold, type Row } from "./row.ts";

/** All of it is shown: no option of a screen shows the rest. */
export interface Card {
  /** What is asked, or what the operator made of it. */
  readonly review: Review;
  readonly isEdited: boolean;
  readonly notices: readonly Notice[];
  readonly justification: string;
  /** The reasons of asks made again, each with its title. */
  readonly repeats: readonly (readonly [title: string, text: string])[];
  readonly fields: readonly (readonly [label: string, value: string])[];
  readonly changes: readonly Change[];
  /** What else is to be known of the live files, each a sentence. */
  readonly remarks: readonly string[];
  readonly file: string;
}

export function cardRows(card: Card, columns: number): Row[] {
  const { review, isEdited, notices, changes, remarks } = card;
  const by = isEdited ? "As you changed it, it would" : "Asks to";
  const text = (title: string, content: string) =>
    quotedRows(title, quote(content, columns, Infinity));
  return [
    ...review.kind === "understood"
      ? [
        ...sentenceRows(`${by} ${review.asks}.`, columns).map((row) =>
          row.flatMap((span) => bold(span.text))
        ),
        ...review.details.flatMap(([label, value]) => fieldRows(label, value, columns)),
      ]
      : [],
    ...noticeRows(notices, columns),
    ...text("The agent's reason", card.justification),
    ...card.repeats.flatMap(([title, reason]) => text(title, reason)),
    [],
    ...card.fields.flatMap(([label, value]) => fieldRows(label, value, columns)),
    ...changes.flatMap((change): Row[] => [[], ...changeRows(change, columns)]),
    ...remarks.length > 0 ? [[]] : [],
    ...remarks.flatMap((remark) => sentenceRows(remark, columns)),
    [],
    ...text(isEdited ? "Your changed file" : "The proposed file", card.file),
  ];
}
