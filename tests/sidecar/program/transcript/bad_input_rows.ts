/** Transcript, part 3: `tools/call` with input that is wrong. None of these rows queues anything. */

import { request } from "../../../support/wire.ts";
import type { Exchange, Outcome } from "./row.ts";

function call(params: unknown): Uint8Array {
  return request(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params }));
}

/** Invalid params, with a message that must say this. */
function invalid(meaning: RegExp): Outcome {
  return { status: 200, id: 1, code: -32602, meaning };
}

const INTERNAL_ERROR: Outcome = { status: 200, id: 1, code: -32603, meaning: /^internal error$/ };

/** One tool's rows: the arguments, apart from a justification, and what the message must say. */
function rows(
  tool: string,
  cases: readonly (readonly [name: string, args: Record<string, unknown>, meaning: RegExp])[],
): Exchange[] {
  return cases.map(([name, args, meaning]) => ({
    name: `${tool}: ${name}`,
    send: call({ name: tool, arguments: { justification: "x", ...args } }),
    expect: invalid(meaning),
  }));
}

const EGRESS_BLOCK = rows("egress-block", [
  ["blank justification", { host: "h", justification: "  " }, /egress-block.*justification/s],
  ["justification a number", { host: "h", justification: 5 }, /egress-block.*justification/s],
  ["no host", {}, /egress-block.*host/s],
  ["blank host", { host: " " }, /egress-block.*host/s],
  ["host a number", { host: 1 }, /egress-block.*host/s],
  [
    "path_allowlist a string",
    { host: "h", path_allowlist: "/a" },
    /egress-block.*path_allowlist.*array/s,
  ],
  [
    "path_allowlist with a number in it",
    { host: "h", path_allowlist: ["/a", 3] },
    /egress-block.*path_allowlist\[1\].*string/s,
  ],
  [
    "path_allowlist with a relative path in it",
    { host: "h", path_allowlist: ["/a", "b"] },
    /egress-block.*path_allowlist\[1\](?=.*\bb\b).*start with ['"]?\//s,
  ],
  [
    "auth a string",
    { host: "h", auth: "Bearer" },
    /egress-block.*auth.*object.*scheme.*token_ref/s,
  ],
  ["auth empty", { host: "h", auth: {} }, /egress-block.*auth\.scheme.*Bearer.*token/s],
  [
    "auth.scheme in lower case",
    { host: "h", auth: { scheme: "bearer", token_ref: "T" } },
    /egress-block.*auth\.scheme(?=.*Bearer)(?=.*token).*bearer/s,
  ],
  [
    "auth.scheme a number",
    { host: "h", auth: { scheme: 1.5, token_ref: "T" } },
    /egress-block.*auth\.scheme(?=.*Bearer)(?=.*token).*1\.5/s,
  ],
  [
    "no auth.token_ref",
    { host: "h", auth: { scheme: "Bearer" } },
    /egress-block.*auth\.token_ref/s,
  ],
]);

const PIPELOCK_BLOCK = rows("pipelock-block", [
  ["no failed_url", {}, /pipelock-block.*failed_url/s],
  ["blank failed_url", { failed_url: " " }, /pipelock-block.*(failed_url|empty)/s],
  [
    "failed_url without a scheme",
    { failed_url: "api.github.com/x" },
    /pipelock-block.*failed_url(?=.*https?:\/\/).*api\.github\.com\/x/s,
  ],
  [
    "failed_url of another scheme",
    { failed_url: "ftp://h/x" },
    /pipelock-block.*failed_url(?=.*https?:\/\/).*ftp:\/\/h\/x/s,
  ],
  ["failed_url without a host", { failed_url: "https:///x" }, /pipelock-block.*failed_url.*host/s],
  [
    "failed_url with a port alone",
    { failed_url: "http://:80/x" },
    /pipelock-block.*failed_url.*host/s,
  ],
  [
    "failed_url with control and invisible characters",
    { failed_url: "x\té\u200b'\"" },
    /^[^\t\u200b]*pipelock-block[^\t\u200b]*failed_url[^\t\u200b]*https?:\/\/[^\t\u200b]*$/s,
  ],
]);

const CAPABILITY_BLOCK = rows("capability-block", [
  ["no dockerfile", {}, /capability-block.*dockerfile/s],
  ["dockerfile an array", { dockerfile: ["FROM x"] }, /capability-block.*dockerfile.*string/s],
  ["blank dockerfile", { dockerfile: "\n \n" }, /capability-block.*(dockerfile|empty)/s],
]);

export const BAD_INPUT_ROWS: readonly Exchange[] = [
  { name: "no params", send: call(undefined), expect: invalid(/name/) },
  { name: "name a number", send: call({ name: 3 }), expect: invalid(/name/) },
  {
    name: "a bad call without an id",
    send: request('{"jsonrpc":"2.0","method":"tools/call","params":{"name":"egress-block"}}'),
    differs: "notifications",
    expect: { status: 202, meaning: /^$/ },
    reference: { status: 200, id: null, code: -32602, meaning: /justification/ },
  },
  {
    name: "no arguments",
    send: call({ name: "egress-block" }),
    expect: invalid(/egress-block.*justification/s),
  },
  {
    name: "arguments null",
    send: call({ name: "egress-block", arguments: null }),
    differs: "emptyLists",
    expect: invalid(/egress-block.*host.*required/),
    reference: invalid(/arguments.*object/),
  },
  {
    name: "arguments an empty array",
    send: call({ name: "egress-block", arguments: [] }),
    differs: "emptyLists",
    expect: invalid(/egress-block.*host.*required/),
    reference: invalid(/arguments.*object/),
  },
  {
    name: "an unknown tool without a justification",
    send: call({ name: "nope", arguments: {} }),
    differs: "toolFirst",
    expect: invalid(/unknown tool.*nope/i),
    reference: invalid(/nope: 'justification' is required/),
  },
  {
    name: "an unknown tool",
    send: call({ name: "nope", arguments: { justification: "x" } }),
    expect: invalid(/unknown tool.*nope/i),
  },
  {
    name: "an unknown tool with a quote in its name",
    send: call({ name: "no'pe", arguments: { justification: "x" } }),
    expect: invalid(/unknown tool.*no'pe/i),
  },
  ...EGRESS_BLOCK,
  {
    name: "egress-block: unknown arguments",
    send: call({
      name: "egress-block",
      arguments: {
        justification: "x",
        host: "api.github.com",
        auth: { scheme: "token", token_ref: "GH_TOKEN", extra: 1 },
        pathAllowlist: ["/a"],
        ignored: true,
      },
    }),
    differs: "unknownArguments",
    expect: invalid(/egress-block(?=.*"extra" in 'auth')(?=.*"pathAllowlist")(?!.*ignored)/s),
    reference: { status: 200, id: 1, isError: false, meaning: /^status: approved/ },
  },
  ...PIPELOCK_BLOCK,
  {
    name: "pipelock-block: failed_url with a broken IPv6 host",
    send: call({
      name: "pipelock-block",
      arguments: { justification: "x", failed_url: "http://[::1/x" },
    }),
    differs: "noInternalErrors",
    expect: invalid(/pipelock-block.*failed_url/s),
    reference: INTERNAL_ERROR,
  },
  ...CAPABILITY_BLOCK,
  {
    name: "capability-block: half a surrogate pair in dockerfile",
    send: call({
      name: "capability-block",
      arguments: { justification: "x", dockerfile: "FROM x\ud800" },
    }),
    differs: "noInternalErrors",
    expect: invalid(/capability-block.*dockerfile/s),
    reference: INTERNAL_ERROR,
  },
];
