/** Requests that the transcript lacks: what the earlier server never looked at, or did not serve. */

import { request, type RequestParts } from "../../../support/wire.ts";
import type { Exchange, Outcome } from "./row.ts";

const PING = { jsonrpc: "2.0", id: 1, method: "ping" };
const INITIALIZE = { jsonrpc: "2.0", id: 1, method: "initialize", params: {} };
const NOTIFICATION = { jsonrpc: "2.0", method: "notifications/initialized" };

const SERVED: Outcome = { status: 200, id: 1, meaning: /^\{\}$/ };
const ACCEPTED: Outcome = { status: 202, meaning: /^$/ };
const FORBIDDEN: Outcome = { status: 403, code: -32600, meaning: /^this (Host|Origin) is not/ };
const WRONG_TYPE: Outcome = { status: 415, meaning: /application\/json/ };
const NOT_FOUND: Outcome = { status: 404, meaning: /\/mcp/ };
const INVALID_REQUEST: Outcome = { status: 400, id: null, code: -32600 };
const LONGER_ID = "a".repeat(256);

function row(name: string, body: unknown, expect: Outcome, parts: RequestParts = {}): Exchange {
  return { name, send: request(JSON.stringify(body), parts), expect };
}

function withHeader(header: string, cases: readonly (readonly [string, Outcome])[]): Exchange[] {
  return cases.map(([value, expect]) =>
    row(`${header}: ${value}`, PING, expect, { headers: { [header]: value } })
  );
}

/** Sent to a sidecar that also allows the host `bottle.example` and the origin `https://ok.example`. */
export const GATE_ROWS: readonly Exchange[] = [
  ...withHeader("Host", [
    ["supervise", SERVED],
    ["SuperVise:9100", SERVED],
    ["localhost", SERVED],
    ["LOCALHOST:1", SERVED],
    ["127.0.0.1:9100", SERVED],
    ["192.0.2.7", SERVED],
    ["[::1]:9100", SERVED],
    ["[2001:db8::7]", SERVED],
    ["bottle.example", SERVED],
    ["Bottle.Example:9100", SERVED],
    ["Bottle.Example.:9100", SERVED],
    ["evil.example", FORBIDDEN],
    ["evil.example:9100", FORBIDDEN],
    ["supervise.evil.example", FORBIDDEN],
    ["notsupervise", FORBIDDEN],
    ["127.0.0.1.evil.example", FORBIDDEN],
    ["1.2.3.4.5", FORBIDDEN],
    ["localhost, evil.example", FORBIDDEN],
  ]),
  row("no Origin", PING, SERVED),
  ...withHeader("Origin", [
    ["https://ok.example", SERVED],
    ["https://ok.example:444", FORBIDDEN],
    ["http://ok.example", FORBIDDEN],
    ["https://ok.example.evil.example", FORBIDDEN],
    ["http://localhost", FORBIDDEN],
    ["http://supervise:9100", FORBIDDEN],
    ["null", FORBIDDEN],
    ["junk", FORBIDDEN],
  ]),
  ...withHeader("Content-Type", [
    ["application/json", SERVED],
    ["Application/JSON", SERVED],
    ["application/json; charset=utf-8", SERVED],
    ["application/json;charset=UTF-8", SERVED],
    ["text/plain", WRONG_TYPE],
    ["text/plain; application/json", WRONG_TYPE],
    ["application/x-www-form-urlencoded", WRONG_TYPE],
    ["multipart/form-data; boundary=x", WRONG_TYPE],
    ["application/jsonp", WRONG_TYPE],
  ]),
  row("the wrong host goes before the wrong type", PING, FORBIDDEN, {
    headers: { "Host": "evil.example", "Content-Type": "text/plain" },
  }),
];

const USE_POST = /^use POST for MCP requests, .+ Streamable HTTP\. .+ HTTP\+SSE, .+ is not served/;

export const PATH_ROWS: readonly Exchange[] = [
  row("POST /", PING, SERVED, { path: "/" }),
  row("POST /mcp", PING, SERVED, { path: "/mcp" }),
  row("POST /mcp/", PING, SERVED, { path: "/mcp/" }),
  row("POST //mcp", PING, SERVED, { path: "//mcp" }),
  row("POST /mcp with a query", PING, SERVED, { path: "/mcp?x=1&y" }),
  row("POST /mcp/ with a query", PING, SERVED, { path: "/mcp/?x=/" }),
  row("POST / with a query", PING, SERVED, { path: "/?x=1" }),
  ...["/mcp//", "/mcp/x", "/MCP", "/sse", "/messages", "/favicon.ico", "//"].map((path) =>
    row(`POST ${path}`, PING, NOT_FOUND, { path })
  ),
  ...["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"].flatMap((method) =>
    ["/", "/mcp", "/mcp/?x", "/sse"].map((path): Exchange => ({
      name: `${method} ${path}`,
      send: request("", { method, path }),
      expect: {
        status: 405,
        meaning: method === "HEAD" ? /^$/ : USE_POST,
        allow: true,
      },
    }))
  ),
  ...["GET", "PUT", "OPTIONS", "HEAD"].map((method): Exchange => ({
    name: `${method} /elsewhere`,
    send: request("", { method, path: "/elsewhere" }),
    expect: {
      status: 404,
      meaning: method === "HEAD" ? /^$/ : /^POST MCP requests to \/ or \/mcp/,
    },
  })),
];

const UNSUPPORTED: Outcome = {
  status: 400,
  id: 1,
  code: -32022,
  data: { supported: ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"] },
};

/** A revision in whose requests the body must say it too. */
const NO_ENVELOPE: Outcome = { status: 400, id: 1, code: -32602, meaning: /_meta/ };

function newest(id: unknown): Outcome {
  return { status: 200, id, meaning: /"protocolVersion":"2025-11-25"/ };
}

export const VERSION_ROWS: readonly Exchange[] = [
  ...withHeader("MCP-Protocol-Version", [
    ["2024-11-05", SERVED],
    ["2025-03-26", SERVED],
    ["2025-06-18", SERVED],
    ["2025-11-25", SERVED],
    ["2024-10-07", UNSUPPORTED],
    ["2099-01-01", UNSUPPORTED],
    ["junk", UNSUPPORTED],
    ["2026-07-28", NO_ENVELOPE],
  ]),
  row("initialize under an unknown MCP-Protocol-Version", INITIALIZE, newest(1), {
    headers: { "MCP-Protocol-Version": "2099-01-01" },
  }),
  ...["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"].map((protocolVersion) =>
    row(`initialize for ${protocolVersion}`, { ...INITIALIZE, params: { protocolVersion } }, {
      status: 200,
      id: 1,
      meaning: new RegExp(`"protocolVersion":"${protocolVersion}"`),
    })
  ),
  ...["2024-10-07", "2026-07-28", "", 5, null].map((protocolVersion) =>
    row(
      `initialize for ${JSON.stringify(protocolVersion)}`,
      { ...INITIALIZE, params: { protocolVersion } },
      newest(1),
    )
  ),
];

export const ID_ROWS: readonly Exchange[] = [
  ...[0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), "", "1", "é\u2028", LONGER_ID].map((id) =>
    row(`id ${JSON.stringify(id).slice(0, 20)}`, { ...PING, id }, { ...SERVED, id })
  ),
  ...["null", "1.5", "9007199254740992", "-9007199254740992", "1e400", "true", "{}", "[1]"].map(
    (id): Exchange => ({
      name: `id ${id}`,
      send: request(`{"jsonrpc":"2.0","id":${id},"method":"ping"}`),
      expect: INVALID_REQUEST,
    }),
  ),
];

/** None of these queues anything, and all of them are taken without a word. */
export const SILENT_ROWS: readonly Exchange[] = [
  row("an unknown notification", { jsonrpc: "2.0", method: "no/such" }, ACCEPTED),
  row("a notification that is an ask", {
    jsonrpc: "2.0",
    method: "tools/call",
    params: { name: "egress-block", arguments: { host: "n.example", justification: "x" } },
  }, ACCEPTED),
  row("a posted result", { jsonrpc: "2.0", id: 1, result: {} }, ACCEPTED),
  row("a posted error", { jsonrpc: "2.0", id: 1, error: { code: 1, message: "x" } }, ACCEPTED),
];

/** An array of answers with these ids, in this order; an error is shown with its code. */
function batch(...answers: readonly string[]): Outcome {
  const each = answers.map((answer) => {
    const [id, code] = answer.split(" ");
    return `\\{"jsonrpc":"2\\.0","id":${id},${
      code ? `"error":\\{"code":${code},` : '"result":'
    }.*\\}`;
  });
  return { status: 200, meaning: new RegExp(`^\\[${each.join(",")}\\]$`) };
}

function pings(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => ({ ...PING, id: index }));
}

export const BATCH_ROWS: readonly Exchange[] = [
  row("one request", [PING], batch("1")),
  row("requests and notifications", [NOTIFICATION, PING, NOTIFICATION, { ...PING, id: "b" }], {
    ...batch("1", '"b"'),
  }),
  row("notifications alone", [NOTIFICATION, NOTIFICATION], ACCEPTED),
  row("initialize among others", [PING, { ...INITIALIZE, id: 2 }], batch("1", "2 -32600")),
  row("an element that is no message", [5, PING], batch("null -32600", "1")),
  row("a batch in a batch", [[PING]], batch("null -32600")),
  row("an empty batch", [], INVALID_REQUEST),
  row("64 elements", pings(64), batch(...pings(64).map((_, id) => String(id)))),
  row("65 elements", pings(65), INVALID_REQUEST),
  row("under 2025-03-26", [PING], batch("1"), {
    headers: { "MCP-Protocol-Version": "2025-03-26" },
  }),
  ...["2024-11-05", "2025-06-18"].map((version) =>
    row(`under ${version}`, [PING], INVALID_REQUEST, {
      headers: { "MCP-Protocol-Version": version },
    })
  ),
  row("under 2025-11-25", [PING], { ...INVALID_REQUEST, id: undefined }, {
    headers: { "MCP-Protocol-Version": "2025-11-25" },
  }),
];

function nested(levels: number): string {
  const inner = levels - 2;
  return `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"p":${"[".repeat(inner)}${
    "]".repeat(inner)
  }}}`;
}

export const NESTING_ROWS: readonly Exchange[] = [
  { name: "64 levels", send: request(nested(64)), expect: SERVED },
  {
    name: "65 levels",
    send: request(nested(65)),
    expect: { status: 400, id: null, code: [-32600, -32700] },
  },
  row("brackets in a string", { ...PING, params: { p: '[{"'.repeat(1_000) } }, SERVED),
];

function callRow(
  name: string,
  tool: string,
  args: unknown,
  expect: Outcome,
  version?: string,
): Exchange {
  const headers = version ? { "MCP-Protocol-Version": version } : {};
  const params = { name: tool, arguments: args };
  return row(name, { jsonrpc: "2.0", id: 1, method: "tools/call", params }, expect, { headers });
}

const invalid = (meaning: RegExp): Outcome => ({ status: 200, id: 1, code: -32602, meaning });
const NO_HOST = /egress-block.*host/s;

/** Wrong arguments are an error of the protocol or of the tool, as the revision has it. */
export const ARGUMENT_ROWS: readonly Exchange[] = [
  ...["2024-11-05", "2025-03-26", "2025-06-18"].map((version) =>
    callRow(
      `wrong arguments under ${version}`,
      "egress-block",
      { justification: "x" },
      invalid(NO_HOST),
      version,
    )
  ),
  callRow("wrong arguments under 2025-11-25", "egress-block", { justification: "x" }, {
    status: 200,
    id: 1,
    isError: true,
    meaning: NO_HOST,
  }, "2025-11-25"),
  callRow("an unknown tool under 2025-11-25", "nope", {}, invalid(/unknown tool/i), "2025-11-25"),
  callRow(
    "arguments an array under 2025-11-25",
    "egress-block",
    [1],
    invalid(/arguments.*object/),
    "2025-11-25",
  ),
  ...[
    "a host.example",
    " a.example",
    "a.example\n",
    "*.a.example",
    "*",
    "https://a.example",
    "a.example/path",
    "a.example:443",
    "user@a.example",
    "a.example.",
    ".a.example",
    "a..example",
    "-a.example",
    "bücher.example",
    "a\u200b.example",
    "a".repeat(64) + ".example",
    "a.".repeat(126) + "example",
    "[::1]",
    "0x7f.1",
  ].map((host) =>
    callRow(
      `host ${JSON.stringify(host).slice(0, 30)}`,
      "egress-block",
      { host, justification: "x" },
      invalid(NO_HOST),
    )
  ),
  ...["javascript:alert(1)", "//a.example/x", "http://", "https:a.example", "http:///a.example"]
    .map((url) =>
      callRow(
        `failed_url ${url}`,
        "pipelock-block",
        { failed_url: url, justification: "x" },
        invalid(/pipelock-block.*failed_url/s),
      )
    ),
  ...["host", "justification"].map((field) =>
    callRow(`half a surrogate pair in ${field}`, "egress-block", {
      host: "a.example",
      justification: "x",
      [field]: "a\udc00",
    }, invalid(new RegExp(`egress-block.*${field}`, "s")))
  ),
  callRow(
    "a proposal_id that is no UUID",
    "proposal-status",
    { proposal_id: "../../etc/passwd" },
    invalid(/proposal-status.*proposal_id/s),
  ),
  callRow("no proposal_id", "proposal-status", {}, invalid(/proposal-status.*proposal_id/s)),
];
