/** Which decisions of a bottle say that what they granted no longer holds: by file, unread. */

import { join } from "node:path";
import { DirectoryTimes } from "./directory_times.ts";
import { parseRecordName, type ProposalId } from "./layout.ts";
import { namesIn } from "./names.ts";
import { lookAt, type RecordPlace } from "./records.ts";

/** At most this many of one directory are looked at. */
const MAX_ENDED = 1_000;

/** By proposal, a mark: another one means another file. */
export type EndedMarks = ReadonlyMap<ProposalId, string>;

export class EndedRecords {
  readonly #place: RecordPlace;
  readonly #filedTimes: DirectoryTimes;
  #filed: EndedMarks = new Map();
  #first: EndedMarks | undefined;
  #marks: EndedMarks = new Map();

  constructor(place: RecordPlace) {
    this.#place = place;
    this.#filedTimes = new DirectoryTimes(place.processed);
  }

  /** Of those that have come since the first look. */
  get marks(): EndedMarks {
    return this.#marks;
  }

  /**
   * Looks at those in the queue, whose files are `names`, and at those that its sidecar has filed away
   * meanwhile, as it does at once. Returns whether there is another file than before.
   */
  async refresh(names: readonly string[]): Promise<boolean> {
    if (this.#filedTimes.hasChanged()) {
      const { names } = await namesIn(this.#place.processed).catch(() => ({ names: [] }));
      this.#filed = marksIn(this.#place.processed, names);
    }
    const now = new Map([...this.#filed, ...marksIn(this.#place.queue, names)]);
    const first = this.#first ??= now;
    const before = this.#marks;
    this.#marks = new Map(now.entries().filter(([id, mark]) => first.get(id) !== mark));
    return this.#marks.entries().some(([id, mark]) => before.get(id) !== mark);
  }
}

function marksIn(directory: string, names: readonly string[]): EndedMarks {
  const marks = new Map<ProposalId, string>();
  for (const name of names) {
    const record = parseRecordName(name);
    if (record?.kind !== "ended") continue;
    const info = lookAt(join(directory, name));
    // The same when the file is moved.
    if (info?.isFile) marks.set(record.id, `${info.ino} ${info.mtime?.getTime()}`);
    if (marks.size === MAX_ENDED) break;
  }
  return marks;
}
