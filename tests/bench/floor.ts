/** What the bench's own clock, sockets and loop add to a timed decision, so that it can be told. */

import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { temporary } from "../support/temporary.ts";
import { Running } from "../support/process.ts";
import { delay } from "../support/chance.ts";
import { CROWD_CALLS } from "./plan.ts";
import { RawConnection } from "./raw_http.ts";

const SAMPLES = 50;

/**
 * Milliseconds of one rename and one echo by another process, with as many idle connections open as
 * there are waiting calls when decisions are timed.
 */
export async function measureFloor(): Promise<number[]> {
  await using directory = await temporary();
  const script = fromFileUrl(new URL("echo_server.ts", import.meta.url));
  await using echo = new Running(Deno.execPath(), { args: ["run", "-q", "--allow-net", script] });
  const [, port] = await echo.output("stdout", /^(\d+)\n/);
  const connections: RawConnection[] = [];
  const tookMs: number[] = [];
  try {
    while (connections.length < CROWD_CALLS) {
      connections.push(await RawConnection.open(Number(port)));
    }
    const from = join(directory.path, "a");
    const to = join(directory.path, "b");
    for (const connection of connections.slice(0, SAMPLES)) {
      Deno.writeTextFileSync(from, "");
      const firstBytes = connection.readSome();
      await delay(5);
      const startedAt = performance.now();
      Deno.renameSync(from, to);
      await connection.send(new Uint8Array(1));
      await firstBytes;
      tookMs.push(performance.now() - startedAt);
    }
  } finally {
    for (const connection of connections) connection[Symbol.dispose]();
  }
  return tookMs;
}
