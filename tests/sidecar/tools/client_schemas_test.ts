/**
 * The schemas of tools/list as the libraries that hand tools to models take them: each is given to the
 * real converter. `@openai/agents-core` is the part of `@openai/agents` that has it; `@ai-sdk/google` is
 * of the last major version that still makes a schema of Gemini's subset.
 */

import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { loadMcpTools } from "@langchain/mcp-adapters";
import { mcpToFunctionTool } from "@openai/agents-core";
import { Ajv } from "ajv";
import assert from "node:assert/strict";

type Schema = Readonly<Record<string, unknown>>;

interface Listed {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Schema & { readonly properties: Readonly<Record<string, Schema>> };
  readonly outputSchema: Schema;
}

const LIST = new URL("../../testdata/tools_list_structured.json", import.meta.url);

/** A new one each time, since a converter may write into it. */
const list = (): readonly Listed[] => JSON.parse(Deno.readTextFileSync(LIST)).tools;

for (const { name, inputSchema, outputSchema } of list()) {
  Deno.test(`a plain validator compiles the schemas of ${name}`, () => {
    // As the official SDKs do it, with its own draft and its strict mode.
    const ajv = new Ajv();
    assert.equal(typeof ajv.compile(inputSchema), "function");
    assert.equal(typeof ajv.compile(outputSchema), "function");
  });
}

Deno.test("a plain validator heeds the one pattern of a path", () => {
  const validate = new Ajv().compile(list()[0]!.inputSchema);
  const takes = (...path_allowlist: string[]) =>
    validate({ host: "a.example", justification: "x", path_allowlist });
  assert.ok(takes("/repos/acme/", "/", "/a%20b"));
  for (const path of ["", "repos", " /a", "/a b", "/é", "/a\n"]) assert.ok(!takes(path), path);
});

for (const tool of list()) {
  Deno.test(`OpenAI's agents take ${tool.name} in strict mode`, () => {
    const server = { name: "supervise" } as unknown as Parameters<typeof mcpToFunctionTool>[1];
    const converted = mcpToFunctionTool(
      tool as unknown as Parameters<typeof mcpToFunctionTool>[0],
      server,
      true,
    );
    assert.ok(converted.type === "function");
    assert.equal(converted.strict, true, "it fell back to a schema that nothing checks");
    assert.deepEqual(
      Object.keys(converted.parameters.properties),
      Object.keys(tool.inputSchema.properties),
    );
  });
}

Deno.test("LangChain's adapter takes every schema as it is, and calls with what the model gave", async () => {
  const called: unknown[] = [];
  const client = {
    listTools: () => Promise.resolve({ tools: list() }),
    callTool: (call: unknown) => {
      called.push(call);
      return Promise.resolve({ content: [{ type: "text", text: "status: approved" }] });
    },
  };
  const tools = await loadMcpTools(
    "supervise",
    client as unknown as Parameters<typeof loadMcpTools>[1],
  );
  assert.deepEqual(
    tools.map(({ name, schema }) => [name, schema]),
    list().map(({ name, inputSchema }) => [name, inputSchema]),
  );
  const [egress] = tools;
  const args = { host: "a.example", justification: "x", path_allowlist: ["/a/"] };
  await egress!.invoke(args);
  assert.deepEqual(called.map((call) => (call as { arguments: unknown }).arguments), [args]);
  await assert.rejects(egress!.invoke({ ...args, path_allowlist: ["a"] }), /did not match/);
});

/** What of a schema there is in Gemini's subset, where the converter drops the rest. */
function inGemini(schema: Schema): Schema {
  const below = (properties: object) =>
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, inGemini(property)]),
    );
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]) => {
      if (["type", "description", "required", "enum"].includes(keyword)) return [[keyword, value]];
      if (keyword === "items") return [[keyword, inGemini(value as Schema)]];
      return keyword === "properties" ? [[keyword, below(value as object)]] : [];
    }),
  );
}

Deno.test("Gemini is given every argument of every tool", async () => {
  let sent: { tools: { functionDeclarations: { name: string; parameters?: Schema }[] }[] };
  const google = createGoogleGenerativeAI({
    apiKey: "none",
    fetch: (_url, init) => {
      sent = JSON.parse(String(init?.body));
      return Promise.reject(new Error("nothing is asked"));
    },
  });
  const tools = list().map(({ name, description, inputSchema }) => ({
    type: "function" as const,
    name,
    description,
    inputSchema,
  }));
  const prompt = [{ role: "user" as const, content: [{ type: "text" as const, text: "hi" }] }];
  await assert.rejects(
    Promise.resolve(google("gemini-2.5-flash").doGenerate({ prompt, tools })),
    /nothing is asked/,
  );
  const declared = sent!.tools.flatMap(({ functionDeclarations }) => functionDeclarations);
  assert.deepEqual(declared.map(({ name }) => name), tools.map(({ name }) => name));
  for (const [index, { parameters }] of declared.entries()) {
    const { inputSchema } = tools[index]!;
    const isEmpty = Object.keys(inputSchema.properties).length === 0;
    assert.deepEqual(parameters, isEmpty ? undefined : inGemini(inputSchema));
  }
});
