/** What the help screen says: each key, and what becomes of what was typed. */

export const HELP: readonly (readonly [keys: string, text: string])[] = [
  ["Up Down j k       ", "move in a list, scroll a text by a row"],
  ["PgUp PgDn Space   ", "scroll by a screen; Home and End go to the ends"],
  ["Enter Right       ", "open the selected proposal"],
  ["Esc Left q        ", "back; q in the list ends the program, Ctrl-C ends it anywhere"],
  ["a                 ", "approve: shows what would change, takes notes, and asks once more"],
  ["m                 ", "modify: change the proposed file in the editor, and approve that"],
  ["r                 ", "reject, with a reason that the agent reads"],
  ["u                 ", "what was approved lately, to take it back"],
  ["", ""],
  [
    "A question        ",
    "takes an answer once nothing was typed for half a second: what is pasted is no answer.",
  ],
  [
    "What you write    ",
    "is kept with its proposal: Esc leaves a text and keeps it, also over the end of the " +
    "program. Ctrl-W erases a word, Ctrl-U all before the cursor.",
  ],
];
