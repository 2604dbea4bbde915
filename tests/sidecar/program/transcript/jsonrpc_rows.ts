/** Transcript, part 2: what JSON-RPC messages are answered, well-formed and not. */

import { request } from "../../../support/wire.ts";
import { type Exchange, handshake, type Outcome } from "./row.ts";

function message(parts: Record<string, unknown>): Uint8Array {
  return request(JSON.stringify({ jsonrpc: "2.0", ...parts }));
}

const ACCEPTED: Outcome = { status: 202, meaning: /^$/ };

/** HTTP 400 where 200 was recorded, with the same code; `id` is the one that can be read. */
function refused(code: number, meaning: RegExp, id: number | null = null) {
  return {
    differs: "parseErrors",
    expect: { status: 400, id, code, meaning },
    reference: { status: 200, id: null, code, meaning },
  } as const;
}

const NOT_JSON = refused(-32700, /parse error/i);
const NOT_AN_OBJECT = refused(-32600, /object/);
const NOT_2_0 = refused(-32600, /jsonrpc.*2\.0/, 1);
const NO_METHOD = refused(-32600, /method.*string/, 1);

const RECORDED_HANDSHAKE = handshake(1, "2024-11-05").expect;

const badId = (meaning: RegExp): Outcome => ({ status: 400, id: null, code: -32600, meaning });

const FOUR_TOOLS = ["egress-block", "list-egress-routes", "pipelock-block", "capability-block"];

export const FIVE_TOOLS = [
  "egress-block",
  "pipelock-block",
  "capability-block",
  "list-egress-routes",
  "proposal-status",
];

/** These tools in this order and no other. A tool's name stands before its description. */
function toolList(id: number, names: readonly string[]): Outcome {
  const tools = names.map((name) => `"name":"${name}",(?:(?!"name":"[a-z]+-[a-z-]+",).)*`);
  return { status: 200, id, meaning: new RegExp(`^\\{"tools":\\[\\{${tools.join("")}$`, "s") };
}

export const JSONRPC_ROWS: readonly Exchange[] = [
  {
    name: "initialize",
    send: message({
      id: 1,
      method: "initialize",
      params: {
        protocolVersion: "2024-11-05",
        capabilities: {},
        clientInfo: { name: "curl", version: "0" },
      },
    }),
    ...handshake(1, "2024-11-05"),
  },
  {
    name: "initialize, another revision asked for",
    send: message({ id: 1, method: "initialize", params: { protocolVersion: "2025-06-18" } }),
    ...handshake(1, "2025-06-18"),
  },
  {
    name: "initialize, id a string",
    send: message({ id: "abc", method: "initialize" }),
    ...handshake("abc", "2025-11-25"),
  },
  {
    name: "initialize, id null",
    send: message({ id: null, method: "initialize" }),
    differs: "ids",
    expect: badId(/id/),
    reference: handshake(null, "2024-11-05").expect,
  },
  {
    name: "initialize, id an object",
    send: request(
      '{"jsonrpc":"2.0","id":{"a":[1.50,true,12345678901234567890]},"method":"initialize"}',
    ),
    differs: "ids",
    expect: badId(/id/),
    reference: handshake({ a: [1.5, true, 12345678901234567890] }, "2024-11-05").expect,
  },
  {
    name: "initialize without an id",
    send: message({ method: "initialize" }),
    expect: ACCEPTED,
  },
  {
    name: "notifications/initialized",
    send: message({ method: "notifications/initialized" }),
    expect: ACCEPTED,
  },
  {
    name: "notifications/initialized with an id",
    send: message({ id: 9, method: "notifications/initialized" }),
    expect: { status: 200, id: 9, meaning: /^(null|\{\})$/ },
  },
  {
    name: "tools/list",
    send: message({ id: 2, method: "tools/list" }),
    differs: "fiveTools",
    expect: toolList(2, FIVE_TOOLS),
    reference: toolList(2, FOUR_TOOLS),
  },
  {
    name: "tools/list without an id",
    send: message({ method: "tools/list" }),
    expect: ACCEPTED,
  },
  {
    name: "resources/list, which was unknown",
    send: message({ id: 3, method: "resources/list" }),
    differs: "newMethods",
    expect: { status: 200, id: 3, meaning: /^\{"resources":\[\{.*"uri":"supervise:/ },
    reference: { status: 200, id: 3, code: -32601, meaning: /method not found.*resources\/list/i },
  },
  {
    name: "an unknown method, not ASCII",
    send: message({ id: 3, method: "café" }),
    expect: { status: 200, id: 3, code: -32601, meaning: /method not found.*café/i },
  },
  {
    name: "notifications/cancelled",
    send: message({ method: "notifications/cancelled" }),
    differs: "notifications",
    expect: ACCEPTED,
    reference: { status: 200, id: null, code: -32601, meaning: /method not found/ },
  },
  {
    name: "ping",
    send: message({ id: 3, method: "ping" }),
    differs: "newMethods",
    expect: { status: 200, id: 3, meaning: /^\{\}$/ },
    reference: { status: 200, id: 3, code: -32601, meaning: /method not found: ping/ },
  },
  { name: "JSON cut short", send: request('{"jsonrpc":"2.0",'), ...NOT_JSON },
  { name: "JSON without a comma", send: request('{"jsonrpc":"2.0" "id":1}'), ...NOT_JSON },
  {
    name: "JSON with something after it",
    send: request('{"jsonrpc":"2.0","id":1,"method":"initialize"} x'),
    ...NOT_JSON,
  },
  {
    name: "JSON that breaks in its third line",
    send: request('{"jsonrpc":"2.0",\n "id":1,\n "method": nope}'),
    ...NOT_JSON,
  },
  { name: "an empty body", send: request(""), ...NOT_JSON },
  {
    name: "a body that is not UTF-8",
    send: request(
      Uint8Array.from('{"jsonrpc":"2.0","id":1,"method":"\xff"}', (char) => char.charCodeAt(0)),
    ),
    differs: "unanswered",
    expect: { status: 400, id: null, code: -32700, meaning: /UTF-8/i },
    reference: { status: "none" },
  },
  {
    name: "a byte order mark before the JSON",
    send: request('\ufeff{"jsonrpc":"2.0","id":1,"method":"initialize"}'),
    ...handshake(1, "2025-11-25"),
  },
  {
    name: "NaN",
    send: request('{"jsonrpc":"2.0","id":NaN,"method":"initialize"}'),
    differs: "strictJson",
    expect: { status: 400, id: null, code: -32700, meaning: /parse error/i },
    reference: { status: 200, id: NaN, meaning: RECORDED_HANDSHAKE.meaning! },
  },
  {
    name: "a key given twice: the last one counts",
    send: request('{"jsonrpc":"2.0","id":1,"id":2,"method":"initialize"}'),
    ...handshake(2, "2025-11-25"),
  },
  {
    name: "brackets nested 100,000 deep",
    send: request("[".repeat(100_000)),
    differs: "unanswered",
    expect: { status: 400, id: null, code: [-32700, -32600], meaning: /nest|deep|parse/i },
    reference: { status: "none" },
  },
  {
    name: "a batch that holds initialize",
    send: request('[{"jsonrpc":"2.0","id":1,"method":"initialize"}]'),
    differs: "batches",
    expect: {
      status: 200,
      meaning: /^\[\{(?=.*"id":1\b)(?=.*"code":-32600\b)(?=.*initialize).*\}\]$/,
    },
    reference: { status: 200, id: null, code: -32600, meaning: /must be a JSON object/ },
  },
  { name: "a body that is a string", send: request('"x"'), ...NOT_AN_OBJECT },
  { name: "no jsonrpc", send: request('{"id":1,"method":"initialize"}'), ...NOT_2_0 },
  {
    name: "jsonrpc a number",
    send: request('{"jsonrpc":2.0,"id":1,"method":"initialize"}'),
    ...NOT_2_0,
  },
  { name: "no method", send: message({ id: 1 }), ...NO_METHOD },
  { name: "a method that is not a string", send: message({ id: 1, method: 5 }), ...NO_METHOD },
  {
    name: "params an empty array",
    send: message({ id: 1, method: "initialize", params: [] }),
    differs: "emptyLists",
    expect: handshake(1, "2025-11-25").expect,
    reference: refused(-32602, /params.*object/, 1).reference,
  },
  {
    name: "params null, which counts as none",
    send: message({ id: 1, method: "initialize", params: null }),
    ...handshake(1, "2025-11-25"),
  },
];
