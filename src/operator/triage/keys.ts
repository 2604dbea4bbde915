/** From the bytes of a terminal to keys, also when a character or a sequence arrives in pieces. */

const NAMES = {
  "\x1b[A": "up",
  "\x1bOA": "up",
  "\x1b[B": "down",
  "\x1bOB": "down",
  "\x1b[C": "right",
  "\x1bOC": "right",
  "\x1b[D": "left",
  "\x1bOD": "left",
  "\x1b[5~": "page-up",
  "\x1b[6~": "page-down",
  "\x1b[H": "home",
  "\x1bOH": "home",
  "\x1b[1~": "home",
  "\x1b[7~": "home",
  "\x1b[F": "end",
  "\x1bOF": "end",
  "\x1b[4~": "end",
  "\x1b[8~": "end",
  "\x1b[3~": "delete",
  "\x1bOM": "enter",
  "\r": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x15": "erase-line",
  "\x17": "erase-word",
  "\x03": "interrupt",
  "\x1b": "escape",
} as const;

export type Key =
  | { readonly name: typeof NAMES[keyof typeof NAMES] }
  /** One character that was typed, or a piece of what was pasted, with its line feeds. */
  | { readonly name: "text" | "paste"; readonly text: string };

/** A key as the commands know it: the character that was typed, or the key's name. */
export function commandOf(key: Key): string {
  // What is pasted is no command, whatever it holds.
  return key.name === "text" ? key.text : key.name;
}

const PASTE_START = "\x1b[200~";
const PASTE_END = "\x1b[201~";

/** A sequence that is complete: CSI, also that of the Linux console, SS3, or Alt and a character. */
// deno-lint-ignore no-control-regex
const SEQUENCE = /^\x1b(?:\[\[?[\x20-\x3f]*[\x40-\x7e]|O[\x20-\x7e]|[^\x00-\x1f\x7f[O])/u;

/** The beginning of one. What is longer is none. */
// deno-lint-ignore no-control-regex
const BEGUN = /^\x1b(?:\[\[?[\x20-\x3f]{0,32}|O)?$/;

export class KeyReader {
  // A byte order mark is a character like others.
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The beginning of a sequence. */
  #rest = "";
  #isPasting = false;

  /** Whether what came last is the Escape key or the beginning of a sequence. Time will tell. */
  get isWaiting(): boolean {
    return !this.#isPasting && this.#rest !== "";
  }

  read(bytes: Uint8Array): Key[] {
    // Without its end a paste would swallow every key; alone this one is typed, not pasted.
    if (this.#isPasting && bytes.length === 1 && bytes[0] === 3) {
      this.#isPasting = false;
      this.#rest = "";
    }
    const keys: Key[] = [];
    let text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    this.#rest = "";
    while (text !== "") {
      text = this.#isPasting ? this.#readPaste(text, keys) : this.#readKey(text, keys);
    }
    return keys;
  }

  /** Takes what has come as all that comes: a lone ESC byte is the Escape key. */
  flush(): Key[] {
    if (!this.isWaiting) return [];
    const isEscape = this.#rest === "\x1b";
    this.#rest = "";
    return isEscape ? [{ name: "escape" }] : [];
  }

  /** Takes one key from the start of `text` and returns what is left. */
  #readKey(text: string, keys: Key[]): string {
    const [character = ""] = text;
    if (character === "\x1b" && BEGUN.test(text)) {
      this.#rest = text;
      return "";
    }
    const taken = SEQUENCE.exec(text)?.[0] ?? character;
    if (taken === PASTE_START) this.#isPasting = true;
    else if (taken in NAMES) keys.push({ name: NAMES[taken as keyof typeof NAMES] });
    else if (taken === character && isTypable(taken)) keys.push({ name: "text", text: taken });
    return text.slice(taken.length);
  }

  #readPaste(text: string, keys: Key[]): string {
    const end = text.indexOf(PASTE_END);
    const pasted = end < 0 ? text.slice(0, text.length - endBegun(text)) : text.slice(0, end);
    if (pasted !== "") keys.push({ name: "paste", text: pasted });
    if (end < 0) this.#rest = text.slice(pasted.length);
    else this.#isPasting = false;
    return end < 0 ? "" : text.slice(end + PASTE_END.length);
  }
}

/** U+FFFD stands for bytes that are no character. */
function isTypable(character: string): boolean {
  return !/[\p{Cc}\ufffd]/u.test(character);
}

/** How many characters at the end of `text` may be the beginning of the end of a paste. */
function endBegun(text: string): number {
  for (let length = PASTE_END.length - 1; length > 0; length--) {
    if (text.endsWith(PASTE_END.slice(0, length))) return length;
  }
  return 0;
}
