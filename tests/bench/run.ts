/** Takes the servers through the measures and puts together what came of it. */

import { delay, seeded } from "../support/chance.ts";
import type { Generator } from "./generator.ts";
import { burst } from "./measures/burst.ts";
import { decisions } from "./measures/decisions.ts";
import { eras } from "./measures/eras.ts";
import { held } from "./measures/held.ts";
import type { Context, Measure } from "./measures/measure.ts";
import { requests } from "./measures/requests.ts";
import { startup } from "./measures/startup.ts";
import type { Options } from "./options.ts";
import { write } from "../support/output.ts";
import { readMachine } from "./proc.ts";
import { rows } from "./rows.ts";
import type { ServerSpec } from "./server.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";

export const MEASURES: readonly Measure[] = [startup, requests, eras, decisions, held, burst];

/** One run of the bench: what was asked for, and the figures so far. */
export class Run {
  readonly #options: Options;
  readonly #generator: Generator;
  readonly #figures = new Map<string, Map<string, number[]>>();
  readonly #notes = new Set<string>();
  readonly #busyShares: number[] = [];
  readonly #startedAt = performance.now();

  constructor(options: Options, generator: Generator) {
    this.#options = options;
    this.#generator = generator;
  }

  /** Lets the servers take turns, the other way round in every second round. */
  async measureAll(): Promise<void> {
    const { plan, servers, only } = this.#options;
    for (const measure of MEASURES) {
      if (only && !only.includes(measure.name)) continue;
      for (let round = 0; round < measure.rounds(plan); round++) {
        for (const spec of round % 2 ? servers.toReversed() : servers) {
          await this.#measure(measure, round, spec);
        }
      }
    }
  }

  report(floorMs: readonly number[]): string {
    const { plan, servers } = this.#options;
    const names = servers.map((server) => server.name);
    const floor = median(floorMs).toFixed(2);
    const busy = (share: number) => `${(share * 100).toFixed(0)} %`;
    return [
      table(rows(plan), names, this.#figures),
      ...[...this.#notes].map((note) => `- ${note}\n`),
      `- of each decision to answer, ${floor} ms are the bench's own (median of an echo)\n`,
      `- machine: ${navigator.hardwareConcurrency} cores, ${Deno.osRelease()}, ${Deno.build.target}`,
      `; deno ${Deno.version.deno}; load from ${this.#generator.name}; rounds: ${plan.rounds}`,
      `, with ${plan.samples} decisions timed in each`,
      `; busy with other work before measures: median ${busy(median(this.#busyShares))}`,
      `, most ${busy(Math.max(...this.#busyShares))}; took ${this.#seconds()} s\n`,
    ].join("");
  }

  async #measure(measure: Measure, round: number, spec: ServerSpec): Promise<void> {
    const label = `${spec.name}: ${measure.name}, round ${round + 1}`;
    write(Deno.stderr, `${`${this.#seconds()}`.padStart(4)} s  ${label}\n`);
    this.#busyShares.push(await busyShare());
    try {
      await measure.run(spec, this.#context(spec, round));
    } catch (error) {
      this.#note(spec, `${measure.name} failed: ${error instanceof Error ? error.message : error}`);
    }
  }

  #context(spec: ServerSpec, round: number): Context {
    const pools = this.#figures.get(spec.name) ?? new Map<string, number[]>();
    this.#figures.set(spec.name, pools);
    return {
      plan: this.#options.plan,
      generator: this.#generator,
      random: seeded(round + 1), // The same moments for every server of a round.
      record(pool, ...values) {
        pools.set(pool, [...pools.get(pool) ?? [], ...values]);
      },
      note: (text) => this.#note(spec, text),
    };
  }

  #note(spec: ServerSpec, text: string): void {
    this.#notes.add(`${spec.name}: ${text}`);
  }

  #seconds(): number {
    return Math.round((performance.now() - this.#startedAt) / 1_000);
  }
}

/** The share of all cores that is in use while the bench itself does nothing. */
async function busyShare(): Promise<number> {
  const before = readMachine();
  await delay(200);
  const after = readMachine();
  return (after.busyTicks - before.busyTicks) / Math.max(1, after.allTicks - before.allTicks);
}
