/** Requests a second: `tools/list` from few and many connections, nothing waiting. */

import { fileURLToPath as fromFileUrl } from "node:url";
import { RawConnection } from "../raw_http.ts";
import { post, TOOLS_LIST } from "../requests.ts";
import { Server, type ServerSpec } from "../server.ts";
import type { Context, Measure } from "./measure.ts";

/** Turns that a server and the empty handler take in each round: a load of others hits both. */
const TURNS = 3;

export const requests: Measure = {
  name: "requests",
  rounds: (plan) => plan.rounds,
  async run(spec, context) {
    const { plan, generator, record, note } = context;
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
    await compare(server, Math.max(...plan.loadConnections), context);
  },
};

/** Measures a server beside a handler that does nothing but to send the same bytes. */
async function compare(server: Server, connections: number, context: Context): Promise<void> {
  const { plan, generator, record } = context;
  await using empty = await Server.start(emptyHandler(await answerOf(server)));
  await generator.run(empty.port, TOOLS_LIST, connections, 1);
  for (let turn = 0; turn < TURNS; turn++) {
    const perSecond = async ({ port }: Server) =>
      (await generator.run(port, TOOLS_LIST, connections, plan.loadSeconds)).requestsPerSecond;
    const least = await perSecond(empty);
    record("requests-empty", least);
    record("requests-share", 100 * await perSecond(server) / least);
  }
}

function emptyHandler(text: string): ServerSpec {
  const script = fromFileUrl(new URL("../empty_handler.ts", import.meta.url));
  return {
    name: "empty handler",
    command: (
      _queue,
      port,
    ) => [Deno.execPath(), "run", "-q", "--allow-net", script, `${port}`, text],
  };
}

async function answerOf({ port }: Server): Promise<string> {
  using connection = await RawConnection.open(port);
  await connection.send(post(port, TOOLS_LIST));
  const answer = await connection.readAnswer();
  if (answer?.status !== 200) throw new Error(`tools/list was answered with ${answer?.status}`);
  return new TextDecoder().decode(answer.body);
}
