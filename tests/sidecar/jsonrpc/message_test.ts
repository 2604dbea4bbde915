/** A JSON value read as a JSON-RPC message: each kind, and the code for each that is none. */

import assert from "node:assert/strict";
import { isObject, type Message, readMessage } from "../../../src/sidecar/jsonrpc/message.ts";

function request(id: string | number, params: Record<string, unknown> = {}): Message {
  return { kind: "request", id, method: "ping", params };
}

const LONG_ID = "x".repeat(256);

const READ: readonly (readonly [name: string, value: unknown, expected: Message])[] = [
  ["a request", { jsonrpc: "2.0", id: 1, method: "ping", params: { a: 1 } }, request(1, { a: 1 })],
  ["a request without params", { jsonrpc: "2.0", id: 1, method: "ping" }, request(1)],
  ["params an empty list", { jsonrpc: "2.0", id: 1, method: "ping", params: [] }, request(1)],
  ["params null", { jsonrpc: "2.0", id: 1, method: "ping", params: null }, request(1)],
  ["an id of text", { jsonrpc: "2.0", id: "a b", method: "ping" }, request("a b")],
  ["an empty id", { jsonrpc: "2.0", id: "", method: "ping" }, request("")],
  ["an id of 256 characters", { jsonrpc: "2.0", id: LONG_ID, method: "ping" }, request(LONG_ID)],
  ["an id of 0", { jsonrpc: "2.0", id: 0, method: "ping" }, request(0)],
  ["an id below 0", { jsonrpc: "2.0", id: -7, method: "ping" }, request(-7)],
  ["the largest id", { jsonrpc: "2.0", id: 2 ** 53 - 1, method: "ping" }, request(2 ** 53 - 1)],
  ["the smallest id", { jsonrpc: "2.0", id: 1 - 2 ** 53, method: "ping" }, request(1 - 2 ** 53)],
  ["unknown members", { jsonrpc: "2.0", id: 1, method: "ping", task: {} }, request(1)],
  [
    "a request beside a result",
    { jsonrpc: "2.0", id: 1, method: "ping", result: {} },
    request(1),
  ],
  [
    "a notification",
    { jsonrpc: "2.0", method: "notifications/x", params: { a: 1 } },
    { kind: "notification", method: "notifications/x", params: { a: 1 } },
  ],
  ["a result", { jsonrpc: "2.0", id: 1, result: {} }, { kind: "response" }],
  ["an error", { jsonrpc: "2.0", id: null, error: { code: 1 } }, { kind: "response" }],
];

for (const [name, value, expected] of READ) {
  Deno.test(`readMessage() of ${name}`, () => assert.deepEqual(readMessage(value), expected));
}

const JSONRPC = "jsonrpc field must be '2.0'";
const METHOD = "method must be a string";
const ID = "id must be a string of at most 256 characters or an integer within ±(2^53−1); " +
  "leave it out for a notification";

/** `id`: the one that could be read all the same. */
const INVALID: readonly (readonly [
  name: string,
  value: unknown,
  code: number,
  message: string,
  id?: string | number,
])[] = [
  ["null", null, -32600, "request must be a JSON object"],
  ["text", "ping", -32600, "request must be a JSON object"],
  ["a number", 5, -32600, "request must be a JSON object"],
  [
    "a list",
    [{ jsonrpc: "2.0", id: 1, method: "ping" }],
    -32600,
    "request must be a JSON object",
  ],
  ["an empty object", {}, -32600, JSONRPC],
  ["no version", { id: 1, method: "ping" }, -32600, JSONRPC, 1],
  ["version 1.0", { jsonrpc: "1.0", id: "", method: "ping" }, -32600, JSONRPC, ""],
  ["version 1.0 and an id null", { jsonrpc: "1.0", id: null, method: "a" }, -32600, JSONRPC],
  ["version 2.0 as a number", { jsonrpc: 2.0, id: 0, method: "ping" }, -32600, JSONRPC, 0],
  ["no method", { jsonrpc: "2.0", id: 1 }, -32600, METHOD, 1],
  ["no method and an endless id", { jsonrpc: "2.0", id: `${LONG_ID}x` }, -32600, METHOD],
  ["a method that is a number", { jsonrpc: "2.0", id: 1, method: 1 }, -32600, METHOD, 1],
  ["a method null beside a result", { jsonrpc: "2.0", method: null, result: 1 }, -32600, METHOD],
  [
    "params a list",
    { jsonrpc: "2.0", id: 1, method: "a", params: [1] },
    -32602,
    "params must be an object",
    1,
  ],
  [
    "params text",
    { jsonrpc: "2.0", id: "p", method: "a", params: "x" },
    -32602,
    "params must be an object",
    "p",
  ],
  [
    "params false",
    { jsonrpc: "2.0", method: "a", params: false },
    -32602,
    "params must be an object",
  ],
  ["id null", { jsonrpc: "2.0", id: null, method: "a" }, -32600, ID],
  ["id undefined", { jsonrpc: "2.0", id: undefined, method: "a" }, -32600, ID],
  ["id a fraction", { jsonrpc: "2.0", id: 1.5, method: "a" }, -32600, ID],
  ["id beyond integers", { jsonrpc: "2.0", id: 2 ** 53, method: "a" }, -32600, ID],
  ["id without end", { jsonrpc: "2.0", id: Infinity, method: "a" }, -32600, ID],
  ["id true", { jsonrpc: "2.0", id: true, method: "a" }, -32600, ID],
  ["id an object", { jsonrpc: "2.0", id: {}, method: "a" }, -32600, ID],
  ["id of 257 characters", { jsonrpc: "2.0", id: `${LONG_ID}x`, method: "a" }, -32600, ID],
  ["id a list", { jsonrpc: "2.0", id: [1], method: "a" }, -32600, ID],
];

for (const [name, value, code, message, id] of INVALID) {
  Deno.test(`readMessage() refuses ${name} with ${code}`, () => {
    assert.deepEqual(readMessage(value), {
      ...{ kind: "invalid", error: { code, message }, id },
      ...code === -32602 ? { isNotification: !Object.hasOwn(value as object, "id") } : {},
    });
  });
}

Deno.test("readMessage() takes an id that is inherited for none", () => {
  const value = Object.assign(Object.create({ id: 1 }), { jsonrpc: "2.0", method: "a" });
  assert.equal(readMessage(value).kind, "notification");
});

Deno.test("isObject() is true for objects alone", () => {
  assert.equal(isObject({}), true);
  for (const value of [null, [], "", 0, undefined, true]) assert.equal(isObject(value), false);
});
