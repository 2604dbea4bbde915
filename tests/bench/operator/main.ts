/** The operator's part of the bench: measures operator's programs in turn and prints one table. */

import { parseArgs } from "node:util";
import { seeded } from "../../support/chance.ts";
import { write } from "../../support/output.ts";
import { table } from "../table.ts";
import { OPERATOR_MEASURES } from "./measures.ts";
import { OPERATOR_FULL, OPERATOR_QUICK, operatorRows } from "./plan.ts";
import { OWN_PROGRAM, type ProgramSpec } from "./operator_program.ts";

const HELP = `Measures supervisectl from outside and prints one table.

Usage: deno task bench:operator [options]

  --program [NAME=]COMMAND  also measure this program; may be given several times. COMMAND is split at
                            white space; the compiled program, or that of another commit
  --no-own                  leave this repository's program out; the first --program is judged instead
  --quick                   one short round
  --only NAME,...           only these: ${Object.keys(OPERATOR_MEASURES).join(", ")}
  --help

Example: deno task bench:operator --program compiled=dist/supervisectl
`;

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      program: { type: "string", multiple: true, default: [] },
      "no-own": { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const plan = values.quick ? OPERATOR_QUICK : OPERATOR_FULL;
  const specs = [...values["no-own"] ? [] : [OWN_PROGRAM], ...values.program.map(parseProgram)];
  const only = values.only?.split(",");
  const figures = new Map(specs.map(({ name }) => [name, new Map<string, number[]>()]));
  for (const [name, measure] of Object.entries(OPERATOR_MEASURES)) {
    if (only && !only.includes(name)) continue;
    for (let round = 0; round < plan.rounds; round++) {
      for (const spec of round % 2 ? specs.toReversed() : specs) {
        write(Deno.stderr, `${name}, round ${round + 1}: ${spec.name}\n`);
        const pools = figures.get(spec.name) ?? new Map<string, number[]>();
        await measure(spec, {
          plan,
          random: seeded(round + 1), // The same moments for every program of a round.
          record: (pool, ...more) => pools.set(pool, [...pools.get(pool) ?? [], ...more]),
        });
      }
    }
  }
  const rows = operatorRows(plan, await isInstalled("inotifywait"));
  write(Deno.stdout, table(rows, specs.map(({ name }) => name), figures));
  return 0;
}

function parseProgram(text: string): ProgramSpec {
  const named = /^([\w.-]+)=(.*)$/s.exec(text);
  const command = (named?.[2] ?? text).trim().split(/\s+/);
  return { name: named?.[1] ?? command[0] ?? "", command };
}

async function isInstalled(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", 'command -v "$0"', program] })
    .output();
  return success;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
