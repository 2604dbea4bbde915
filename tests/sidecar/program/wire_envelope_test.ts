/**
 * Which era a request is of, and how envelope and headers are checked, at the true sidecar. One file
 * because the first thing wrong decides.
 */

import assert from "node:assert/strict";
import { post, readReply } from "../../support/agent.ts";
import {
  CLIENT_CAPABILITIES,
  CLIENT_INFO,
  PROTOCOL_VERSION,
  TASKS_EXTENSION,
} from "../../support/meta_keys.ts";
import {
  encoded,
  isRefused,
  legacy,
  Line,
  MODERN,
  modern,
  type Outgoing,
  type Parts,
  refusalOf,
  resultOf,
} from "../../support/modern.ts";
import { LEGACY_REVISIONS } from "../../support/schema/published.ts";
import { type Statements, testStatements } from "../../support/statements.ts";

const MODERN_HEADERS = { "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list" };

const MISSING_HOST = { name: "egress-block", arguments: {} };

async function era(port: number, outgoing: Outgoing): Promise<"modern" | "legacy"> {
  return "resultType" in await resultOf(port, outgoing) ? "modern" : "legacy";
}

const ERA: Statements = {
  "an envelope makes a request modern, its absence with no or a legacy header legacy": async (
    port,
  ) => {
    assert.equal(await era(port, modern("tools/list")), "modern");
    for (const revision of [undefined, ...LEGACY_REVISIONS]) {
      assert.equal(await era(port, legacy(revision, "tools/list")), "legacy", revision);
    }
    for (const claimed of ["2025-11-25", null, 7, {}]) {
      const broken = modern("tools/list", {}, {
        headers: { "MCP-Protocol-Version": null },
        meta: { [PROTOCOL_VERSION]: claimed },
      });
      assert.equal((await refusalOf(port, broken)).status, 400, "it is no legacy request");
    }
  },
  "both eras work in turns on one connection": async (port) => {
    using line = await Line.open(port);
    for (let id = 1; id <= 4; id++) {
      const eras = [
        [modern("tools/list", {}, { id }), "complete"],
        [legacy("2025-06-18", "tools/list", {}, { id: `${id}` }), undefined],
        [legacy(undefined, "ping", {}, { id }), undefined],
        [modern("server/discover", {}, { id }), "complete"],
        [legacy("2025-11-25", "initialize", { protocolVersion: "2025-11-25" }, { id }), undefined],
      ] as const;
      for (const [outgoing, resultType] of eras) {
        const result = await (await line.ask(outgoing)).result();
        assert.equal(result.resultType, resultType, outgoing.method);
      }
    }
  },
  "nothing depends on what the connection sent before": async (port) => {
    const same = async (line: Line) =>
      (await line.ask(modern("tools/call", MISSING_HOST))).result();
    using fresh = await Line.open(port);
    const expected = await same(fresh);
    using used = await Line.open(port);
    const before = [
      legacy("2024-11-05", "initialize", { protocolVersion: "2024-11-05", capabilities: {} }),
      modern("tools/list", {}, { tasks: true }),
      legacy("2025-03-26", "tools/list"),
    ];
    for (const outgoing of before) {
      await (await used.ask(outgoing)).result();
      assert.deepEqual(await same(used), expected, outgoing.method);
    }
    const undeclared = await (await used.ask(modern("tasks/get", { taskId: "x" }))).response();
    assert.equal(undeclared.error.code, -32021, "what was declared before does not count");
  },
  "initialize echoes the legacy revisions, and answers 2025-11-25 to all others": async (
    port,
  ) => {
    const others = [MODERN, "2024-10-07", "2099-01-01", "", 7, null, undefined];
    for (const asked of [...LEGACY_REVISIONS, ...others]) {
      const params = { protocolVersion: asked, capabilities: {}, clientInfo: { name: "x" } };
      const { protocolVersion } = await resultOf(port, legacy("2025-11-25", "initialize", params));
      const isKnown = LEGACY_REVISIONS.some((revision) => revision === asked);
      assert.equal(protocolVersion, isKnown ? asked : "2025-11-25");
    }
  },
  "initialize with a modern envelope is an unknown method": async (port) => {
    const params = { protocolVersion: MODERN, capabilities: {}, clientInfo: { name: "x" } };
    await isRefused(port, modern("initialize", params), 404, -32601);
  },
};

/** Variations of a request for `tools/call` of a tool that refuses its arguments. */
function call(parts: Parts): Outgoing {
  return modern("tools/call", MISSING_HOST, parts);
}

function named(header: string | null, name = "egress-block"): Outgoing {
  return modern("tools/call", { name, arguments: {} }, { headers: { "Mcp-Name": header } });
}

const ENVELOPES: Statements = {
  "a missing part of the envelope gets 400 and -32602, with the id": async (port) => {
    const broken: readonly Record<string, unknown>[] = [
      { [CLIENT_CAPABILITIES]: undefined },
      { [CLIENT_CAPABILITIES]: null },
      { [CLIENT_CAPABILITIES]: [1] },
      { [PROTOCOL_VERSION]: undefined },
      { [PROTOCOL_VERSION]: null },
      { [PROTOCOL_VERSION]: 20260728 },
    ];
    for (const meta of broken) await isRefused(port, call({ meta }), 400, -32602);
    for (const params of [undefined, {}, { _meta: null }, { _meta: [] }, { _meta: {} }]) {
      const body = { jsonrpc: "2.0", id: "n1", method: "tools/list", params };
      const reply = await post(port, body, { headers: MODERN_HEADERS });
      const { code, id } = readReply(reply);
      assert.deepEqual([reply.status, code, id], [400, -32602, "n1"], JSON.stringify(params));
    }
  },
  "a broken envelope goes before wrong headers": async (port) => {
    const headers = { "MCP-Protocol-Version": "v999", "Mcp-Method": "wrong" };
    await isRefused(
      port,
      call({ headers, meta: { [CLIENT_CAPABILITIES]: undefined } }),
      400,
      -32602,
    );
  },
  "clientInfo may be absent, and other keys of _meta are ignored": async (port) => {
    await resultOf(port, modern("tools/list"));
    const meta = {
      [CLIENT_INFO]: { name: "x", version: "1" },
      "a.example/b": 7,
    };
    await resultOf(port, modern("tools/list", {}, { meta }));
  },
  "a version header that differs from the body gets -32020, an unknown version -32022": async (
    port,
  ) => {
    const version = (header: string | null, body: string) =>
      modern("tools/list", {}, {
        headers: { "MCP-Protocol-Version": header },
        meta: { [PROTOCOL_VERSION]: body },
      });
    await isRefused(port, version("2025-11-25", MODERN), 400, -32020);
    await isRefused(port, version(MODERN, "v999"), 400, -32020);
    await isRefused(port, version("v998", "v999"), 400, -32020);
    await isRefused(port, version(null, MODERN), 400, -32020);
    for (const requested of ["v999", "2025-11-25"]) {
      const { data } = await isRefused(port, version(requested, requested), 400, -32022);
      const discovered = await resultOf(port, modern("server/discover"));
      assert.deepEqual(data, { supported: discovered.supportedVersions, requested });
    }
  },
  "Mcp-Method must repeat the method; its name is of any case, its value is not": async (
    port,
  ) => {
    for (const value of [null, "tools/list", "TOOLS/CALL", "Tools/call", ""]) {
      await isRefused(port, call({ headers: { "Mcp-Method": value } }), 400, -32020);
    }
    const headers = {
      "Mcp-Method": null,
      "mCP-mETHOD": " \ttools/call\t ",
      "MCP-NAME": "egress-block",
    };
    await resultOf(port, call({ headers: { ...headers, "Mcp-Name": null } }));
  },
  "a wrong Mcp-Method goes before the unknown method": async (port) => {
    await isRefused(
      port,
      modern("no/such", {}, { headers: { "Mcp-Method": "tools/list" } }),
      400,
      -32020,
    );
  },
  "Mcp-Name must repeat the name of the tool and the URI of the resource": async (port) => {
    for (const value of [null, "pipelock-block", "EGRESS-BLOCK", ""]) {
      await isRefused(port, named(value), 400, -32020);
    }
    const uri = "supervise://proposals";
    for (const value of [null, "supervise://routes", "SUPERVISE://proposals"]) {
      const headers = { "Mcp-Name": value };
      await isRefused(port, modern("resources/read", { uri }, { headers }), 400, -32020);
    }
    await resultOf(port, named("\t egress-block \t"));
    await resultOf(
      port,
      modern("resources/read", { uri }, { headers: { "Mcp-Name": ` ${uri} ` } }),
    );
  },
  "Mcp-Name in base64 is decoded before it is compared": async (port) => {
    await resultOf(port, named(encoded("egress-block")));
    // Right, so that the method is reached, which knows no such tool.
    for (const name of ["é", "", " a ", "=?base64?YQ==?="]) {
      await isRefused(port, named(encoded(name), name), 200, -32602);
    }
    await isRefused(port, named(encoded("pipelock-block")), 400, -32020);
  },
  "bad padding, alphabet or UTF-8 gets -32020": async (port) => {
    const name = "egress-block";
    // Each with what a lenient reader would make of it.
    const bad: readonly (readonly [what: string, value: string, lenient: string])[] = [
      ["no padding", encoded(`${name}s`).replace("==", ""), `${name}s`],
      ["half the padding", encoded(`${name}s`).replace("==", "="), `${name}s`],
      ["too much padding", encoded(name).replace(/\?=$/, "=?="), name],
      ["padding in the middle", "=?base64?ZWdyZXNz=LWJsb2Nr?=", name],
      ["a space in it", encoded(name).replace("ZWdy", "ZW dy"), name],
      ["URL alphabet", "=?base64?Pj4_?=", ">>?"],
      ["no UTF-8", "=?base64?/w==?=", "\ufffd"],
      ["half a surrogate pair", "=?base64?7aCA?=", "\ufffd\ufffd\ufffd"],
      ["a marker in upper case", encoded(name).replace("base64", "BASE64"), name],
      ["bare é", "é", "é"],
    ];
    for (const [what, value, lenient] of bad) {
      const refused = await refusalOf(port, named(value, lenient));
      assert.deepEqual([refused.status, refused.code], [400, -32020], what);
    }
  },
  "half a marker is literal": async (port) => {
    for (const name of ["=?base64?ZWdyZXNz", "ZWdyZXNz?=", "=?base64", "=?=", "?="]) {
      await isRefused(port, named(name, name), 200, -32602);
    }
  },
  "unknown and removed methods get 404 and -32601": async (port) => {
    const methods = [
      ...["no/such", "initialize", "ping", "logging/setLevel", "notifications/initialized"],
      ...["resources/subscribe", "resources/unsubscribe", "tasks/list", "tasks/result"],
      ...["prompts/list", "prompts/get", "completion/complete", "roots/list", "", "toString"],
    ];
    for (const method of methods) {
      await isRefused(port, modern(method, {}, { tasks: true }), 404, -32601);
    }
  },
  "legacy unknown methods get 200 and -32601": async (port) => {
    const methods = [
      "no/such",
      "server/discover",
      "subscriptions/listen",
      "tasks/get",
      "tasks/list",
    ];
    for (const method of methods) {
      await isRefused(port, legacy("2025-11-25", method), 200, -32601);
      await isRefused(port, legacy(undefined, method), 200, -32601);
    }
  },
  "an undeclared capability gets 400 and -32021 with what would be needed": async (port) => {
    const declared: readonly (readonly [string, unknown])[] = [
      ["nothing", {}],
      ["another extension", { extensions: { "a.example/b": {} } }],
      ["no object", { extensions: { [TASKS_EXTENSION]: true } }],
      ["the old tasks", { tasks: {} }],
    ];
    for (const [what, capabilities] of declared) {
      const meta = { [CLIENT_CAPABILITIES]: capabilities };
      const refused = await refusalOf(port, modern("tasks/get", { taskId: "x" }, { meta }));
      assert.deepEqual([refused.status, refused.code], [400, -32021], what);
      assert.deepEqual(refused.data, {
        requiredCapabilities: { extensions: { [TASKS_EXTENSION]: {} } },
      });
    }
  },
  "no modern error has a code of -32000 to -32019, -32002 or -32042": async (port) => {
    const wrong: readonly Outgoing[] = [
      modern("resources/read", { uri: "supervise://nothing" }),
      modern("resources/read", { uri: 7 }),
      modern("resources/list", { cursor: "x" }),
      modern("tools/call", { name: 7 }),
      modern("tools/call", { name: "nope" }),
      modern("tasks/get", { taskId: "x" }, { tasks: true }),
      modern("tasks/update", { taskId: "x" }, { tasks: true }),
      modern("subscriptions/listen"),
    ];
    for (const outgoing of wrong) {
      const { code } = await refusalOf(port, outgoing);
      assert.ok(code < -32099 || (code <= -32020 && code >= -32022), `${outgoing.method} ${code}`);
    }
  },
};

testStatements("each request is of one era", ERA);
testStatements("envelope and headers of a modern request are checked in order", ENVELOPES);
