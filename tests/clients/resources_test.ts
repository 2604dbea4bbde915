/** What the official clients can read without asking anybody. */

import assert from "node:assert/strict";
import { CLIENTS } from "../support/clients/agent_client.ts";
import { approve, askFor, scene } from "../support/clients/scene.ts";
import { EgressProxy } from "../support/egress_proxy.ts";
import { within } from "../support/within.ts";

for (const [library, connect] of Object.entries(CLIENTS)) {
  Deno.test(`${library} lists and reads the resources`, async () => {
    await using proxy = new EgressProxy();
    const table = '{"routes": [{"host": "pypi.org"}]}';
    proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${table.length}\r\n\r\n${table}`;
    await using stage = await scene(connect, { env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
    const { agent } = stage;
    assert.deepEqual(await agent.resources(), ["supervise://routes", "supervise://proposals"]);
    assert.deepEqual(await agent.templates(), ["supervise://proposals/{proposal_id}"]);
    assert.deepEqual(JSON.parse(await agent.read("supervise://routes")), JSON.parse(table));
  });

  Deno.test(`${library} follows an ask from pending to approved`, async () => {
    await using stage = await scene(connect);
    const { agent, probe, sidecar } = stage;
    const call = agent.call("egress-block", askFor("api.github.com"));
    const id = await probe.nextProposal();
    await probe.waiting(id, 1);
    const uri = `supervise://proposals/${id}`;
    const look = async () => {
      const { proposals } = JSON.parse(await agent.read("supervise://proposals"));
      const one = JSON.parse(await agent.read(uri));
      assert.deepEqual(
        proposals.map((each: Record<string, unknown>) => [each["uri"], each["status"]]),
        [[uri, one.status]],
      );
      return one.status;
    };
    assert.equal(await look(), "pending");
    await approve(sidecar.queueRoot, id);
    await within(60, "answer", call);
    assert.equal(await look(), "approved");
  });

  Deno.test(`${library} is told that a resource is unknown`, async () => {
    await using stage = await scene(connect);
    const uri = `supervise://proposals/${crypto.randomUUID()}`;
    // The newer library has one error for the codes of both eras.
    const code = library === "@modelcontextprotocol/sdk" ? -32002 : -32602;
    await assert.rejects(stage.agent.read(uri), (error: { code?: number; data?: unknown }) => {
      assert.deepEqual([error.code, error.data], [code, { uri }]);
      return true;
    });
  });
}
