/**
 * The main job as its users meet it: an official MCP client asks, a `supervisectl` process answers,
 * and the client reads the answer. Every case runs with each client library, over one adapter.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { decided } from "../support/agent.ts";
import { CLIENTS, type Told } from "../support/clients/agent_client.ts";
import { approved, operate, scene } from "../support/clients/scene.ts";
import { EgressProxy } from "../support/egress_proxy.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

/** How the operator answers: the arguments of `supervisectl`, with files in `directory`. */
type Operator = (id: string, directory: string) => Promise<string[]>;

const approve: Operator = (id) => Promise.resolve(["approve", id, "--notes", "go ahead"]);
const reject: Operator = (id) => Promise.resolve(["reject", id, "--notes", "not this one"]);

function modifyTo(text: string): Operator {
  return async (id, directory) => {
    const file = join(directory, "final");
    await Deno.writeTextFile(file, text);
    return ["modify", id, "--file", file, "--notes", "narrowed"];
  };
}

const rejected = (id: string): Told => ({
  isError: true,
  text: "status: rejected\nnotes: not this one",
  structured: {
    proposal_id: id,
    status: "rejected",
    notes: "not this one",
    next: "read the notes, and do not ask again unchanged",
  },
});

const modified = (id: string, final: string): Told => ({
  isError: false,
  text: "status: modified\nnotes: narrowed\nthe operator modified your proposal before " +
    "approving; the final config is now what's been applied",
  structured: {
    proposal_id: id,
    status: "modified",
    notes: "narrowed",
    next: "use what was approved, which is in final_file",
    final_file: final,
  },
});

const ASKS = [
  {
    tool: "egress-block",
    args: { host: "api.github.com", path_allowlist: ["/repos/"], justification: "read issues" },
    // As supervisectl writes it.
    final: '{\n  "host": "api.github.com",\n  "path_allowlist": [\n    "/repos/acme/"\n  ]\n}\n',
  },
  {
    tool: "pipelock-block",
    args: { failed_url: "https://pypi.org/simple/", justification: "install a package" },
    final: "https://pypi.org/simple/requests/",
  },
  {
    tool: "capability-block",
    args: { dockerfile: "FROM debian:12\nRUN apt-get install -y jq\n", justification: "jq" },
    final: "FROM debian:12-slim\n",
  },
];

for (const [library, connect] of Object.entries(CLIENTS)) {
  Deno.test(`${library} lists the five tools`, async () => {
    await using stage = await scene(connect);
    assert.equal(stage.agent.serverName, "bot-bottle-supervise");
    const tools = await stage.agent.tools();
    assert.deepEqual(tools.map(({ name }) => name), [
      "egress-block",
      "pipelock-block",
      "capability-block",
      "list-egress-routes",
      "proposal-status",
    ]);
    for (const { name, description, inputSchema, outputSchema } of tools) {
      assert.ok(description, `${name} is described`);
      assert.equal((inputSchema as { type: string }).type, "object");
      assert.equal((outputSchema as { type: string }).type, "object");
    }
  });

  Deno.test(`${library} gets the operator's answer to every ask`, async (t) => {
    await using files = await temporary();
    await using stage = await scene(connect);
    // From now on the library checks what it is told against the output schemas.
    await stage.agent.tools();
    for (const { tool, args, final } of ASKS) {
      const answers: readonly (readonly [string, Operator, (id: string) => Told])[] = [
        ["approved", approve, approved],
        ["modified", modifyTo(final), (id) => modified(id, final)],
        ["rejected", reject, rejected],
      ];
      for (const [status, operator, expected] of answers) {
        await t.step(`${tool}: ${status}`, async () => {
          const call = stage.agent.call(tool, args);
          const id = await stage.probe.nextProposal();
          await operate(stage.sidecar.queueRoot, await operator(id, files.path));
          assert.deepEqual(await within(60, "answer", call), expected(id));
          await stage.probe.filedAway(id);
        });
      }
    }
  });

  Deno.test(`${library} gets pending when nobody answers, and the decision later`, async () => {
    const env = { SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "0.3" };
    await using stage = await scene(connect, { env });
    const { tool, args } = ASKS[0]!;
    await stage.agent.tools();
    const { isError, text, structured } = await stage.agent.call(tool, args);
    assert.equal(isError, false);
    assert.match(text, /^status: pending\nnotes: operator response timed out after 0\.3s; /);
    const [, id] = /^proposal_id: (\S+)$/m.exec(text)!;
    assert.deepEqual(structured, {
      proposal_id: id,
      status: "pending",
      notes: "operator response timed out after 0.3s; proposal remains queued",
      next: /^next: (.+)$/m.exec(text)![1],
    });
    const look = () => stage.agent.call("proposal-status", { proposal_id: id });
    assert.match((await look()).text, /^status: pending\n/);
    await operate(stage.sidecar.queueRoot, await approve(id!, ""));
    assert.deepEqual(await decided(look, ({ text }) => text), approved(id!));
    await stage.probe.filedAway(id!);
  });

  Deno.test(`${library} reads the live routes`, async () => {
    await using proxy = new EgressProxy();
    const table = '{"routes": [{"host": "pypi.org"}]}';
    proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${table.length}\r\n\r\n${table}`;
    await using stage = await scene(connect, { env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
    await stage.agent.tools();
    const { isError, text, structured } = await stage.agent.call("list-egress-routes", {});
    assert.equal(isError, false);
    assert.deepEqual(JSON.parse(text), JSON.parse(table));
    assert.deepEqual(structured, JSON.parse(table));
  });

  Deno.test(`${library} is told what is wrong with a call`, async () => {
    await using stage = await scene(connect);
    await assert.rejects(stage.agent.call("nope", {}), /unknown tool.*nope/i);
    const { isError, text } = await stage.agent.call("egress-block", { justification: "x" });
    assert.equal(isError, true);
    assert.match(text, /egress-block.*host/s);
  });

  Deno.test(`${library} may give up waiting: the proposal stays, and asking again joins it`, async () => {
    await using stage = await scene(connect);
    const { tool, args } = ASKS[0]!;
    const impatient = new AbortController();
    const abandoned = assert.rejects(stage.agent.call(tool, args, impatient));
    const id = await stage.probe.nextProposal();
    await stage.probe.waiting(id, 1);
    impatient.abort();
    await abandoned;
    await stage.probe.waiting(id, 0);
    const call = stage.agent.call(tool, args);
    await stage.probe.waiting(id, 1);
    await operate(stage.sidecar.queueRoot, await approve(id, ""));
    assert.deepEqual(await within(60, "answer", call), approved(id));
    await stage.probe.filedAway(id);
  });
}
