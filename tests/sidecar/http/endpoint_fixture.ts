/** An endpoint on a port of the system's choice, with tools that answer when the test says so. */

import assert from "node:assert/strict";
import { BodyReader } from "../../../src/sidecar/http/body.ts";
import { Endpoint } from "../../../src/sidecar/http/endpoint.ts";
import { Gate } from "../../../src/sidecar/http/gate.ts";
import { listen } from "../../../src/sidecar/http/listener.ts";
import type { PlainPage } from "../../../src/sidecar/http/page.ts";
import type { RequestRecord } from "../../../src/sidecar/http/request_record.ts";
import type { ResourceProvider } from "../../../src/sidecar/mcp/resources.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { Caller, Tool, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { eventually } from "../../support/within.ts";

const inputSchema = { type: "object" };

/** One call of `wait`. */
export interface Waiting {
  readonly caller: Caller;
  readonly answer: (text: string) => void;
}

export interface FixtureOptions {
  readonly pages?: ReadonlyMap<string, PlainPage>;
  readonly rpc?: boolean;
  readonly bodyTimeoutMs?: number;
  readonly keepAliveMs?: number;
  readonly allowedOrigins?: readonly string[];
  /** Default: all records are kept. Null: nobody listens. */
  readonly onRequest?: ((record: RequestRecord) => void) | null;
  /** Serves this one instead of its own. */
  readonly over?: McpServer;
}

export class EndpointFixture implements AsyncDisposable {
  readonly records: RequestRecord[] = [];
  readonly defects: unknown[] = [];
  /** The calls of `wait`, in the order in which they came. */
  readonly waiting: Waiting[] = [];
  /** How many callers of `wait` have left. */
  left = 0;
  /** What was said of the delivery of each answer of `wait`. */
  readonly sent: boolean[] = [];
  readonly server: McpServer;
  port = 0;
  #stop = () => Promise.resolve();

  static async start(options: FixtureOptions = {}): Promise<EndpointFixture> {
    const fixture = new EndpointFixture(options);
    const onDefect = (error: unknown) => void fixture.defects.push(error);
    const { onRequest = (record: RequestRecord) => void fixture.records.push(record) } = options;
    const endpoint = new Endpoint({
      server: fixture.server,
      pages: options.pages ?? new Map(),
      rpc: options.rpc ?? true,
      gate: new Gate({ allowedHosts: [], allowedOrigins: options.allowedOrigins ?? [] }),
      bodies: new BodyReader(options.bodyTimeoutMs ?? 60_000),
      keepAliveMs: options.keepAliveMs ?? 60_000,
      onRequest: onRequest ?? undefined,
      onDefect,
    });
    const place = { transport: "tcp", hostname: "127.0.0.1", port: 0 } as const;
    const listener = await listen({ endpoint, listen: place, onDefect });
    fixture.port = (listener.address as Deno.NetAddr).port;
    fixture.#stop = () => listener.shutdown();
    return fixture;
  }

  private constructor({ over }: FixtureOptions) {
    const tools: readonly Tool[] = [
      {
        name: "echo",
        description: "Answers with its argument.",
        inputSchema,
        call: ({ text, isError }) =>
          typeof text === "string"
            ? answered(text, isError === true)
            : { kind: "invalid-arguments", message: "echo: text must be a string" },
      },
      {
        name: "wait",
        description: "Answers when it is told to.",
        inputSchema,
        waits: true,
        call: (_args, caller) => this.#wait(caller),
      },
      {
        name: "broken",
        description: "Throws.",
        inputSchema,
        call() {
          throw new Error("a secret of the house");
        },
      },
      {
        name: "hidden",
        description: "Is not named.",
        inputSchema,
        unlisted: true,
        call: () => answered("hidden, not gone", true),
      },
    ];
    this.server = over ?? new McpServer({
      info: { name: "test", version: "1" },
      tools,
      resources: RESOURCES,
      methods: [
        {
          name: "test/throws",
          eras: "both",
          handle() {
            throw new Error("a secret of the house");
          },
        },
        {
          name: "test/unsendable",
          eras: "both",
          handle: () => ({ kind: "result", result: { number: 1n } }),
        },
      ],
      onDefect: (error) => void this.defects.push(error),
    });
  }

  /** The call of `wait` with this number, which is counted from 1. */
  async nth(count: number): Promise<Waiting> {
    await eventually(60, `waiting call ${count}`, () => this.waiting.length >= count);
    return this.waiting[count - 1]!;
  }

  /** The record with this number, which is counted from 1. */
  async record(count = 1): Promise<RequestRecord> {
    await eventually(60, `record ${count}`, () => this.records.length >= count);
    return this.records[count - 1]!;
  }

  #wait(caller: Caller): Promise<ToolOutcome> {
    return new Promise((resolve) => {
      caller.onLeave(() => {
        this.left++;
        resolve({ kind: "left" });
      });
      caller.onSent((isWhole) => this.sent.push(isWhole));
      const answer = (text: string) => resolve(answered(text, false));
      this.waiting.push({ caller, answer });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { answer } of this.waiting) answer("the test is over");
    await this.#stop();
  }
}

const RESOURCES: ResourceProvider = {
  templates: [],
  list: () => Promise.resolve([{ uri: "test://one", name: "one" }]),
  read: (uri) =>
    Promise.resolve(
      uri === "test://one"
        ? { kind: "contents", contents: [{ uri, text: "first" }] }
        : uri === "test://down"
        ? { kind: "failed", message: "the source is down: read it again later" }
        : { kind: "unknown" },
    ),
  announces: () => Promise.resolve(false),
};

function answered(text: string, isError: boolean): ToolOutcome {
  return { kind: "answer", text, isError };
}

/** A JSON-RPC request to call a tool. */
export function toolCall(name: string, args: object = {}, more: object = {}): string {
  const params = { name, arguments: args, ...more };
  return JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params });
}

/** The one key of a refusal in plain JSON. */
export function refusalIn(body: string): string {
  assert.match(body, /^[^\n]+\n$/);
  const { error, ...rest } = JSON.parse(body);
  assert.deepEqual(rest, {});
  assert.equal(typeof error, "string");
  return error;
}
