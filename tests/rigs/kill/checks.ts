/** What must hold on disk and for the agents after a sidecar was killed; each breach is a fault. */

import { join } from "node:path";
import {
  parseRecordName,
  PROCESSED_DIRECTORY,
  type ProposalId,
  recordName,
} from "../../../src/queue/layout.ts";
import type { AgentCall } from "./agent.ts";
import { eventually } from "../../support/chance.ts";
import type { KillReport } from "./report.ts";
import { atRest, audit, names, type Records } from "./queue_audit.ts";

const REST_LIMIT_MS = 5_000;

/** One thing an agent wants; it may be asked by several calls at once. */
export interface Ask {
  readonly host: string;
  readonly calls: AgentCall[];
  /** What the agent was told, once it was. */
  notes?: string | undefined;
  /** Known once its proposal was seen in the queue. */
  id?: ProposalId | undefined;
}

export class KillChecks {
  readonly #directory: string;
  readonly #report: KillReport;
  /** What killed sidecars left behind; it stays for a while, in case its writer lives. */
  readonly #temporaries = new Set<string>();
  #round = 0;

  /** `directory` is the queue that outlives the sidecars. */
  constructor(directory: string, report: KillReport) {
    this.#directory = directory;
    this.#report = report;
  }

  begin(round: number): void {
    this.#round = round;
  }

  fault(text: string): void {
    this.#report.faults.push(`sidecar, round ${this.#round}: ${text}`);
  }

  /** What was seen in the queue must still be on disk. Returns the hosts that were asked for. */
  compare(when: string, seen: readonly ProposalId[]): ReadonlySet<string> {
    const records = this.#audit(when);
    const hosts = new Set<string>();
    for (const id of seen) {
      const kept = records.get(id);
      if (kept) hosts.add(hostOf(kept));
      else this.fault(`${when} proposal ${id} is lost`);
    }
    return hosts;
  }

  /** What no call has got must not be filed away. */
  kept(unanswered: readonly Ask[]): void {
    for (const { host, id } of unanswered) {
      const processed = join(this.#directory, PROCESSED_DIRECTORY);
      if (id && names(processed).includes(recordName(id, "proposal"))) {
        this.fault(`${id} (${host}) was filed away, but its answer never reached the agent`);
      }
    }
  }

  /** The answer must be an approval, and the same for all who asked. */
  answered(asked: Ask, text: string): void {
    const notes = /^status: approved\nnotes: (.*)$/.exec(text)?.[1];
    if (notes === undefined || (asked.notes !== undefined && asked.notes !== notes)) {
      this.fault(`${asked.host} was answered ${JSON.stringify(text)}`);
    }
    asked.notes = notes;
  }

  /**
   * All must come to rest: each ask has one proposal, whole in one place, and its decision beside it
   * is the one that the agent was given. What was delivered after the restart is filed away.
   */
  async rest(asks: readonly Ask[], askedAgain: readonly Ask[]): Promise<void> {
    const filed = new Set(askedAgain.map(({ host }) => host));
    const restless = () =>
      [...audit(this.#directory).records].filter(([, each]) =>
        !atRest(each) || (filed.has(hostOf(each)) && each.places.get("proposal") === "queue")
      );
    if (!await eventually(() => restless().length === 0, REST_LIMIT_MS, 5)) {
      for (const [id, { places }] of restless()) {
        this.fault(`${id} was not filed away: ${JSON.stringify([...places])}`);
      }
    }
    const all = [...this.#audit("at rest").values()];
    for (const { host, notes } of asks) {
      const found = all.filter((each) => hostOf(each) === host);
      if (found.length !== 1) this.fault(`${host} has ${found.length} proposals, not one`);
      else if (found[0]?.notes !== notes) {
        this.fault(`${host} was told "${notes}", on disk is "${found[0]?.notes}"`);
      }
    }
  }

  /** Notes what the kill has cut short. Call it once a kill, before anything is started again. */
  countCuts(): void {
    const left = names(this.#directory).filter(isTemporary);
    if (left.some((name) => !this.#temporaries.has(name))) this.#report.cutWriting++;
    for (const name of left) this.#temporaries.add(name);
    const records = [...audit(this.#directory).records.values()];
    if (records.some((each) => !atRest(each))) this.#report.cutFiling++;
  }

  #audit(when: string): ReadonlyMap<ProposalId, Records> {
    const { records, faults } = audit(this.#directory);
    for (const fault of faults) this.fault(`${when} ${fault}`);
    return records;
  }
}

/** The proposals that are in a queue directory, by name alone: quick enough for just before a kill. */
export function proposalIds(directory: string): ProposalId[] {
  return names(directory).flatMap((name) => {
    const record = parseRecordName(name);
    return record?.kind === "proposal" ? [record.id] : [];
  });
}

/** The host that an ask of these tests was for. */
export function hostOf({ proposal }: Records): string {
  const asked: { host?: string } = JSON.parse(proposal?.proposed_file ?? "{}");
  return asked.host ?? "";
}

/** A temporary file of a proposal: the operator's own are none of the sidecar's. */
function isTemporary(name: string): boolean {
  return name.includes(".proposal.json.") && name.endsWith(".tmp");
}
