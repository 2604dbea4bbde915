/** The operator's side of a queue directory as bare files, with waits for what should appear in it. */

import { join } from "node:path";

export interface Response {
  readonly status: string;
  readonly notes?: string;
  readonly final_file?: string | null;
}

export interface ProposalFile {
  readonly id: string;
  readonly bottle_slug: string;
  readonly tool: string;
  readonly proposed_file: string;
  readonly justification: string;
  readonly arrival_timestamp: string;
  readonly current_file_hash: string;
}

const PROPOSAL = /^([0-9a-f-]{36})\.proposal\.json$/;

export class QueueProbe {
  readonly directory: string;
  readonly #seen = new Set<string>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The id of a proposal that this probe has not returned before. */
  nextProposal(): Promise<string> {
    return this.until("new proposal", async () => {
      const id = (await this.proposals()).find((id) => !this.#seen.has(id));
      if (id) this.#seen.add(id);
      return id;
    });
  }

  /** The ids of all proposals that have not been filed away. */
  async proposals(): Promise<string[]> {
    const names = await this.names();
    return names.flatMap((name) => PROPOSAL.exec(name)?.[1] ?? []).sort();
  }

  /** The names in the directory, or in one below it; none when it is not there. */
  async names(below = ""): Promise<string[]> {
    try {
      const entries = await Array.fromAsync(Deno.readDir(join(this.directory, below)));
      return entries.map(({ name }) => name);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  async proposal(id: string): Promise<ProposalFile> {
    return JSON.parse(await Deno.readTextFile(this.path(id, "proposal")));
  }

  path(id: string, kind: string): string {
    return join(this.directory, `${id}.${kind}.json`);
  }

  /** Puts a decision there whole, by rename. */
  async answer(id: string, response: Response): Promise<void> {
    const temporary = join(this.directory, `${id}.response.json.tmp`);
    const file = { proposal_id: id, notes: "", final_file: null, ...response };
    await Deno.writeTextFile(temporary, JSON.stringify(file, null, 2) + "\n");
    await Deno.rename(temporary, this.path(id, "response"));
  }

  /** Waits until the proposal and its decision have been moved to `processed/`. */
  async filedAway(id: string): Promise<void> {
    await this.until(`${id} in processed/`, async () => {
      const left = (await this.names()).filter((name) => name.startsWith(id));
      const filed = (await this.names("processed")).filter((name) => name.startsWith(id)).sort();
      return left.length === 0 && filed.join(" ").includes("proposal") &&
          filed.join(" ").includes("response")
        ? filed
        : undefined;
    });
  }

  /** Waits until the sidecar says that this many calls wait for the answer to `id`. */
  async waiting(id: string, calls: number): Promise<void> {
    await this.until(`${calls} calls waiting for ${id}`, async () => {
      const text = await Deno.readTextFile(join(this.directory, "waiting.json")).catch(() => "{}");
      return (JSON.parse(text).calls?.[id] ?? 0) === calls && text !== "{}" ? true : undefined;
    });
  }

  /** Looks now and whenever something changes in the directory, until there is a result. */
  async until<T>(what: string, look: () => Promise<T | undefined>, seconds = 10): Promise<T> {
    using watcher = Deno.watchFs(this.directory, { recursive: true });
    const timer = setTimeout(() => watcher.close(), seconds * 1_000);
    try {
      const there = await look();
      if (there !== undefined) return there;
      for await (const _change of watcher) {
        const found = await look();
        if (found !== undefined) return found;
      }
    } finally {
      clearTimeout(timer);
    }
    const names = [...await this.names(), ...await this.names("processed")];
    throw new Error(
      `No ${what} within ${seconds} s; in the queue: ${names.join(", ") || "nothing"}`,
    );
  }
}
