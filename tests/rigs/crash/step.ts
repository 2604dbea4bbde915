/** What the killed program and its test say to each other. */

/** One call by which the program changes something, or makes that survive a power cut. */
export interface Step {
  /** From 1, in the order of the calls. */
  readonly number: number;
  /** False for an fsync: a kill does not show it. */
  readonly changes: boolean;
  /** Whether it can be done by half. */
  readonly tears: boolean;
  readonly what: string;
}

export type Moment = "before" | "after" | "torn";

/** Where the program is killed. */
export interface Kill {
  readonly moment: Moment;
  readonly step: Step;
}
