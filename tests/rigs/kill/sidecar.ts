/** Kills the sidecar at random moments while it queues, delivers, files away and starts. */

import { join } from "node:path";
import { fileURLToPath as fromFileUrl } from "node:url";
import { parseSlug, PROCESSED_DIRECTORY, type ProposalId } from "../../../src/queue/layout.ts";
import { Running } from "../../support/process.ts";
import { type Sidecar, sidecarArguments, startSidecar } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { ask, call } from "./agent.ts";
import {
  between,
  eventually,
  exactDelay,
  type Random,
  seeded,
  within,
} from "../../support/chance.ts";
import { DeskOperator } from "./desk_operator.ts";
import { type Ask, hostOf, KillChecks, proposalIds } from "./checks.ts";
import { ENOUGH_FAULTS, type KillReport } from "./report.ts";
import { audit } from "./queue_audit.ts";
import { inherited } from "../../bench/server.ts";

const ROOT = fromFileUrl(new URL("../../../", import.meta.url));
const SLUG = parseSlug("dev")!;
/** The sidecar is killed within this time after the last ask was sent, more often early in it. */
const KILL_WITHIN_MS = 30;
/** A start takes about this long; every fourth round kills one too. */
const START_KILL_WITHIN_MS = 120;
const FILED_LIMIT_MS = 500;
const APPEAR_LIMIT_MS = 10_000;
/** A queue is used for this many rounds, so that restarts meet what earlier rounds left. */
const ROUNDS_A_QUEUE = 20;

export async function killSidecars(
  rounds: number,
  seed: number,
  report: KillReport,
): Promise<void> {
  for (let done = 0; done < rounds; done += ROUNDS_A_QUEUE) {
    await using root = await temporary();
    await using queue = new KillQueue(root.path, seed, report);
    for (let round = done; round < Math.min(rounds, done + ROUNDS_A_QUEUE); round++) {
      await queue.round(round);
      if (report.faults.length >= ENOUGH_FAULTS) return;
    }
  }
}

/** A queue that outlives its sidecars. */
class KillQueue implements AsyncDisposable {
  readonly #root: string;
  readonly #directory: string;
  readonly #seed: number;
  readonly #report: KillReport;
  readonly #checks: KillChecks;
  readonly #operator: DeskOperator;
  /** Starts anew each round: one that depends on no earlier round can be had again by its seed. */
  #random: Random = seeded(0);
  #sidecar: Sidecar | undefined;

  constructor(root: string, seed: number, report: KillReport) {
    this.#root = root;
    this.#directory = join(root, SLUG);
    this.#seed = seed;
    this.#report = report;
    this.#checks = new KillChecks(this.#directory, report);
    this.#operator = new DeskOperator(root, SLUG, (text) => this.#checks.fault(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sidecar?.[Symbol.asyncDispose]();
  }

  async round(round: number): Promise<void> {
    this.#checks.begin(round);
    this.#random = seeded(this.#seed + round);
    const sidecar = this.#sidecar ??= await startSidecar({ queueRoot: this.#root, slug: SLUG });
    // Some asks are being decided, delivered and filed away at the time, others being queued.
    const filing = this.#random() < 1 / 3;
    const count = filing ? between(this.#random, 4, 12) : between(this.#random, 0, 3);
    const early = await this.#send(sidecar, `early${round}`, count);
    await this.#untilQueued(early);
    const toDecide = early.flatMap(({ id }) => id ?? []);
    const late = await this.#send(sidecar, `late${round}`, between(this.#random, 1, 4));
    const deciding = filing
      ? await this.#decideUntilFiled(toDecide)
      : await this.#decideForAWhile(toDecide);
    const seen = proposalIds(this.#directory);
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
    this.#report.sidecarKills++;
    this.#sidecar = undefined;
    await deciding.done;

    const asks = [...early, ...late];
    const unanswered = await this.#unanswered(asks);
    this.#count(asks, unanswered, toDecide, this.#checks.compare("after the kill", seen));
    this.#checks.kept(unanswered);
    if (this.#random() < 0.25) await this.#killStart(seen);
    await this.#askAgain(unanswered);
    await this.#checks.rest(asks, unanswered);
  }

  /** Lets the operator decide, and comes back at a random moment while that goes on. */
  async #decideForAWhile(ids: readonly ProposalId[]): Promise<{ done: Promise<unknown> }> {
    const done = Promise.all(ids.map((id) => this.#operator.approve(id)));
    await exactDelay(this.#random() ** 2 * KILL_WITHIN_MS);
    return { done };
  }

  /**
   * Has all decided at one moment, and comes back when the first of them is filed away: what has not
   * reached its agent by then must not be.
   */
  async #decideUntilFiled(ids: readonly ProposalId[]): Promise<{ done: Promise<unknown> }> {
    using watcher = Deno.watchFs(join(this.#directory, PROCESSED_DIRECTORY));
    const filed = firstEvent(watcher);
    this.#operator.approveAtOnce(ids);
    await within(filed, FILED_LIMIT_MS);
    await exactDelay(this.#random() ** 2 * 3);
    return { done: Promise.resolve() };
  }

  /** Each ask by one call or by two at once, which must come to the same proposal. */
  async #send(sidecar: Sidecar, name: string, count: number): Promise<Ask[]> {
    const asks: Ask[] = [];
    for (let index = 0; index < count; index++) {
      const each: Ask = { host: `${name}-${index}.example`, calls: [] };
      for (let calls = between(this.#random, 1, 2); calls > 0; calls--) {
        each.calls.push(await call(sidecar.port, each.host, this.#random() < 0.5));
      }
      asks.push(each);
    }
    return asks;
  }

  async #untilQueued(asks: readonly Ask[]): Promise<void> {
    const queued = () => {
      const records = [...audit(this.#directory).records];
      for (const each of asks) {
        each.id ??= records.find(([, found]) => hostOf(found) === each.host)?.[0];
      }
      return asks.every(({ id }) => id !== undefined);
    };
    if (await eventually(queued, APPEAR_LIMIT_MS)) return;
    throw new Error(`Asks did not reach the queue within ${APPEAR_LIMIT_MS} ms`);
  }

  /** The asks of which no call got its whole answer. Ends all calls. */
  async #unanswered(asks: readonly Ask[]): Promise<Ask[]> {
    const unanswered: Ask[] = [];
    for (const each of asks) {
      const texts = await Promise.all(each.calls.map((sent) => sent.answer));
      for (const sent of each.calls) sent.end();
      const came = texts.filter((text) => text !== undefined);
      for (const text of came) this.#checks.answered(each, text);
      if (came.length === 0) unanswered.push(each);
    }
    return unanswered;
  }

  #count(
    asks: readonly Ask[],
    unanswered: readonly Ask[],
    toDecide: readonly ProposalId[],
    hosts: ReadonlySet<string>,
  ): void {
    this.#checks.countCuts();
    this.#report.asks += asks.length;
    this.#report.queuedBeforeKill += asks.filter(({ host }) => hosts.has(host)).length;
    this.#report.decidedAroundKill += toDecide.length;
    this.#report.answeredBeforeKill += asks.length - unanswered.length;
  }

  /** Starts a sidecar only to kill it before it can have come far. */
  async #killStart(seen: readonly ProposalId[]): Promise<void> {
    await using starting = new Running(Deno.execPath(), {
      args: sidecarArguments(this.#directory),
      env: {
        ...inherited(),
        SUPERVISE_BOTTLE_SLUG: SLUG,
        SUPERVISE_QUEUE_DIR: this.#directory,
        SUPERVISE_BIND: "127.0.0.1",
        SUPERVISE_PORT: "0",
      },
      clearEnv: true,
      cwd: ROOT,
    });
    await exactDelay(this.#random() * START_KILL_WITHIN_MS);
    starting.kill("SIGKILL");
    await starting.status;
    this.#report.startKills++;
    this.#checks.compare("after the killed start", seen);
  }

  /** A new sidecar, an operator who approves what is open, and agents that ask the same again. */
  async #askAgain(asks: readonly Ask[]): Promise<void> {
    const sidecar = this.#sidecar = await startSidecar({ queueRoot: this.#root, slug: SLUG });
    const until = { stop: false };
    const operator = this.#operator.approveAll(until);
    try {
      await Promise.all(asks.map(async (each) => {
        const text = await ask(sidecar.port, each.host, this.#random() < 0.5);
        if (text === undefined) {
          return this.#checks.fault(`${each.host} got no answer after the restart`);
        }
        this.#report.answeredAfterRestart++;
        this.#checks.answered(each, text);
      }));
    } finally {
      until.stop = true;
      await operator;
    }
  }
}

async function firstEvent(watcher: Deno.FsWatcher): Promise<void> {
  for await (const _ of watcher) return;
}
