/** What the review of a form of ask must provide so that an operator can read, change and answer it. */

/** Something the operator must not overlook: a label in capitals, and the sentence. */
export interface Notice {
  readonly label: string;
  readonly text: string;
  /** The lines of the proposed file that it is about, all of them, where it is about lines. */
  readonly lines?: readonly number[];
}

/** A proposed file whose meaning is known. No string in it is safe to print raw. */
export interface Understood {
  readonly kind: "understood";
  /** What it is about, in a word: a host, `Dockerfile`. */
  readonly subject: string;
  /** The program's own words on it, short: `2 paths`, `secret`. */
  readonly facts: readonly string[];
  /** What would become possible, as a sentence without its end. */
  readonly asks: string;
  /** The ask in one line, with the paths that it names. */
  readonly inWords: string;
  /**
   * What access an approval would add, in full: each line is a fact of its own. Undefined where only
   * a diff can say it.
   */
  readonly grows?: readonly string[];
  /** Label and value, for `show`. An empty label goes on with the one before. */
  readonly details: readonly (readonly [label: string, value: string])[];
  readonly notices: readonly Notice[];
  /** The file in its one form, as a decision carries it. */
  readonly canonical: string;
  /** Whether the file is in that form. If not, another reader may understand something else. */
  readonly isCanonical: boolean;
}

export interface Malformed {
  readonly kind: "malformed";
  /** What is wrong, and what it must be. */
  readonly problem: string;
}

export type Review = Understood | Malformed;

export interface Kind {
  /** How the file is called while it is edited; editors choose their mode by it. */
  readonly fileName: string;
  /** What the operator has to do after approving, as long as nothing is applied. */
  readonly byHand: string;
  /** Reads a proposed file and an edited one alike: what it refuses can be neither. */
  review(file: string): Review;
}

export function malformed(problem: string): Malformed {
  return { kind: "malformed", problem };
}

/** `api.github.com: /repos/acme/ with Bearer GH_TOKEN`, or `Dockerfile, 12 lines`. */
export function inWords(review: Review): string {
  return review.kind === "understood" ? review.inWords : "not in the expected form";
}

/** For a file that is not in its one form. */
export const ODD_FORM: Notice = {
  label: "ODD FORM",
  text: "the file is not written as the sidecar writes it: others may read something else from " +
    "it, so it cannot be approved as it stands",
};

/** Made once: to make one takes longer than to review an ask. */
const WHOLE_NUMBERS = new Intl.NumberFormat("en-US");

export function count(number: number, noun: string, many = `${noun}s`): string {
  return `${WHOLE_NUMBERS.format(number)} ${number === 1 ? noun : many}`;
}
