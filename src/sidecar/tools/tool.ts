/** What a tool is here: one zod schema that is both its check and the JSON Schema clients see. */

import { z } from "zod";
import type { Answer, Caller } from "../propose.ts";
import { describeProblems } from "./problems.ts";

export type ToolOutcome =
  | Answer
  /** The arguments are wrong; the message names the tool and the fields. */
  | { readonly kind: "invalid-arguments"; readonly message: string };

export interface Tool {
  readonly name: string;
  readonly title: string;
  /** Written for a model that has never seen this product: when to call, what to pass, what next. */
  readonly description: string;
  /** JSON Schema 2020-12 of the arguments; the same text on every start. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Wrong arguments are answered at once; everything else may take as long as a person takes. */
  call(
    args: Readonly<Record<string, unknown>>,
    caller: Caller,
  ): ToolOutcome | Promise<ToolOutcome>;
}

export interface ToolDefinition<Input extends z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  /** Called with checked arguments. */
  readonly run: (args: z.output<Input>, caller: Caller) => Promise<ToolOutcome>;
}

export function defineTool<Input extends z.ZodObject>(definition: ToolDefinition<Input>): Tool {
  const { name, title, description, input, run } = definition;
  return {
    name,
    title,
    description,
    inputSchema: z.toJSONSchema(input, { io: "input" }),
    call(given, caller) {
      // Models write null for an optional argument they leave out.
      const args = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
      const checked = input.safeParse(args);
      if (checked.success) return run(checked.data, caller);
      return {
        kind: "invalid-arguments",
        message: describeProblems(name, checked.error.issues, args),
      };
    },
  };
}
