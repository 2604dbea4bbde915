/** Statements about the true sidecar, each a step of one test, none of which asks the operator. */

import assert from "node:assert/strict";
import { type SidecarOptions, startSidecar } from "./programs.ts";
import { QueueProbe } from "./queue_probe.ts";

/** Fails when the statement does not hold for the sidecar at this port. */
export type Check = (port: number) => Promise<void>;

export type Statements = Readonly<Record<string, Check>>;

/** Declares a test of `name`, with a sidecar of its own for all the statements. */
export function testStatements(
  name: string,
  statements: Statements,
  options: SidecarOptions = {},
): void {
  Deno.test(name, async (t) => {
    await using sidecar = await startSidecar(options);
    for (const [statement, check] of Object.entries(statements)) {
      await t.step(statement, () => check(sidecar.port));
    }
    const asked = await new QueueProbe(sidecar.queueDirectory).proposals();
    assert.deepEqual(asked, [], "nothing was asked of the operator");
    assert.doesNotMatch(sidecar.process.stderr, /internal error/);
  });
}
