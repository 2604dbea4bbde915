/** What a tool is here: one zod schema that is both its check and the JSON Schema clients see. */

import { z } from "zod";
import type { Answer, Caller } from "../propose.ts";
import { type Arguments, type ArgumentSchema, readArguments } from "./arguments.ts";
import { describeIgnored, describeProblems } from "./problems.ts";
import { strayArguments, type Strays } from "./stray_arguments.ts";

export type ToolOutcome =
  | Answer
  /** The arguments are wrong; the message names the tool and the fields. */
  | { readonly kind: "invalid-arguments"; readonly message: string };

/** What a client may know about a tool's effects; hints (MCP schema, ToolAnnotations). */
export interface Annotations {
  /** It changes nothing. */
  readonly readOnlyHint: boolean;
  /** What it leads to may take something away, rather than only add. */
  readonly destructiveHint: boolean;
  /** To call it again changes nothing more. */
  readonly idempotentHint: boolean;
  /** It reaches people or systems outside of this program. */
  readonly openWorldHint: boolean;
}

/** Fits the tool of mcp/tool.ts, which this room does not know; parts.ts checks that. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** Written for a model that has never seen this product: when to call, what to pass, what next. */
  readonly description: string;
  /** JSON Schema 2020-12 of the arguments; the same text on every start. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** JSON Schema 2020-12 of an answer's `structured`. */
  readonly outputSchema: Readonly<Record<string, unknown>>;
  readonly annotations: Annotations;
  /** An operator has to decide: the answer takes as long as that, or is a task. */
  readonly waits: boolean;
  readonly task: "optional" | undefined;
  /** It is not shown to clients, and answers all the same. */
  readonly unlisted?: boolean;
  /**
   * Wrong arguments are answered at once; everything else may take as long as a person takes.
   * `params`: in which `args` came.
   */
  call(
    args: Arguments,
    caller: Caller,
    context?: unknown,
    params?: Arguments,
  ): ToolOutcome | Promise<ToolOutcome>;
}

/** An ask adds a proposal, and a person outside decides. The same ask made again, later, is new. */
export const ASK: Annotations = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};

/** Looking changes nothing. */
export const LOOK: Annotations = {
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
  readonly annotations: Annotations;
  /** Default: false. */
  readonly waits?: boolean;
  /** Which argument is meant by another name, where that one is not given. */
  readonly renamed?: (name: string) => string | undefined;
  /** What is asked for where no argument narrows it, in words; undefined: one does. */
  readonly whole?: (args: z.output<Input>) => string | undefined;
  /** Called with checked arguments. */
  readonly run: (args: z.output<Input>, caller: Caller) => Promise<ToolOutcome>;
}

export function defineTool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): Tool {
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
    task: waits ? "optional" : undefined,
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
function withNames(given: Arguments, renamed: (name: string) => string | undefined): Arguments {
  const others = Object.entries(given).map(([name, value]) => [renamed(name) ?? name, value]);
  return { ...Object.fromEntries(others), ...given };
}

const NO_STRAYS: Strays = { refused: [], ignored: [] };

/** What the protocol has in a call (schema, CallToolRequest). */
const OF_THE_CALL: ReadonlySet<string> = new Set([
  ...["name", "arguments", "_meta", "task", "inputResponses", "requestState"],
]);

function besideArguments(params: Arguments): Arguments {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !OF_THE_CALL.has(name)));
}

/** The outcome of an ask, with a line more. */
function telling(outcome: ToolOutcome, line: string): ToolOutcome {
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
