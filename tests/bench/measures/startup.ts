/** From starting the process to the first accepted connection, and the memory of doing nothing. */

import { delay } from "../../support/chance.ts";
import { readProcess } from "../proc.ts";
import { Server } from "../server.ts";
import type { Measure } from "./measure.ts";

const IDLE_AFTER_MS = 200;

export const startup: Measure = {
  name: "startup",
  rounds: (plan) => plan.starts,
  async run(spec, { record }) {
    await using server = await Server.start(spec);
    record("start", server.startMs);
    await delay(IDLE_AFTER_MS);
    record("idle-rss", readProcess(server.pid).rssMb);
  },
};
