/** The fuzzer's command: far more requests than a test has time for, over both transports. */

import { parseArgs } from "node:util";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { FUZZ_SETTINGS, fuzzHttp, type FuzzOptions } from "./http.ts";
import { startStdioSidecar } from "./line_process.ts";
import { fuzzStdio } from "./stdio.ts";
import type { Tally } from "./tally.ts";
import { startSidecar } from "../../support/programs.ts";
import { COMMON_OPTIONS, exitCode, seedNumber, wholeNumber } from "../../support/command.ts";
import { formatTally } from "./report.ts";
import { write } from "../../support/output.ts";

const HELP =
  `Sends the sidecar random, mutated and hostile requests, and checks every answer against the
published JSON schema of its revision. A defect is an answer that breaks it, an answer that does not
come, an "internal error", or the sidecar's end.

Usage: deno run -A tests/rigs/fuzz/main.ts [options]

  --requests N      for each transport, 1 to 10000000 (default 100000, some minutes)
  --transport NAME  http, stdio or both (default both)
  --seed N          where chance starts (default: the time)
  --from N          index of the first request (default 0): repeats a defect without what was before
  --help

Exit 0 without a defect, 1 with one, 2 for wrong options.
Example: deno run -A tests/rigs/fuzz/main.ts --transport http --requests 5000 --seed 7
`;

const TRANSPORTS = ["http", "stdio"] as const;
type Transport = typeof TRANSPORTS[number];

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON_OPTIONS,
      requests: { type: "string", default: "100000" },
      transport: { type: "string", default: "both" },
      from: { type: "string", default: "0" },
    },
  });
  if (values.help) {
    write(Deno.stdout, HELP);
    return true;
  }
  const requests = wholeNumber("requests", values.requests, 1, 10_000_000);
  const seed = seedNumber("seed", values.seed);
  const from = seedNumber("from", values.from);
  const transports = TRANSPORTS.filter((name) =>
    values.transport === name || values.transport === "both"
  );
  if (transports.length === 0) {
    throw new TypeError(
      `Cannot use "${values.transport}" for --transport: give http, stdio or both`,
    );
  }
  let defects = 0;
  for (const transport of transports) {
    const started = performance.now();
    const onProgress = (done: number) => {
      if (Deno.stderr.isTerminal()) write(Deno.stderr, `\r${transport}: ${done} of ${requests} `);
    };
    const options = { seed, requests, from, onProgress };
    const tally = await fuzz(transport, options);
    const tookSeconds = (performance.now() - started) / 1_000;
    write(Deno.stdout, formatTally({ transport, seed, tally, tookSeconds }));
    defects += tally.defectCount;
  }
  return defects === 0;
}

async function fuzz(transport: Transport, options: FuzzOptions): Promise<Tally> {
  await using proxy = new EgressProxy();
  proxy.answer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"routes":[]}';
  const env = { ...FUZZ_SETTINGS, SUPERVISE_EGRESS_PROXY: proxy.url };
  if (transport === "http") {
    await using sidecar = await startSidecar({ env });
    return await fuzzHttp(sidecar, options);
  }
  await using sidecar = await startStdioSidecar(env);
  return await fuzzStdio(sidecar.process, options);
}

if (import.meta.main) Deno.exit(await exitCode("fuzz", () => main(Deno.args)));
