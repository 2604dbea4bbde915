/** An agent at the wire: one tool call on a connection of its own, whose answer is awaited or left. */

import assert from "node:assert/strict";
import { type Reply, request, type RequestParts, Wire } from "./wire.ts";
import { within } from "./within.ts";

/** What an answer says, taken out of whatever it is wrapped in. */
export interface Said {
  readonly id?: unknown;
  /** Of a JSON-RPC error. */
  readonly code?: number;
  readonly data?: unknown;
  /** Of a tool's result. */
  readonly isError?: boolean;
  /** The error's message, the tool's text, the result as JSON, or the whole body. */
  readonly meaning: string;
}

export function readReply(reply: Reply): Said {
  if (!reply.headers.get("content-type")?.startsWith("application/json")) {
    return { meaning: reply.body };
  }
  const body = JSON.parse(reply.body);
  if (Array.isArray(body)) return { meaning: JSON.stringify(body) };
  assert.equal(body.jsonrpc, "2.0");
  assert.notEqual("result" in body, "error" in body, "an answer is a result or an error");
  if (body.error) {
    const { code, message, data } = body.error;
    return { id: body.id, code, meaning: message, ...data === undefined ? {} : { data } };
  }
  const text = body.result?.content?.[0]?.text;
  if (text === undefined) return { id: body.id, meaning: JSON.stringify(body.result) };
  assert.deepEqual(body.result.content, [{ type: "text", text }]);
  return { id: body.id, isError: body.result.isError, meaning: text };
}

/** Sends one request on a connection of its own. Fails when no answer comes. */
export async function exchange(port: number, bytes: Uint8Array): Promise<Reply> {
  using wire = await Wire.open(port);
  const method = new TextDecoder().decode(bytes.subarray(0, 20)).split(" ", 1)[0];
  // Not awaited: a server may answer, and close, before it has read all.
  void wire.send(bytes);
  const reply = await within(60, "answer", wire.reply(method));
  assert.ok(reply, "the connection ended without an answer");
  return reply;
}

export function post(port: number, body: unknown, parts: RequestParts = {}): Promise<Reply> {
  return exchange(port, request(JSON.stringify(body), parts));
}

export interface CallOptions {
  /** Default: 1. */
  readonly id?: number | string;
  readonly headers?: Readonly<Record<string, string | null>>;
}

export class ToolCall implements Disposable {
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  static async start(
    port: number,
    tool: string,
    args: Readonly<Record<string, unknown>>,
    { id = 1, headers = {} }: CallOptions = {},
  ): Promise<ToolCall> {
    const wire = await Wire.open(port);
    const params = { name: tool, arguments: args };
    const message = { jsonrpc: "2.0", id, method: "tools/call", params };
    await wire.send(request(JSON.stringify(message), { headers }));
    return new ToolCall(wire);
  }

  /** An ask for one host, which differs from other asks by that host. */
  static ask(port: number, host: string, options: CallOptions = {}): Promise<ToolCall> {
    return ToolCall.start(port, "egress-block", { host, justification: "x" }, options);
  }

  async reply(seconds = 10): Promise<Reply> {
    const reply = await within(seconds, "answer", this.#wire.reply());
    assert.ok(reply, "the connection ended without an answer");
    return reply;
  }

  async answer(seconds = 10): Promise<Said> {
    const reply = await this.reply(seconds);
    assert.equal(reply.status, 200, reply.body);
    return readReply(reply);
  }

  /** Hangs up. */
  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}

/** Asks where a proposal stands until it is no longer pending, at most a minute. */
export async function decided<T>(
  look: () => Promise<T>,
  textOf: (answer: T) => string,
): Promise<T> {
  const until = performance.now() + 60_000;
  while (true) {
    const answer = await look();
    if (!textOf(answer).startsWith("status: pending\n")) return answer;
    assert.ok(performance.now() < until, `still pending: ${textOf(answer)}`);
  }
}
