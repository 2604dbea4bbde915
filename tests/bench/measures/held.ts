/** How many waiting calls a server holds, in what memory, and whether it still answers others. */

import { delay, within } from "../../support/chance.ts";
import { Crowd } from "../crowd.ts";
import { CROWD_CALLS } from "../plan.ts";
import { openFilesLimit, readProcess } from "../proc.ts";
import { RawConnection } from "../raw_http.ts";
import { getHealth } from "../requests.ts";
import { Server } from "../server.ts";
import type { Context, Measure } from "./measure.ts";

/** Files a server needs besides its connections: listener, watcher, its own, those in flight. */
const SPARE_FILES = 500;
const HEALTH_LIMIT_MS = 5_000;

export const held: Measure = {
  name: "held",
  rounds: () => 1,
  async run(spec, context) {
    const { plan, record, note } = context;
    const calls = Math.min(plan.heldCalls, openFilesLimit() - SPARE_FILES);
    if (calls < plan.heldCalls) note(`only ${calls} calls tried: the limit of open files is lower`);
    await using server = await Server.start(spec);
    using crowd = new Crowd(server);
    const startedAt = performance.now();
    let all = await crowd.grow(Math.min(CROWD_CALLS, calls), plan.heldLimitMs);
    if (readProcess(server.pid).threads > CROWD_CALLS / 2) {
      note(`takes a thread a call: held at ${CROWD_CALLS}, not ${calls}`);
    } else if (all) {
      const leftMs = plan.heldLimitMs - (performance.now() - startedAt);
      all = await crowd.grow(calls - CROWD_CALLS, leftMs);
    }
    if (!all) note(`queued ${crowd.queued} of ${calls} calls in ${plan.heldLimitMs / 1_000} s`);
    record("held", crowd.queued);
    record("held-took", (performance.now() - startedAt) / 1_000);
    await delay(1_000);
    await askHealth(server, context);
    record("held-rss", readProcess(server.pid).rssMb);
  },
};

async function askHealth(server: Server, { plan, random, record, note }: Context): Promise<void> {
  let failed = 0;
  for (let ask = 0; ask < plan.healthAsks; ask++) {
    await delay(1 + random() * 10);
    try {
      const startedAt = performance.now();
      using connection = await RawConnection.open(server.port);
      await connection.send(getHealth(server.port));
      const answer = await within(connection.readAnswer(), HEALTH_LIMIT_MS);
      if (answer?.status === 200) record("held-health", performance.now() - startedAt);
      else failed++;
    } catch {
      failed++;
    }
  }
  if (failed) note(`${failed} of ${plan.healthAsks} health requests failed while calls were held`);
}
