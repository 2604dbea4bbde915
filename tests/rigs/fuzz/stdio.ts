/** Fuzzes a sidecar over stdio: lines in, lines out, each judged by the request it can belong to. */

import { SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import { checkNotification, isObject, type RequestId } from "../../support/schema/answer.ts";
import { LEGACY_REVISIONS, MODERN_REVISION } from "../../support/schema/published.ts";
import { within } from "../../support/within.ts";
import type { FuzzOptions } from "./http.ts";
import { HANG_SECONDS } from "./http_connection.ts";
import type { LineProcess } from "./line_process.ts";
import { Matching, type MatchingRules } from "./matching.ts";
import { type Live, NOTHING_LIVE } from "./messages.ts";
import { textProbe } from "./probe.ts";
import { NO_HEADERS, readBody, type Reading } from "./reading.ts";
import { kindOf, printable, Tally } from "./tally.ts";
import { judgeAnswer } from "./verdict.ts";

/** Lines that are sent before their answers are waited for. */
const ROUND = 100;

/** One line that was sent, until its answer is there. */
interface Sent {
  readonly index: number;
  readonly line: Uint8Array;
  readonly reading: Reading;
  readonly isSound: boolean;
  readonly round: number;
}

const encoder = new TextEncoder();

export async function fuzzStdio(sidecar: LineProcess, options: FuzzOptions): Promise<Tally> {
  const run = new StdioRun(sidecar, options);
  try {
    await run.work();
    await run.end();
  } catch (error) {
    run.fail(error instanceof Error ? error.message : String(error));
  }
  return run.tally;
}

class StdioRun {
  readonly tally = new Tally();
  readonly #sidecar: LineProcess;
  readonly #options: FuzzOptions;
  readonly #live: Live = { ...NOTHING_LIVE };
  #sent: Sent[] = [];
  /** Ids that a notification of this round named: their answers may stay away. */
  readonly #cancelled = new Set<unknown>();
  readonly #rules: MatchingRules<Sent, unknown> = {
    fits: (sent, message) => problemOf(sent, message) === undefined,
    // Of the round before, only what was cancelled has no answer; it may still come.
    isRequired: ({ round, line, reading }) =>
      round === this.#round && !isBlank(line) && this.#isRequired(reading),
  };
  readonly #matching = new Matching(this.#rules);
  /** Streams that are open, by the id of their listen. */
  readonly #listens = new Set<RequestId>();
  #round = 0;
  #readLog = 0;

  constructor(sidecar: LineProcess, options: FuzzOptions) {
    this.#sidecar = sidecar;
    this.#options = options;
  }

  async work(): Promise<void> {
    const { requests, from = 0, onProgress } = this.#options;
    for (let index = from; index < from + requests; this.#round++) {
      const lines: Uint8Array[] = [];
      for (let count = 0; count < ROUND && index < from + requests; count++) {
        lines.push(...this.#plan(index++));
        this.tally.requests++;
      }
      await this.#exchange(lines);
      if (this.#round % 10 === 0) onProgress?.(this.tally.requests);
    }
  }

  /** The end of input ends the sidecar, which says nothing more but that its streams are over. */
  async end(): Promise<void> {
    await this.#sidecar.closeInput();
    const { code } = await within(
      HANG_SECONDS,
      "exit after the end of input",
      this.#sidecar.status,
    );
    for (const line of this.#sidecar.takeLines()) this.#take(line);
    if (code !== 0) this.fail(`exit code ${code} after the end of input`);
    this.#checkLog();
  }

  /** Blames the lines that are not answered, or else all of the round. */
  fail(what: string): void {
    const open = this.#matching.open().filter(this.#rules.isRequired);
    const blamed = open.length > 0 ? open : this.#sent;
    this.tally.defect({
      index: blamed[0]?.index ?? this.tally.requests,
      what: `${what}; the log ends in ${printable(this.#sidecar.stderr.slice(-400))}`,
      request: blamed.slice(0, 10).map(({ line }) => printable(line, 400)).join("\n"),
      answer: "none",
    });
  }

  /** The lines of one request: a mutation may have put a line's end into it. */
  #plan(index: number): Uint8Array[] {
    const probe = textProbe(index, { ...this.#options, live: this.#live });
    const lines = linesOf(probe.body);
    for (const line of lines) {
      const reading = readBody(line, NO_HEADERS);
      const isSound = probe.isSound && lines.length === 1;
      const sent = { index, line, reading, isSound, round: this.#round };
      this.#noteCancels(reading);
      this.#sent.push(sent);
      this.#matching.ask(sent);
    }
    return lines;
  }

  #noteCancels(reading: Reading): void {
    if (reading.kind === "silent") this.#cancelled.add(reading.cancels);
    if (reading.kind === "batch") { for (const part of reading.parts) this.#noteCancels(part); }
  }

  #isRequired(reading: Reading): boolean {
    if (reading.kind === "silent") return false;
    if (reading.kind === "request") return !this.#cancelled.has(reading.id);
    return reading.kind !== "batch" || reading.parts.some((part) => this.#isRequired(part));
  }

  /** Sends lines and a ping of our own, and reads until all that must be answered is. */
  async #exchange(lines: readonly Uint8Array[]): Promise<void> {
    const sentinel = `sentinel-${this.#round}`;
    const ping = { jsonrpc: "2.0", id: sentinel, method: "ping" };
    const cancels = [...this.#listens].map((requestId) => ({
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId },
    }));
    for (const id of this.#listens) this.#cancelled.add(id);
    this.#listens.clear();
    const own = [...cancels, ping].map((message) => encoder.encode(JSON.stringify(message)));
    const sending = this.#sidecar.send([...lines, ...own]);
    await within(HANG_SECONDS, "answers to a round", this.#collect(sentinel));
    await sending;
    this.#sent = [];
    this.#matching.forget(({ round }) => round < this.#round);
    this.#cancelled.clear();
    this.#checkLog();
  }

  async #collect(sentinel: string): Promise<void> {
    let isAnswered = false;
    while (!isAnswered || this.#matching.open().some(this.#rules.isRequired)) {
      const line = await this.#sidecar.line();
      if (line === undefined) throw new Error("the sidecar ended");
      const message = this.#take(line, sentinel);
      isAnswered ||= isObject(message) && message["id"] === sentinel;
    }
  }

  /** Judges one line from the sidecar, and returns its message. */
  #take(line: string, sentinel?: string): unknown {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return this.#defect("a line that is not JSON", line);
    }
    this.tally.count(kindOf(message));
    const [, taskId] = /"taskId":"([0-9a-f-]{36})"/.exec(line) ?? [];
    const [, proposalId] = /proposal_id: ([0-9a-f-]{36})/.exec(line) ?? [];
    if (taskId) this.#live.taskId = taskId;
    if (proposalId) this.#live.proposalId = proposalId;
    if (isObject(message) && "method" in message) this.#notice(message, line);
    else if (!isObject(message) || sentinel === undefined || message["id"] !== sentinel) {
      this.#answer(message, line);
    }
    return message;
  }

  #answer(message: unknown, line: string): void {
    if (this.#matching.answer(message)) return;
    const addressee = this.#sent.find(({ reading }) => isFor(reading, message));
    const problem = addressee && problemOf(addressee, message);
    this.#defect(problem ?? "an answer that nothing asked for", line);
  }

  #notice(message: Readonly<Record<string, unknown>>, line: string): void {
    const revisions = [MODERN_REVISION, ...LEGACY_REVISIONS] as const;
    const problems = revisions.map((revision) => checkNotification(revision, message));
    if (!problems.includes(undefined)) return void this.#defect(problems[0]!, line);
    if (message["method"] !== ACKNOWLEDGED) return;
    if (!this.#matching.answer(message)) {
      return void this.#defect("an acknowledgement that nothing asked for", line);
    }
    const id = subscriptionOf(message);
    if (id !== undefined) this.#listens.add(id);
  }

  #checkLog(): void {
    const news = this.#sidecar.stderr.slice(this.#readLog);
    this.#readLog += news.length;
    if (/internal error|uncaught|panicked/i.test(news)) this.fail("the sidecar logged a defect");
  }

  #defect(what: string, answer: string): void {
    const [oldest] = this.#sent;
    this.tally.defect({
      index: oldest?.index ?? this.tally.requests,
      what: `${what} (among the ${ROUND} lines from this index)`,
      request: this.#sent.slice(0, 10).map(({ line }) => printable(line, 400)).join("\n"),
      answer: printable(answer, 600),
    });
  }
}

/** Why a message cannot be what a line is answered with. The stream of a listen is its answer. */
function problemOf({ reading, isSound }: Sent, message: unknown): string | undefined {
  const kind = kindOf(message);
  if (kind === ACKNOWLEDGED) {
    const isListen = reading.kind === "request" && reading.method === "subscriptions/listen";
    return isListen && subscriptionOf(message) === reading.id ? undefined : "no listen";
  }
  if (!isFor(reading, message)) return "the answer to another line";
  if (isSound && kind.startsWith("error")) return "an error for a sound request";
  return judgeAnswer(reading, message);
}

const ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

function subscriptionOf(message: unknown): RequestId | undefined {
  const { params } = message as { params: { _meta?: Record<string, RequestId> } };
  return params._meta?.[SUBSCRIPTION_ID];
}

/** A line without a message, which is passed over. */
function isBlank(line: Uint8Array): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** Whether the ids go together, which is all that most answers fail at. */
function isFor(reading: Reading, message: unknown): boolean {
  if (Array.isArray(message)) return reading.kind === "batch";
  const id = isObject(message) ? message["id"] ?? null : undefined;
  if (reading.kind === "request") return id === reading.id;
  return reading.kind === "odd" ? reading.ids.some((other) => other === id) : id === null;
}

const NEWLINE = 0x0a;

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...lines, bytes.subarray(start)];
}
