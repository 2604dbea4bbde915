/**
 * The compiled sidecar under the memory limit of README's `docker run`: one client that sends what costs
 * most does not kill it. Needs root, SUPERVISE_DIST (see deployed_test.ts) and a memory cgroup.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Running } from "../support/process.ts";
import { URL_BASE } from "./deployment.ts";

const dist = Deno.env.get("SUPERVISE_DIST") ?? "";

/** Where groups are made and how their files are called, by the version of cgroups. */
const VERSIONS = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", events: "memory.oom_control" },
  { root: "/sys/fs/cgroup", limit: "memory.max", events: "memory.events" },
];

const cgroups = VERSIONS.find(({ root, limit }) =>
  exists(join(root, "cgroup.procs")) && (limit !== "memory.max" || controlsMemory(root))
);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function controlsMemory(root: string): boolean {
  return Deno.readTextFileSync(join(root, "cgroup.subtree_control")).split(/\s/).includes("memory");
}

function message(meta: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta}}}`;
}

function list(value: string, count: number): string {
  return `{"x":[${Array(count).fill(value).join(",")}]}`;
}

const pad = "x".repeat(500_000);
const distinct = Array.from({ length: 3_000 }, (_, at) => `{"k${at}":[]}`).join(",");

interface Flood {
  readonly name: string;
  readonly body: string;
  readonly requests: number;
  readonly atOnce: number;
}

const FLOODS: readonly Flood[] = [
  { name: "340,000 small arrays", body: message(list("[]", 340_000)), requests: 30, atOnce: 2 },
  { name: "340,000 small objects", body: message(list("{}", 340_000)), requests: 300, atOnce: 64 },
  { name: "values up to the limit", body: message(list("{}", 4_990)), requests: 1_000, atOnce: 64 },
  {
    name: "objects of ever new keys, and a long text",
    body: message(`{"x":[${distinct}],"pad":"${pad}"}`),
    requests: 500,
    atOnce: 64,
  },
  {
    name: "a text of 1 MB",
    body: message(`{"x":"${"ā".repeat(500_000)}"}`),
    requests: 300,
    atOnce: 64,
  },
  {
    name: "a text of 1 MB in escapes",
    body: message(`{"x":"${"\\u0101".repeat(170_000)}"}`),
    requests: 300,
    atOnce: 64,
  },
];

/** The statuses of the answers that arrived. */
async function flood({ body, requests, atOnce }: Flood): Promise<Set<number>> {
  const statuses = new Set<number>();
  let left = requests;
  const headers = { "content-type": "application/json" };
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (left-- > 0) {
      try {
        const response = await fetch(`${URL_BASE}/mcp`, { method: "POST", headers, body });
        statuses.add(response.status);
        await response.body?.cancel();
      } catch {
        // A body that is refused before it was sent ends its connection, sometimes before the answer is read.
      }
    }
  }));
  return statuses;
}

/** A container of this size must survive what is sent two at a time, and many small requests. In MB. */
const SMALLEST_MB = 128;
const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
const README_MB = Number(/^docker run .*--memory=(\d+)m/m.exec(README)?.[1]);

const places = [
  {
    limitMb: SMALLEST_MB,
    floods: FLOODS.filter(({ body, atOnce }) => atOnce === 2 || body.length < 16_384),
  },
  { limitMb: README_MB, floods: FLOODS },
];

for (const { limitMb, floods } of places) {
  Deno.test({
    name: `the compiled binary survives one client's floods in ${limitMb} MB`,
    ignore: dist === "" || cgroups === undefined,
    async fn(t) {
      await Deno.mkdir("/run/supervise/queue", { recursive: true });
      const { root, limit, events } = cgroups!;
      const group = join(root, `supervise-test-${crypto.randomUUID().slice(0, 8)}`);
      await Deno.mkdir(group);
      try {
        await Deno.writeTextFile(join(group, limit), `${limitMb * 1_048_576}`);
        const script = 'echo $$ > "$0/cgroup.procs" && exec "$@"';
        await using process = new Running("sh", {
          args: ["-c", script, group, join(dist, "supervise")],
          env: { SUPERVISE_BOTTLE_SLUG: "deployed" },
        });
        await process.output("stderr", /listening/);
        for (const kind of floods) {
          await t.step(kind.name, async () => {
            const statuses = [...await flood(kind)];
            assert.ok(statuses.every((status) => [200, 400, 503].includes(status)), `${statuses}`);
            assert.equal(await (await fetch(`${URL_BASE}/health`)).text(), "ok\n");
            const peakMb = peakResidentMb(process.pid);
            assert.ok(
              peakMb < 1.4 * limitMb,
              `${peakMb} MB resident, the program's file among them`,
            );
          });
        }
        const killed = /^oom_kill (\d+)$/m.exec(await Deno.readTextFile(join(group, events)))?.[1];
        assert.equal(killed, "0");
        process.kill("SIGTERM");
        assert.equal((await process.status).code, 0);
      } finally {
        await Deno.remove(group);
      }
    },
  });
}

function peakResidentMb(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024);
}
