/** What this layer asks of a tool. */

import type { Params } from "../jsonrpc/message.ts";
import type { Call } from "./exchange.ts";
import type { Context, Refusal } from "./method.ts";
import type { Task } from "./task.ts";
import type { ToolAnswer } from "./tool_result.ts";

/** What a call tells its tool about the one at the other end. */
export interface Caller
  extends Pick<Call, "client" | "onLeave" | "onSent" | "wantsProgress" | "report"> {
  /** The answer may be a task, to be asked for later. */
  readonly takesTask: boolean;
}

/** Tools that are no part of the protocol need the first three. */
export type ToolOutcome =
  | ToolAnswer
  | { readonly kind: "left" }
  | { readonly kind: "invalid-arguments"; readonly message: string }
  /** Only for a caller that takes one; the task must be durable. */
  | { readonly kind: "task"; readonly task: Task }
  /** A result of the tool's own making, sent as it is. */
  | { readonly kind: "result"; readonly result: object }
  | Refusal;

/** What a client may know about a tool's effects; hints, never a promise (schema, ToolAnnotations). */
export interface ToolAnnotations {
  readonly title?: string;
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

export interface Tool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  readonly annotations?: ToolAnnotations | undefined;
  /** It answers a call but no list names it: for telling those in words who know it all the same. */
  readonly unlisted?: boolean | undefined;
  /**
   * A call may take as long as a person takes: its answer may be a task where the caller takes one, and
   * else is a stream where that is possible; only then can progress be reported.
   */
  readonly waits?: boolean | undefined;
  /** `context` and `params` are for tools that speak the protocol themselves. */
  call(
    args: Readonly<Record<string, unknown>>,
    caller: Caller,
    context: Context,
    params: Params,
  ): ToolOutcome | Promise<ToolOutcome>;
}
