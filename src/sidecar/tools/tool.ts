/** What a tool is here: one zod schema that is both its check and the JSON Schema clients see. */

import { z } from "zod";
import type { Params } from "../jsonrpc/message.ts";
import type { Caller, Tool, ToolAnnotations, ToolOutcome } from "../mcp/tool.ts";
import type { Answer } from "../propose.ts";
import { type ArgumentSchema, readArguments } from "./arguments.ts";
import { describeIgnored, describeProblems } from "./problems.ts";
import { strayArguments, type Strays } from "./stray_arguments.ts";

/** A tool of ours says what it does, and needs nothing of the protocol for a call. */
export interface SidecarTool extends Tool {
  readonly annotations: ToolAnnotations;
  call(
    args: Params,
    caller: Caller,
    context?: unknown,
    params?: Params,
  ): ToolOutcome | Promise<ToolOutcome>;
}

/** An ask adds a proposal, and a person outside decides. The same ask made again, later, is new. */
export const ASK: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};

/** Looking changes nothing. */
export const LOOK: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** No client adds as many to those that a tool has. */
const MAX_ARGUMENTS = 32;

const TOO_MANY = `there are more than ${MAX_ARGUMENTS} arguments: leave out what this tool does ` +
  "not have";

export interface ToolDefinition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: z.ZodObject;
  readonly annotations: ToolAnnotations;
  /** Default: false. */
  readonly waits?: boolean;
  /** Which argument is meant by another name, where that one is not given. */
  readonly renamed?: (name: string) => string | undefined;
  /** What is asked for where no argument narrows it, in words; undefined: one does. */
  readonly whole?: (args: z.output<Input>) => string | undefined;
  /** Called with checked arguments. */
  readonly run: (args: z.output<Input>, caller: Caller) => Promise<Answer>;
}

export function defineTool<Input extends z.ZodObject>(
  definition: ToolDefinition<Input>,
): SidecarTool {
  const {
    name,
    title,
    description,
    input,
    output,
    annotations,
    waits = false,
    renamed,
    whole,
    run,
  } = definition;
  // Models are told of no further arguments, and strict clients want to read that.
  const inputSchema = { ...jsonSchema(input), additionalProperties: false };
  return {
    name,
    title,
    description,
    inputSchema,
    outputSchema: jsonSchema(output),
    annotations,
    waits,
    call(given, caller, _context, params = {}) {
      if (Object.keys(given).length > MAX_ARGUMENTS) {
        return { kind: "invalid-arguments", message: `${name}: ${TOO_MANY}` };
      }
      const read = readArguments(inputSchema, given);
      const args = renamed ? withNames(read, renamed) : read;
      // A tool that only looks can lose nothing.
      const { refused, ignored } = annotations.readOnlyHint
        ? NO_STRAYS
        : strayArguments(inputSchema, args, besideArguments(params));
      const checked = input.safeParse(args);
      if (!checked.success || refused.length > 0) {
        const message = describeProblems(name, checked.error?.issues ?? [], refused, args);
        return { kind: "invalid-arguments", message };
      }
      const all = ignored.length > 0 ? whole?.(checked.data) : undefined;
      const running = run(checked.data, caller);
      if (all === undefined) return running;
      return running.then((outcome) => telling(outcome, describeIgnored(ignored, all)));
    },
  };
}

/** What is given under its own name counts. */
function withNames(given: Params, renamed: (name: string) => string | undefined): Params {
  const others = Object.entries(given).map(([name, value]) => [renamed(name) ?? name, value]);
  return { ...Object.fromEntries(others), ...given };
}

const NO_STRAYS: Strays = { refused: [], ignored: [] };

/** What the protocol has in a call (schema, CallToolRequest). */
const OF_THE_CALL: ReadonlySet<string> = new Set([
  ...["name", "arguments", "_meta", "task", "inputResponses", "requestState"],
]);

function besideArguments(params: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !OF_THE_CALL.has(name)));
}

/** The outcome of an ask, with a line more. */
function telling(outcome: Answer, line: string): Answer {
  if (outcome.kind === "task") {
    const { task } = outcome;
    return { ...outcome, task: { ...task, statusMessage: `${task.statusMessage}; ${line}` } };
  }
  // Without data nothing was asked.
  if (outcome.kind !== "answer" || !outcome.structured) return outcome;
  const { next } = outcome.structured as { readonly next?: string };
  const structured = {
    ...outcome.structured,
    next: next === undefined ? line : `${next}; ${line}`,
  };
  return { ...outcome, text: `${outcome.text}\n${line}`, structured };
}

/**
 * What clients can use of it: no `$schema`, since validators that know another draft refuse it by that
 * name, and an output that may come to hold more than a client has read of in its list.
 */
function jsonSchema(schema: z.ZodObject) {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest as Readonly<Record<string, unknown>> & ArgumentSchema;
}
