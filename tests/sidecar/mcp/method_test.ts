/** One request on its way to its method: what its context keeps, and how long. */

import assert from "node:assert/strict";
import { Context } from "../../../src/sidecar/mcp/method.ts";
import { REVISIONS } from "../../../src/sidecar/mcp/revisions.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { TASKS_EXTENSION } from "../../support/meta_keys.ts";
import { from, modern, settled, TASKS } from "./fixture.ts";

Deno.test("forget() lets go of the client's capabilities and of nothing else", () => {
  const exchange = from();
  const context = new Context("id", REVISIONS[0]!, TASKS, exchange);
  const call = context.begin();
  assert.ok(context.declares(TASKS_EXTENSION));
  context.forget();
  assert.deepEqual(context.capabilities, {});
  assert.equal(context.declares(TASKS_EXTENSION), false);
  assert.deepEqual([context.id, context.exchange, context.call], ["id", exchange, call]);
});

for (const when of ["at once", "later"] as const) {
  Deno.test(`a method that answers ${when} sees the capabilities while it begins`, async () => {
    const seen: { declared: boolean; context: Context }[] = [];
    const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
    const answer: ToolOutcome = { kind: "answer", text: "words", isError: false };
    const server = new McpServer({
      info: { name: "test", version: "1" },
      tools: [{
        name: "look",
        description: "Looks.",
        inputSchema: { type: "object" },
        call(_args, _caller, context) {
          seen.push({ declared: context.declares(TASKS_EXTENSION), context });
          return when === "later" ? promise : answer;
        },
      }],
      onDefect: (error) => assert.fail(String(error)),
    });
    const { message, exchange } = modern("tools/call", { name: "look" }, { capabilities: TASKS });
    const outcome = server.handle(message, exchange);
    const [{ declared, context }] = seen as [typeof seen[number]];
    assert.ok(declared);
    // A call may wait for days, and what a client declares may be large.
    if (when === "later") assert.deepEqual(context.capabilities, {});
    resolve(answer);
    assert.equal((await settled(outcome)).body.result.content[0].text, "words");
  });
}
