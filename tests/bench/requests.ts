/** The requests that the bench sends, as bytes, and the text of what came back. */

import type { Answer } from "./raw_http.ts";

const encoder = new TextEncoder();

/** Lets a server answer in plain JSON only, so that the first bytes are the answer itself. */
export const JSON_ONLY = "application/json";
/** What the specification has clients send; a call that waits may then be answered as a stream. */
export const JSON_OR_STREAM = "application/json, text/event-stream";

export const TOOLS_LIST = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`;

export function getHealth(port: number): Uint8Array {
  return encoder.encode(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
}

export function post(port: number, body: string, accept = JSON_ONLY): Uint8Array {
  const bytes = encoder.encode(body);
  return encoder.encode(
    `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
      `Accept: ${accept}\r\nContent-Length: ${bytes.length}\r\n\r\n${body}`,
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
  return post(port, JSON.stringify(call), accept);
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
