/** What the log can prove of a routes file: which approval added what stands in it, if any did. */

import { z } from "zod";
import type { Entry } from "./chain.ts";

/** An approval that added something to the file and was not taken back since. */
export interface Origin {
  readonly host: string;
  /** The paths that it added; undefined: it opened the whole host. */
  readonly paths: readonly string[] | undefined;
  /** The secret that came with it. */
  readonly auth: { readonly scheme: string; readonly token_ref: string } | undefined;
  /** The entry that says the decision. */
  readonly entry: Entry;
  /** Whether something else changed the file after it: then it may have been added again by hand. */
  readonly isChangedSince: boolean;
}

export interface History {
  /** The newest first. */
  readonly origins: readonly Origin[];
  /** Approvals that an earlier version logged, which did not say what they added. */
  readonly untold: number;
}

interface Added extends Pick<Origin, "host" | "paths" | "auth"> {
  /** Which of the writes of this file it was, by number. */
  readonly write: number;
}

/** Follows the log for many files at once; `add` takes its entries oldest first. */
export class Histories {
  readonly #files: ReadonlyMap<string, FileHistory>;
  /** The files that a proposal's approval has changed. */
  readonly #changed = new Map<string, Set<FileHistory>>();

  constructor(files: readonly string[]) {
    this.#files = new Map(files.map((file) => [file, new FileHistory()]));
  }

  add(entry: Entry): void {
    const proposal = JSON.stringify([entry.bottle_slug, entry.proposal_id]);
    if (entry.step !== "applied") {
      for (const file of this.#changed.get(proposal) ?? []) file.end(entry, proposal);
      return;
    }
    const file = this.#files.get(entry.file ?? "");
    if (!file) return;
    file.write(entry, proposal);
    this.#changed.set(proposal, (this.#changed.get(proposal) ?? new Set()).add(file));
  }

  /** `now` is the SHA-256 of the file as it is. */
  of(file: string, now: string): History {
    return this.#files.get(file)?.history(now) ?? { origins: [], untold: 0 };
  }
}

class FileHistory {
  readonly #begun = new Map<string, Added>();
  readonly #standing = new Map<string, Added & { readonly entry: Entry }>();
  /** What the file may say after the last write, as SHA-256; undefined before the first. */
  #known: readonly (string | undefined)[] | undefined;
  #last: { readonly proposal: string; readonly entry: Entry } | undefined;
  #writes = 0;
  /** The write before which something else had changed the file last. */
  #changedBefore = 0;
  #untold = 0;

  /** What became of a change of this file. */
  end(entry: Entry, proposal: string): void {
    switch (entry.step) {
      case "answered": {
        const added = this.#begun.get(proposal);
        if (added) this.#standing.set(proposal, { ...added, entry });
        this.#begun.delete(proposal);
        break;
      }
      case "failed":
        if (this.#last?.proposal !== proposal || entry.purpose !== "put-back") break;
        this.#begun.delete(proposal);
        this.#known = [this.#last.entry.before, this.#last.entry.after];
        break;
      case "undone":
        this.#standing.delete(proposal);
    }
  }

  write(entry: Entry, proposal: string): void {
    this.#writes++;
    if (this.#known && !this.#known.includes(entry.before)) this.#changedBefore = this.#writes;
    this.#known = [entry.after];
    this.#last = { proposal, entry };
    if (entry.purpose === undefined) this.#untold++;
    const added = entry.purpose === "apply" ? readAdded(entry.added) : undefined;
    if (added) this.#begun.set(proposal, { ...added, write: this.#writes });
  }

  history(now: string): History {
    const isChanged = this.#known !== undefined && !this.#known.includes(now);
    const changedBefore = isChanged ? this.#writes + 1 : this.#changedBefore;
    const origins = [...this.#standing.values()].sort((a, b) => b.write - a.write)
      .map(({ write, ...origin }) => ({ ...origin, isChangedSince: write < changedBefore }));
    return { origins, untold: this.#untold };
  }
}

/** As the program writes it: a host that stands there already is widened, or gets paths. */
const addition = z.object({
  change: z.enum(["new", "paths", "widened"]),
  host: z.string(),
  paths: z.array(z.string()).optional(),
  auth: z.object({ scheme: z.string(), token_ref: z.string() }).optional(),
});

function readAdded(text: string | undefined): Omit<Added, "write"> | undefined {
  let content: unknown;
  try {
    content = JSON.parse(text ?? "");
  } catch {
    return undefined; // It was cut, or is none.
  }
  const read = addition.safeParse(content);
  if (!read.success) return undefined;
  const { change, host, paths, auth } = read.data;
  return { host, paths: change === "widened" ? undefined : paths, auth };
}
