/** The requests that the bench sends, as bytes, and the text of what came back. */

import { CLIENT_CAPABILITIES, CLIENT_INFO, PROTOCOL_VERSION } from "../support/meta_keys.ts";
import type { Answer } from "./raw_http.ts";

const encoder = new TextEncoder();

/** Lets a server answer in plain JSON only, so that the first bytes are the answer itself. */
export const JSON_ONLY = "application/json";
/** What the specification has clients send; a call that waits may then be answered as a stream. */
export const JSON_OR_STREAM = "application/json, text/event-stream";

/** A POST as load: its body and the headers that it needs beyond those of all. */
export interface Ask {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** As clients from before the version header asked. */
export const TOOLS_LIST: Ask = {
  body: `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`,
  headers: {},
};

/** As clients of the last revision with `initialize` ask. */
export const LEGACY_TOOLS_LIST: Ask = {
  ...TOOLS_LIST,
  headers: { "MCP-Protocol-Version": "2025-11-25" },
};

/** As clients of the revision without sessions ask. */
export const MODERN_TOOLS_LIST: Ask = {
  body: JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/list",
    params: {
      _meta: {
        [PROTOCOL_VERSION]: "2026-07-28",
        [CLIENT_INFO]: { name: "bench", version: "1" },
        [CLIENT_CAPABILITIES]: {},
      },
    },
  }),
  headers: { "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/list" },
};

export function getHealth(port: number): Uint8Array {
  return encoder.encode(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
}

export function post(port: number, { body, headers }: Ask, accept = JSON_ONLY): Uint8Array {
  const bytes = encoder.encode(body);
  const further = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return encoder.encode(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Accept: ${accept}\r\n${further}Content-Length: ${bytes.length}\r\n\r\n${body}`,
  );
}

/** A call that asks the operator for `host` and waits. */
export function askForHost(port: number, host: string, accept = JSON_ONLY): Uint8Array {
  const call = {
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "egress-block", arguments: { host, justification: "bench" } },
  };
  return post(port, { body: JSON.stringify(call), headers: {} }, accept);
}

/** The first text of a tool's answer, out of plain JSON or out of a stream; "" when there is none. */
export function answerText(answer: Answer): string {
  const body = new TextDecoder().decode(answer.body);
  const events = body.split("\n").filter((line) => line.startsWith("data:"));
  for (const json of events.length ? events.map((line) => line.slice(5)) : [body]) {
    const text = firstText(json);
    if (text !== undefined) return text;
  }
  return "";
}

function firstText(json: string): string | undefined {
  try {
    const message: { result?: { content?: { text?: string }[] } } = JSON.parse(json);
    return message.result?.content?.[0]?.text;
  } catch {
    return undefined;
  }
}
