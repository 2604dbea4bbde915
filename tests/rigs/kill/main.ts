/** The crash test's command: many more kills than a test has time for. */

import { parseArgs } from "node:util";
import { COMMON_OPTIONS, exitCode, seedNumber, wholeNumber } from "../../support/command.ts";
import { formatReport } from "./report.ts";
import { killRounds } from "./rounds.ts";
import { write } from "../../support/output.ts";

const HELP =
  `Kills the sidecar and the operator's program with SIGKILL at random moments, and checks
that nothing is lost, nothing torn, and that an agent that asks again gets its decision.

Usage: deno run -A tests/rigs/kill/main.ts [options]

  --rounds N   kills of each program, 1 to 10000 (default 500, some minutes)
  --seed N     where chance starts (default: the time)
  --only NAME  sidecar or operator
  --help

Exit 0 when nothing was lost or torn, 1 when something was, 2 for wrong options.
Example: deno run -A tests/rigs/kill/main.ts --rounds 50 --seed 7
`;

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON_OPTIONS,
      rounds: { type: "string", default: "500" },
      only: { type: "string" },
    },
  });
  if (values.help) {
    write(Deno.stdout, HELP);
    return true;
  }
  const rounds = wholeNumber("rounds", values.rounds, 1, 10_000);
  const seed = seedNumber("seed", values.seed);
  const { only } = values;
  if (only !== undefined && only !== "sidecar" && only !== "operator") {
    throw new TypeError(`Cannot use "${only}" for --only: give sidecar or operator`);
  }
  const report = await killRounds({ rounds, seed, only });
  write(Deno.stdout, formatReport(report));
  return report.faults.length === 0;
}

if (import.meta.main) Deno.exit(await exitCode("kill", () => main(Deno.args)));
