/** What a measure gets and gives: one server at a time, figures into named pools. */

import type { Random } from "../../support/chance.ts";
import type { Generator } from "../generator.ts";
import type { Plan } from "../plan.ts";
import type { ServerSpec } from "../server.ts";

export interface Context {
  readonly plan: Plan;
  readonly random: Random;
  readonly generator: Generator;
  /** Adds figures of the server under test to a pool; the rows of the table reduce the pools. */
  record(pool: string, ...values: number[]): void;
  /** Says something about the server under test below the table; the same words only once. */
  note(text: string): void;
}

export interface Measure {
  readonly name: string;
  /** How often each server is measured. */
  rounds(plan: Plan): number;
  run(spec: ServerSpec, context: Context): Promise<void>;
}
