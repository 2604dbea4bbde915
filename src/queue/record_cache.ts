/** The proposals of one directory as they were read: a file is read again only when it has changed. */

import { join } from "node:path";
import { datesOf, openUntilMs } from "./expired.ts";
import { type Item, textLength } from "./item.ts";
import {
  MAX_RECORD_BYTES,
  type ProposalId,
  type RecordKind,
  recordName,
  SEEN_KINDS,
} from "./layout.ts";
import { readProposal } from "./proposal.ts";
import type { Read } from "./read.ts";
import { itemOf, lookAt, readRecords, type RecordPlace, type Records } from "./records.ts";
import type { Waiting } from "./waiting.ts";

/** What is seen of a proposal's files without reading them. */
export interface Look {
  /** Another mark: another proposal file. */
  readonly proposalMark: string;
  /** Another mark: some record has come, gone or changed. */
  readonly mark: string;
  /** How much reading them takes in. */
  readonly bytes: number;
  /** When the proposal's own file came. */
  readonly cameMs: number | undefined;
}

interface Known extends Look {
  readonly read: Read<Records>;
}

export class RecordCache {
  readonly #place: RecordPlace;
  readonly #known = new Map<ProposalId, Known>();

  constructor(place: RecordPlace) {
    this.#place = place;
  }

  /** In the order in which they were first read. */
  ids(): Iterable<ProposalId> {
    return this.#known.keys();
  }

  has(id: ProposalId): boolean {
    return this.#known.has(id);
  }

  /** Returns whether it was there. */
  forget(id: ProposalId): boolean {
    return this.#known.delete(id);
  }

  /** Looks at the files of a proposal, of which there are those of `kinds`. */
  look(id: ProposalId, kinds: ReadonlySet<RecordKind>): Look {
    let bytes = 0;
    let cameMs: number | undefined;
    let proposalMark = "";
    let mark = "";
    for (const kind of SEEN_KINDS) {
      if (!kinds.has(kind)) continue;
      const info = lookAt(join(this.#place.directory, recordName(id, kind)));
      mark +=
        `${kind} ${info?.ino} ${info?.mtime?.getTime()} ${info?.ctime?.getTime()} ${info?.size};`;
      if (kind === "proposal") {
        proposalMark = mark;
        cameMs = info?.isFile ? info.ctime?.getTime() : undefined;
      }
      // What is larger is not read.
      if (info?.isFile && info.size <= MAX_RECORD_BYTES) bytes += info.size;
    }
    return { proposalMark, mark, bytes, cameMs };
  }

  /** Reads what is not as it was. Returns whether anything was, and how much text is held of it. */
  take(
    id: ProposalId,
    look: Look,
    kinds: ReadonlySet<RecordKind>,
  ): { readonly hasChanged: boolean; readonly length: number } {
    const before = this.#known.get(id);
    if (before?.mark === look.mark) return { hasChanged: false, length: lengthOf(before.read) };
    const proposal = before?.read.kind === "read" && before.proposalMark === look.proposalMark
      ? { kind: "read", value: before.read.value.proposal } as const
      : readProposal(this.#place, id);
    const read = proposal.kind === "read"
      ? {
        kind: "read",
        value: readRecords(this.#place, proposal.value, (kind) => kinds.has(kind)),
      } as const
      : proposal;
    if (read.kind === "missing") return { hasChanged: this.forget(id), length: 0 };
    this.#known.set(id, { ...look, read });
    return { hasChanged: true, length: lengthOf(read) };
  }

  /** What its records mean at `now`, each that can be read. */
  *items(
    waiting: ReadonlyMap<ProposalId, Waiting>,
    now: Date,
  ): Generator<{ readonly item: Item; readonly cameMs: number | undefined }> {
    const { slug, isFiled } = this.#place;
    for (const { read, cameMs } of this.#known.values()) {
      if (read.kind !== "read") continue;
      // To be filed away is to be given another name.
      yield {
        item: itemOf(slug, read.value, waiting, now),
        cameMs: isFiled ? undefined : cameMs,
      };
    }
  }

  *unreadable(): Generator<{ readonly id: ProposalId; readonly why: string }> {
    for (const [id, { read }] of this.#known) {
      if (read.kind === "unreadable") yield { id, why: read.why };
    }
  }

  /** When the next of them expires, in milliseconds since 1970; Infinity: none. */
  nextExpiryMs(now: Date): number {
    let nextMs = Infinity;
    for (const { read } of this.#known.values()) {
      if (read.kind !== "read" || read.value.decision) continue;
      const untilMs = openUntilMs(datesOf(read.value.proposal), read.value.claim !== undefined);
      if (untilMs > now.getTime()) nextMs = Math.min(nextMs, untilMs);
    }
    return nextMs;
  }
}

function lengthOf(read: Read<Records>): number {
  return read.kind === "read" ? textLength(read.value) : 0;
}
