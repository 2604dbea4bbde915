/** The crash test's command: many more kills than a test has time for. */

import { parseArgs } from "node:util";
import { formatReport } from "./kill_report.ts";
import { killRounds } from "./kill_rounds.ts";
import { write } from "./output.ts";

const HELP =
  `Kills the sidecar and the operator's program with SIGKILL at random moments, and checks
that nothing is lost, nothing torn, and that an agent that asks again gets its decision.

Usage: deno run -A tests/bench/kill.ts [options]

  --rounds N   kills of each program, 1 to 10000 (default 500, some minutes)
  --seed N     where chance starts (default: the time)
  --only NAME  sidecar or operator
  --help

Exit 0 when nothing was lost or torn, 1 when something was, 2 for wrong options.
Example: deno run -A tests/bench/kill.ts --rounds 50 --seed 7
`;

async function main(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string", default: "500" },
        seed: { type: "string", default: `${Date.now() % 1_000_000}` },
        only: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) {
      write(Deno.stdout, HELP);
      return 0;
    }
    const rounds = wholeNumber("rounds", values.rounds, 1, 10_000);
    const seed = wholeNumber("seed", values.seed, 0, 4_294_967_295);
    const { only } = values;
    if (only !== undefined && only !== "sidecar" && only !== "operator") {
      throw new TypeError(`Cannot use "${only}" for --only: give sidecar or operator`);
    }
    const report = await killRounds({ rounds, seed, only });
    write(Deno.stdout, formatReport(report));
    return report.faults.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    write(Deno.stderr, `kill: ${error.message}\n`);
    return 2;
  }
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const number = Number(text);
  if (text && Number.isInteger(number) && number >= low && number <= high) return number;
  throw new TypeError(
    `Cannot use "${text}" for --${option}: give a whole number ${low} to ${high}`,
  );
}

if (import.meta.main) Deno.exit(await main(Deno.args));
