/** What an operator waits for: the start of the program, a list, an approval, the line of an ask. */

import { join } from "node:path";
import { delay, type Random, within } from "../../support/chance.ts";
import { readProcess } from "../proc.ts";
import type { OperatorPlan } from "./plan.ts";
import { type ProgramSpec, World } from "./operator_program.ts";

export interface OperatorContext {
  readonly plan: OperatorPlan;
  readonly random: Random;
  record(pool: string, ...values: number[]): void;
}

export type OperatorMeasure = (spec: ProgramSpec, context: OperatorContext) => Promise<void>;

const start: OperatorMeasure = async (spec, { plan, record }) => {
  await using world = await World.make(spec);
  for (let count = 0; count < plan.starts; count++) {
    record("start", await world.run("--version"));
    record("list-0", await world.run("list"));
  }
};

const list: OperatorMeasure = async (spec, { plan, record }) => {
  for (const size of plan.listSizes) {
    await using world = await World.make(spec, size / 10);
    for (let number = 0; number < size; number++) world.ask(number % (size / 10));
    for (let count = 0; count < plan.lists; count++) {
      record(`list-${size}`, await world.run("list"));
    }
  }
};

const approve: OperatorMeasure = async (spec, { plan, record }) => {
  await using world = await World.make(spec, 1);
  const routes = join(world.directory, "routes.yaml");
  const config = join(world.directory, "config.yaml");
  await Deno.writeTextFile(routes, "routes:\n  - host: pypi.org\n");
  await Deno.writeTextFile(
    config,
    JSON.stringify({
      bottles: [{ match: "*", routes: { file: routes, reload: ["true"] } }],
    }),
  );
  for (let count = 0; count < plan.starts; count++) {
    const id = world.ask(0, `host${count}.example.org`);
    record("approve", await world.run("approve", id, "--config", config));
  }
};

/** An ask that no line has told of by then is not told. */
const LINE_LIMIT_MS = 20_000;

/** Longer than any poll is known to take, so that asks come at any moment of it. */
const SPREAD_MS = 600;

const watch: OperatorMeasure = async (spec, { plan, random, record }) => {
  for (const bottles of plan.watchBottles) {
    await using world = await World.make(spec, bottles);
    for (let number = 0; number < bottles; number++) world.ask(number);
    const child = world.start(["watch", "--json"]);
    const lines = new Lines(child.stdout);
    try {
      await lines.next(`bottle-${bottles - 1}"`);
      await delay(plan.settleMs);
      const pool = `watch-${bottles}`;
      const before = readProcess(child.pid).cpuSeconds;
      await delay(plan.cpuMs);
      const spent = readProcess(child.pid).cpuSeconds - before;
      record(`${pool}-cpu`, spent / (plan.cpuMs / 1_000) * 100);
      for (let count = 0; count < plan.asks; count++) {
        await delay(random() * SPREAD_MS);
        const startedMs = performance.now();
        const seen = lines.next(world.ask(Math.floor(random() * bottles)));
        const isSeen = await within(seen.then(() => true), LINE_LIMIT_MS);
        record(pool, isSeen ? performance.now() - startedMs : Infinity);
      }
    } finally {
      child.kill("SIGTERM");
      await child.stderr.cancel();
      await child.status;
    }
  }
};

export const OPERATOR_MEASURES: Readonly<Record<string, OperatorMeasure>> = {
  start,
  list,
  approve,
  watch,
};

/** What a program prints, read as it comes. */
class Lines {
  #seen = "";
  #wanted: { readonly text: string; readonly resolve: () => void } | undefined;

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    void this.#follow(stream);
  }

  /** Waits until `text` was printed, from the last that was waited for on. */
  next(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { text, resolve };
      this.#look();
    });
  }

  #look(): void {
    if (!this.#wanted || !this.#seen.includes(this.#wanted.text)) return;
    this.#wanted.resolve();
    this.#wanted = undefined;
    this.#seen = "";
  }

  async #follow(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#seen += text;
      this.#look();
    }
  }
}
