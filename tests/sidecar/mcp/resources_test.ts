/** `resources/list`, `resources/templates/list` and `resources/read` in both eras. */

import assert from "node:assert/strict";
import type { ResourceProvider, ResourceRead } from "../../../src/sidecar/mcp/resources.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import { ask, from, LEGACY, MODERN, request, type Seen, settled } from "./fixture.ts";

const LISTED = [{ uri: "a://1", name: "one", mimeType: "text/plain" }, {
  uri: "a://2",
  name: "two",
}];
const TEMPLATES = [{ uriTemplate: "a://{x}", name: "any" }];

const READS: Readonly<Record<string, ResourceRead>> = {
  "a://1": { kind: "contents", contents: [{ uri: "a://1", mimeType: "text/plain", text: "x" }] },
  "a://2": { kind: "contents", contents: [{ uri: "a://2", blob: "eA==" }] },
  "a://broken": { kind: "failed", message: "it is broken. Tell your user." },
};

const PROVIDER: ResourceProvider = {
  templates: TEMPLATES,
  list: () => Promise.resolve(LISTED),
  read: (uri) =>
    uri === "a://bug"
      ? Promise.reject(new Error("secret"))
      : Promise.resolve(Object.hasOwn(READS, uri) ? READS[uri]! : { kind: "unknown" }),
  announces: () => Promise.resolve(false),
};

class Fixture {
  readonly defects: unknown[] = [];
  readonly server = new McpServer({
    info: { name: "test", version: "1" },
    tools: [],
    resources: PROVIDER,
    onDefect: (error) => this.defects.push(error),
  });

  async ask(version: string, method: string, params: Record<string, unknown> = {}): Promise<Seen> {
    return version === MODERN
      ? await ask(this.server, method, params)
      : await settled(this.server.handle(request(method, params), from({ version })));
  }
}

const HINTS: Readonly<Record<string, object>> = {
  "resources/list": { ttlMs: 0, cacheScope: "private" },
  "resources/templates/list": { ttlMs: 600_000, cacheScope: "public" },
  "resources/read": { ttlMs: 0, cacheScope: "private" },
};

const RESULTS: readonly (readonly [
  name: string,
  method: string,
  params: Record<string, unknown>,
  result: object,
])[] = [
  ["in their order", "resources/list", {}, { resources: LISTED }],
  ["with a cursor null", "resources/list", { cursor: null }, { resources: LISTED }],
  ["in their order", "resources/templates/list", {}, { resourceTemplates: TEMPLATES }],
  [
    "with a cursor null",
    "resources/templates/list",
    { cursor: null },
    { resourceTemplates: TEMPLATES },
  ],
  ["as text", "resources/read", { uri: "a://1" }, {
    contents: [{ uri: "a://1", mimeType: "text/plain", text: "x" }],
  }],
  ["as bytes", "resources/read", { uri: "a://2" }, { contents: [{ uri: "a://2", blob: "eA==" }] }],
];

const ERRORS: readonly (readonly [
  name: string,
  method: string,
  params: Record<string, unknown>,
  code: number | "not found",
  message: RegExp,
])[] = [
  ...["resources/list", "resources/templates/list"].flatMap((method) =>
    ["x", "", 0, {}].map((cursor) =>
      [
        `a cursor ${JSON.stringify(cursor)} that nobody gave`,
        method,
        { cursor },
        -32602,
        /^unknown cursor: the list has one page, leave the cursor out$/,
      ] as const
    )
  ),
  ["no uri", "resources/read", {}, -32602, /^resources\/read 'uri' must be a string$/],
  ["a uri null", "resources/read", { uri: null }, -32602, /'uri' must be a string$/],
  ["a uri that is no text", "resources/read", { uri: ["a://1"] }, -32602, /'uri' must be a string/],
  ["what nobody knows", "resources/read", { uri: "a://3" }, "not found", /^resource not found: /],
  ["an empty uri", "resources/read", { uri: "" }, "not found", /^resource not found: /],
  ["a uri of Object's", "resources/read", { uri: "toString" }, "not found", /^resource not found/],
  [
    "what cannot be had now",
    "resources/read",
    { uri: "a://broken" },
    -32603,
    /^it is broken\. Tell/,
  ],
  ["what has a bug", "resources/read", { uri: "a://bug" }, -32603, /^internal error$/],
];

for (const version of [...LEGACY, MODERN]) {
  for (const [name, method, params, expected] of RESULTS) {
    Deno.test(`${method} ${name}, ${version}`, async () => {
      const { status, body } = await new Fixture().ask(version, method, params);
      assert.equal(status, 200);
      const { _meta, ...result } = body.result;
      const whole = { resultType: "complete", ...expected, ...HINTS[method] };
      assert.deepEqual(result, version === MODERN ? whole : expected);
      assert.equal(_meta === undefined, version !== MODERN);
    });
  }

  for (const [name, method, params, code, message] of ERRORS) {
    Deno.test(`${method} refuses ${name}, ${version}`, async () => {
      const fixture = new Fixture();
      const { status, body } = await fixture.ask(version, method, params);
      assert.equal(status, 200);
      const notFound = version === MODERN ? -32602 : -32002;
      assert.equal(body.error.code, code === "not found" ? notFound : code);
      assert.match(body.error.message, message);
      const data = code === "not found" ? { uri: params["uri"] } : undefined;
      assert.deepEqual(body.error.data, data);
      assert.equal(fixture.defects.length, params["uri"] === "a://bug" ? 1 : 0);
    });
  }
}

Deno.test("resources/read wants Mcp-Name to repeat the uri", async () => {
  const { server } = new Fixture();
  const headers = { "mcp-name": "a://2" };
  const { status, body } = await ask(server, "resources/read", { uri: "a://1" }, { headers });
  assert.deepEqual([status, body.error.code], [400, -32020]);
});

Deno.test("more than 16 resources being read are too many, and each that is read makes room", async () => {
  const reads: PromiseWithResolvers<ResourceRead>[] = [];
  const server = new McpServer({
    info: { name: "test", version: "1" },
    tools: [],
    resources: {
      ...PROVIDER,
      read() {
        const read = Promise.withResolvers<ResourceRead>();
        reads.push(read);
        return read.promise;
      },
    },
    onDefect: (error) => assert.equal(error, "a bug"),
  });
  const read = () => ask(server, "resources/read", { uri: "a://1" });
  const isRefused = async () => {
    const { status, body } = await read();
    assert.equal(status, 200);
    assert.deepEqual(body.error, {
      code: -32603,
      message: "many resources are being read: try again in a second",
    });
  };

  const answers = Array.from({ length: 16 }, read);
  assert.equal(reads.length, 16);
  await isRefused();
  assert.equal(reads.length, 16, "the one too many was not begun");
  reads[0]!.resolve(READS["a://1"]!);
  assert.ok((await answers[0]!).body.result);
  answers.push(read());
  await isRefused();
  reads[1]!.reject("a bug");
  assert.equal((await answers[1]!).body.error.message, "internal error");
  answers.push(read());
  await isRefused();
  for (const { resolve } of reads) resolve(READS["a://1"]!);
  await Promise.all(answers);
  assert.equal(reads.length, 18);
});

Deno.test("a server without resources has none of the methods", async () => {
  const info = { name: "test", version: "1" };
  const server = new McpServer({ info, tools: [], onDefect: () => assert.fail() });
  for (const method of Object.keys(HINTS)) {
    const { status, body } = await ask(server, method, { uri: "a://1" });
    assert.deepEqual([status, body.error.code], [404, -32601]);
  }
});
