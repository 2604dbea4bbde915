/** docs/hosts.md, by its own commands: real curl against the true sidecar, compared with what it says. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { post } from "../support/agent.ts";
import { Running } from "../support/process.ts";
import { type Sidecar, startSidecar } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const TEXT = await Deno.readTextFile(join(ROOT, "docs/hosts.md"));
const ignore = !hasCurl();

/** Headings within a block are what a page shows. */
const HEADING = /^## (?=(?:POST|GET) \/|The access log|Where it listens)/m;

const SECTIONS = new Map(
  TEXT.split(HEADING).slice(1).map((section) => {
    const [title = "", ...rest] = section.split("\n");
    return [title, rest.join("\n")] as const;
  }),
);

function section(title: string): string {
  return SECTIONS.get(title) ?? assert.fail(`docs/hosts.md has no section ${title}`);
}

/** The first block of that kind in a section. */
function block(title: string, kind: "sh" | "text"): string {
  const [, found] = new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, "ms").exec(section(title)) ?? [];
  return found ?? assert.fail(`${title} has no ${kind} block`);
}

function hasCurl(): boolean {
  try {
    new Deno.Command("curl", { args: ["--version"], stdout: "null" }).outputSync();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode("skipped: curl is not installed\n"));
    return false;
  }
}

async function run(command: string): Promise<string> {
  await using shell = new Running("bash", { args: ["-c", command] });
  const { code } = await within(60, command, shell.status);
  assert.equal(code, 0, shell.stderr);
  return shell.stdout;
}

function start(env: Record<string, string> = {}): Promise<Sidecar> {
  return startSidecar({
    env: { SUPERVISE_RPC: "1", SUPERVISE_METRICS: "1", ...env },
    net: ["egress:9099"],
  });
}

/** Runs a section's command against `sidecar`. */
function asTold(title: string, { port }: Sidecar): Promise<string> {
  return run(block(title, "sh").replaceAll(":9100", `:${port}`));
}

/** What differs from run to run: times, and why the proxy cannot be reached here. */
function settled(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/(via 'http:\/\/egress:9099'): [^.]*\./g, "$1: REASON.");
}

for (const title of ["POST /rpc", "GET /session-context", "GET /healthz and GET /health"]) {
  Deno.test({
    name: `docs/hosts.md, ${title}: the command answers what is shown`,
    ignore,
    async fn() {
      await using sidecar = await start();
      const answer = (await asTold(title, sidecar)).trimEnd();
      assert.equal(settled(answer), settled(block(title, "text").trimEnd()));
    },
  });
}

Deno.test({
  name: "docs/hosts.md, GET /metrics: the table has each metric and type, the text each outcome",
  ignore,
  async fn() {
    await using sidecar = await start();
    const answer = await asTold("GET /metrics", sidecar);
    assert.ok(answer.includes(block("GET /metrics", "text")));
    const shown = [...answer.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) =>
      `${name} ${type}`
    );
    const rows = /^\| `(\w+)` +\| (\w+) +\|/gm;
    const told = [...section("GET /metrics").matchAll(rows)].map(([, name, type]) =>
      `${name} ${type}`
    );
    assert.deepEqual(told.sort(), shown.sort());
    for (const [, outcome] of answer.matchAll(/outcome="([^"]+)"/g)) {
      assert.ok(section("GET /metrics").includes(`\`${outcome}\``), outcome);
    }
  },
});

Deno.test("docs/hosts.md, GET /session-context: the table has each key", async () => {
  await using sidecar = await start({ SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.01" });
  const args = { host: "a.example", path_allowlist: ["/a/"], justification: "x" };
  const params = { name: "egress-block", arguments: args };
  await post(sidecar.port, { jsonrpc: "2.0", id: 1, method: "tools/call", params });
  const answer = await fetch(`${sidecar.url}session-context?depth=deep`);
  const keys: string[] = [];
  JSON.parse(await answer.text(), (key, value) => {
    if (key !== "" && !/^\d+$/.test(key)) keys.push(key);
    return value;
  });
  assert.ok(keys.includes("justification"), "the ask is shown");
  for (const key of keys) {
    assert.ok(section("GET /session-context").includes(`\`${key}\``), `${key} is not told`);
  }
});

Deno.test({
  name: "docs/hosts.md, Where it listens: curl reaches the socket as told",
  ignore,
  async fn() {
    await using directory = await temporary();
    const path = join(directory.path, "supervise.sock");
    await using _sidecar = await startSidecar({
      env: { SUPERVISE_BIND: path },
      net: [`unix:${path}`],
      write: [directory.path],
    });
    const command = block("Where it listens", "sh");
    assert.equal(
      await run(command.replace("/run/supervise/listen/supervise.sock", path)),
      "ok\n",
    );
  },
});
