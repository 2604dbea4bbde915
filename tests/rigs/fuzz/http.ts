/** Fuzzes a sidecar over HTTP: several connections at once, each answer judged as it comes. */

import type { Sidecar } from "../../support/programs.ts";
import { MODERN_REVISION } from "../../support/schema/published.ts";
import { type HttpAnswer, HttpConnection } from "./http_connection.ts";
import { type Live, NOTHING_LIVE } from "./messages.ts";
import { httpProbe, type Probe } from "./probe.ts";
import { readBody, type Reading } from "./reading.ts";
import { kindOf, printable, Tally } from "./tally.ts";
import { isNotice, judgeAnswer, judgeLoosely, judgeStream, mayBeSilent } from "./verdict.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** Of the series; the first request is at `from`. */
  readonly requests: number;
  /** Default: 0. */
  readonly from?: number;
  /** Told now and then how far it is. */
  readonly onProgress?: (done: number) => void;
}

const CONNECTIONS = 16;

/** Answers in plain text, to what never becomes a message. */
const REFUSALS = [400, 403, 404, 405, 406, 408, 411, 413, 415, 431];

/** The settings a sidecar should have for this: asks end at once, and so do torn bodies. */
export const FUZZ_SETTINGS = {
  SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.05",
  SUPERVISE_BODY_TIMEOUT_SECONDS: "1",
};

export async function fuzzHttp(sidecar: Sidecar, options: FuzzOptions): Promise<Tally> {
  const run = new HttpRun(sidecar, options);
  await Promise.all(Array.from({ length: CONNECTIONS }, () => run.work()));
  await run.end();
  return run.tally;
}

class HttpRun {
  readonly tally = new Tally();
  readonly #sidecar: Sidecar;
  readonly #options: FuzzOptions;
  readonly #live: Live = { ...NOTHING_LIVE };
  readonly #underWay = new Set<Probe>();
  #next: number;
  #hasEnded = false;
  #readLog = 0;

  constructor(sidecar: Sidecar, options: FuzzOptions) {
    this.#sidecar = sidecar;
    this.#options = options;
    this.#next = options.from ?? 0;
    sidecar.process.ended.then(() => this.#hasEnded = true);
  }

  async work(): Promise<void> {
    const { requests, from = 0, onProgress } = this.#options;
    let connection: HttpConnection | undefined;
    while (this.#next < from + requests && !this.#hasEnded) {
      const probe = httpProbe(this.#next++, { ...this.#options, live: this.#live });
      this.#underWay.add(probe);
      try {
        if (probe.kind === "broken") await this.#break(probe);
        else {
          connection ??= await HttpConnection.open(this.#sidecar.port);
          if (await this.#ask(probe, connection)) continue;
          connection[Symbol.dispose]();
          connection = undefined;
        }
      } catch (error) {
        // A hang, a refused connection, or an answer that is no HTTP or UTF-8.
        this.#defect(probe, error instanceof Error ? error.message : String(error), "none");
        connection?.[Symbol.dispose]();
        connection = undefined;
      } finally {
        this.#checkLog();
        this.#underWay.delete(probe);
        if (++this.tally.requests % 1_000 === 0) onProgress?.(this.tally.requests);
      }
    }
    connection?.[Symbol.dispose]();
  }

  /** Checks that the sidecar still answers, and what it logged last. */
  async end(): Promise<void> {
    const { port } = this.#sidecar;
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status !== 200) {
      this.tally.defect({
        index: this.#next - 1,
        what: `the sidecar no longer answers: ${this.#sidecar.process.stderr.slice(-1_000)}`,
        request: "GET /health",
        answer: String(answer?.status),
      });
    }
    this.#checkLog();
  }

  /** Sends one request and judges its answer. Returns whether the connection can be used again. */
  async #ask(probe: Probe, connection: HttpConnection): Promise<boolean> {
    const reading = this.#read(probe);
    const sent = connection.send(probe.http);
    const isListen = reading.kind === "request" && reading.method === "subscriptions/listen";
    const answer = await connection.answer(isListen ? hasFrame : undefined);
    if (!answer) {
      this.tally.count("closed");
      if (probe.kind !== "large") this.#defect(probe, "closed without an answer", "none");
      return false;
    }
    const wrong = this.#judge(probe, reading, answer);
    if (wrong) this.#defect(probe, wrong, answer.body);
    this.#remember(answer.body);
    const isPlain = answer.headers.get("content-type")?.startsWith("text/plain") ?? false;
    if (isPlain || answer.isOpen || answer.headers.get("connection") === "close") return false;
    await sent;
    return true;
  }

  /** Sends what is no whole HTTP on a connection of its own; anything orderly may come back. */
  async #break(probe: Probe): Promise<void> {
    using connection = await HttpConnection.open(this.#sidecar.port);
    await connection.send(probe.http);
    await connection.closeWrite();
    while (true) {
      const answer = await connection.answer(hasFrame);
      if (!answer) break;
      this.tally.count(`broken: ${answer.status}`);
      const wrong = judgeAnything(answer);
      if (wrong) this.#defect(probe, wrong, answer.body);
      if (answer.isOpen) return;
    }
    this.tally.count("broken: closed");
  }

  #read({ head, body }: Probe): Reading {
    const find = (wanted: string) =>
      head.headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
    return readBody(body, find("mcp-protocol-version"));
  }

  #judge(probe: Probe, reading: Reading, answer: HttpAnswer): string | undefined {
    const { status, headers, body, isOpen } = answer;
    const type = headers.get("content-type");
    if (headers.has("mcp-session-id")) return "a session id";
    if (status === 202) {
      this.tally.count("202");
      if (body !== "") return "202 with a body";
      return mayBeSilent(reading) && !isRefusal(probe) ? undefined : "202 for a request";
    }
    if (type?.startsWith("text/plain")) {
      this.tally.count(`${status} text`);
      return isRefusal(probe) || status === 406 && isPicky(probe) ||
          status === 413 && probe.kind === "large"
        ? judgeText(status)
        : `refused with ${status}`;
    }
    if (isRefusal(probe) && status !== 403) {
      return `${status} ${type} where HTTP had to be refused`;
    }
    if (type === "text/event-stream") {
      if (status !== 200) return `a stream with status ${status}`;
      const messages = framesOf(body, isOpen);
      if (typeof messages === "string") return messages;
      for (const message of messages) this.tally.count(`stream: ${kindOf(message)}`);
      return judgeStream(reading, messages, isOpen && isNotice(messages.at(-1)));
    }
    if (type !== "application/json") return `content-type ${type}`;
    const message = parse(body);
    if (message === undefined) return "a body that is not JSON";
    this.tally.count(`${status} ${kindOf(message)}`);
    // A foreign Host or Origin: an error in the form of MCP, and of no question.
    if (status === 403) {
      const isError = kindOf(message).startsWith("error");
      return isRefusal(probe) && isError ? undefined : "a refusal that is none";
    }
    if (probe.isSound && !kindOf(message).startsWith("result")) {
      return "an error for a sound request";
    }
    const wrong = judgeAnswer(reading, message);
    // A stream was asked for by a client that does not take one.
    if (status === 406 && isPicky(probe)) return wrong;
    return wrong ?? judgeStatus(reading, message, status);
  }

  #remember(body: string): void {
    const [, taskId] = /"taskId":"([0-9a-f-]{36})"/.exec(body) ?? [];
    const [, proposalId] = /proposal_id: ([0-9a-f-]{36})/.exec(body) ?? [];
    if (taskId) this.#live.taskId = taskId;
    if (proposalId) this.#live.proposalId = proposalId;
  }

  /** A bug that no client sees is on the log; what was under way then is to blame. */
  #checkLog(): void {
    const { stderr } = this.#sidecar.process;
    if (stderr.length === this.#readLog) return;
    const news = stderr.slice(this.#readLog);
    this.#readLog = stderr.length;
    if (!/internal error|uncaught|panicked/i.test(news)) return;
    for (const probe of this.#underWay) {
      this.#defect(probe, `under way when the sidecar logged: ${news.slice(0, 800)}`, "unknown");
    }
  }

  #defect(probe: Probe, what: string, answer: string): void {
    const request = `${probe.kind}: ${printable(probe.http)}`;
    this.tally.defect({ index: probe.index, what, request, answer: printable(answer, 600) });
  }
}

function isRefusal({ kind }: Probe): boolean {
  return kind === "refused";
}

/** Whether the Accept header leaves out one of the two forms an answer may have. */
function isPicky({ head }: Probe): boolean {
  const accept = head.headers.find(([name]) => name.toLowerCase() === "accept")?.[1];
  return accept !== undefined &&
    !(accept.includes("application/json") && accept.includes("text/event-stream"));
}

function judgeText(status: number): string | undefined {
  return REFUSALS.includes(status) ? undefined : `status ${status}`;
}

/** Of an answer to broken HTTP, which may have become several requests, or other ones. */
function judgeAnything({ status, headers, body, isOpen }: HttpAnswer): string | undefined {
  if (!(status >= 200 && status < 500) && status !== 505) return `status ${status}`;
  const type = headers.get("content-type");
  if (type === "text/event-stream") {
    const frames = framesOf(body, isOpen);
    return typeof frames === "string" ? frames : undefined;
  }
  if (type !== "application/json") return undefined;
  const message = parse(body);
  if (Array.isArray(message)) return undefined;
  return message === undefined ? "a body that is not JSON" : judgeLoosely({ message, tasks: true });
}

const MODERN_STATUS: Readonly<Record<number, readonly number[]>> = {
  [-32700]: [400],
  [-32600]: [400],
  [-32601]: [404],
  [-32602]: [200, 400],
  [-32603]: [200],
  [-32020]: [400],
  [-32021]: [400],
  [-32022]: [400],
};

function judgeStatus(reading: Reading, message: unknown, status: number): string | undefined {
  const code = (message as { error?: { code: number } }).error?.code;
  const revision = reading.kind === "request" ? reading.revision : undefined;
  const allowed = code === undefined
    ? [200]
    : revision === MODERN_REVISION
    ? MODERN_STATUS[code] ?? [200]
    : revision !== undefined && code !== -32600 && code !== -32022
    ? [200]
    : [400];
  return allowed.includes(status) ? undefined : `status ${status} with ${code ?? "a result"}`;
}

/** The JSON messages of an event stream, or what is wrong with it. */
function framesOf(body: string, isOpen: boolean): unknown[] | string {
  if (!isOpen && !/(^|\n\n)$/.test(body)) return "a stream that ends within a frame";
  const messages: unknown[] = [];
  for (const frame of body.split("\n\n")) {
    const lines = frame.split("\n").filter((line) => line !== "" && !line.startsWith(":"));
    if (lines.length === 0) continue;
    const odd = lines.find((line) => line !== "event: message" && !line.startsWith("data: "));
    if (odd !== undefined) return `the line ${JSON.stringify(odd)} in a stream`;
    const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
    const message = parse(data.join("\n"));
    if (message === undefined) return "an event that is not JSON";
    messages.push(message);
  }
  return messages;
}

function hasFrame(body: string): boolean {
  return /^data: [^\n]*\n\n/m.test(body);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
