/** `GET /metrics`: what is counted, what no client can do to it, and that a real Prometheus reads it. */

import assert from "node:assert/strict";
import {
  type CountedChange,
  type CountedRequest,
  Metrics,
  type MetricsOptions,
} from "../../src/sidecar/metrics.ts";
import type { AskOutcome } from "../../src/sidecar/propose.ts";
import { post, ToolCall } from "../support/agent.ts";
import { startSidecar, supervisectl } from "../support/programs.ts";
import { hasPrometheus, promtool, startPrometheus } from "../support/prometheus.ts";
import { eventually } from "../support/within.ts";

const DECIDED_AT = "2026-11-21T12:00:00.000Z";

function metrics(options: Partial<MetricsOptions> = {}): Metrics {
  return new Metrics({
    version: "1.2.3",
    methods: ["batch", "tools/call", "tools/list"],
    pages: ["/health", "/metrics"],
    tools: ["egress-block", "pipelock-block"],
    pending: () => 0,
    waiting: () => 0,
    ...options,
  });
}

/** The series that are not 0, without their timestamps; comments left out. */
async function counted(shown: Metrics): Promise<string[]> {
  return (await series(shown)).filter((line) => !line.endsWith(" 0"));
}

async function series(shown: Metrics): Promise<string[]> {
  const { text } = await shown.page();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const BUILD = 'supervise_build_info{version="1.2.3"} 1';

Deno.test("Metrics.page() is a text in Prometheus' form, with its version", async () => {
  const { status, contentType, text } = await metrics().page();
  assert.equal(status, 200);
  assert.equal(contentType, "text/plain; version=0.0.4; charset=utf-8");
  assert.ok(text.endsWith("\n"));
  assert.deepEqual([...text.matchAll(/^# TYPE (.*)$/gm)].map(([, type]) => type), [
    "supervise_requests_total counter",
    "supervise_asks_total counter",
    "supervise_waiting_calls gauge",
    "supervise_pending_proposals gauge",
    "supervise_decision_seconds histogram",
    "supervise_queue_errors_total counter",
    "supervise_build_info gauge",
  ]);
});

const REQUESTS: readonly (readonly [name: string, request: CountedRequest, shown: string])[] = [
  ["an MCP method by its name", {
    path: "/mcp",
    mcpMethod: "tools/list",
    outcome: "ok",
  }, 'method="tools/list",outcome="ok"'],
  ["a tool's error", {
    path: "/",
    mcpMethod: "tools/call",
    outcome: "tool-error",
  }, 'method="tools/call",outcome="tool-error"'],
  ["a client that left", {
    path: "/",
    mcpMethod: "tools/call",
    outcome: "left",
  }, 'method="tools/call",outcome="left"'],
  ["a batch", { path: "/", mcpMethod: "batch", outcome: "ok" }, 'method="batch",outcome="ok"'],
  ["a page by its path", {
    path: "/health",
    mcpMethod: undefined,
    outcome: "ok",
  }, 'method="/health",outcome="ok"'],
  ["another path", {
    path: "/admin",
    mcpMethod: undefined,
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["a page with more behind it", {
    path: "/health/",
    mcpMethod: undefined,
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["a message that was not dispatched", {
    path: "/",
    mcpMethod: undefined,
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["an unknown method", {
    path: "/",
    mcpMethod: "unknown",
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["a method of a page's name", {
    path: "/",
    mcpMethod: "/health",
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["a method with a label in it", {
    path: "/",
    mcpMethod: 'x",outcome="ok"} 7\nforged_total{a="',
    outcome: "error",
  }, 'method="other",outcome="error"'],
  ["a property of every object", {
    path: "/",
    mcpMethod: "__proto__",
    outcome: "ok",
  }, 'method="other",outcome="ok"'],
];

for (const [name, request, shown] of REQUESTS) {
  Deno.test(`Metrics.observeRequest() counts ${name}`, async () => {
    const some = metrics();
    some.observeRequest(request);
    some.observeRequest(request);
    assert.deepEqual(await counted(some), [`supervise_requests_total{${shown}} 2`, BUILD]);
  });
}

Deno.test("Metrics has no series that a client made, whatever 20,000 requests and asks send", async () => {
  const some = metrics();
  const before = (await series(some)).length;
  for (let n = 0; n < 10_000; n++) {
    some.observeRequest({ path: `/p${n}`, mcpMethod: undefined, outcome: "error" });
    some.observeRequest({ path: "/", mcpMethod: `m\u202e${n}`, outcome: "error" });
    some.countAsk(`tool${n}`, "queued");
  }
  assert.deepEqual(await counted(some), [
    'supervise_requests_total{method="other",outcome="error"} 20000',
    'supervise_asks_total{tool="other",outcome="queued"} 10000',
    BUILD,
  ]);
  // A tool that is in no list cannot be called, so that it has no series from the start.
  assert.equal((await series(some)).length, before + 1);
});

Deno.test("Metrics.countAsk() counts each outcome of each tool, all of them from 0", async () => {
  const outcomes: Readonly<Record<AskOutcome, true>> = {
    "queued": true,
    "joined": true,
    "already-allowed": true,
    "shadow": true,
    "rate-limited": true,
    "queue-full": true,
    "too-large": true,
    "unwritable": true,
    "too-many-waiting": true,
    "readonly": true,
    "shadow-full": true,
  };
  const some = metrics();
  const asks = async () =>
    (await series(some)).filter((line) => line.startsWith("supervise_asks_total")).sort();
  const lines = (value: number) =>
    ["egress-block", "pipelock-block"].flatMap((tool) =>
      Object.keys(outcomes).map((outcome) =>
        `supervise_asks_total{tool="${tool}",outcome="${outcome}"} ${value}`
      )
    ).sort();
  assert.deepEqual(await asks(), lines(0));
  for (const outcome of Object.keys(outcomes) as AskOutcome[]) {
    some.countAsk("egress-block", outcome);
    some.countAsk("pipelock-block", outcome);
  }
  assert.deepEqual(await asks(), lines(1));
});

Deno.test("Metrics.page() reads what is pending and waiting at each scrape", async () => {
  let [pending, waiting] = [3, 2];
  const some = metrics({ pending: () => pending, waiting: () => waiting });
  assert.deepEqual(await counted(some), [
    "supervise_waiting_calls 2",
    "supervise_pending_proposals 3",
    BUILD,
  ]);
  [pending, waiting] = [0, 10_000];
  assert.deepEqual(await counted(some), ["supervise_waiting_calls 10000", BUILD]);
});

Deno.test("Metrics.countQueueError() counts", async () => {
  const some = metrics();
  assert.ok((await series(some)).includes("supervise_queue_errors_total 0"));
  some.countQueueError();
  assert.deepEqual(await counted(some), ["supervise_queue_errors_total 1", BUILD]);
});

const BUCKETS = ["1", "5", "15", "30", "60", "300", "900", "3600", "14400", "86400", "+Inf"];

const DECISIONS: readonly (readonly [
  name: string,
  since: string,
  firstBucket: string,
  sumSeconds: number,
])[] = [
  ["at once", "2026-11-21T12:00:00.000Z", "1", 0],
  ["after 42 s", "2026-11-21T11:59:18.000Z", "60", 42],
  ["after 4.5 s", "2026-11-21T11:59:55.500Z", "5", 4.5],
  ["after a day", "2026-11-20T12:00:00.000Z", "86400", 86_400],
  ["after a week", "2026-11-14T12:00:00.000Z", "+Inf", 604_800],
  ["of an ask from the future", "2099-01-01T00:00:00.000Z", "1", 0],
  ["of an ask from the year 1", "0001-01-01T00:00:00.000Z", "+Inf", 2_592_000],
  ["of an ask from the end of time", "+275760-09-13T00:00:00.000Z", "1", 0],
];

for (const [name, since, firstBucket, sumSeconds] of DECISIONS) {
  Deno.test(`Metrics.observeChange() measures a decision ${name}`, async () => {
    const some = metrics();
    some.observeChange({ kind: "decided", since, decidedAt: DECIDED_AT });
    assert.deepEqual(await counted(some), [
      ...BUCKETS.slice(BUCKETS.indexOf(firstBucket)).map((bucket) =>
        `supervise_decision_seconds_bucket{le="${bucket}"} 1`
      ),
      ...sumSeconds === 0 ? [] : [`supervise_decision_seconds_sum ${sumSeconds}`],
      "supervise_decision_seconds_count 1",
      BUILD,
    ]);
  });
}

const SINCE = "2026-11-21T11:59:18.000Z";

const NO_DECISIONS: readonly (readonly [name: string, change: CountedChange])[] = [
  ["an ask that was queued", { kind: "queued", since: SINCE }],
  ["one that was withdrawn", { kind: "withdrawn", since: SINCE, decidedAt: DECIDED_AT }],
  ["an ask without a time", { kind: "decided", since: "soon", decidedAt: DECIDED_AT }],
  ["a decision without a time", { kind: "decided", since: SINCE, decidedAt: "later" }],
  ["a decision whose time is not known", { kind: "decided", since: SINCE }],
];

for (const [name, change] of NO_DECISIONS) {
  Deno.test(`Metrics.observeChange() does not measure ${name}`, async () => {
    const some = metrics();
    some.observeChange(change);
    assert.deepEqual(await counted(some), [BUILD]);
  });
}

Deno.test("Metrics of two sidecars in one program do not mix", async () => {
  const [one, other] = [metrics(), metrics()];
  one.countQueueError();
  assert.deepEqual(await counted(other), [BUILD]);
});

const prometheusTest = { ignore: !hasPrometheus() };

Deno.test({
  ...prometheusTest,
  name: "Metrics.page() leaves promtool nothing to say",
  async fn() {
    const some = metrics();
    assert.equal(await promtool((await some.page()).text), "");
    some.observeRequest({ path: "/", mcpMethod: "tools/call", outcome: "ok" });
    some.observeChange({ kind: "decided", since: SINCE, decidedAt: DECIDED_AT });
    some.countAsk("egress-block", "queued");
    assert.equal(await promtool((await some.page()).text), "");
    assert.notEqual(await promtool("# no such thing\nBad-name 1\n"), "");
  },
});

Deno.test({
  ...prometheusTest,
  name: "Metrics are what a real Prometheus stores, with their types",
  async fn() {
    let waiting = 2;
    const some = metrics({ pending: () => 3, waiting: () => waiting });
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
      const { status, contentType, text } = await some.page();
      return new Response(text, { status, headers: { "content-type": contentType } });
    });
    const before = await some.page();
    assert.ok(before.text.includes('supervise_requests_total{method="tools/call",outcome="ok"} 0'));
    some.observeRequest({ path: "/", mcpMethod: "tools/call", outcome: "ok" });
    some.observeRequest({ path: "/x", mcpMethod: 'a"b\\\n', outcome: "error" });
    some.countAsk("egress-block", "queued");
    for (const seconds of [2, 3, 40]) {
      const since = new Date(Date.parse(DECIDED_AT) - seconds * 1_000).toISOString();
      some.observeChange({ kind: "decided", since, decidedAt: DECIDED_AT });
    }
    await using prometheus = await startPrometheus(`127.0.0.1:${server.addr.port}`);
    const value = async (expression: string) => (await prometheus.query(expression))[0]?.value;
    await eventually(60, "scrape", async () => (await prometheus.target()).health !== "unknown");
    assert.deepEqual(
      await prometheus.target().then(({ health, lastError }) => ({ health, lastError })),
      { health: "up", lastError: "" },
    );
    await eventually(60, "sample", async () => await value("supervise_build_info") === 1);
    const requests = await prometheus.query("supervise_requests_total > 0");
    assert.deepEqual(
      requests.map(({ labels, value }) => `${labels["method"]} ${labels["outcome"]} ${value}`)
        .sort(),
      ["other error 1", "tools/call ok 1"],
    );
    assert.equal(await value("supervise_pending_proposals"), 3);
    assert.equal(await value('sum by (tool) (supervise_asks_total{outcome="queued"}) > 0'), 1);
    assert.equal(await value("supervise_decision_seconds_sum"), 45);
    // Two of three within 1 to 5 s: the middle is at three quarters of that bucket.
    assert.equal(await value("histogram_quantile(0.5, supervise_decision_seconds_bucket)"), 4);
    assert.equal(await prometheus.typeOf("supervise_decision_seconds"), "histogram");
    assert.equal(await prometheus.typeOf("supervise_requests_total"), "counter");
    assert.equal(await prometheus.typeOf("supervise_waiting_calls"), "gauge");
    waiting = 7;
    await eventually(60, "next scrape", async () => await value("supervise_waiting_calls") === 7);
  },
});

Deno.test("/metrics of a sidecar is not there unless it is switched on", async () => {
  await using sidecar = await startSidecar();
  const response = await fetch(new URL("/metrics", sidecar.url));
  assert.ok(response.status >= 400, `${response.status}`);
  assert.ok(!(await response.text()).includes("supervise_requests_total"));
});

Deno.test({
  ...prometheusTest,
  name: "/metrics of a sidecar tells a real Prometheus of an ask from its arrival to its decision",
  async fn() {
    await using sidecar = await startSidecar({ env: { SUPERVISE_METRICS: "1" } });
    const { port, queueRoot } = sidecar;
    await using prometheus = await startPrometheus(`127.0.0.1:${port}`);
    const value = async (expression: string) => (await prometheus.query(expression))[0]?.value;
    const becomes = (expression: string, wanted: number) =>
      eventually(60, `${expression} of ${wanted}`, async () => await value(expression) === wanted);

    await becomes("supervise_build_info", 1);
    await becomes("supervise_waiting_calls", 0);
    using call = await ToolCall.ask(port, "api.example.com");
    await becomes("supervise_waiting_calls", 1);
    await becomes("supervise_pending_proposals", 1);
    assert.equal(
      await value('supervise_asks_total{tool="egress-block",outcome="queued"}'),
      1,
    );
    assert.equal(await value("supervise_decision_seconds_count"), 0);

    const { stdout } = await supervisectl(queueRoot, ["list", "--json"]);
    const [, id = ""] = /"id": "([0-9a-f-]{36})"/.exec(stdout) ?? [];
    assert.equal((await supervisectl(queueRoot, ["reject", id, "--notes", "No."])).code, 0);
    assert.match((await call.answer()).meaning, /^status: rejected/);
    await becomes("supervise_decision_seconds_count", 1);
    await becomes('supervise_requests_total{method="tools/call",outcome="tool-error"}', 1);
    await becomes("supervise_waiting_calls", 0);
    await becomes("supervise_pending_proposals", 0);

    const before = (await prometheus.query("supervise_requests_total")).length;
    for (let n = 0; n < 20; n++) {
      await post(port, { jsonrpc: "2.0", id: 1, method: `made/up${n}\u202e\n`, params: {} });
      await (await fetch(new URL(`/made-up-${n}"} 1`, sidecar.url))).text();
    }
    await becomes('supervise_requests_total{method="other",outcome="error"}', 40);
    assert.equal((await prometheus.query("supervise_requests_total")).length, before);
    const page = await fetch(new URL("/metrics", sidecar.url));
    assert.equal(page.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert.equal(await promtool(await page.text()), "");
  },
});
