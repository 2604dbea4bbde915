/** Transcript, part 1: what the HTTP layer answers, from `/health` to bytes that are not HTTP. */

import { request } from "../../../support/wire.ts";
import { type Exchange, handshake, type Outcome } from "./row.ts";

/** 46 bytes, which some of the requests below announce by hand. */
const INITIALIZE = '{"jsonrpc":"2.0","id":1,"method":"initialize"}';

const MAX_BODY_BYTES = 1_048_576;

const NEWEST = handshake(1, "2025-11-25");

/** An empty answer of the HTTP runtime itself. */
const REFUSED: Outcome = { status: 400, meaning: /^$/ };

const USE_POST: Outcome = {
  status: 405,
  meaning: /^use POST for MCP requests, to \/ or \/mcp: the transport is Streamable HTTP\. .+\n$/,
};

/** As recorded: without a word of the transport. */
const OLD_USE_POST: Outcome = { status: 405, meaning: /^use POST for MCP requests\n$/ };

const HEALTHY: Outcome = { status: 200, meaning: /^ok\n$/ };

function raw(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function get(path: string): Uint8Array {
  return raw(`GET ${path} HTTP/1.1\r\nHost: supervise\r\n\r\n`);
}

/** A POST with these header lines, after the host's. */
function post(headers: string, body = ""): Uint8Array {
  return raw(`POST / HTTP/1.1\r\nHost: supervise\r\n${headers}\r\n${body}`);
}

function refusedMethod(method: string, body = ""): Exchange {
  return {
    name: method,
    send: request(body, { method }),
    differs: "methods",
    expect: { ...USE_POST, allow: true },
    reference: { status: 501, meaning: new RegExp(`Unsupported method \\('${method}'\\)`) },
  };
}

function filled(bytes: number): string {
  const [head, tail] = [
    '{"jsonrpc":"2.0","id":1,"method":"notifications/initialized","params":{"p":"',
    '"}}',
  ];
  return head + "a".repeat(bytes - head.length - tail.length) + tail;
}

export const HTTP_ROWS: readonly Exchange[] = [
  {
    name: "GET /health",
    send: get("/health"),
    expect: HEALTHY,
  },
  {
    name: "GET of any other path",
    send: get("/"),
    differs: "transport",
    expect: USE_POST,
    reference: OLD_USE_POST,
  },
  {
    name: "GET /health with a query",
    send: get("/health?x=1"),
    differs: "paths",
    expect: HEALTHY,
    reference: OLD_USE_POST,
  },
  {
    name: "GET /health/ with a slash",
    send: get("/health/"),
    differs: "paths",
    expect: HEALTHY,
    reference: OLD_USE_POST,
  },
  {
    name: "HEAD /health",
    send: raw("HEAD /health HTTP/1.1\r\nHost: supervise\r\n\r\n"),
    differs: "methods",
    expect: { status: 200, meaning: /^$/ },
    reference: { status: 501, meaning: /^$/ },
  },
  refusedMethod("PUT", "{}"),
  refusedMethod("DELETE"),
  refusedMethod("OPTIONS"),
  { name: "POST /mcp", send: request(INITIALIZE, { path: "/mcp" }), ...NEWEST },
  {
    name: "POST without Content-Type",
    send: request(INITIALIZE, { headers: { "Content-Type": null } }),
    ...NEWEST,
  },
  {
    name: "POST without Content-Length",
    send: post(""),
    expect: { status: 411, meaning: /Content-Length/ },
  },
  {
    name: "POST with a chunked body",
    send: post("Transfer-Encoding: chunked\r\n", `2e\r\n${INITIALIZE}\r\n0\r\n\r\n`),
    differs: "chunked",
    expect: NEWEST.expect,
    reference: { status: 411, meaning: /Content-Length/ },
  },
  {
    name: "Content-Length that is not a number",
    send: post("Content-Length: abc\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: 400, meaning: /invalid Content-Length/ },
  },
  {
    name: "Content-Length without a value",
    send: post("Content-Length:\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: 400, meaning: /invalid Content-Length/ },
  },
  {
    name: "Content-Length below zero",
    send: post("Content-Length: -1\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: 413, meaning: /body too large/ },
  },
  {
    name: "Content-Length one over the limit, answered without the body",
    send: post(`Content-Length: ${MAX_BODY_BYTES + 1}\r\n`),
    expect: { status: 413, meaning: /too large/ },
  },
  {
    name: "a body of 2 MiB that is really sent",
    send: request("a".repeat(2 * MAX_BODY_BYTES)),
    expect: { status: 413, meaning: /too large/ },
  },
  {
    name: "a body of exactly the limit",
    send: request(filled(MAX_BODY_BYTES)),
    expect: { status: 200, id: 1, meaning: /^(null|\{\})$/ },
  },
  {
    name: "Content-Length with a sign and an underscore",
    send: post("Content-Length: +4_6\r\n", INITIALIZE),
    differs: "framing",
    expect: REFUSED,
    reference: handshake(1, "2024-11-05").expect,
  },
  {
    name: "two different Content-Length headers",
    send: post("Content-Length: 46\r\nContent-Length: 3\r\n", INITIALIZE),
    differs: "framing",
    expect: REFUSED,
    reference: handshake(1, "2024-11-05").expect,
  },
  {
    name: "a body shorter than its Content-Length, then the end",
    send: post("Content-Length: 100\r\n", '{"jsonrpc":'),
    halfClose: true,
    differs: "parseErrors",
    expect: { status: 400, id: null, code: -32700, meaning: /parse error|ended/i },
    reference: { status: 200, id: null, code: -32700, meaning: /parse error/ },
  },
  {
    name: "a body shorter than its Content-Length, then nothing",
    send: post("Content-Length: 100\r\n", '{"jsonrpc":'),
    differs: "slowBody",
    expect: { status: 408, meaning: /body/ },
    reference: { status: "silent" },
  },
  {
    name: "Expect: 100-continue",
    send: post("Expect: 100-continue\r\nContent-Length: 46\r\n", INITIALIZE),
    ...NEWEST,
  },
  {
    name: "two pipelined requests",
    send: new Uint8Array([...request(INITIALIZE), ...get("/health")]),
    differs: "keepAlive",
    expect: NEWEST.expect,
    then: { status: 200, meaning: /^ok\n$/ },
    reference: handshake(1, "2024-11-05").expect,
  },
  {
    name: "bytes that are not HTTP",
    send: raw("hello\r\n\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: "bare", meaning: /Error code: 400/ },
  },
  {
    name: "a request line of HTTP/2.0",
    send: raw("GET /health HTTP/2.0\r\nHost: supervise\r\n\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: "bare", meaning: /Error code: 505/ },
  },
  {
    name: "a request line of HTTP/0.9",
    send: raw("GET /health\r\n\r\n"),
    differs: "framing",
    expect: REFUSED,
    reference: { status: "bare", meaning: /^ok\n$/ },
  },
];
