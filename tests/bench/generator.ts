/** Two sources of load: `wrk` where it is installed, else sockets of this process. */

import { delay } from "../support/chance.ts";
import { type Answer, RawConnection } from "./raw_http.ts";
import { type Ask, post } from "./requests.ts";
import { median, p99 } from "./statistics.ts";

export interface Load {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Connections, reads, writes, time-outs and statuses that failed. */
  readonly errors: number;
}

export interface Generator {
  readonly name: string;
  /** Asks the same over and over on `connections` connections at once. */
  run(port: number, ask: Ask, connections: number, seconds: number): Promise<Load>;
}

export type GeneratorName = "wrk" | "built-in";

/** Takes the one asked for, else `wrk` if there is one. Throws when `wrk` was asked for in vain. */
export async function chooseGenerator(wanted?: GeneratorName): Promise<Generator> {
  if (wanted === "built-in") return builtIn;
  try {
    // Without a URL it prints its version and fails.
    const { stdout } = await new Deno.Command("wrk", { args: ["-v"] }).output();
    return wrk(/^wrk \S+/.exec(new TextDecoder().decode(stdout))?.[0] ?? "wrk");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    if (wanted === "wrk") {
      throw new Error('There is no "wrk" on PATH. Install it or use --load built-in', {
        cause: error,
      });
    }
    return builtIn;
  }
}

const WRK_REPORT = `
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("FIGURES %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
`;

/** JSON strings are strings of wrk's language too, as long as they hold plain ASCII. */
function wrkScript({ body, headers }: Ask): string {
  const all = { "Content-Type": "application/json", "Accept": "application/json", ...headers };
  const lines = Object.entries(all)
    .map(([header, value]) => `wrk.headers["${header}"] = ${JSON.stringify(value)}\n`);
  return `wrk.method = "POST"\n${lines.join("")}wrk.body = ${JSON.stringify(body)}\n${WRK_REPORT}`;
}

function wrk(name: string): Generator {
  return {
    name,
    async run(port, ask, connections, seconds) {
      const script = await Deno.makeTempFile({ suffix: ".lua" });
      try {
        await Deno.writeTextFile(script, wrkScript(ask));
        const { stdout } = await new Deno.Command("wrk", {
          args: ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "5s", "-s", script]
            .concat(`http://127.0.0.1:${port}/`),
        }).output();
        const text = new TextDecoder().decode(stdout);
        const figures = /FIGURES (\d+) (\d+) (\d+) (\d+) (\d+)/.exec(text)?.slice(1).map(Number);
        const [requests = NaN, spentUs = NaN, p50Us = NaN, p99Us = NaN, errors = NaN] = figures ??
          [];
        return {
          requestsPerSecond: requests / (spentUs / 1e6),
          p50Ms: p50Us / 1e3,
          p99Ms: p99Us / 1e3,
          errors,
        };
      } finally {
        await Deno.remove(script);
      }
    },
  };
}

const builtIn: Generator = {
  name: "built-in (its own work is on the same cores: the server's limit may be higher)",
  async run(port, ask, connections, seconds) {
    const latenciesMs: number[] = [];
    const startedAt = performance.now();
    const until = startedAt + seconds * 1_000;
    const lanes = Array.from({ length: connections }, () => lane(port, ask, until, latenciesMs));
    const errors = (await Promise.all(lanes)).reduce((total, value) => total + value, 0);
    const spentSeconds = (performance.now() - startedAt) / 1_000;
    return {
      requestsPerSecond: latenciesMs.length / spentSeconds,
      p50Ms: median(latenciesMs),
      p99Ms: p99(latenciesMs),
      errors,
    };
  },
};

/** One connection's worth of requests, opened anew whenever the server closes it. */
async function lane(
  port: number,
  ask: Ask,
  until: number,
  latenciesMs: number[],
): Promise<number> {
  const request = post(port, ask);
  let connection: RawConnection | undefined;
  let errors = 0;
  while (performance.now() < until) {
    const startedAt = performance.now();
    let answer: Answer | undefined;
    try {
      connection ??= await RawConnection.open(port);
      await connection.send(request);
      answer = await connection.readAnswer();
    } catch {
      // Counted below, like an answer that was cut short.
    }
    if (answer?.status === 200) latenciesMs.push(performance.now() - startedAt);
    else errors++;
    if (!answer?.keepAlive) {
      connection?.[Symbol.dispose]();
      connection = undefined;
      if (!answer) await delay(1);
    }
  }
  connection?.[Symbol.dispose]();
  return errors;
}
