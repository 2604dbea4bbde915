/** Many calls that wait at one server, and the operator's files that answer single ones of them. */

import { join } from "node:path";
import { delay, type Random, within } from "../support/chance.ts";
import { RawConnection } from "./raw_http.ts";
import { answerText, askForHost } from "./requests.ts";
import type { Server } from "./server.ts";

/**
 * Asks that are sent but not yet in the queue. Starts below the shortest listen backlog in use (5),
 * because a connection beyond it is retried by the system only after seconds, and widens by one
 * whenever the server has kept up.
 */
const FIRST_WINDOW = 4;
const LARGEST_WINDOW = 64;
const STALL_MS = 250;
const ANSWER_LIMIT_MS = 10_000;

export class Crowd implements Disposable {
  readonly #server: Server;
  readonly #waiting = new Map<string, RawConnection>();
  /** Waiting calls whose proposal is known: host and proposal id. */
  readonly #located: { readonly host: string; readonly id: string }[] = [];
  readonly #seen = new Set<string>();
  readonly #unread: string[] = [];
  #sent = 0;
  #lost = 0;
  #disposed = false;

  constructor(server: Server) {
    this.#server = server;
  }

  /** Calls that are open and unanswered, whether queued yet or not. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Asks that have ever reached the queue. */
  get queued(): number {
    return this.#seen.size;
  }

  /** Adds calls at the pace of the server until all are queued; false when time was too short. */
  async grow(calls: number, limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    const goal = this.#sent + calls;
    let window = FIRST_WINDOW;
    let mayGrow = true;
    let progressAt = performance.now();
    while (this.#seen.size < goal && performance.now() < until && this.#lost < calls) {
      while (this.#sent < goal && this.#sent - this.#seen.size < window) await this.#ask();
      const before = this.#seen.size;
      const tookMs = this.look();
      if (this.#seen.size > before) progressAt = performance.now();
      else if (performance.now() - progressAt > STALL_MS) {
        window = FIRST_WINDOW;
        mayGrow = false;
      }
      if (mayGrow && this.#seen.size === this.#sent) window = Math.min(window + 1, LARGEST_WINDOW);
      if (this.#seen.size < goal) await delay(Math.max(1, tookMs));
    }
    return this.#seen.size >= goal;
  }

  /** Opens connections for all calls at once and sends each ask as soon as its connection stands. */
  async rush(calls: number): Promise<void> {
    await Promise.all(Array.from({ length: calls }, () => this.#ask()));
  }

  /** Counts what has newly reached the queue; returns how many milliseconds looking took. */
  look(): number {
    const startedAt = performance.now();
    for (const name of this.#server.proposals()) {
      if (this.#seen.has(name)) continue;
      this.#seen.add(name);
      this.#unread.push(name);
    }
    return performance.now() - startedAt;
  }

  /**
   * Approves one waiting call, chosen at random, by renaming a response into place, at a random
   * moment up to `spreadMs` from now. Returns the milliseconds from the rename to the first bytes of
   * the answer, or undefined when the right answer did not come.
   */
  async answerOne(random: Random, spreadMs: number): Promise<number | undefined> {
    this.#locate();
    const [chosen] = this.#located.splice(Math.floor(random() * this.#located.length), 1);
    const connection = chosen && this.#waiting.get(chosen.host);
    if (!connection) return undefined;
    this.#waiting.delete(chosen.host);
    using _ = connection;
    const { queueDirectory } = this.#server;
    const temporary = join(queueDirectory, `.${chosen.id}.response.json.tmp`);
    const response = { proposal_id: chosen.id, status: "approved", notes: "ok", final_file: null };
    Deno.writeTextFileSync(temporary, JSON.stringify(response));
    // The read stands before the rename: nothing else of this process is between the two moments.
    const firstBytes = connection.readSome();
    await delay(5 + random() * spreadMs);
    const renamedAt = performance.now();
    Deno.renameSync(temporary, join(queueDirectory, `${chosen.id}.response.json`));
    const some = await within(firstBytes, ANSWER_LIMIT_MS);
    const tookMs = performance.now() - renamedAt;
    const answer = some && await within(connection.readAnswer(), ANSWER_LIMIT_MS);
    return answer && answerText(answer).startsWith("status: approved") ? tookMs : undefined;
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const connection of this.#waiting.values()) connection[Symbol.dispose]();
  }

  async #ask(): Promise<void> {
    const host = `h${this.#sent++}.example`;
    try {
      const connection = await RawConnection.open(this.#server.port);
      if (this.#disposed) return connection[Symbol.dispose]();
      this.#waiting.set(host, connection);
      await connection.send(askForHost(this.#server.port, host));
    } catch {
      this.#lost++;
    }
  }

  #locate(): void {
    for (const name of this.#unread.splice(0)) {
      const text = Deno.readTextFileSync(join(this.#server.queueDirectory, name));
      const proposal: { id: string; proposed_file: string } = JSON.parse(text);
      const { host }: { host: string } = JSON.parse(proposal.proposed_file);
      if (this.#waiting.has(host)) this.#located.push({ host, id: proposal.id });
    }
  }
}
