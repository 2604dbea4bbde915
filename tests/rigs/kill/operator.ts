/** Kills the operator's program at random moments while it claims and decides. */

import {
  parseProposalId,
  parseSlug,
  type ProposalId,
  recordName,
} from "../../../src/queue/layout.ts";
import {
  type Sidecar,
  startSidecar,
  startSupervisectl,
  supervisectl,
} from "../../support/programs.ts";
import { type AgentCall, call } from "./agent.ts";
import { eventually, exactDelay, type Random, within } from "../../support/chance.ts";
import { ENOUGH_FAULTS, type KillReport } from "./report.ts";
import { atRest, audit, type Records } from "./queue_audit.ts";
import { median } from "../../bench/statistics.ts";

const SLUG = parseSlug("dev")!;
/** Under this name `supervisectl` is run, and a second run must recognise the first. */
const OPERATOR = "alice";
/** After its first trace in the queue, a program is done within about this time. */
const TRACE_KILL_WITHIN_MS = 6;
const APPEAR_LIMIT_MS = 10_000;
const RUN_LIMIT_MS = 15_000;
const REST_LIMIT_MS = 5_000;

export async function killOperators(
  rounds: number,
  random: Random,
  report: KillReport,
): Promise<void> {
  await using sidecar = await startSidecar({ slug: SLUG });
  const test = new KillOperator(sidecar, random, report);
  await test.timeOneRun();
  for (let round = 0; round < rounds && report.faults.length < ENOUGH_FAULTS; round++) {
    await test.round(round);
  }
}

class KillOperator {
  readonly #sidecar: Sidecar;
  readonly #random: Random;
  readonly #report: KillReport;
  #runMs = 0;

  constructor(sidecar: Sidecar, random: Random, report: KillReport) {
    this.#sidecar = sidecar;
    this.#random = random;
    this.#report = report;
  }

  /** How long `approve` takes here undisturbed, so that kills fall anywhere in it. */
  async timeOneRun(): Promise<void> {
    const tookMs: number[] = [];
    for (let run = 0; run < 3; run++) {
      const { id, agent } = await this.#ask(`timed${run}.example`);
      const startedAt = performance.now();
      const { code, stderr } = await supervisectl(this.#sidecar.queueRoot, approve(id));
      tookMs.push(performance.now() - startedAt);
      agent.end();
      if (code !== 0) this.#fault(`an undisturbed approve ended with ${code}: ${stderr}`);
    }
    this.#runMs = median(tookMs);
  }

  async round(round: number): Promise<void> {
    const { id, agent } = await this.#ask(`round${round}.example`);
    try {
      await this.#approveAndKill(id);
      this.#report.operatorKills++;
      this.#countProgress(this.#audit(round, id, "after the kill"));
      await this.#approveAgain(round, id);
      const text = await agent.answer;
      if (text !== `status: approved\nnotes: ${notesFor(id)}`) {
        this.#fault(`round ${round}: the agent was answered ${JSON.stringify(text)}`);
      }
      await this.#rest(round, id);
    } finally {
      agent.end();
    }
  }

  async #ask(host: string): Promise<{ id: ProposalId; agent: AgentCall }> {
    const agent = await call(this.#sidecar.port, host, this.#random() < 0.5);
    let id: ProposalId | undefined;
    const queued = () => {
      const { records } = audit(this.#sidecar.queueDirectory);
      const found = [...records].find(([, { proposal }]) =>
        proposal?.proposed_file.includes(`"${host}"`)
      );
      id = parseProposalId(found?.[0] ?? "");
      return id !== undefined;
    };
    if (await eventually(queued, APPEAR_LIMIT_MS) && id) return { id, agent };
    agent.end();
    throw new Error(`The ask for ${host} did not reach the queue within ${APPEAR_LIMIT_MS} ms`);
  }

  /** Half of the kills are by the clock; the others follow the program's first trace in the queue. */
  async #approveAndKill(id: ProposalId): Promise<void> {
    using watcher = Deno.watchFs(this.#sidecar.queueDirectory, { recursive: false });
    await using program = startSupervisectl(this.#sidecar.queueRoot, approve(id));
    if (this.#random() < 0.5) {
      await exactDelay(this.#random() * this.#runMs * 1.1);
    } else {
      await within(Promise.race([firstTrace(watcher, id), program.ended]), RUN_LIMIT_MS);
      await exactDelay(this.#random() * TRACE_KILL_WITHIN_MS);
    }
    program.kill("SIGKILL");
    await program.status;
  }

  #countProgress(records: Records | undefined): void {
    if (records?.places.has("response")) this.#report.killedAfterDecision++;
    else if (records?.places.has("claim")) this.#report.killedAfterClaim++;
    else this.#report.killedBeforeClaim++;
  }

  /** The same once more: done, or refused because this very operator has decided. */
  async #approveAgain(round: number, id: ProposalId): Promise<void> {
    const { code, stdout, stderr } = await supervisectl(this.#sidecar.queueRoot, approve(id));
    const said = stdout + stderr;
    const decidedBefore = code === 1 && said.includes(`approved by ${OPERATOR}`);
    if (code !== 0 && !decidedBefore) {
      this.#fault(`round ${round}: approve again ended with ${code}: ${said}`);
    }
  }

  async #rest(round: number, id: ProposalId): Promise<void> {
    const filed = () => {
      const records = audit(this.#sidecar.queueDirectory).records.get(id);
      return records !== undefined && atRest(records) &&
        records.places.get("response") === "processed";
    };
    if (!await eventually(filed, REST_LIMIT_MS)) {
      this.#fault(`round ${round}: ${id} was not filed away`);
    }
    const records = this.#audit(round, id, "at rest");
    if (records?.notes !== notesFor(id)) {
      this.#fault(`round ${round}: the decision on ${id} says "${records?.notes}"`);
    }
    if (!records?.places.has("claim")) this.#fault(`round ${round}: the claim on ${id} is lost`);
  }

  #audit(round: number, id: ProposalId, when: string): Records | undefined {
    const { records, faults } = audit(this.#sidecar.queueDirectory);
    for (const fault of faults) this.#fault(`round ${round}, ${when}: ${fault}`);
    const found = records.get(id);
    if (!found) this.#fault(`round ${round}, ${when}: proposal ${id} is lost`);
    return found;
  }

  #fault(text: string): void {
    this.#report.faults.push(`operator: ${text}`);
  }
}

/** Settles when the program writes its claim or its decision, or the temporary file of one. */
async function firstTrace(watcher: Deno.FsWatcher, id: ProposalId): Promise<void> {
  const marks = [recordName(id, "claim"), recordName(id, "response")];
  for await (const { paths } of watcher) {
    if (paths.some((path) => marks.some((mark) => path.includes(mark)))) return;
  }
}

function approve(id: ProposalId): string[] {
  return ["approve", id, "--notes", notesFor(id)];
}

function notesFor(id: ProposalId): string {
  return `approved ${id}`;
}
