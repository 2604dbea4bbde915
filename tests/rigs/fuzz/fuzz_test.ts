/** The wire is fuzzed: never a crash, never a hang, never an answer that breaks the schema. */

import assert from "node:assert/strict";
import { EgressProxy } from "../../support/egress_proxy.ts";
import { FUZZ_SETTINGS, fuzzHttp } from "./http.ts";
import { startStdioSidecar } from "./line_process.ts";
import { NOTHING_LIVE } from "./messages.ts";
import { httpProbe } from "./probe.ts";
import { readBody, type Reading } from "./reading.ts";
import { fuzzStdio } from "./stdio.ts";
import type { Tally } from "./tally.ts";
import { judgeAnswer, judgeStream } from "./verdict.ts";
import { SERVER_INFO } from "../../support/meta_keys.ts";
import { startSidecar } from "../../support/programs.ts";
import { type Answer, checkAnswer, checkNotification } from "../../support/schema/answer.ts";
import { PUBLISHED, REVISIONS } from "../../support/schema/published.ts";

const ROUTES = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"routes":[]}';

/** What a run has to have met, or it proves nothing. */
function isThorough(tally: Tally, kinds: readonly RegExp[]): void {
  assert.deepEqual(tally.defects, []);
  const met = [...tally.counts.keys()];
  for (const kind of kinds) assert.ok(met.some((one) => kind.test(one)), `${kind}: ${met}`);
}

const KINDS = [/result$/, /result isError$/, /-32700$/, /-32600$/, /-32601$/, /-32602$/];

Deno.test("http: no request makes it crash, hang, or break the schema", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = ROUTES;
  await using sidecar = await startSidecar({
    env: { ...FUZZ_SETTINGS, SUPERVISE_EGRESS_PROXY: proxy.url },
  });
  const tally = await fuzzHttp(sidecar, { seed: 1, requests: 5_000 });
  isThorough(tally, [
    ...KINDS,
    /-32020$/,
    /-32021$/,
    /-32022$/,
    /result task$/,
    /^stream: result/,
    /^stream: notifications\/subscriptions\/acknowledged$/,
    /^202$/,
    /^403 error -32600$/,
    /^404 error/,
    /^405 text$/,
    /^broken: 400$/,
  ]);
});

Deno.test("stdio: no line makes it crash, hang, or break the schema", async () => {
  await using proxy = new EgressProxy();
  proxy.answer = ROUTES;
  await using sidecar = await startStdioSidecar({
    ...FUZZ_SETTINGS,
    SUPERVISE_EGRESS_PROXY: proxy.url,
  });
  const options = { seed: 2, requests: 3_000 };
  isThorough(await fuzzStdio(sidecar.process, options), KINDS);
});

Deno.test("the series of requests is the same for a seed, from whatever index", () => {
  const plan = { seed: 3, live: NOTHING_LIVE };
  for (const index of [0, 1, 500]) {
    assert.deepEqual(httpProbe(index, plan).http, httpProbe(index, plan).http);
  }
  const other = { ...plan, seed: 4 };
  assert.notDeepEqual(httpProbe(0, plan).http, httpProbe(0, other).http);
});

Deno.test("each revision's schema is the published one", () => {
  for (const revision of REVISIONS) {
    const { $schema, $defs, definitions } = PUBLISHED[revision];
    assert.match($schema, revision < "2025-11-25" ? /draft-07/ : /2020-12/);
    assert.ok(Object.keys($defs ?? definitions ?? {}).length > 80, revision);
  }
});

const INFO = { [SERVER_INFO]: { name: "x", version: "1" } };
const TASK = {
  taskId: "t",
  status: "working",
  createdAt: "2026-11-21T08:00:00.000Z",
  lastUpdatedAt: "2026-11-21T08:00:00.000Z",
  ttlMs: null,
  resultType: "task",
  _meta: INFO,
};
const DONE = { resultType: "complete", _meta: INFO };

type Row = readonly [name: string, wrong: RegExp | undefined, Answer];

function answer(revision: Answer["revision"], method: string, rest: object): Answer {
  return { revision, method, ids: [1], message: { jsonrpc: "2.0", id: 1, ...rest } };
}

function result(revision: Answer["revision"], method: string, of: object): Answer {
  return answer(revision, method, { result: of });
}

function error(revision: Answer["revision"], code: number, data?: unknown): Answer {
  return answer(revision, "tools/call", {
    error: { code, message: "x", ...data === undefined ? {} : { data } },
  });
}

const NEW = "2026-07-28";
const TEXT = { content: [{ type: "text", text: "x" }] };
const AUDIO = { content: [{ type: "audio", data: "", mimeType: "audio/wav" }] };

const ROWS: readonly Row[] = [
  ["a legacy result", undefined, result("2024-11-05", "tools/call", TEXT)],
  ["a modern result", undefined, result(NEW, "tools/call", { ...TEXT, ...DONE })],
  ["no result and no error", /one of result and error/, answer(NEW, "ping", {})],
  ["both", /one of result and error/, answer(NEW, "ping", { result: DONE, error: {} })],
  ["a further member", /one of result and error/, answer(NEW, "ping", { result: DONE, x: 1 })],
  ["another id's type", /the id is 1/, { ...result("2025-11-25", "ping", {}), ids: ["1"] }],
  ["no resultType", /resultType/, result(NEW, "tools/call", { ...TEXT, _meta: INFO })],
  ["no serverInfo", /serverInfo/, result(NEW, "tools/call", { ...TEXT, resultType: "complete" })],
  ["a resultType of old", /legacy/, result("2025-11-25", "tools/call", { ...TEXT, ...DONE })],
  ["content that is no array", /content/, result("2025-06-18", "tools/call", { content: "x" })],
  ["audio before its time", /content/, result("2024-11-05", "tools/call", AUDIO)],
  ["audio since then", undefined, result("2025-03-26", "tools/call", AUDIO)],
  ["a list without cache hints", /cacheScope/, result(NEW, "tools/list", { tools: [], ...DONE })],
  ["a reserved code", /reserved/, error(NEW, -32000)],
  ["-32002 of a tool", /reserved/, error("2025-11-25", -32002)],
  ["a code of our own", undefined, error(NEW, 7)],
  ["-32022 without data", /data/, error(NEW, -32022)],
  [
    "-32021 with a list",
    /requiredCapabilities/,
    error(NEW, -32021, { requiredCapabilities: [] }),
  ],
  ["-32020 to an old client", /legacy/, error("2025-11-25", -32020)],
  ["a fractional code", /code/, error("2025-06-18", 0.5)],
  ["a task", undefined, { ...result(NEW, "tools/call", TASK), tasks: true }],
  ["a task nobody asked for", /did not declare/, result(NEW, "tools/call", TASK)],
  [
    "a task with its result",
    /result/,
    { ...result(NEW, "tools/call", { ...TASK, result: {} }), tasks: true },
  ],
  ["a task's state", undefined, result(NEW, "tasks/get", { ...TASK, ...DONE })],
  [
    "a task that is completed without a result",
    /GetTaskResult/,
    result(NEW, "tasks/get", { ...TASK, ...DONE, status: "completed" }),
  ],
  [
    "a task at no time",
    /date-time/,
    result(NEW, "tasks/get", { ...TASK, ...DONE, createdAt: "today" }),
  ],
  ["more than a task's receipt", /TaskResult/, result(NEW, "tasks/cancel", { ...TASK, ...DONE })],
];

Deno.test("answers: the published schema and the rules beside it", async (t) => {
  for (const [name, wrong, row] of ROWS) {
    await t.step(name, () => {
      const said = checkAnswer(row);
      if (wrong) assert.match(said ?? "nothing", wrong);
      else assert.equal(said, undefined);
    });
  }
});

Deno.test("notifications: known ones alone, and no request to the client", () => {
  const progress = (of: object) => ({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: 1, progress: 0, ...of },
  });
  assert.equal(checkNotification(NEW, progress({})), undefined);
  assert.match(checkNotification(NEW, progress({ progress: "0" })) ?? "", /progress/);
  assert.match(checkNotification(NEW, { ...progress({}), id: 1 }) ?? "", /request to the client/);
  const unknown = { jsonrpc: "2.0", method: "notifications/x" };
  assert.match(checkNotification(NEW, unknown) ?? "", /unknown notification/);
});

Deno.test("streams: one response last, progress that rises and has the request's token", () => {
  const asked: Extract<Reading, { kind: "request" }> = {
    kind: "request",
    id: 1,
    method: "tools/call",
    revision: NEW,
    tasks: false,
    progressToken: 0,
  };
  const progress = (value: number, token: unknown = 0) => ({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken: token, progress: value },
  });
  const last = { jsonrpc: "2.0", id: 1, result: { ...TEXT, ...DONE } };
  const judge = (...messages: unknown[]) => judgeStream(asked, messages, false) ?? "fine";
  assert.equal(judge(progress(1), progress(2), last), "fine");
  assert.match(judge(progress(1), progress(1), last), /went from 1 to 1/);
  assert.match(judge(progress(1, "0"), last), /another token/);
  assert.match(judge(last, last), /request to the client/);
  assert.match(judge(progress(1)), /one of result and error/);
});

Deno.test("readings: what a request says is found without knowing how it was made", async (t) => {
  const rows: readonly (readonly [name: string, body: string, Reading["kind"]])[] = [
    ["a request", '{"jsonrpc":"2.0","id":1,"method":"ping"}', "request"],
    ["the last of two ids", '{"jsonrpc":"2.0","id":[],"id":1,"method":"ping"}', "request"],
    ["a notification", '{"jsonrpc":"2.0","method":"x"}', "silent"],
    ["a response", '{"jsonrpc":"2.0","id":1,"result":{}}', "silent"],
    ["a null id", '{"jsonrpc":"2.0","id":null,"method":"x"}', "odd"],
    ["an id that is no number of JSON's", '{"jsonrpc":"2.0","id":1e400,"method":"x"}', "odd"],
    ["65 levels", "[".repeat(65) + "]".repeat(65), "odd"],
    ["half a text", '{"jsonrpc":', "unreadable"],
    ["nothing", "", "unreadable"],
  ];
  for (const [name, body, kind] of rows) {
    await t.step(name, () => {
      const reading = readBody(new TextEncoder().encode(body), null);
      assert.equal(reading.kind, kind);
    });
  }
});

Deno.test("batches: each answer has one message, though ids repeat", () => {
  const body = JSON.stringify([
    { jsonrpc: "2.0", id: 1, method: "ping" },
    { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "x" } },
    { jsonrpc: "2.0", method: "notifications/x" },
  ]);
  const reading = readBody(new TextEncoder().encode(body), "2025-03-26");
  const pong = { jsonrpc: "2.0", id: 1, result: {} };
  const called = { jsonrpc: "2.0", id: 1, result: TEXT };
  assert.equal(judgeAnswer(reading, [called, pong]), undefined);
  assert.match(judgeAnswer(reading, [called]) ?? "", /^$|no answer/);
  assert.match(judgeAnswer(reading, [pong, pong]) ?? "", /no message of the batch fits/);
  assert.match(judgeAnswer(reading, [called, pong, pong, pong]) ?? "", /more answers/);
});
