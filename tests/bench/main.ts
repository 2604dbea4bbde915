/** The bench's command: measures servers in turn, round by round, and prints one table of all. */

import { measureFloor } from "./floor.ts";
import { chooseGenerator, type Generator } from "./generator.ts";
import { HELP, type Options, parseOptions } from "./options.ts";
import { write } from "../support/output.ts";
import { MEASURES, Run } from "./run.ts";

async function main(args: readonly string[]): Promise<number> {
  let options: Options;
  let generator: Generator;
  try {
    options = parseOptions(args, MEASURES.map((measure) => measure.name));
    generator = await chooseGenerator(options.load);
  } catch (error) {
    write(Deno.stderr, `bench: ${error instanceof Error ? error.message : error}\n`);
    return 2;
  }
  if (options.help) {
    write(Deno.stdout, HELP);
    return 0;
  }
  const run = new Run(options, generator);
  await run.measureAll();
  write(Deno.stdout, run.report(await measureFloor()));
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
