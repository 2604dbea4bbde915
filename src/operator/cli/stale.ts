/** The refusal of an answer to what is not what was shown any more. */

import type { Plan } from "../apply/plan.ts";
import { Failure, type Remedy } from "../failure.ts";

export class Stale extends Failure {
  /** What would change now, where that is known and anything would. */
  readonly plan: Plan | undefined;

  /** `id` is the short one; `remedy` leads to what is to be seen now. */
  constructor(id: string, remedy: Remedy, plan?: Plan) {
    super(
      "changed",
      `${id}, or what approving it would change, is not what was shown any more: nothing was ` +
        "written, nothing was decided; look at it as it is now and decide again",
      remedy,
    );
    this.plan = plan;
  }
}
