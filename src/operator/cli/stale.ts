/** The refusal of an approval that would not do what was shown. */

import type { Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";

export class Stale extends Failure {
  /** What would change now; undefined when nothing would. */
  readonly plan: Plan | undefined;
  readonly basis: string;

  constructor(plan: Plan | undefined, basis: string, id: string) {
    super(
      "changed",
      `what would change for ${id} is not what was shown: nothing was written, nothing was ` +
        "decided; look at the new diff and decide again",
    );
    this.plan = plan;
    this.basis = basis;
  }
}
