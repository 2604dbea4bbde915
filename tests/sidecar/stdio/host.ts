/** A host at the other end of two streams, and a server whose tools do one thing each. */

import assert from "node:assert/strict";
import type { Caller, Tool, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import { StdioSession } from "../../../src/sidecar/stdio/session.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION, SUBSCRIPTION_ID } from "../../support/meta_keys.ts";
import { type Message, MessageReader } from "../../support/stdio.ts";

const encoder = new TextEncoder();

/** A call of the tool `wait` that waits. */
export interface Waiting {
  readonly caller: Caller;
  readonly end: (text: string) => void;
}

export class Host implements AsyncDisposable {
  readonly defects: unknown[] = [];
  readonly waiting: Waiting[] = [];
  /** What came of the answers of the tool `wait`, in order. */
  readonly sent: boolean[] = [];
  /** How many calls of `wait` were left. */
  left = 0;
  /** How many calls of `big` were made. */
  bigCalls = 0;
  readonly server: McpServer;
  readonly session: StdioSession;
  readonly #input = new TransformStream<Uint8Array, Uint8Array>();
  readonly #output = new TransformStream<Uint8Array, Uint8Array>();
  readonly #writer = this.#input.writable.getWriter();
  readonly #reader = new MessageReader(this.#output.readable);

  constructor() {
    const onDefect = (error: unknown) => this.defects.push(error);
    this.server = new McpServer({
      info: { name: "test-server", version: "1.2.3" },
      tools: this.#tools(),
      changingLists: ["tools"],
      onDefect,
    });
    this.session = new StdioSession({
      server: this.server,
      input: this.#input.readable,
      output: this.#output.writable,
      onDefect,
    });
  }

  /** One line each, in one chunk. */
  send(...messages: readonly unknown[]): void {
    this.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""));
  }

  /** Not awaited: the session may have stopped reading, and that is not yet a failure. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.#writer.write(bytes).catch(() => {});
  }

  next(): Promise<Message> {
    return this.#reader.next();
  }

  /** The next messages, in the order in which they come. */
  async take(count: number): Promise<Message[]> {
    const messages: Message[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  /** Sends a ping and expects its answer next: nothing else was written before. */
  async expectQuiet(): Promise<void> {
    this.send({ jsonrpc: "2.0", id: "quiet?", method: "ping" });
    assert.deepEqual(await this.next(), { jsonrpc: "2.0", id: "quiet?", result: {} });
  }

  closeInput(): void {
    this.#writer.close().catch(() => {});
  }

  failInput(error: Error): void {
    this.#writer.abort(error).catch(() => {});
  }

  /** Reads no more, and says so. */
  async closeOutput(): Promise<void> {
    await this.#reader.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeInput();
    await this.closeOutput();
    await this.session.ended;
    assert.deepEqual(this.defects, []);
  }

  #tools(): Tool[] {
    return [
      tool("echo", ({ text }) => answer(String(text))),
      tool("wrong", () => ({ kind: "invalid-arguments", message: "wrong" })),
      tool("big", ({ size }) => {
        this.bigCalls++;
        return answer("x".repeat(Number(size)));
      }),
      tool("unspeakable", () => ({ kind: "result", result: { count: 1n } })),
      {
        ...tool("wait", (_args, caller) => {
          const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
          this.waiting.push({ caller, end: (text) => resolve(answer(text)) });
          caller.onSent((whole) => this.sent.push(whole));
          caller.onLeave(() => {
            this.left++;
            resolve({ kind: "left" });
          });
          return promise;
        }),
        waits: true,
      },
    ];
  }
}

function tool(name: string, call: Tool["call"]): Tool {
  return { name, description: `Does ${name}.`, inputSchema: { type: "object" }, call };
}

function answer(text: string): ToolOutcome {
  return { kind: "answer", text, isError: false };
}

export const MODERN = {
  [PROTOCOL_VERSION]: "2026-07-28",
  [CLIENT_CAPABILITIES]: {},
};

export function request(id: unknown, method: string, params: object = {}): object {
  return { jsonrpc: "2.0", id, method, params };
}

export function modern(id: unknown, method: string, params: object = {}): object {
  return request(id, method, { ...params, _meta: MODERN });
}

export function call(id: unknown, name: string, args?: object, meta?: object): object {
  return request(id, "tools/call", { name, arguments: args, _meta: meta });
}

export function initialize(protocolVersion: string): object {
  const clientInfo = { name: "host", version: "1" };
  return request("init", "initialize", { protocolVersion, capabilities: {}, clientInfo });
}

/** What the server says of a subscription that is over: no stream of its own ends. */
export function ended(requestId: unknown): object {
  const params = { requestId, _meta: { [SUBSCRIPTION_ID]: requestId } };
  return { jsonrpc: "2.0", method: "notifications/cancelled", params };
}

export function cancelled(requestId: unknown): object {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
}

/** The text that a tool's result consists of. */
export function textOf(message: Message): string {
  return message.result.content[0].text;
}
