/** How large the answers to one batch may be together, and what stands for those beyond. */

import assert from "node:assert/strict";
import type { ServerOutcome } from "../../../src/sidecar/mcp/reply.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { from, notification, parsed, request } from "./fixture.ts";

/** As in src/sidecar/mcp/batch.ts, in characters. */
const MAX_ANSWER = 4_194_304;

const MIB = 1_048_576;

const TOO_LARGE = {
  code: -32603,
  message: "the answers to this batch are too large together: send its requests one by one",
};

/** A server whose tools answer with as many characters as are asked for: at once, or when told to. */
class Fixture {
  readonly ends: (() => void)[] = [];
  readonly #server: McpServer;

  constructor() {
    const inputSchema = { type: "object" };
    const answer = (args: Readonly<Record<string, unknown>>): ToolOutcome => {
      return { kind: "answer", text: "x".repeat(Number(args["length"])), isError: false };
    };
    this.#server = new McpServer({
      info: { name: "test", version: "1" },
      tools: [
        { name: "fat", description: "Answers.", inputSchema, call: answer },
        {
          name: "fat-later",
          description: "Answers later.",
          inputSchema,
          call: (args) => new Promise((resolve) => this.ends.push(() => resolve(answer(args)))),
        },
      ],
      onDefect: (error) => assert.fail(String(error)),
    });
  }

  handle(message: unknown): ServerOutcome {
    return this.#server.handle(message, from());
  }
}

function call(name: string, length: number, id: unknown): unknown {
  return request("tools/call", { name, arguments: { length } }, id);
}

/** Of each answer its id, and whether it is whole or was replaced. */
async function told(outcome: ServerOutcome): Promise<string[]> {
  assert.ok("text" in outcome || outcome instanceof Promise);
  const reply = await outcome;
  assert.ok(reply.text!.length <= MAX_ANSWER + MIB, "the limit holds for the whole");
  const { status, body } = parsed(reply);
  assert.equal(status, 200);
  // deno-lint-ignore no-explicit-any
  return body.map(({ id, result, error }: any) => {
    if (error) assert.deepEqual(error, TOO_LARGE);
    return `${id} ${result ? "whole" : "replaced"}`;
  });
}

Deno.test("of a batch of large answers those beyond 4 MiB are replaced, and all that follow", async () => {
  const outcome = new Fixture().handle([
    ...["a", "b", "c", "d"].map((id) => call("fat", MIB, id)),
    notification("notifications/x"),
    request("ping", {}, 5),
  ]);
  assert.ok(!(outcome instanceof Promise), "quick answers make no promise");
  assert.deepEqual(await told(outcome), [
    "a whole",
    "b whole",
    "c whole",
    "d replaced",
    "5 replaced",
  ]);
});

Deno.test("of answers that come later those are whole that come first, each in its place", async () => {
  const fixture = new Fixture();
  const outcome = fixture.handle([1, 2, 3, 4, 5].map((id) => call("fat-later", MIB, id)));
  for (const end of fixture.ends.toReversed()) {
    end();
    await new Promise((resolve) => setTimeout(resolve));
  }
  assert.deepEqual(await told(outcome), [
    "1 replaced",
    "2 replaced",
    "3 whole",
    "4 whole",
    "5 whole",
  ]);
});

Deno.test("the answers to one batch may have 4,194,304 characters together, and not one more", async () => {
  const fixture = new Fixture();
  const reply = await fixture.handle(call("fat", 0, 1));
  assert.ok("text" in reply);
  const fitting = MAX_ANSWER / 4 - reply.text!.length;
  const lastOf = async (more: number) => {
    const lengths = [fitting, fitting, fitting, fitting + more];
    return (await told(fixture.handle(lengths.map((length) => call("fat", length, 1))))).at(-1);
  };
  assert.equal(await lastOf(0), "1 whole");
  assert.equal(await lastOf(1), "1 replaced");
});

Deno.test("an answer that is in no batch may have any length", async () => {
  const fixture = new Fixture();
  const single = await fixture.handle(call("fat", MAX_ANSWER, 1));
  assert.ok("text" in single);
  assert.ok(parsed(single).body.result);
});
