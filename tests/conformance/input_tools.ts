/** Fixture tools that ask their client before they answer (basic/patterns/mrtr). */

import { INVALID_PARAMS } from "../../src/sidecar/jsonrpc/errors.ts";
import { isObject } from "../../src/sidecar/jsonrpc/message.ts";
import { failure, missingCapability } from "../../src/sidecar/mcp/method.ts";
import type { Tool } from "../../src/sidecar/mcp/tool.ts";
import { type FixtureHandler, fixtureTool, refused, stringOf, text } from "./fixture_tool.ts";
import {
  ask,
  CAPABILITY_OF,
  elicitation,
  fieldOf,
  type InputRequests,
  responseTo,
  ROOTS,
  sampling,
} from "./input_requests.ts";
import { SignedState } from "./signed_state.ts";

const ASK_NAME = elicitation("What is your name?", { name: "string" });
const CONFIRM = elicitation("Please confirm", { ok: "boolean" });

const state = new SignedState();

const INTEGRITY = refused(
  failure(INVALID_PARAMS, "'requestState' is not the one that was given out"),
);

export const inputTools: readonly Tool[] = [
  fixtureTool(
    "test_missing_capability",
    "Needs sampling.",
    ({ context }) =>
      isObject(context.capabilities["sampling"])
        ? text("sampling is declared")
        : refused(missingCapability({ sampling: {} }, "the client must declare sampling")),
  ),
  asking("elicitation", "Asks for a name.", (call) => {
    const name = fieldOf(call.params, "user_name", "name");
    return typeof name === "string" ? text(`Hello, ${name}!`) : ask(call, { user_name: ASK_NAME });
  }),
  asking("sampling", "Asks the client's model.", (call) => {
    const response = responseTo(call.params, "capital_question");
    return response
      ? text(JSON.stringify(response["content"]))
      : ask(call, { capital_question: sampling("What is the capital of France?") });
  }),
  asking("list_roots", "Asks for the client's roots.", (call) => {
    const roots = responseTo(call.params, "client_roots")?.["roots"];
    return Array.isArray(roots)
      ? text(`${roots.length} roots`)
      : ask(call, { client_roots: ROOTS });
  }),
  asking("request_state", "Wants its state back.", (call) => {
    const { requestState } = call.params;
    if (requestState === undefined) return ask(call, { confirm: CONFIRM }, state.seal({}));
    if (!state.open(requestState)) return INTEGRITY;
    return text(fieldOf(call.params, "confirm", "ok") === true ? "state-ok" : "not confirmed");
  }),
  asking("multiple_inputs", "Asks three things at once.", (call) => {
    const requests: InputRequests = {
      user_name: ASK_NAME,
      greeting: sampling("Generate a greeting"),
      client_roots: ROOTS,
    };
    const isWhole = Object.keys(requests).every((key) => responseTo(call.params, key));
    if (!isWhole) return ask(call, requests, state.seal({}));
    return state.open(call.params["requestState"]) ? text("all three are here") : INTEGRITY;
  }),
  asking("multi_round", "Asks twice, one after the other.", (call) => {
    const { requestState } = call.params;
    const first = { step1: elicitation("Step 1: What is your name?", { name: "string" }) };
    if (requestState === undefined) return ask(call, first, state.seal({ round: 1 }));
    const before = state.open(requestState);
    if (!before) return INTEGRITY;
    if (before["round"] === 1) {
      const name = fieldOf(call.params, "step1", "name");
      const second = { step2: elicitation("Step 2: Which colour?", { color: "string" }) };
      return ask(call, second, state.seal({ round: 2, name }));
    }
    const color = stringOf(fieldOf(call.params, "step2", "color"));
    return text(`${stringOf(before["name"])} likes ${color}`);
  }),
  asking("tampered_state", "Refuses a state that was changed.", (call) => {
    const { requestState } = call.params;
    if (requestState === undefined) return ask(call, { confirm: CONFIRM }, state.seal({}));
    return state.open(requestState) ? text("unchanged") : INTEGRITY;
  }),
  asking("capabilities", "Asks only for what the client declares.", (call) => {
    const { inputResponses } = call.params;
    if (inputResponses !== undefined) return text("answered");
    const wishes: InputRequests = { name: ASK_NAME, greeting: sampling("Generate a greeting") };
    const possible = Object.entries(wishes)
      .filter(([, { method }]) => isObject(call.context.capabilities[CAPABILITY_OF[method]]));
    return possible.length > 0
      ? ask(call, Object.fromEntries(possible))
      : text("nothing can be asked");
  }),
];

function asking(name: string, description: string, handler: FixtureHandler): Tool {
  return fixtureTool(`test_input_required_result_${name}`, description, handler);
}
