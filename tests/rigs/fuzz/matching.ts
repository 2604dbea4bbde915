/** Which answer is whose, where ids repeat: each finds a question, though another has to move for it. */

export interface MatchingRules<Question, Answer> {
  fits(question: Question, answer: Answer): boolean;
  /** Whether it must be answered in the end. */
  isRequired(question: Question): boolean;
}

interface Placed<Question> {
  /** All that it could be the answer of. */
  readonly candidates: readonly Question[];
}

/** A maximum matching, grown by augmenting paths (Kuhn), in which required questions come first. */
export class Matching<Question, Answer> {
  readonly #rules: MatchingRules<Question, Answer>;
  /** Undefined: not answered yet. */
  readonly #answers = new Map<Question, Placed<Question> | undefined>();

  constructor(rules: MatchingRules<Question, Answer>, questions: readonly Question[] = []) {
    this.#rules = rules;
    for (const question of questions) this.ask(question);
  }

  ask(question: Question): void {
    this.#answers.set(question, undefined);
  }

  /** Gives an answer to one of the questions asked so far. Returns false when it is nobody's. */
  answer(answer: Answer): boolean {
    const candidates = [...this.#answers.keys()]
      .filter((question) => this.#rules.fits(question, answer));
    const placed = { candidates };
    return this.#place(placed, true, new Set()) || this.#place(placed, false, new Set());
  }

  forget(isOver: (question: Question) => boolean): void {
    for (const question of this.#answers.keys()) {
      if (isOver(question)) this.#answers.delete(question);
    }
  }

  /** The questions without an answer. */
  open(): Question[] {
    return [...this.#answers].filter(([, answer]) => !answer).map(([question]) => question);
  }

  #place(placed: Placed<Question>, onlyRequired: boolean, tried: Set<Question>): boolean {
    for (const question of placed.candidates) {
      if (tried.has(question) || !this.#answers.has(question)) continue;
      const present = this.#answers.get(question);
      if (!present && onlyRequired && !this.#rules.isRequired(question)) continue;
      tried.add(question);
      if (present && !this.#place(present, onlyRequired, tried)) continue;
      this.#answers.set(question, placed);
      return true;
    }
    return false;
  }
}
