/** The command of the crash test of `supervisectl`: every moment, where a test has time for a sample. */

import { parseArgs } from "node:util";
import { COMMON_OPTIONS, exitCode, seedNumber, wholeNumber } from "../../support/command.ts";
import { crashRounds, formatCrashes } from "./rounds.ts";
import { write } from "../../support/output.ts";

const HELP = `Kills supervisectl with SIGKILL before, within and after each call by which it changes
something, runs it again, and checks that live files, decision, records and audit log agree.

Usage: deno run -A tests/rigs/crash/main.ts [options]

  --all        every moment of every call, some minutes (default: a sample)
  --pairs N    rounds in which the recovery is killed too, 0 to 10000 (default 60)
  --only TEXT  only commands with this in their name, such as "undo"
  --seed N     where chance starts (default: the time); an odd one and an even one together run
               each moment with and without a terminal
  --help

Exit 0 when all was consistent, 1 when something was not, 2 for wrong options.
Example: deno run -A tests/rigs/crash/main.ts --all --seed 7
`;

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...COMMON_OPTIONS,
      all: { type: "boolean", default: false },
      pairs: { type: "string", default: "60" },
      only: { type: "string" },
    },
  });
  if (values.help) {
    write(Deno.stdout, HELP);
    return true;
  }
  const pairs = wholeNumber("pairs", values.pairs, 0, 10_000);
  const seed = seedNumber("seed", values.seed);
  const report = await crashRounds({ all: values.all, pairs, only: values.only, seed });
  write(Deno.stdout, formatCrashes(report) + `- seed ${seed}\n`);
  return report.faults.length === 0;
}

if (import.meta.main) Deno.exit(await exitCode("crash", () => main(Deno.args)));
