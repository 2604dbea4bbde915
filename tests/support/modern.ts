/**
 * A client at the bare wire, for both eras: it builds right requests unless told otherwise, reads
 * answers event by event, can hang up, and judges all it reads by the published schemas. One file
 * because what a request declares decides how its answer is judged.
 */

import assert from "node:assert/strict";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION, TASKS_EXTENSION } from "./meta_keys.ts";
import { checkAnswer, checkNotification, type RequestId } from "./schema/answer.ts";
import { MODERN_REVISION, type Revision } from "./schema/published.ts";
import { request } from "./wire.ts";
import { within } from "./within.ts";

export const MODERN = MODERN_REVISION;

/** What clients of the Streamable HTTP transport send (basic/transports). */
const BOTH = "application/json, text/event-stream";

/** How long any one thing is waited for, in seconds. */
const PATIENCE_SECONDS = 60;

// deno-lint-ignore no-explicit-any -- The schemas judge the form; a test asks for what it expects.
export type Data = any;

export interface Parts {
  /** Default: 1. */
  readonly id?: RequestId;
  /** Added to, or in place of, those that are right; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Members of `_meta`, added or in place; undefined leaves one out. */
  readonly meta?: Readonly<Record<string, unknown>>;
  /** Of the modern era: the Tasks extension is declared. Default: false. */
  readonly tasks?: boolean;
  readonly path?: string;
}

/** A request on its way, and what must be so of its answer. */
export interface Outgoing {
  readonly bytes: Uint8Array;
  readonly revision: Revision;
  readonly method: string;
  readonly id: RequestId;
  readonly tasks: boolean;
}

/** A request of 2026-07-28, with its envelope and the headers that repeat it. */
export function modern(method: string, params: object = {}, parts: Parts = {}): Outgoing {
  const { id = 1, tasks = false } = parts;
  const _meta = {
    [PROTOCOL_VERSION]: MODERN,
    [CLIENT_CAPABILITIES]: tasks ? { extensions: { [TASKS_EXTENSION]: {} } } : {},
    ...parts.meta,
  };
  const name = nameOf(method, params);
  const headers = {
    "MCP-Protocol-Version": MODERN,
    "Mcp-Method": method,
    ...name === undefined ? {} : { "Mcp-Name": inHeader(name) },
  };
  const body = { jsonrpc: "2.0", id, method, params: { ...params, _meta } };
  return { bytes: bytesOf(body, headers, parts), revision: MODERN, method, id, tasks };
}

/** A request of a legacy revision; undefined: without the header, which means 2025-03-26. */
export function legacy(
  revision: Exclude<Revision, typeof MODERN> | undefined,
  method: string,
  params: object = {},
  parts: Parts = {},
): Outgoing {
  const { id = 1, meta } = parts;
  const headers: Record<string, string> = revision ? { "MCP-Protocol-Version": revision } : {};
  const body = {
    jsonrpc: "2.0",
    id,
    method,
    params: { ...params, ...meta ? { _meta: meta } : {} },
  };
  return {
    bytes: bytesOf(body, headers, parts),
    revision: revision ?? "2025-03-26",
    ...{ method, id, tasks: false },
  };
}

/** The parameters of `tools/call` that ask for one host. */
export function hostAsk(host: string): object {
  return { name: "egress-block", arguments: { host, justification: "x" } };
}

/** Text as a header can carry it (basic/transports/streamable-http, "Value Encoding"). */
export function encoded(text: string): string {
  return `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`;
}

function inHeader(text: string): string {
  return /^[!-~]([ -~]*[!-~])?$/.test(text) ? text : encoded(text);
}

/** What Mcp-Name has to repeat; nothing where the parameter is no text. */
function nameOf(method: string, params: Data): string | undefined {
  const isTask = ["tasks/get", "tasks/update", "tasks/cancel"].includes(method);
  const name = method === "tools/call"
    ? params.name
    : method === "resources/read"
    ? params.uri
    : isTask
    ? params.taskId
    : undefined;
  return typeof name === "string" ? name : undefined;
}

function bytesOf(body: object, headers: Record<string, string>, parts: Parts): Uint8Array {
  return request(JSON.stringify(body), {
    headers: { Accept: BOTH, ...headers, ...parts.headers },
    ...parts.path === undefined ? {} : { path: parts.path },
  });
}

/** Sends a request on a connection of its own, which goes away with the answer. */
export async function ask(port: number, outgoing: Outgoing): Promise<Answer> {
  return await (await Line.open(port)).ask(outgoing);
}

/** The result of a request, after whatever else its answer has. Fails when it is an error. */
export async function resultOf(port: number, outgoing: Outgoing): Promise<Data> {
  using answer = await ask(port, outgoing);
  return await answer.result();
}

/** The HTTP status and the JSON-RPC error of a request that is refused. */
export async function refusalOf(port: number, outgoing: Outgoing): Promise<Data> {
  using answer = await ask(port, outgoing);
  assert.ok(!answer.isStream, "it is refused, and no stream is begun");
  const { error } = await answer.response();
  assert.ok(error, "it is refused");
  return { status: answer.status, code: error.code, data: error.data, message: error.message };
}

/** Checks how a request is refused; what the message says is the server's own. */
export async function isRefused(
  port: number,
  outgoing: Outgoing,
  status: number,
  code: number,
): Promise<Data> {
  const refused = await refusalOf(port, outgoing);
  assert.deepEqual([refused.status, refused.code], [status, code], refused.message);
  return refused;
}

/** Asks again and again, each time when the answer before has come, until one is as it should be. */
export async function askUntil<T>(
  what: string,
  look: () => Promise<T>,
  isWanted: (answer: T) => boolean,
): Promise<T> {
  const until = performance.now() + PATIENCE_SECONDS * 1_000;
  while (true) {
    const answer = await look();
    if (isWanted(answer)) return answer;
    assert.ok(performance.now() < until, `No ${what}, but ${JSON.stringify(answer)}`);
  }
}

/** One connection, which serves one request after the other. */
export class Line implements Disposable {
  readonly #connection: Deno.TcpConn;
  #unread: Uint8Array = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<Line> {
    return new Line(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Closed before.
    }
  }

  async send({ bytes }: Outgoing): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** Returns as soon as the head of the answer is there; the body is the answer's to read. */
  async ask(outgoing: Outgoing): Promise<Answer> {
    await this.send(outgoing);
    const what = `head of the answer to ${outgoing.method}`;
    const [statusLine = "", ...lines] =
      (await within(PATIENCE_SECONDS, what, this.#until("\r\n\r\n")))
        .split("\r\n");
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }));
    return new Answer(
      this,
      outgoing,
      Number(statusLine.split(" ")[1]),
      headers,
      this.#pieces(headers),
    );
  }

  async *#pieces(headers: Headers): AsyncGenerator<Uint8Array, void> {
    if (headers.get("transfer-encoding") === "chunked") {
      while (true) {
        const size = parseInt(await this.#until("\r\n"), 16);
        const piece = await this.#take(size);
        await this.#until("\r\n");
        if (size === 0) return;
        yield piece;
      }
    }
    const length = headers.get("content-length");
    assert.ok(length !== null, "a body has a length, or comes in chunks");
    yield await this.#take(Number(length));
  }

  async #until(end: string): Promise<string> {
    while (true) {
      const at = new TextDecoder("latin1").decode(this.#unread).indexOf(end);
      if (at >= 0) {
        return new TextDecoder().decode(await this.#take(at + end.length)).slice(0, -end.length);
      }
      await this.#read();
    }
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count) await this.#read();
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(65_536);
    const count = await this.#connection.read(chunk);
    assert.ok(count !== null, "the connection ended in the middle of an answer");
    const joined = new Uint8Array(this.#unread.length + count);
    joined.set(this.#unread);
    joined.set(chunk.subarray(0, count), this.#unread.length);
    this.#unread = joined;
  }
}

export type Frame =
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "message"; readonly message: Data };

/** One answer; disposing of it hangs up. */
export class Answer implements Disposable {
  readonly status: number;
  readonly headers: Headers;
  readonly #line: Line;
  readonly #outgoing: Outgoing;
  readonly #pieces: AsyncGenerator<Uint8Array, void>;
  readonly #decoder = new TextDecoder();
  #text = "";
  #isAnswered = false;

  constructor(
    line: Line,
    outgoing: Outgoing,
    status: number,
    headers: Headers,
    pieces: AsyncGenerator<Uint8Array, void>,
  ) {
    assert.equal(headers.get("mcp-session-id"), null, "there are no sessions");
    this.#line = line;
    this.#outgoing = outgoing;
    this.status = status;
    this.headers = headers;
    this.#pieces = pieces;
  }

  [Symbol.dispose](): void {
    this.#line[Symbol.dispose]();
  }

  get isStream(): boolean {
    return this.headers.get("content-type") === "text/event-stream";
  }

  /** The whole body, or what is left of it. */
  async body(): Promise<string> {
    while (await this.#more());
    return this.#text;
  }

  /** The next event or comment of a stream; undefined at its end. */
  async frame(): Promise<Frame | undefined> {
    assert.ok(this.isStream, `a stream, and not ${this.headers.get("content-type")}`);
    while (!this.#text.includes("\n\n")) {
      if (await this.#more()) continue;
      assert.equal(this.#text, "", "a stream ends after a whole event");
      return undefined;
    }
    const end = this.#text.indexOf("\n\n");
    const frame = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    assert.ok(!this.#isAnswered, `nothing follows the response, but this does: ${frame}`);
    if (frame.startsWith(":")) return { kind: "comment", text: frame.slice(1).trim() };
    const data = /^event: message\ndata: ([^\n]+)$/.exec(frame)?.[1];
    assert.ok(data !== undefined, `an event has a type, one line of data and no id: ${frame}`);
    return { kind: "message", message: this.#judged(JSON.parse(data)) };
  }

  /** The next message of a stream, comments passed over; undefined at its end. */
  message(): Promise<Data> {
    const next = async () => {
      while (true) {
        const frame = await this.frame();
        if (frame?.kind !== "comment") return frame?.message;
      }
    };
    return within(PATIENCE_SECONDS, `message in the answer to ${this.#outgoing.method}`, next());
  }

  /** All messages that are left, until the stream ends. */
  async messages(): Promise<Data[]> {
    const messages: Data[] = [];
    for (let next = await this.message(); next; next = await this.message()) messages.push(next);
    return messages;
  }

  /** The response, in whichever form, after whatever comes before it. */
  async response(): Promise<Data> {
    if (this.isStream) return (await this.messages()).at(-1);
    const body = await this.body();
    assert.equal(this.headers.get("content-type"), "application/json", `${this.status} ${body}`);
    return this.#judged(JSON.parse(body));
  }

  async result(): Promise<Data> {
    const response = await this.response();
    assert.ok(response, "there is a response");
    assert.ok(response.result, JSON.stringify(response));
    assert.equal(this.status, 200);
    return response.result;
  }

  #judged(message: Data): Data {
    const { revision, method, id, tasks } = this.#outgoing;
    const isResponse = !("method" in message);
    this.#isAnswered ||= isResponse;
    const wrong = isResponse
      ? checkAnswer({ revision, method, ids: [id], tasks, message })
      : checkNotification(revision, message);
    assert.equal(wrong, undefined);
    return message;
  }

  async #more(): Promise<boolean> {
    const what = `more of the answer to ${this.#outgoing.method}`;
    const { done, value } = await within(PATIENCE_SECONDS, what, this.#pieces.next());
    if (!done) this.#text += this.#decoder.decode(value, { stream: true });
    return !done;
  }
}
