/** Prompts, which the product has none of: the suite's, as further methods on the same core. */

import { INVALID_PARAMS } from "../../src/sidecar/jsonrpc/errors.ts";
import { isObject } from "../../src/sidecar/jsonrpc/message.ts";
import {
  failure,
  type Method,
  type MethodAnswer,
  result,
  STATIC,
  UNKNOWN_CURSOR,
} from "../../src/sidecar/mcp/method.ts";
import { type FixtureCall, stringOf } from "./fixture_tool.ts";
import { ask, elicitation, fieldOf } from "./input_requests.ts";
import { PNG } from "./samples.ts";

type PromptCall = Pick<FixtureCall, "args" | "context" | "params">;

interface Prompt {
  readonly name: string;
  readonly description: string;
  /** The names of its arguments; all are required. */
  readonly takes: readonly string[];
  get(call: PromptCall): MethodAnswer;
}

const PROMPTS: readonly Prompt[] = [
  {
    name: "test_simple_prompt",
    description: "One sentence.",
    takes: [],
    get: () => says({ type: "text", text: "This is a simple prompt for testing." }),
  },
  {
    name: "test_prompt_with_arguments",
    description: "Repeats its arguments.",
    takes: ["arg1", "arg2"],
    get: ({ args: { arg1, arg2 } }) =>
      says({ type: "text", text: `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'` }),
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "Holds a resource.",
    takes: ["resourceUri"],
    get: ({ args }) =>
      says(
        {
          type: "resource",
          resource: {
            uri: args["resourceUri"],
            mimeType: "text/plain",
            text: "Embedded resource content for testing.",
          },
        },
        { type: "text", text: "Please process the embedded resource above." },
      ),
  },
  {
    name: "test_prompt_with_image",
    description: "Holds an image.",
    takes: [],
    get: () =>
      says(
        { type: "image", data: PNG, mimeType: "image/png" },
        { type: "text", text: "Please analyze the image above." },
      ),
  },
  {
    name: "test_input_required_result_prompt",
    description: "Asks the client first.",
    takes: [],
    get(call) {
      const context = fieldOf(call.params, "user_context", "context");
      if (typeof context === "string") return says({ type: "text", text: context });
      const question = elicitation("What context should be used?", { context: "string" });
      return ask(call, { user_context: question });
    },
  },
];

const listed = result({
  prompts: PROMPTS.map(({ name, description, takes }) => ({
    name,
    description,
    arguments: takes.map((argument) => ({ name: argument, required: true })),
  })),
});

/** `prompts/list`, `prompts/get`, and `completion/complete`, which has nothing to suggest. */
export const promptMethods: readonly Method[] = [
  {
    name: "prompts/list",
    eras: "both",
    cache: STATIC,
    handle: ({ cursor }) => cursor === undefined || cursor === null ? listed : UNKNOWN_CURSOR,
  },
  {
    name: "prompts/get",
    eras: "both",
    nameParam: "name",
    handle(params, context) {
      const prompt = PROMPTS.find(({ name }) => name === params["name"]);
      if (!prompt) return failure(INVALID_PARAMS, "unknown prompt: prompts/list names them all");
      const args = isObject(params["arguments"]) ? params["arguments"] : {};
      const missing = prompt.takes.filter((name) => stringOf(args[name]) === "");
      return missing.length > 0
        ? failure(INVALID_PARAMS, `missing arguments: ${missing.join(", ")}`)
        : prompt.get({ args, context, params });
    },
  },
  {
    name: "completion/complete",
    eras: "both",
    handle: () => result({ completion: { values: [], total: 0, hasMore: false } }),
  },
];

function says(...contents: readonly object[]): MethodAnswer {
  return result({ messages: contents.map((content) => ({ role: "user", content })) });
}
