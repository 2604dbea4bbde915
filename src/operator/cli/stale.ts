/** The refusal of an answer whose live files were changed since they were shown. */

import type { Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";

export class Stale extends Failure {
  /** What would change now. */
  readonly plan: Plan;

  constructor(plan: Plan, id: string) {
    super(
      "changed",
      `what would change for ${id} is not what was shown: nothing was written, nothing was ` +
        "decided; look at the new diff and decide again",
    );
    this.plan = plan;
  }
}
