/** `tools/list` and `tools/call`, for any set of tools. */

import { INVALID_PARAMS } from "../jsonrpc/errors.ts";
import { fromJsonText } from "../jsonrpc/json_text.ts";
import { asObject, isObject, isRequestId, type Params } from "../jsonrpc/message.ts";
import { Json } from "../jsonrpc/response.ts";
import type { Exchange, ProgressToken } from "./exchange.ts";
import { TASKS_EXTENSION } from "./meta.ts";
import {
  failure,
  type Method,
  type MethodAnswer,
  result,
  STATIC,
  UNKNOWN_CURSOR,
} from "./method.ts";
import type { Revision } from "./revisions.ts";
import { shown } from "./shown.ts";
import { seedOf } from "./task.ts";
import type { Tool, ToolOutcome } from "./tool.ts";
import { toolResult } from "./tool_result.ts";

/** What clients may know of, in the order in which they see it. */
export function listedOf(tools: readonly Tool[]): readonly Tool[] {
  return tools.filter(({ unlisted }) => !unlisted);
}

/** The list never changes while the program runs, so that each form of it is serialised once. */
export function listTools(all: readonly Tool[]): Method {
  const tools = listedOf(all);
  const plain = result(
    new Json(JSON.stringify({ tools: tools.map((tool) => listed(tool, false)) })),
  );
  const structured = { tools: tools.map((tool) => listed(tool, true)) };
  const legacy = result(new Json(JSON.stringify(structured)));
  const modern = result(structured);
  return {
    name: "tools/list",
    eras: "both",
    cache: STATIC,
    handle({ cursor }, { revision }) {
      if (cursor !== undefined && cursor !== null) return UNKNOWN_CURSOR;
      if (revision.era === "modern") return modern;
      return revision.structured ? legacy : plain;
    },
  };
}

function listed(tool: Tool, structured: boolean): object {
  const { name, title, description, inputSchema, outputSchema, annotations } = tool;
  return {
    name,
    title,
    description,
    inputSchema,
    outputSchema: structured ? outputSchema : undefined,
    annotations,
  };
}

/** `onDefect` is told about a tool that threw; the client reads that it did, and no more. */
export function callTool(tools: readonly Tool[], onDefect: (error: unknown) => void): Method {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  const known = listedOf(tools).map(({ name }) => name).join(", ");
  return {
    name: "tools/call",
    eras: "both",
    nameParam: "name",
    handle(params, context) {
      const { name } = params;
      if (typeof name !== "string") return failure(INVALID_PARAMS, "tools/call missing 'name'");
      const tool = byName.get(name);
      const { exchange, revision } = context;
      exchange.sawTool(tool ? name : "unknown");
      if (!tool) {
        return failure(INVALID_PARAMS, `unknown tool '${shown(name)}': the tools are ${known}`);
      }
      const args = argumentsIn(params);
      if (!args) {
        return failure(INVALID_PARAMS, "tools/call 'arguments' must be an object");
      }
      const { waits = false } = tool;
      const takesTask = waits && context.declares(TASKS_EXTENSION);
      const call = context.begin(waits && !takesTask ? "possible" : "no");
      call.takesTask = takesTask;
      const token = progressToken(params);
      if (token !== undefined) call.reportTo(token, revision.progressMessage);
      const defective = (error: unknown) => {
        onDefect(error);
        const text = `${name}: internal error. Try again later, and tell your user.`;
        exchange.failed("tool-error");
        return result(toolResult({ text, isError: true }, revision));
      };
      try {
        const outcome = tool.call(args, call, context, params);
        return outcome instanceof Promise
          ? outcome.then((settled) => noted(toAnswer(settled, revision), exchange), defective)
          : noted(toAnswer(outcome, revision), exchange);
      } catch (error) {
        return defective(error);
      }
    },
  };
}

/** Undefined: they are no object. Some clients send them as a model wrote them, as JSON text. */
function argumentsIn({ arguments: given }: Params): Params | undefined {
  return asObject(fromJsonText(given ?? {}));
}

function progressToken({ _meta: meta }: Params): ProgressToken | undefined {
  const token = isObject(meta) ? meta["progressToken"] : undefined;
  return isRequestId(token) ? token : undefined;
}

function noted(answer: MethodAnswer, exchange: Exchange): MethodAnswer {
  if (answer.kind !== "result") return answer;
  const { isError } = answer.result as { readonly isError?: unknown };
  if (isError === true) exchange.failed("tool-error");
  return answer;
}

function toAnswer(outcome: ToolOutcome, revision: Revision): MethodAnswer {
  switch (outcome.kind) {
    case "answer":
      return result(toolResult(outcome, revision));
    case "left":
      return { kind: "silence" };
    case "task":
      return result({ resultType: "task", ...seedOf(outcome.task) });
    case "invalid-arguments":
      return revision.wrongArguments === "error"
        ? failure(INVALID_PARAMS, outcome.message)
        : result(toolResult({ text: outcome.message, isError: true }, revision));
    case "result":
      return result(outcome.result);
    case "error":
      return outcome;
  }
}
