/** Transcript, part 5: `list-egress-routes` against a proxy that answers, refuses or misbehaves. */

import { request } from "../../../support/wire.ts";
import type { Exchange, Outcome } from "./row.ts";

/** What the proxy sends to a request before it closes the connection. */
export type ProxyAnswer = string | Uint8Array | "no listener" | "no answer";

export interface RouteRow extends Exchange {
  readonly proxy: ProxyAnswer;
}

const TABLE = JSON.stringify(
  {
    routes: [
      {
        host: "api.github.com",
        path_allowlist: ["/repos/"],
        auth_scheme: "token",
        token_env: "EGRESS_TOKEN_0",
      },
      { host: "pypi.org", path_allowlist: [], auth_scheme: "", token_env: "" },
    ],
  },
  null,
  2,
);

const encoder = new TextEncoder();

function http(status: string, body: string | Uint8Array, headers = ""): Uint8Array {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const head = `HTTP/1.1 ${status}\r\nContent-Length: ${bytes.length}\r\n${headers}\r\n`;
  return new Uint8Array([...encoder.encode(head), ...bytes]);
}

function call(args: unknown): Uint8Array {
  const params = { name: "list-egress-routes", arguments: args };
  return request(JSON.stringify({ jsonrpc: "2.0", id: 5, method: "tools/call", params }));
}

const OURS = call({});

/** An error result that names the tool, the address and the trouble. */
function failed(trouble: RegExp): Outcome {
  const address = String.raw`http://_egress\.local/allowlist`;
  return {
    status: 200,
    id: 5,
    isError: true,
    meaning: new RegExp(`list-egress-routes(?=.*${address}).*(${trouble.source})`, "is"),
  };
}

const LISTED: Outcome = {
  status: 200,
  id: 5,
  isError: false,
  meaning: /^\{\s*"routes".*EGRESS_TOKEN_0.*\}$/s,
};

export const ROUTE_ROWS: readonly RouteRow[] = [
  {
    name: "nothing listens at the proxy's address",
    proxy: "no listener",
    send: OURS,
    expect: failed(/refused/),
  },
  { name: "answered", proxy: http("200 OK", TABLE), send: OURS, expect: LISTED },
  {
    name: "arguments a number",
    proxy: http("200 OK", TABLE),
    send: call(5),
    differs: "argumentsObject",
    expect: { status: 200, id: 5, code: -32602, meaning: /arguments.*object/ },
    reference: LISTED,
  },
  {
    name: "the proxy answers 403",
    proxy: http("403 Forbidden", "blocked"),
    send: OURS,
    expect: failed(/403/),
  },
  {
    name: "the proxy answers bytes that are not UTF-8",
    proxy: http("200 OK", new Uint8Array([0xff, 0xfe, 0xfa])),
    send: OURS,
    differs: "noInternalErrors",
    expect: failed(/UTF-8/),
    reference: { status: 200, id: 5, code: -32603, meaning: /^internal error$/ },
  },
  {
    name: "the proxy does not answer within 5 s",
    proxy: "no answer",
    send: OURS,
    expect: failed(/timed out|5 s/),
  },
];

/** Not recorded from the earlier server. */
export const FURTHER_ROUTE_ROWS: readonly RouteRow[] = [
  {
    name: "the proxy's answer is not JSON",
    proxy: http("200 OK", "<html>not a table</html>"),
    send: OURS,
    expect: failed(/JSON/),
  },
  {
    name: "the proxy's answer is one byte over 1 MiB",
    proxy: http("200 OK", `"${"a".repeat(1_048_575)}"`),
    send: OURS,
    expect: failed(/1,?048,?576|1 MiB|too large|large/),
  },
  {
    name: "the proxy's answer grows over 1 MiB without a length",
    proxy: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"${"a".repeat(4_194_304)}"`,
    send: OURS,
    expect: failed(/1,?048,?576|1 MiB|too large|large/),
  },
  {
    name: "the proxy's answer ends before its Content-Length",
    proxy: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"routes":[]}',
    send: OURS,
    expect: failed(/end|clos|short|incomplete|truncated|broke|reading/),
  },
  {
    name: "the proxy does not speak HTTP",
    proxy: "SSH-2.0-OpenSSH_9.2\r\n",
    send: OURS,
    expect: failed(/HTTP|invalid|answer/),
  },
  {
    name: "the proxy closes without an answer",
    proxy: "",
    send: OURS,
    expect: failed(/clos|end|empty|answer|reset/),
  },
  {
    name: "the proxy redirects, which is not followed",
    proxy: http("302 Found", "", "Location: http://_egress.local/elsewhere\r\n"),
    send: OURS,
    expect: failed(/302|redirect/),
  },
];
