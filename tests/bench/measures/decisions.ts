/** From a decision's file to the agent's answer, and what waiting itself costs meanwhile. */

import { delay } from "../../support/chance.ts";
import { Crowd } from "../crowd.ts";
import { CROWD_CALLS } from "../plan.ts";
import { readProcess } from "../proc.ts";
import { Server } from "../server.ts";
import type { Context, Measure } from "./measure.ts";

const GROW_LIMIT_MS = 30_000;
const REPLACE_LIMIT_MS = 5_000;
/** Longer than any server's poll interval that is known, so that moments fall anywhere in it. */
const SPREAD_MS = 60;
/** Lets the server finish what queueing has left behind before anything is timed. */
const SETTLE_MS = 500;

export const decisions: Measure = {
  name: "decisions",
  rounds: (plan) => plan.rounds,
  async run(spec, context) {
    await using server = await Server.start(spec);
    using crowd = new Crowd(server);
    for (const level of context.plan.waitingLevels) {
      if (!await crowd.grow(level - crowd.waiting, GROW_LIMIT_MS)) {
        context.note(`only ${crowd.waiting} of ${level} waiting calls were queued`);
        return;
      }
      await delay(SETTLE_MS);
      if (level === CROWD_CALLS) await watch(server, context);
      await time(crowd, level, context);
    }
  },
};

/** CPU and memory while nothing happens but waiting. */
async function watch(server: Server, { plan, record }: Context): Promise<void> {
  const before = readProcess(server.pid);
  const startedAt = performance.now();
  await delay(plan.cpuWatchMs);
  const after = readProcess(server.pid);
  const spentSeconds = (performance.now() - startedAt) / 1_000;
  record("waiting-cpu", (after.cpuSeconds - before.cpuSeconds) / spentSeconds * 100);
  record("waiting-rss", after.rssMb);
  record("waiting-peak", after.peakRssMb);
  record("waiting-threads", after.threads);
}

async function time(crowd: Crowd, level: number, context: Context): Promise<void> {
  let failed = 0;
  for (let sample = 0; sample < context.plan.samples; sample++) {
    const tookMs = await crowd.answerOne(context.random, SPREAD_MS);
    if (tookMs === undefined) failed++;
    else context.record(`decisions-${level}`, tookMs);
    // A new call in place of the answered one: as many wait at the last sample as at the first.
    await crowd.grow(1, REPLACE_LIMIT_MS);
  }
  context.record("decisions-failed", failed);
  if (failed) context.note(`${failed} decisions did not reach the agent, ${level} waiting`);
}
