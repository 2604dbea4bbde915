/** Fixture tools that show each kind of content, and each kind of input schema. */

import { HEADER_MISMATCH } from "../../src/sidecar/jsonrpc/errors.ts";
import { decodeHeaderValue } from "../../src/sidecar/mcp/headers.ts";
import { failure } from "../../src/sidecar/mcp/method.ts";
import type { Tool } from "../../src/sidecar/mcp/tool.ts";
import { content, fixtureTool, refused, stringOf, text } from "./fixture_tool.ts";
import { PNG, WAV } from "./samples.ts";

const IMAGE = { type: "image", data: PNG, mimeType: "image/png" };

/** The suite compares every keyword of this with what `tools/list` shows. */
const FULL_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  $defs: {
    address: {
      $anchor: "addressDef",
      type: "object",
      properties: { street: { type: "string" }, city: { type: "string" } },
    },
  },
  properties: {
    name: { type: "string" },
    address: { $ref: "#/$defs/address" },
    contactMethod: { type: "string", enum: ["phone", "email"] },
    phone: { type: "string" },
    email: { type: "string" },
  },
  allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
  if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
  then: { required: ["phone"] },
  else: { required: ["email"] },
  additionalProperties: false,
};

/** The first of them is the one that `http-header-validation` calls with `{}`. */
export const contentTools: readonly Tool[] = [
  fixtureTool(
    "test_simple_text",
    "Answers with one text.",
    () => text("This is a simple text response for testing."),
  ),
  fixtureTool("test_image_content", "Answers with an image.", () => content(IMAGE)),
  fixtureTool(
    "test_audio_content",
    "Answers with a sound.",
    () => content({ type: "audio", data: WAV, mimeType: "audio/wav" }),
  ),
  fixtureTool(
    "test_embedded_resource",
    "Answers with a resource.",
    () =>
      content(
        resource("test://embedded-resource", "text/plain", "This is an embedded resource content."),
      ),
  ),
  fixtureTool(
    "test_multiple_content_types",
    "Answers with a text, an image and a resource.",
    () =>
      content(
        { type: "text", text: "Multiple content types test:" },
        IMAGE,
        resource(
          "test://mixed-content-resource",
          "application/json",
          JSON.stringify({ test: "data", value: 123 }),
        ),
      ),
  ),
  fixtureTool("test_error_handling", "Always fails.", () => ({
    kind: "answer",
    text: "This tool intentionally returns an error for testing",
    isError: true,
  })),
  fixtureTool(
    "json_schema_2020_12_tool",
    "Has an input schema of many keywords.",
    ({ args }) => text(JSON.stringify(args)),
    { inputSchema: FULL_SCHEMA },
  ),
  fixtureTool(
    "test_mirrored_argument",
    "Has an argument that a header repeats.",
    ({ args: { region }, context: { exchange: { peer }, revision } }) => {
      const header = peer.headers?.get("mcp-param-region") ?? null;
      const repeated = header === null ? undefined : decodeHeaderValue(header);
      return revision.era === "modern" && repeated !== region
        ? refused(failure(HEADER_MISMATCH, "Mcp-Param-Region must be the region", undefined, 400))
        : text(stringOf(region, "no region"));
    },
    {
      inputSchema: {
        type: "object",
        properties: { region: { type: "string", "x-mcp-header": "Region" } },
      },
    },
  ),
];

function resource(uri: string, mimeType: string, words: string): object {
  return { type: "resource", resource: { uri, mimeType, text: words } };
}
