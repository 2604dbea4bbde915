/** The Accept header: whether the client reads JSON, and whether it names streams or allows them. */

import assert from "node:assert/strict";
import { readAccept } from "../../../src/sidecar/http/accept.ts";

/** Of `json`, `stream` and `perhapsStream`, what holds, in this order. */
const ROWS: readonly (readonly [header: string | null, holds: string])[] = [
  [null, "json perhaps"],
  ["*/*", "json perhaps"],
  ["application/json", "json"],
  ["application/*", "json"],
  ["text/event-stream", "stream perhaps"],
  ["text/*", "stream perhaps"],
  ["application/json, text/event-stream", "json stream perhaps"],
  ["text/event-stream,application/json", "json stream perhaps"],
  ["Application/JSON , TEXT/Event-Stream", "json stream perhaps"],
  ["application/json;charset=utf-8, text/event-stream;q=0.5", "json stream perhaps"],
  ["text/event-stream;q=0, application/json", "json"],
  ["text/event-stream; Q=0.000, */*", "json"],
  ["*/*, text/*;q=0", "json"],
  ["application/json;q=0, */*", "perhaps"],
  ["application/json;q=0, text/event-stream", "stream perhaps"],
  ["text/event-stream;q=0.001", "stream perhaps"],
  ["application/json, */*;q=0", "json"],
  ["text/html, */*;q=0.8", "json perhaps"],
  ["text/html", ""],
  ["", ""],
  [",;,", ""],
  ["application/jsonp, text/event-streams", ""],
  ["text/plain; a=application/json", ""],
];

for (const [header, holds] of ROWS) {
  Deno.test(`readAccept() of ${JSON.stringify(header)}: ${holds || "nothing"}`, () => {
    const { json, stream, perhapsStream } = readAccept(header);
    const names = [[json, "json"], [stream, "stream"], [perhapsStream, "perhaps"]] as const;
    assert.equal(names.flatMap(([is, name]) => is ? [name] : []).join(" "), holds);
  });
}

Deno.test("readAccept() says the same again, also after many other values", () => {
  const header = "application/json, text/event-stream";
  const before = readAccept(header);
  assert.equal(readAccept(header), before, "it is remembered");
  for (let count = 0; count < 1_000; count++) readAccept(`application/x-${count}`);
  assert.deepEqual(readAccept(header), before);
});
