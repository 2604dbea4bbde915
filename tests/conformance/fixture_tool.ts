/** The short form in which the fixtures are written: what the suite never looks at has a default. */

import type { Params } from "../../src/sidecar/jsonrpc/message.ts";
import type { Context, MethodAnswer } from "../../src/sidecar/mcp/method.ts";
import type { Caller, Tool, ToolOutcome } from "../../src/sidecar/mcp/tool.ts";

/** One call as a fixture sees it. */
export interface FixtureCall {
  readonly args: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly context: Context;
  readonly params: Params;
}

/** An outcome that a tool and any other method have in common. */
export type Refusal = Extract<ToolOutcome, { kind: "error" }>;
export type Raw = Extract<ToolOutcome, { kind: "result" }>;

export type FixtureHandler = (call: FixtureCall) => ToolOutcome | Promise<ToolOutcome>;

/** A tool that takes any arguments, unless `more` says otherwise. */
export function fixtureTool(
  name: string,
  description: string,
  handler: FixtureHandler,
  more: Partial<Tool> = {},
): Tool {
  return {
    name,
    description,
    inputSchema: { type: "object" },
    ...more,
    call: (args, caller, context, params) => handler({ args, caller, context, params }),
  };
}

/** A result that holds these content blocks. */
export function content(...blocks: readonly object[]): Raw {
  return { kind: "result", result: { content: blocks } };
}

export function text(words: string): ToolOutcome {
  return { kind: "answer", text: words, isError: false };
}

/** One of the errors that the core itself makes, as what a tool returns. */
export function refused(answer: MethodAnswer): Refusal {
  if (answer.kind !== "error") throw new TypeError(`Not an error: ${answer.kind}`);
  const { error, status } = answer;
  return { kind: "error", error, ...status === undefined ? {} : { status } };
}

/** A string argument, or what stands for it. */
export function stringOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}
