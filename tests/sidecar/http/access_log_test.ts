/** The lines of the access log: one a request whatever it holds, and nothing secret in it. */

import assert from "node:assert/strict";
import { accessLogLine } from "../../../src/sidecar/http/access_log.ts";
import type { RequestRecord } from "../../../src/sidecar/http/request_record.ts";
import { exchange } from "../../support/agent.ts";
import { request } from "../../support/wire.ts";
import { EndpointFixture, toolCall } from "./endpoint_fixture.ts";

const NOW = new Date("2026-07-28T12:00:00.123Z");

const RECORD: RequestRecord = {
  httpMethod: "POST",
  path: "/mcp",
  queryNames: ["a"],
  mcpMethod: "tools/call",
  tool: "egress-block",
  status: 200,
  outcome: "ok",
  bytes: 123,
  ms: 4.249,
};

Deno.test("a line has the keys in this order", () => {
  assert.equal(
    accessLogLine(RECORD, NOW),
    '{"event":"http_request","time":"2026-07-28T12:00:00.123Z","method":"POST","path":"/mcp",' +
      '"query":["a"],"mcp_method":"tools/call","tool":"egress-block","status":200,' +
      '"outcome":"ok","bytes":123,"ms":4.2}\n',
  );
});

Deno.test("what does not apply is left out of a line", () => {
  const record = { ...RECORD, queryNames: [], mcpMethod: undefined, tool: undefined };
  assert.equal(
    accessLogLine(record, NOW),
    '{"event":"http_request","time":"2026-07-28T12:00:00.123Z","method":"POST","path":"/mcp",' +
      '"status":200,"outcome":"ok","bytes":123,"ms":4.2}\n',
  );
});

const PATHS: readonly (readonly [string, string])[] = [
  ["newlines", "/a\nb\r\u2028\u2029\u0085"],
  ["what acts on a terminal", "/\u001b[2J\u0007\u009b31m\u007f"],
  ["what turns text around or is not seen", "/\u202e\u2066\u200b\ufeff"],
  ["quotes and backslashes", '/"\\"}{"event":"forged"'],
  ["characters beyond the first plane, and half of one", "/😀\ud83d"],
];

for (const [name, path] of PATHS) {
  Deno.test(`a path stays one line of ASCII that reads as it was: ${name}`, () => {
    const line = accessLogLine({ ...RECORD, path }, NOW);
    assert.match(line, /^[ -~]+\n$/);
    assert.equal(JSON.parse(line).path, path);
    assert.equal(JSON.parse(line).event, "http_request");
  });
}

const NAMES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["depth", "a.b-c_D9", "x".repeat(32)], ["depth", "a.b-c_D9", "x".repeat(32)]],
  [["x".repeat(33), "", "a b", "é", "a\n", "[0]"], ["?", "?", "?", "?", "?", "?"]],
  [new Array<string>(17).fill("n"), new Array<string>(16).fill("n")],
];

for (const [given, shown] of NAMES) {
  Deno.test(`names in a query are plain, or a question mark: ${JSON.stringify(given)}`, () => {
    const line = accessLogLine({ ...RECORD, queryNames: given }, NOW);
    assert.deepEqual(JSON.parse(line).query, shown);
  });
}

Deno.test("no body, header or value of a query gets into a line", async () => {
  const lines: string[] = [];
  await using fixture = await EndpointFixture.start({
    onRequest: (record) => void lines.push(accessLogLine(record, NOW)),
  });
  const secrets = { headers: { "Authorization": "Bearer s3cr3t", "Mcp-Session-Id": "s3cr3t" } };
  const bodies: readonly (readonly [string, string])[] = [
    ["/?token=s3cr3t", toolCall("echo", { text: "s3cr3t" })],
    ["/", toolCall("s3cr3t")],
    ["/rpc?s3cr3t==", '{"method":"s3cr3t","params":{"s3cr3t":1}}'],
    ["/nowhere?a=1&s3cr3t%20s3cr3t", "s3cr3t"],
    ["http://127.0.0.1?token=a/s3cr3t", "s3cr3t"],
    ["http://127.0.0.1#a/s3cr3t", "s3cr3t"],
    ["/mcp#token=s3cr3t", "s3cr3t"],
    ["/?token=1#s3cr3t&s3cr3t", "s3cr3t"],
  ];
  for (const [path, body] of bodies) {
    await exchange(fixture.port, request(body, { path, ...secrets }));
  }
  assert.equal(lines.length, 8);
  const names = lines.map((line) => JSON.parse(line).query);
  assert.deepEqual(names, [
    ["token"],
    undefined,
    ["?"],
    ["a", "?"],
    ["token"],
    undefined,
    undefined,
    ["token"],
  ]);
  assert.doesNotMatch(lines.join(""), /s3cr3t/);
});
