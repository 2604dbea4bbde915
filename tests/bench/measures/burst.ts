/** Calls that arrive all at once, as after a restart of everything around the sidecar. */

import { delay, within } from "../../support/chance.ts";
import { Crowd } from "../crowd.ts";
import { Server } from "../server.ts";
import type { Measure } from "./measure.ts";

/** Between two looks at the queue: rare enough to leave the cores to the server. */
const LOOK_INTERVAL_MS = 20;

export const burst: Measure = {
  name: "burst",
  rounds: () => 1,
  async run(spec, { plan, record, note }) {
    await using server = await Server.start(spec);
    using crowd = new Crowd(server);
    const startedAt = performance.now();
    const until = startedAt + plan.burstLimitMs;
    const rush = crowd.rush(plan.burstCalls);
    let tookMs = Infinity;
    while (performance.now() < until) {
      crowd.look();
      if (crowd.queued >= plan.burstCalls) {
        tookMs = performance.now() - startedAt;
        break;
      }
      await delay(LOOK_INTERVAL_MS);
    }
    // Connections that the server never took are still being tried.
    await within(rush, 100);
    record("burst", crowd.queued);
    record("burst-took", tookMs / 1_000);
    if (crowd.queued < plan.burstCalls) {
      note(`queued ${crowd.queued} of ${plan.burstCalls} in ${plan.burstLimitMs / 1_000} s`);
    }
  },
};
