/** The row of each tool that asks has its counterparts on both planes. */

import assert from "node:assert/strict";
import { ASKING_TOOL_NAMES, ASKING_TOOLS } from "../../src/queue/asking_tools.ts";
import { changeKindsOf } from "../../src/operator/apply/change_kinds.ts";
import { kindOf } from "../../src/operator/review/mod.ts";
import { createTools, type ToolDependencies } from "../../src/sidecar/tools/mod.ts";

const NAMES = Object.keys(ASKING_TOOLS);

Deno.test("ASKING_TOOLS has the tools that ask, in the order of the list", () => {
  const tools = createTools({ mode: "live" } as unknown as ToolDependencies);
  const asking = tools.filter(({ annotations }) => !annotations.readOnlyHint);
  assert.deepEqual(NAMES, asking.map(({ name }) => name));
});

Deno.test("ASKING_TOOLS has the tools that the operator reviews and applies", () => {
  for (const name of NAMES) {
    assert.ok(kindOf(name), `${name} has no review`);
    assert.notEqual(changeKindsOf(name).length, 0, `${name} changes nothing`);
  }
});

Deno.test("ASKING_TOOL_NAMES reads as a list", () => {
  assert.equal(ASKING_TOOL_NAMES, "egress-block, pipelock-block or capability-block");
});
