/** Reads a JavaScript literal as data, for JSON that a bundler has written its own way; runs nothing. */

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Reads the literal that starts at `at`. Throws a SyntaxError at anything but plain data. */
export function readLiteral(text: string, at: number): unknown {
  return new LiteralReader(text, at).value();
}

class LiteralReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  value(): unknown {
    const first = this.#text[this.#at] ?? "";
    if (first === "{") return this.#object();
    if (first === "[") return this.#list("[", "]", () => this.value());
    if (`"'\``.includes(first)) return this.#string();
    const word = this.#match(/!0|!1|null|-?\d*\.?\d+(?:e[+-]?\d+)?/y);
    if (word === "!0" || word === "!1") return word === "!0";
    return word === "null" ? null : Number(word);
  }

  #object(): Record<string, unknown> {
    return Object.fromEntries(this.#list("{", "}", () => {
      const isQuoted = `"'\``.includes(this.#text[this.#at] ?? "");
      const key = isQuoted ? this.#string() : this.#match(/[$\w]+/y);
      this.#match(/:/y);
      return [key, this.value()] as const;
    }));
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    for (this.#take(open); !this.#take(close); this.#take(",")) items.push(item());
    return items;
  }

  #string(): string {
    const quote = this.#text[this.#at++];
    let read = "";
    while (this.#text[this.#at] !== quote) {
      const character = this.#text[this.#at++];
      if (character === undefined || (quote === "`" && this.#text.startsWith("${", this.#at - 1))) {
        throw new SyntaxError(`No plain string at ${this.#at}`);
      }
      read += character === "\\" ? this.#escape() : character;
    }
    this.#at++;
    return read;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    if (letter !== "u" && letter !== "x") return ESCAPES[letter] ?? letter;
    const digits = this.#match(letter === "u" ? /[0-9a-f]{4}/iy : /[0-9a-f]{2}/iy);
    return String.fromCharCode(parseInt(digits, 16));
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found === undefined) {
      const seen = this.#text.slice(this.#at, this.#at + 40);
      throw new SyntaxError(`No ${pattern} at ${this.#at}: ${seen}`);
    }
    this.#at += found.length;
    return found;
  }
}
