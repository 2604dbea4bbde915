/** The refusal of an answer to something that is no longer what was shown. */

import type { Plan } from "../apply/plan.ts";
import { Failure } from "../failure.ts";
import { shorten } from "./short_id.ts";

export class Stale extends Failure {
  /** What would change now, where that is known and anything would. */
  readonly plan: Plan | undefined;

  constructor(id: string, plan?: Plan) {
    super(
      "changed",
      `${
        shorten(id)
      }, or what approving it would change, is not what was shown any more: nothing ` +
        "was written, nothing was decided; look at it as it is now and decide again",
      { do: "show", id },
    );
    this.plan = plan;
  }
}
