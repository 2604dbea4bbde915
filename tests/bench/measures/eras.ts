/** What the new era costs: the same `tools/list` asked as old and as new clients ask it, in turns. */

import { RawConnection } from "../raw_http.ts";
import { LEGACY_TOOLS_LIST, MODERN_TOOLS_LIST, post } from "../requests.ts";
import { Server } from "../server.ts";
import type { Measure } from "./measure.ts";

const CONNECTIONS = 16;

export const eras: Measure = {
  name: "eras",
  rounds: (plan) => plan.rounds,
  async run(spec, { plan, generator, record, note }) {
    await using server = await Server.start(spec);
    const asks = { legacy: LEGACY_TOOLS_LIST, modern: MODERN_TOOLS_LIST };
    const isModern = await answersModern(server.port);
    if (!isModern) note("does not answer requests of the new era");
    for (const ask of Object.values(asks)) await generator.run(server.port, ask, CONNECTIONS, 1);
    const perSecond = { legacy: 0, modern: 0 };
    for (const [era, ask] of Object.entries(asks) as [keyof typeof asks, typeof asks.legacy][]) {
      if (era === "modern" && !isModern) continue;
      const load = await generator.run(server.port, ask, CONNECTIONS, plan.loadSeconds);
      perSecond[era] = load.requestsPerSecond;
      record(`era-${era}`, load.requestsPerSecond);
      record("requests-errors", load.errors);
    }
    if (isModern) record("era-ratio", 100 * perSecond.modern / perSecond.legacy);
  },
};

async function answersModern(port: number): Promise<boolean> {
  using connection = await RawConnection.open(port);
  await connection.send(post(port, MODERN_TOOLS_LIST));
  const answer = await connection.readAnswer();
  return answer?.status === 200 && new TextDecoder().decode(answer.body).includes("resultType");
}
