/** What a fixture asks its client for, and how the answer is read (basic/patterns/mrtr). */

import { isObject, type Params } from "../../src/sidecar/jsonrpc/message.ts";
import { missingCapability } from "../../src/sidecar/mcp/method.ts";
import { type FixtureCall, type Raw, type Refusal, refused } from "./fixture_tool.ts";

export interface InputRequest {
  readonly method: "elicitation/create" | "sampling/createMessage" | "roots/list";
  readonly params: object;
}

export type InputRequests = Readonly<Record<string, InputRequest>>;

/** What a client must declare to be asked this. */
export const CAPABILITY_OF = {
  "elicitation/create": "elicitation",
  "sampling/createMessage": "sampling",
  "roots/list": "roots",
} as const;

/** `fields`: their names and JSON types; all are required. */
export function elicitation(
  message: string,
  fields: Readonly<Record<string, "string" | "boolean">>,
): InputRequest {
  const properties = Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name, { type }]),
  );
  const requestedSchema = { type: "object", properties, required: Object.keys(fields) };
  return { method: "elicitation/create", params: { mode: "form", message, requestedSchema } };
}

export function sampling(words: string): InputRequest {
  const messages = [{ role: "user", content: { type: "text", text: words } }];
  return { method: "sampling/createMessage", params: { messages, maxTokens: 100 } };
}

export const ROOTS: InputRequest = { method: "roots/list", params: {} };

/** The result that asks; an error for a client that does not declare what it would be asked. */
export function ask(
  { context: { capabilities } }: Pick<FixtureCall, "context">,
  inputRequests: InputRequests,
  requestState?: string,
): Raw | Refusal {
  const missing = Object.values(inputRequests)
    .map(({ method }) => CAPABILITY_OF[method])
    .filter((capability) => !isObject(capabilities[capability]));
  if (missing.length > 0) {
    const required = Object.fromEntries(missing.map((name) => [name, {}]));
    return refused(missingCapability(required, `the client must declare ${missing.join(", ")}`));
  }
  return {
    kind: "result",
    result: {
      resultType: "input_required",
      inputRequests,
      ...requestState === undefined ? {} : { requestState },
    },
  };
}

/** The client's answer to the request called `key`; undefined when there is none, or it is no answer. */
export function responseTo(
  { inputResponses }: Params,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  if (!isObject(inputResponses)) return undefined;
  const response = inputResponses[key];
  return isObject(response) ? response : undefined;
}

/** A field that the user filled in; undefined when there is none. */
export function fieldOf(params: Params, key: string, field: string): unknown {
  const response = responseTo(params, key);
  const isAccepted = response?.["action"] === "accept" && isObject(response["content"]);
  return isAccepted ? (response["content"] as Record<string, unknown>)[field] : undefined;
}
