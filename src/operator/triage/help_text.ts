/** What the help screen says: each key, and what becomes of what was typed. */

export const HELP: readonly (readonly [keys: string, text: string])[] = [
  ["Up Down j k       ", "move in a list, scroll a text by a row"],
  ["PgUp PgDn Home End", "scroll by a screen, and to the ends; in a text Space scrolls too"],
  ["Enter Right       ", "open the selected ask"],
  ["Esc Left q        ", "back; q in the list ends the program, Ctrl-C anywhere"],
  ["n p               ", "on a card: to the next ask, and to the one before"],
  ["/                 ", "show only asks that hold a text: bottle, host, tool, reason"],
  ["a                 ", "approve: shows what would change, takes notes, and asks"],
  ["m                 ", "modify: the editor first, then as approve"],
  ["r                 ", "reject, with a reason that the agent reads"],
  ["Space             ", "in the list: mark several, to answer them with one a or r"],
  ["u                 ", "what was approved lately, to take it back"],
  ["", ""],
  ["The list          ", "+ is new, * is marked; those whose agent waits come first"],
  [
    "Several           ",
    "are approved together only where all that they allow is on the screen; one with a warning, " +
    "or that changed, is named and stays open.",
  ],
  [
    "A question        ",
    "takes Enter, and only after half a second without a key; Esc goes back. What is pasted is " +
    "no answer.",
  ],
  [
    "What you write    ",
    "is kept with its ask, also over the end of the program. Ctrl-W erases a word, Ctrl-U all " +
    "before the cursor.",
  ],
];
