/** The official conformance suite as a child process, and what it says of each check. */

import { join, resolve } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { Running } from "../support/process.ts";
import { runtimeEnvironment } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

/** A run takes about ten seconds; a scenario that hangs is given up by the suite after thirty. */
const TIMEOUT_SECONDS = 180;

export interface Check {
  readonly scenario: string;
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "SKIPPED" | "INFO";
  readonly errorMessage?: string;
}

export interface Report {
  readonly code: number;
  /** The suite's own last words: a line for each scenario, and what was not expected. */
  readonly summary: string;
  readonly scenarios: ReadonlySet<string>;
  readonly checks: readonly Check[];
}

/** An installed suite: a directory in which npm has put it. */
export class Suite {
  readonly #package: string;

  constructor(directory: string) {
    this.#package = resolve(directory, "node_modules/@modelcontextprotocol/conformance");
  }

  /** The version that is there, and the one that the expectations are written for. */
  async versions(): Promise<{ readonly installed: string; readonly wanted: string }> {
    const { version } = JSON.parse(await Deno.readTextFile(join(this.#package, "package.json")));
    const specifier = config.imports["@modelcontextprotocol/conformance"];
    return { installed: version, wanted: specifier.slice(specifier.lastIndexOf("@") + 1) };
  }

  /** Runs `conformance server` against `url` to its end. */
  async run(url: string, ...args: readonly string[]): Promise<Report> {
    await using output = await temporary();
    // By file path: as an `npm:` program it sometimes never starts.
    const program = join(this.#package, "dist/index.js");
    await using child = new Running(Deno.execPath(), {
      args: ["run", "-A", program, "server", "--url", url, "-o", output.path, ...args],
      env: runtimeEnvironment(),
      clearEnv: true,
      cwd: output.path,
    });
    const { code } = await within(TIMEOUT_SECONDS, "end of the suite", child.status)
      .catch((error) => {
        throw new Error(`${error.message}; the last it said: ${child.stdout.slice(-500)}`);
      });
    const checks = await readChecks(output.path);
    return {
      code,
      summary: `${child.stdout.slice(child.stdout.indexOf("=== SUMMARY ==="))}\n${child.stderr}`,
      scenarios: new Set(checks.map(({ scenario }) => scenario)),
      checks,
    };
  }
}

/** One directory a scenario: `server-NAME-TIME/checks.json`. */
async function readChecks(directory: string): Promise<Check[]> {
  const checks: Check[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) continue;
    const found = JSON.parse(await Deno.readTextFile(join(directory, name, "checks.json")));
    for (const check of found) checks.push({ ...check, scenario });
  }
  return checks;
}
