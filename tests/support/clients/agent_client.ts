/** The official MCP client libraries behind one adapter, so that a case runs with each of them. */

import assert from "node:assert/strict";
import * as current from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { heldFetch } from "./held_fetch.ts";

/** What the cases need of a client library. */
export interface AgentClient extends AsyncDisposable {
  readonly serverName: string | undefined;
  /** It speaks 2026-07-28, rather than a revision with `initialize`. */
  readonly isModern: boolean;
  tools(): Promise<readonly ListedTool[]>;
  call(tool: string, args: Record<string, unknown>, options?: CallOptions): Promise<Told>;
  /** The URIs of the resources, or of the templates. */
  resources(): Promise<readonly string[]>;
  templates(): Promise<readonly string[]>;
  /** The text of a resource. */
  read(uri: string): Promise<string>;
}

export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: unknown;
  readonly outputSchema: unknown;
}

/** Options of the libraries themselves, under the names that both have for them. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** In milliseconds; by default 60 000, in both libraries. */
  readonly timeout?: number;
  readonly resetTimeoutOnProgress?: boolean;
  readonly onprogress?: (progress: Progress) => void;
}

export interface Progress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

/** What a tool's result says. */
export interface Told {
  readonly isError: boolean;
  readonly text: string;
  /** What the library has checked against the tool's output schema; undefined: there was none. */
  readonly structured: unknown;
}

const IDENTITY = { name: "agent", version: "1.0.0" };

/** Its optional members are not declared for exactOptionalPropertyTypes. */
type SdkTransport = Parameters<Client["connect"]>[0];

export async function connectSdk(transport: unknown): Promise<AgentClient> {
  const client = new Client(IDENTITY);
  await client.connect(transport as SdkTransport);
  return adapt(
    client,
    false,
    (name, args, options) => client.callTool({ name, arguments: args }, undefined, options),
  );
}

/** `auto`: it looks for revisions without `initialize` first, by server/discover. */
export async function connectCurrent(
  transport: current.Transport,
  mode: "legacy" | "auto",
): Promise<AgentClient> {
  const client = new current.Client(IDENTITY, { versionNegotiation: { mode } });
  await client.connect(transport);
  return adapt(
    client,
    client.getProtocolEra() === "modern",
    (name, args, options) => client.callTool({ name, arguments: args }, options),
  );
}

/** What both libraries have under the same name. */
interface LibraryClient {
  getServerVersion(): { name: string } | undefined;
  listTools(): Promise<{ tools: Parameters<typeof listed>[0][] }>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>;
  readResource(params: { uri: string }): Promise<{ contents: object[] }>;
  close(): Promise<void>;
}

function adapt(
  client: LibraryClient,
  isModern: boolean,
  call: (name: string, args: Record<string, unknown>, options: CallOptions) => Promise<unknown>,
): AgentClient {
  return {
    serverName: client.getServerVersion()?.name,
    isModern,
    tools: async () => (await client.listTools()).tools.map(listed),
    call(name, args, options = {}) {
      const answer = call(name, args, options).then(told);
      // A case that fails meanwhile leaves it behind, and is to be blamed alone.
      answer.catch(() => {});
      return answer;
    },
    resources: async () => (await client.listResources()).resources.map(({ uri }) => uri),
    templates: async () =>
      (await client.listResourceTemplates()).resourceTemplates.map((one) => one.uriTemplate),
    read: async (uri) => textOf(await client.readResource({ uri })),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

export type Connect = (url: string, fetch?: typeof globalThis.fetch) => Promise<AgentClient>;

function withCurrent(mode: "legacy" | "auto"): Connect {
  return (url, fetch = heldFetch()) =>
    connectCurrent(new current.StreamableHTTPClientTransport(new URL(url), { fetch }), mode);
}

/** By name, each way in which an agent's host may reach the sidecar over HTTP. */
export const CLIENTS: Readonly<Record<string, Connect>> = {
  "@modelcontextprotocol/sdk": (url, fetch = heldFetch()) =>
    connectSdk(new StreamableHTTPClientTransport(new URL(url), { fetch })),
  "@modelcontextprotocol/client": withCurrent("legacy"),
  "@modelcontextprotocol/client that looks for newer revisions": withCurrent("auto"),
};

function listed(tool: {
  name: string;
  description?: string | undefined;
  inputSchema: unknown;
  outputSchema?: unknown;
}): ListedTool {
  const { name, description = "", inputSchema, outputSchema } = tool;
  return { name, description, inputSchema, outputSchema };
}

/** Reads a tool's result: words first, and then a copy of the structured content, if any. */
export function told(result: unknown): Told {
  const { content, structuredContent: structured, isError = false } = result as {
    content: { type: string; text: string }[];
    structuredContent?: unknown;
    isError?: boolean;
  };
  const [words, ...copies] = content;
  assert.equal(words?.type, "text");
  for (const { type, text } of copies) {
    assert.deepEqual({ type, data: JSON.parse(text) }, { type: "text", data: structured });
  }
  return { isError, text: words.text, structured };
}

function textOf({ contents }: { contents: readonly object[] }): string {
  const [only] = contents as { text: string }[];
  assert.equal(contents.length, 1);
  return only!.text;
}
