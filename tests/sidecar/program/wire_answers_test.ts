/**
 * The answer to an ask as words and as data, for each decision and each revision, at the true
 * sidecar.
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { EgressProxy } from "../../support/egress_proxy.ts";
import {
  ask,
  type Data,
  hostAsk,
  legacy,
  modern,
  type Outgoing,
  resultOf,
} from "../../support/modern.ts";
import { type Sidecar, startSidecar } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";

type Call = (params: object) => Outgoing;

const call = (revision: Parameters<typeof legacy>[0]): Call => (params) =>
  legacy(revision, "tools/call", params);

/** Revisions that know structured content, and those that do not. */
const STRUCTURED: readonly (readonly [string, Call])[] = [
  ["2026-07-28", (params) => modern("tools/call", params)],
  ["2025-11-25", call("2025-11-25")],
  ["2025-06-18", call("2025-06-18")],
];
const PLAIN: readonly (readonly [string, Call])[] = [
  ["2025-03-26", call("2025-03-26")],
  ["2024-11-05", call("2024-11-05")],
  ["no version", call(undefined)],
];

const FINAL = '{\n  "host": "b.example"\n}\n';

interface Ending {
  readonly name: string;
  /** Ends the proposal while a call waits for it; a timeout does without. */
  readonly end?: (sidecar: Sidecar, id: string) => Promise<unknown>;
  readonly text: RegExp;
  readonly isError: boolean;
  readonly data: Readonly<Record<string, string>>;
  /** How the text goes on for clients that are sent no data. */
  readonly inWords?: (id: string) => string;
}

const decide = (status: string, more: object = {}) => (sidecar: Sidecar, id: string) =>
  new QueueProbe(sidecar.queueDirectory).answer(id, { status, notes: "so", ...more });

const ENDINGS: readonly Ending[] = [
  {
    name: "approved",
    end: decide("approved"),
    text: /^status: approved\nnotes: so$/,
    isError: false,
    data: { status: "approved", notes: "so" },
  },
  {
    name: "modified",
    end: decide("modified", { final_file: FINAL }),
    text: /^status: modified\nnotes: so\nthe operator modified your proposal before approving; /,
    isError: false,
    data: {
      status: "modified",
      notes: "so",
      next: "use what was approved, which is in final_file",
      final_file: FINAL,
    },
    inWords: (id) => `proposal_id: ${id}\nfinal_file:\n${FINAL}`,
  },
  {
    name: "rejected",
    end: decide("rejected"),
    text: /^status: rejected\nnotes: so$/,
    isError: true,
    data: {
      status: "rejected",
      notes: "so",
      next: "read the notes, and do not ask again unchanged",
    },
  },
  {
    name: "withdrawn",
    end: (sidecar, taskId) =>
      resultOf(sidecar.port, modern("tasks/cancel", { taskId }, { tasks: true })),
    text: /^status: withdrawn$/,
    isError: false,
    data: {
      status: "withdrawn",
      notes: "",
      next: "make the same call again if you still need it",
    },
  },
  {
    name: "pending",
    text: /^status: pending\nnotes: operator response timed out after 0\.4s; /,
    isError: false,
    data: {
      status: "pending",
      notes: "operator response timed out after 0.4s; proposal remains queued",
      next: "go on with other work, then call proposal-status with this proposal_id; or make the " +
        "same call again to wait longer, it joins this proposal",
    },
  },
];

/** What conforms to the schema that `tools/list` shows for the tool. */
async function judgeOf(port: number, name: string): Promise<(data: unknown) => void> {
  const { tools } = await resultOf(port, modern("tools/list"));
  const { outputSchema } = tools.find((tool: Data) => tool.name === name);
  const ajv = new Ajv2020();
  const validate = ajv.compile(outputSchema);
  return (data) => assert.ok(validate(data), ajv.errorsText(validate.errors));
}

for (const { name, end, text, isError, data, inWords } of ENDINGS) {
  Deno.test(`${name}: words for all, and data that fits the output schema where the revision knows it`, async (t) => {
    const env = end ? {} : { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.4" };
    await using sidecar = await startSidecar({ env });
    const { port } = sidecar;
    const probe = new QueueProbe(sidecar.queueDirectory);
    const judge = await judgeOf(port, "egress-block");
    for (const [revision, outgoing] of [...STRUCTURED, ...PLAIN]) {
      await t.step(revision, async () => {
        using answer = await ask(port, outgoing(hostAsk(`${crypto.randomUUID()}.example`)));
        const id = await probe.nextProposal();
        await end?.(sidecar, id);
        const result = await answer.result();
        assert.equal(result.isError, isError);
        assert.match(result.content[0].text, text);
        if (PLAIN.some(([plain]) => plain === revision)) {
          assert.equal(result.content.length, 1);
          if (inWords) assert.ok(result.content[0].text.endsWith(`\n${inWords(id)}`));
          assert.equal("structuredContent" in result, false);
          return;
        }
        judge(result.structuredContent);
        assert.deepEqual(result.structuredContent, { proposal_id: id, ...data });
        assert.deepEqual(JSON.parse(result.content[1].text), result.structuredContent);
        const status = { name: "proposal-status", arguments: { proposal_id: id } };
        const again = (await resultOf(port, outgoing(status))).structuredContent;
        (await judgeOf(port, "proposal-status"))(again);
        // What is still open is told in other words.
        assert.equal(again.status, data["status"]);
        if (end) assert.deepEqual(again, result.structuredContent);
      });
    }
  });
}

Deno.test("list-egress-routes gives the table as data, a bare list in an object", async (t) => {
  await using proxy = new EgressProxy();
  await using sidecar = await startSidecar({ env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
  const { port } = sidecar;
  const judge = await judgeOf(port, "list-egress-routes");
  const tables: readonly (readonly [string, object])[] = [
    ['{"routes": [{"host": "a.example"}]}', { routes: [{ host: "a.example" }] }],
    ['[{"host": "a.example"}]', { routes: [{ host: "a.example" }] }],
    ["7", { routes: 7 }],
  ];
  const params = { name: "list-egress-routes", arguments: {} };
  for (const [table, data] of tables) {
    await t.step(table, async () => {
      proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${table.length}\r\n\r\n${table}`;
      for (const [, outgoing] of STRUCTURED) {
        const { content, structuredContent } = await resultOf(port, outgoing(params));
        judge(structuredContent);
        assert.deepEqual(structuredContent, data);
        assert.equal(content[0].text, table, "the proxy's own text");
        assert.deepEqual(JSON.parse(content.at(-1).text), data);
      }
      for (const [, outgoing] of PLAIN) {
        const { content, structuredContent } = await resultOf(port, outgoing(params));
        assert.deepEqual([content.length, structuredContent], [1, undefined]);
      }
    });
  }
  await t.step("an error has no data", async () => {
    proxy.answer = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
    for (const [, outgoing] of STRUCTURED) {
      const { isError, structuredContent } = await resultOf(port, outgoing(params));
      assert.deepEqual([isError, structuredContent], [true, undefined]);
    }
  });
});
