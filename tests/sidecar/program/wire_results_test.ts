/**
 * What every result of the true sidecar carries, and how tools are listed and called in each era.
 */

import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { TASKS_EXTENSION } from "../../support/meta_keys.ts";
import {
  ask,
  type Data,
  isRefused,
  legacy,
  MODERN,
  modern,
  type Outgoing,
  resultOf,
} from "../../support/modern.ts";
import { LEGACY_REVISIONS } from "../../support/schema/published.ts";
import { type Statements, testStatements } from "../../support/statements.ts";

const LISTS = ["tools/list", "resources/list", "resources/templates/list"];

const MISSING_HOST = { name: "egress-block", arguments: {} };

const RESULTS: Statements = {
  "every modern result has a type and its maker, no legacy result has a type": async (port) => {
    // The client looks at every answer for that; these are one of each method.
    const methods: readonly (readonly [string, object])[] = [
      ...LISTS.map((method) => [method, {}] as const),
      ["tools/call", MISSING_HOST],
      ["resources/read", { uri: "supervise://proposals" }],
    ];
    for (const [method, params] of methods) {
      assert.equal((await resultOf(port, modern(method, params))).resultType, "complete");
      await resultOf(port, legacy("2025-11-25", method, params));
    }
    for (const method of ["ping", "initialize"]) await resultOf(port, legacy("2025-11-25", method));
  },
  "server/discover tells versions, capabilities and how long it may be kept": async (port) => {
    const discovered = await resultOf(port, modern("server/discover"));
    assert.deepEqual(discovered.supportedVersions, [MODERN]);
    assert.deepEqual(discovered.capabilities, {
      tools: { listChanged: false },
      resources: { subscribe: true, listChanged: false },
      extensions: { [TASKS_EXTENSION]: {} },
    });
    assert.ok(discovered.instructions.length > 0);
    assert.equal(discovered.serverInfo, undefined, "identity is in _meta alone");
  },
  "the capabilities match the methods that are served": async (port) => {
    const initialized = await resultOf(port, legacy("2025-11-25", "initialize"));
    assert.deepEqual(initialized.capabilities, { tools: { listChanged: false }, resources: {} });
    for (const method of LISTS) {
      await resultOf(port, modern(method));
      await resultOf(port, legacy("2025-11-25", method));
    }
    for (const method of ["prompts/list", "completion/complete", "logging/setLevel"]) {
      await isRefused(port, modern(method), 404, -32601);
      await isRefused(port, legacy("2025-11-25", method), 200, -32601);
    }
  },
  "the six cacheable results carry ttlMs and cacheScope, the others and the old era do not": async (
    port,
  ) => {
    const read = { uri: "supervise://proposals" };
    const cacheable: readonly (readonly [string, object])[] = [
      ["server/discover", {}],
      ...LISTS.map((method) => [method, {}] as const),
      ["resources/read", read],
    ];
    for (const [method, params] of cacheable) {
      const { ttlMs, cacheScope } = await resultOf(port, modern(method, params));
      assert.ok(Number.isInteger(ttlMs) && ttlMs >= 0, `${method} ${ttlMs}`);
      assert.match(cacheScope, /^(public|private)$/, method);
    }
    const state = await resultOf(port, modern("resources/read", read));
    assert.deepEqual(
      [state.ttlMs, state.cacheScope],
      [0, "private"],
      "the queue's state is not kept",
    );
    const called = await resultOf(port, modern("tools/call", MISSING_HOST));
    assert.deepEqual([called.ttlMs, called.cacheScope], [undefined, undefined]);
  },
  "the form of a quick answer follows Accept": async (port) => {
    const cases: readonly (readonly [string | null, "json" | "stream" | "neither"])[] = [
      [null, "json"],
      ["*/*", "json"],
      ["application/json", "json"],
      ["application/*", "json"],
      ["application/json, text/event-stream", "json"],
      ["text/event-stream;q=1, Application/JSON;q=0.1", "json"],
      ["text/event-stream", "stream"],
      ["text/*", "stream"],
      ["text/event-stream, application/json;q=0", "stream"],
      ["text/html", "neither"],
      ["text/html, image/*", "neither"],
      ["application/json;q=0", "neither"],
    ];
    for (const [Accept, form] of cases) {
      const headers = { Accept };
      const all = [
        modern("tools/list", {}, { headers }),
        legacy("2025-11-25", "tools/list", {}, { headers }),
      ];
      for (const outgoing of all) {
        using answer = await ask(port, outgoing);
        assert.equal(answer.status, form === "neither" ? 406 : 200, `${Accept}`);
        if (form === "neither") continue;
        assert.equal(answer.isStream, form === "stream", `${Accept}`);
        await answer.result();
      }
    }
  },
};

const TOOLS: Statements = {
  "tools/list has one order, whatever is called meanwhile": async (port) => {
    const names = async (outgoing: Outgoing) =>
      (await resultOf(port, outgoing)).tools.map(({ name }: Data) => name);
    const expected = await names(modern("tools/list"));
    assert.ok(expected.every((name: string) => /^[A-Za-z0-9_.-]{1,128}$/.test(name)));
    for (const parts of [{}, { tasks: true }]) {
      await resultOf(port, modern("tools/call", MISSING_HOST, parts));
      assert.deepEqual(await names(modern("tools/list", {}, parts)), expected);
    }
    for (const revision of LEGACY_REVISIONS) {
      assert.deepEqual(await names(legacy(revision, "tools/list")), expected);
    }
  },
  "an unknown tool, no name and arguments that are no object get -32602": async (port) => {
    const wrong = [{ name: "nope" }, {}, { name: 7 }, { name: "egress-block", arguments: [1] }];
    for (const params of wrong) {
      const headers = typeof params.name === "string" ? {} : { "Mcp-Name": null };
      await isRefused(port, modern("tools/call", params, { headers }), 200, -32602);
      for (const revision of LEGACY_REVISIONS) {
        await isRefused(port, legacy(revision, "tools/call", params), 200, -32602);
      }
    }
  },
  "wrong arguments are a tool's error since 2025-11-25, and -32602 before": async (port) => {
    for (
      const outgoing of [
        modern("tools/call", MISSING_HOST),
        modern("tools/call", MISSING_HOST, { tasks: true }),
        legacy("2025-11-25", "tools/call", MISSING_HOST),
      ]
    ) {
      const { isError, content } = await resultOf(port, outgoing);
      assert.equal(isError, true);
      assert.match(content[0].text, /^egress-block: 'host' is required/);
    }
    for (const revision of [undefined, "2024-11-05", "2025-03-26", "2025-06-18"] as const) {
      await isRefused(port, legacy(revision, "tools/call", MISSING_HOST), 200, -32602);
    }
  },
  "schemas arrive whole and compile": async (port) => {
    const { tools } = await resultOf(port, modern("tools/list"));
    const before = (await resultOf(port, legacy("2025-11-25", "tools/list"))).tools;
    assert.deepEqual(tools, before, "both eras get the same");
    for (const { name, inputSchema, outputSchema } of tools) {
      for (const schema of [inputSchema, outputSchema]) {
        assert.equal(schema.$schema, undefined, `${name}: 2020-12 is what MCP assumes`);
        assert.equal(schema.type, "object", name);
        new Ajv2020().compile(schema);
      }
    }
    const host = tools.find(({ name }: Data) => name === "egress-block").inputSchema;
    assert.deepEqual(host.required, ["host", "justification"]);
    assert.equal(host.properties.path_allowlist.maxItems, 100);
    assert.deepEqual(host.properties.auth.properties.scheme.enum, ["Bearer", "token"]);
    const plain = (await resultOf(port, legacy("2025-03-26", "tools/list"))).tools;
    assert.ok(plain.every((tool: Data) => tool.outputSchema === undefined));
  },
};

testStatements("results carry what their era wants", RESULTS);
testStatements("tools are listed and called alike", TOOLS);
