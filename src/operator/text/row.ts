/** A row of a terminal as spans of one style each: made once, printed by commands, drawn by triage. */

export interface Span {
  readonly text: string;
  /** Its meaning is also in the text: a terminal may show no attributes. */
  readonly style?: "bold" | "reverse";
}

export type Row = readonly Span[];

export function plain(text: string): Row {
  return text === "" ? [] : [{ text }];
}

export function bold(text: string): Row {
  return text === "" ? [] : [{ text, style: "bold" }];
}
