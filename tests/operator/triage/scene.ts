/** The triage screen in this process, over a real queue, real live files and the application itself. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandContext } from "../../../src/operator/cli/command.ts";
import { triageActions } from "../../../src/operator/cli/triage_actions.ts";
import { readConfig } from "../../../src/operator/config/read.ts";
import { Output } from "../../../src/operator/output.ts";
import { runTriage } from "../../../src/operator/triage/run.ts";
import type { Proposal } from "../../../src/queue/proposal.ts";
import { eventually, within } from "../../support/within.ts";
import { appOn, NOW, type ProposalOptions, propose, recordPath } from "../fixture.ts";
import { type Stand, stand } from "../live/stand.ts";
import { FakeTerminal } from "./terminal.ts";

const GOLDEN = fileURLToPath(new URL("../../testdata/triage/", import.meta.url));

/** A path of the test as it stands in a golden file, as long as every other. */
const PLACE = `/tmp/supervise-test-${"x".repeat(13)}`;

export interface Ask extends ProposalOptions {
  /** Eight characters, of which the id is made. */
  readonly short: string;
}

export class Scene implements AsyncDisposable {
  readonly place: Stand;
  /** By the beginning of their ids. */
  readonly asks = new Map<string, Proposal>();
  readonly env: Record<string, string> = {};
  terminal = new FakeTerminal();
  #run: Promise<void> = Promise.resolve();

  private constructor(place: Stand) {
    this.place = place;
  }

  static async open(...asks: readonly Ask[]): Promise<Scene> {
    const scene = new Scene(await stand("/tmp"));
    for (const ask of asks) await scene.ask(ask);
    return scene;
  }

  async ask({ short, ...ask }: Ask): Promise<Proposal> {
    const id = `${short}-1111-4111-8111-111111111111`;
    const proposal = await propose(this.place.root, { ...ask, id });
    this.asks.set(short, proposal);
    return proposal;
  }

  /** The agent takes it back. */
  async withdraw(short: string): Promise<void> {
    const proposal = this.asks.get(short);
    assert.ok(proposal);
    await Deno.remove(recordPath(this.place.root, proposal, "proposal"));
  }

  /** Runs the screen on a new terminal and waits for its first list. */
  async start(pattern = /to decide/): Promise<void> {
    const { place: { root, configFile }, env } = this;
    const app = appOn(root, {
      readConfig: () => readConfig(configFile, () => undefined, root),
      face: "triage",
    });
    const nowhere = { isTerminal: false, columns: undefined, styled: false };
    const out = new Output({ ...nowhere, write: (text) => Promise.resolve(text.length) });
    const context: CommandContext = {
      ...{ app, out, err: out, json: false, operator: "alice", slug: undefined },
      ...{ operand: undefined, operands: [], confirm: undefined },
      env: (name) => env[name],
      text: () => undefined,
      flag: () => false,
      has: () => false,
      interrupts: () => ({
        signal: new AbortController().signal,
        editing: false,
        [Symbol.dispose]() {},
      }),
      next: (...words) => words.join(" "),
      remedyLine: ({ do: what }) => what,
    };
    this.terminal = new FakeTerminal();
    let atMs = 0;
    this.#run = runTriage(await triageActions(context), this.terminal, {
      now: () => NOW,
      // Every look comes a second later: all that is typed was typed by hand.
      uptimeMs: () => atMs += 1_000,
      announces: { bell: true, title: true },
    });
    this.#run.catch(() => {});
    await this.until(pattern);
  }

  /** Ends the screen as Ctrl-C does. */
  async quit(): Promise<void> {
    this.terminal.press("\x03");
    await this.end();
  }

  async end(): Promise<void> {
    await within(60, "end of the screen", this.#run);
    assert.equal(this.terminal.isTaken, false);
  }

  press(...keys: readonly string[]): void {
    this.terminal.press(...keys);
  }

  get screen(): string {
    return this.terminal.screen.replaceAll(this.place.path, PLACE);
  }

  /** `isPatient`: nothing is typed while it is waited for, as where an answer needs a pause. */
  async until(pattern: RegExp, isPatient = true): Promise<string> {
    await eventually(60, `screen that matches ${pattern}`, () => {
      if (isPatient && this.terminal.isRead) this.terminal.send("quiet");
      return pattern.test(this.screen);
    })
      .catch((error) => {
        throw new Error(`${error.message}, but:\n${this.screen}`);
      });
    return this.screen;
  }

  /** Presses keys, and waits for what they lead to. */
  async leads(keys: readonly string[], pattern: RegExp): Promise<string> {
    this.press(...keys);
    return await this.until(pattern);
  }

  /** Compares the screen with a golden file, once `pattern` is on it. */
  async shows(name: string, pattern: RegExp, isPatient = true): Promise<void> {
    const path = join(GOLDEN, `${name}.txt`);
    const screen = await this.until(pattern, isPatient);
    if (Deno.env.get("UPDATE_GOLDEN")) {
      return await Deno.writeTextFile(path, isPatient ? await this.#settled() : screen);
    }
    const golden = await Deno.readTextFile(path);
    await eventually(10, name, () => this.screen === golden).catch(() => {});
    assert.equal(this.screen, golden, `the screen is not ${name}.txt`);
  }

  /** The screen when it has not changed over several looks. */
  async #settled(): Promise<string> {
    let last = "";
    let same = 0;
    await eventually(60, "screen that stays", () => {
      same = this.screen === last ? same + 1 : 0;
      last = this.screen;
      return same > 20;
    });
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.terminal.stop("SIGTERM");
    await this.#run.catch(() => {});
    await this.place[Symbol.asyncDispose]();
  }
}
