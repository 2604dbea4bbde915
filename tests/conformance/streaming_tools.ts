/** Fixture tools that send messages before their answer, or make others be sent. */

import { isObject } from "../../src/sidecar/jsonrpc/message.ts";
import type { Announcement } from "../../src/sidecar/mcp/subscription.ts";
import type { Tool } from "../../src/sidecar/mcp/tool.ts";
import { LOG_LEVEL } from "../support/meta_keys.ts";
import { type FixtureCall, fixtureTool, text } from "./fixture_tool.ts";
import { ask, elicitation } from "./input_requests.ts";
import { pause } from "./pause.ts";

/** The suite's wish between two messages, in milliseconds. */
const STEP_MS = 50;

const STREAMS = { waits: true };

/** `announce`: tells subscriptions of a change. */
export function streamingTools(announce: (announcement: Announcement) => void): Tool[] {
  const announcing = (name: string, list: "tools" | "prompts") =>
    fixtureTool(name, `Says that the list of ${list} has changed.`, () => {
      announce({ kind: "list-changed", list });
      return text("announced");
    });
  return [
    fixtureTool("test_tool_with_progress", "Reports 0, 50 and 100 of 100.", async ({ caller }) => {
      caller.report(0, 100, "begun");
      await pause(STEP_MS);
      caller.report(50, 100, "half done");
      await pause(STEP_MS);
      caller.report(100, 100, "done");
      return text("done");
    }, STREAMS),
    fixtureTool("test_tool_with_logging", "Logs three times.", async (call) => {
      log(call, "Tool execution started");
      await pause(STEP_MS);
      log(call, "Tool processing data");
      await pause(STEP_MS);
      log(call, "Tool execution completed");
      return text("logged three times");
    }, STREAMS),
    fixtureTool("test_logging_tool", "Logs once, where the client asks for it.", async (call) => {
      log(call, "Tool execution completed");
      return await Promise.resolve(text("logged"));
    }, STREAMS),
    fixtureTool("test_streaming_elicitation", "Asks the client, in a stream.", async (call) => {
      call.caller.report(1, 2, "about to ask");
      return await Promise.resolve(
        ask(call, { answer: elicitation("Please answer", { answer: "string" }) }),
      );
    }, STREAMS),
    announcing("test_trigger_tool_change", "tools"),
    announcing("test_trigger_prompt_change", "prompts"),
  ];
}

/** The modern era wants no word that the request did not ask for; the old one has `setLevel`. */
function log({ context, params: { _meta: meta } }: FixtureCall, data: string): void {
  const isAsked = isObject(meta) && meta[LOG_LEVEL] !== undefined;
  if (context.revision.era === "modern" && !isAsked) return;
  context.call?.notify("notifications/message", { level: "info", data });
}
