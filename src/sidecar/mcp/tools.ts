/** `tools/list` and `tools/call`, for any set of tools. */

import { INTERNAL_ERROR, INVALID_PARAMS } from "../jsonrpc/errors.ts";
import { isObject } from "../jsonrpc/message.ts";
import { Json } from "../jsonrpc/response.ts";
import type { Call } from "./exchange.ts";
import type { Inflight } from "./inflight.ts";
import { failure, type Method, type MethodAnswer, type MethodContext, result } from "./method.ts";
import type { Revision } from "./revisions.ts";

/** The one at the other end of a tool call. */
export type Caller = Pick<Call, "onLeave" | "onSent">;

export type ToolOutcome =
  | { readonly kind: "answer"; readonly text: string; readonly isError: boolean }
  | { readonly kind: "left" }
  | { readonly kind: "invalid-arguments"; readonly message: string };

/** What this layer asks of a tool. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  call(
    args: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): ToolOutcome | Promise<ToolOutcome>;
}

/** The list never changes while the program runs, so it is serialised once. */
export function listTools(tools: readonly Tool[]): Method {
  const list = tools.map(({ name, title, description, inputSchema }) => ({
    name,
    title,
    description,
    inputSchema,
  }));
  const page = result(new Json(JSON.stringify({ tools: list })));
  return ({ cursor }) => {
    if (cursor === undefined || cursor === null) return page;
    return failure(INVALID_PARAMS, "unknown cursor: the list has one page, leave the cursor out");
  };
}

export interface CallToolOptions {
  readonly tools: readonly Tool[];
  readonly inflight: Inflight;
  /** Told about a tool that threw; the client only reads "internal error". */
  readonly onDefect: (error: unknown) => void;
}

export function callTool({ tools, inflight, onDefect }: CallToolOptions): Method {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));

  function settle(
    pending: Promise<ToolOutcome>,
    call: Call,
    { id, revision, exchange }: MethodContext,
  ): Promise<MethodAnswer> {
    const { address } = exchange.client;
    inflight.add(address, id, call);
    return pending.then((outcome) => {
      inflight.remove(address, id, call);
      return toAnswer(outcome, revision);
    }, (error) => {
      inflight.remove(address, id, call);
      onDefect(error);
      return failure(INTERNAL_ERROR, "internal error");
    });
  }

  return (params, context) => {
    const { name, arguments: args = {} } = params;
    if (typeof name !== "string") return failure(INVALID_PARAMS, "tools/call missing 'name'");
    const tool = byName.get(name);
    if (!tool) {
      const known = [...byName.keys()].join(", ");
      return failure(
        INVALID_PARAMS,
        `unknown tool '${name.slice(0, 200)}': the tools are ${known}`,
      );
    }
    if (!isObject(args)) {
      return failure(INVALID_PARAMS, "tools/call 'arguments' must be an object");
    }
    const call = context.exchange.begin();
    const outcome = tool.call(args, call);
    return outcome instanceof Promise
      ? settle(outcome, call, context)
      : toAnswer(outcome, context.revision);
  };
}

function toAnswer(outcome: ToolOutcome, revision: Revision): MethodAnswer {
  switch (outcome.kind) {
    case "answer":
      return result(textResult(outcome.text, outcome.isError));
    case "left":
      return { kind: "silence" };
    case "invalid-arguments":
      return revision.wrongArguments === "error"
        ? failure(INVALID_PARAMS, outcome.message)
        : result(textResult(outcome.message, true));
  }
}

function textResult(text: string, isError: boolean): object {
  return { content: [{ type: "text", text }], isError };
}
