/**
 * The official conformance suite against the protocol core, with the suite's own fixtures, and
 * against the true sidecar. Needs SUPERVISE_CONFORMANCE: the directory that npm has installed the
 * suite in, in the version that deno.json names. Without it these tests are ignored.
 *
 *     npm install --prefix DIR --ignore-scripts @modelcontextprotocol/conformance@VERSION
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { EgressProxy } from "../support/egress_proxy.ts";
import { Running } from "../support/process.ts";
import { runtimeEnvironment, startSidecar } from "../support/programs.ts";
import { QueueProbe } from "../support/queue_probe.ts";
import { type Report, Suite } from "./suite.ts";

const directory = Deno.env.get("SUPERVISE_CONFORMANCE") ?? "";
const suite = new Suite(directory);

/** Excuses what the new era cannot have; the suite fails on an entry that passes. */
const EXPECTED_FAILURES = pathOf("expected_failures.yml");
const PRODUCT_EXPECTED_FAILURES = pathOf("product_expected_failures.yml");

conformance("the installed suite is the version that the expectations are for", async () => {
  const { installed, wanted } = await suite.versions();
  assert.equal(installed, wanted, "install the version that deno.json names");
});

conformance("the core meets every requirement of 2026-07-28, on its own wire", async () => {
  await using server = await startFixtures();
  const report = await suite.run(server.url, "--requirements", "2026-07-28");
  assertPassed(report, { scenarios: 50, successes: 196 });
  // The suite's exit code speaks for the scored scenarios only, and never for a warning.
  assert.deepEqual(report.checks.filter(isTrouble), []);
  assert.equal(server.process.stderr, "", "the core has no defects");
});

conformance("the core passes all scenarios, of both eras, that need no session", async () => {
  await using server = await startFixtures();
  const report = await suite.run(
    server.url,
    "--suite",
    "all",
    "--expected-failures",
    EXPECTED_FAILURES,
  );
  assertPassed(report, { scenarios: 65, successes: 213 });
  assert.equal(server.process.stderr, "", "the core has no defects");
});

conformance(
  "the sidecar passes all scenarios that need no fixture, and queues nothing",
  async () => {
    await using proxy = new EgressProxy();
    proxy.answer = 'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"routes": []}';
    await using sidecar = await startSidecar({ env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
    const report = await suite.run(
      sidecar.url,
      "--suite",
      "all",
      "--expected-failures",
      PRODUCT_EXPECTED_FAILURES,
    );
    assertPassed(report, { scenarios: 65, successes: 120 });
    assert.deepEqual(await new QueueProbe(sidecar.queueDirectory).proposals(), []);
  },
);

function conformance(name: string, fn: () => Promise<void>): void {
  const ignore = directory === "";
  const how = ignore ? " (set SUPERVISE_CONFORMANCE to where the suite is installed)" : "";
  Deno.test({ name: `conformance: ${name}${how}`, ignore, fn });
}

/** A run of little would also end well: the suite skips what it believes not to be there. */
function assertPassed(
  { code, summary, scenarios, checks }: Report,
  least: { readonly scenarios: number; readonly successes: number },
): void {
  assert.equal(code, 0, summary);
  assert.ok(scenarios.size >= least.scenarios, `only ${scenarios.size} scenarios\n${summary}`);
  const { length } = checks.filter(({ status }) => status === "SUCCESS");
  assert.ok(length >= least.successes, `only ${length} successful checks\n${summary}`);
}

function isTrouble({ status }: Report["checks"][number]): boolean {
  return status === "FAILURE" || status === "WARNING";
}

interface Fixtures extends AsyncDisposable {
  readonly process: Running;
  readonly url: string;
}

async function startFixtures(): Promise<Fixtures> {
  const process = new Running(Deno.execPath(), {
    args: ["run", "--quiet", "--cached-only", "--allow-net=127.0.0.1", pathOf("server.ts")],
    env: runtimeEnvironment(),
    clearEnv: true,
  });
  const [url] = await process.output("stdout", /http:\S+/);
  return { process, url, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() };
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
