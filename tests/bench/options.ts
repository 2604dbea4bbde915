/** The command line of the bench: which servers, which measures, how much. */

import { parseArgs } from "node:util";
import { wholeNumber } from "../support/command.ts";
import type { GeneratorName } from "./generator.ts";
import { FULL, type Plan, QUICK } from "./plan.ts";
import { OWN_SERVER, type ServerSpec } from "./server.ts";

export const HELP = `Measures MCP sidecars from outside, side by side, and prints one table.

Usage: deno task bench [options]

  --server [NAME=]COMMAND  also measure this server; may be given several times. COMMAND is split at
                           white space; {queue} and {port} in it become the queue directory and port
  --no-own                 leave this repository's sidecar out; the first --server is judged instead
  --rounds N               how often each server is measured, 1 to 20 (default 3)
  --quick                  one short round of everything, under a minute for two servers
  --only NAME,...          only these: requests, decisions, held, burst, startup
  --load NAME              wrk or built-in (default: wrk when it is installed)
  --help

Example: deno task bench --quick --server 'python=python3 server.py'

The crash test is apart: deno run -A tests/rigs/kill/main.ts --help
`;

export interface Options {
  readonly help: boolean;
  readonly plan: Plan;
  readonly servers: readonly ServerSpec[];
  readonly only: readonly string[] | undefined;
  readonly load: GeneratorName | undefined;
}

/** Throws an error that names the option, what was given and what is accepted. */
export function parseOptions(args: readonly string[], measures: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      server: { type: "string", multiple: true, default: [] },
      "no-own": { type: "boolean", default: false },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      load: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const plan = values.quick ? QUICK : FULL;
  const rounds = values.rounds === undefined
    ? plan.rounds
    : wholeNumber("rounds", values.rounds, 1, 20);
  const only = values.only?.split(",");
  for (const name of only ?? []) {
    if (!measures.includes(name)) {
      throw new Error(`There is no measure "${name}" for --only: give ${measures.join(", ")}`);
    }
  }
  const own = values["no-own"] ? [] : [OWN_SERVER];
  const servers = [...own, ...values.server.map(parseServer)];
  if (servers.length === 0) throw new Error("No server is left: give --server with --no-own");
  if (new Set(servers.map((server) => server.name)).size < servers.length) {
    throw new Error("Two servers have the same name: name them with --server NAME=COMMAND");
  }
  return {
    help: values.help,
    plan: { ...plan, rounds },
    servers,
    only,
    load: parseLoad(values.load),
  };
}

function parseLoad(text: string | undefined): GeneratorName | undefined {
  if (text === undefined || text === "wrk" || text === "built-in") return text;
  throw new Error(`Cannot use "${text}" for --load: give wrk or built-in`);
}

function parseServer(text: string): ServerSpec {
  const named = /^([\w.-]+)=(.*)$/s.exec(text);
  const words = (named?.[2] ?? text).trim().split(/\s+/);
  const [program = ""] = words;
  if (!program) throw new Error(`Cannot use "${text}" for --server: give NAME=COMMAND`);
  return {
    name: named?.[1] ?? program.slice(program.lastIndexOf("/") + 1),
    command: (queueDirectory, port) =>
      words.map((word) =>
        word.replaceAll("{queue}", queueDirectory).replaceAll("{port}", `${port}`)
      ),
  };
}
