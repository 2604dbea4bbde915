/** Requests a second: `tools/list` from few and many connections, nothing waiting. */

import { TOOLS_LIST } from "../requests.ts";
import { Server } from "../server.ts";
import type { Measure } from "./measure.ts";

export const requests: Measure = {
  name: "requests",
  rounds: (plan) => plan.rounds,
  async run(spec, { plan, generator, record, note }) {
    await using server = await Server.start(spec);
    await generator.run(server.port, TOOLS_LIST, 4, 1); // Warms up compilers and caches on both sides.
    for (const connections of plan.loadConnections) {
      const load = await generator.run(server.port, TOOLS_LIST, connections, plan.loadSeconds);
      record(`requests-${connections}`, load.requestsPerSecond);
      record(`requests-${connections}-p50`, load.p50Ms);
      record(`requests-${connections}-p99`, load.p99Ms);
      record("requests-errors", load.errors);
      if (load.errors) note(`${load.errors} requests failed at ${connections} connections`);
    }
  },
};
