/** Responses as text: one line of JSON each, with the id as it came. */

import assert from "node:assert/strict";
import {
  errorText,
  Json,
  notificationText,
  resultText,
} from "../../../src/sidecar/jsonrpc/response.ts";

const IDS = [0, 1, -1, 2 ** 53 - 1, 1 - 2 ** 53, "", "1", 'a"\\\n\u2028é🙂', "\ud800"];

for (const id of IDS) {
  Deno.test(`resultText() and errorText() return the id ${JSON.stringify(id)} as it came`, () => {
    const result = resultText(id, { a: [1] });
    const error = errorText(id, { code: -32601, message: "no" });
    assert.deepEqual(JSON.parse(result), { jsonrpc: "2.0", id, result: { a: [1] } });
    assert.deepEqual(JSON.parse(error), {
      jsonrpc: "2.0",
      id,
      error: { code: -32601, message: "no" },
    });
    for (const text of [result, error]) assert.match(text, /^[^\n]+\n$/);
  });
}

Deno.test("errorText() says null for an id that could not be read, and carries data", () => {
  assert.equal(
    errorText(null, { code: -32700, message: "x", data: { supported: [] } }),
    '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"x","data":{"supported":[]}}}\n',
  );
});

Deno.test("resultText() takes JSON that was made before as it is", () => {
  assert.equal(resultText(1, new Json("[1, 2]")), '{"jsonrpc":"2.0","id":1,"result":[1, 2]}\n');
});

Deno.test("errorText() has no id member for an id that is undefined", () => {
  assert.equal(
    errorText(undefined, { code: -32700, message: "x" }),
    '{"jsonrpc":"2.0","error":{"code":-32700,"message":"x"}}\n',
  );
});

Deno.test("notificationText() is one line without an id, whatever is in it", () => {
  const text = notificationText("notifications/x", { a: "1\n2\u2028\ud800" });
  assert.match(text, /^[^\n]+\n$/);
  assert.deepEqual(JSON.parse(text), {
    jsonrpc: "2.0",
    method: "notifications/x",
    params: { a: "1\n2\u2028\ud800" },
  });
});
