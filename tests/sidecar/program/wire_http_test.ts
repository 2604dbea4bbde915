/**
 * The HTTP edge of the true sidecar as both eras see it: who is let in, and what is no request.
 */

import assert from "node:assert/strict";
import { exchange, post, readReply } from "../../support/agent.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION } from "../../support/meta_keys.ts";
import {
  ask,
  type Data,
  hostAsk,
  isRefused,
  legacy,
  MODERN,
  modern,
  resultOf,
} from "../../support/modern.ts";
import { LEGACY_REVISIONS } from "../../support/schema/published.ts";
import { type Statements, testStatements } from "../../support/statements.ts";
import { request } from "../../support/wire.ts";

const ENVELOPE = { [PROTOCOL_VERSION]: MODERN, [CLIENT_CAPABILITIES]: {} };

const MODERN_HEADERS = { "MCP-Protocol-Version": MODERN, "Mcp-Method": "tools/list" };

/** Sends a whole body, for what no client would build. */
async function raw(port: number, body: unknown, headers: Record<string, string | null> = {}) {
  const reply = await post(port, body, { headers });
  return { status: reply.status, body: reply.body, ...readReply(reply) };
}

const HTTP: Statements = {
  "a foreign Origin, null too, is refused before anything is done; none passes": async (
    port,
  ) => {
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1", "junk"]) {
      using answer = await ask(
        port,
        modern("tools/call", hostAsk("a.example"), { headers: { Origin: origin } }),
      );
      assert.equal(answer.status, 403, origin);
    }
    const allowed = { headers: { Origin: "https://ok.example" } };
    await resultOf(port, modern("tools/list", {}, allowed));
  },
  "a foreign Host is refused; loopback and configured names pass with any port": async (
    port,
  ) => {
    for (const Host of ["evil.example", "evil.example:80", "localhost.evil.example"]) {
      using answer = await ask(port, modern("tools/list", {}, { headers: { Host } }));
      assert.equal(answer.status, 403, Host);
    }
    const own = ["localhost:1", "127.0.0.1", "[::1]:9100", "supervise:65535", "bottle.example:8"];
    for (const Host of own) await resultOf(port, modern("tools/list", {}, { headers: { Host } }));
  },
  "GET, DELETE and PUT get 405 with Allow": async (port) => {
    for (const method of ["GET", "DELETE", "PUT", "OPTIONS"]) {
      const reply = await exchange(port, request("", { method, headers: MODERN_HEADERS }));
      assert.deepEqual([reply.status, reply.headers.get("allow")], [405, "POST"], method);
    }
  },
  "every notification gets 202 and no body, in both eras": async (port) => {
    const methods = [
      "notifications/initialized",
      "notifications/cancelled",
      "no/such",
      "tools/call",
    ];
    for (const method of methods) {
      for (const version of [null, ...LEGACY_REVISIONS, MODERN]) {
        const headers = { "MCP-Protocol-Version": version, "Mcp-Method": method };
        const { status, body } = await raw(port, { jsonrpc: "2.0", method }, headers);
        assert.deepEqual([status, body], [202, ""], `${method} ${version}`);
      }
    }
  },
  "what is no JSON gets -32700, an array -32600, in the newer revisions": async (port) => {
    for (const version of ["2025-06-18", "2025-11-25", MODERN]) {
      const headers = { "MCP-Protocol-Version": version };
      const bodies = [["{", -32700], ["", -32700], ["[]", -32600], ["[{}]", -32600], [
        "7",
        -32600,
      ]] as const;
      for (const [body, code] of bodies) {
        const reply = await exchange(port, request(body, { headers }));
        assert.deepEqual([reply.status, readReply(reply).code], [400, code], `${version} ${body}`);
        const isNamed = "id" in JSON.parse(reply.body);
        assert.equal(isNamed, version < "2025-11-25", "an unknown id is null, and later left out");
      }
    }
  },
  "ids that are null, fractions or objects get -32600": async (port) => {
    for (const id of [null, 1.5, {}, [], true]) {
      const body = { jsonrpc: "2.0", id, method: "tools/list", params: { _meta: ENVELOPE } };
      const { status, code } = await raw(port, body, MODERN_HEADERS);
      assert.deepEqual([status, code], [400, -32600], JSON.stringify(id));
    }
  },
  "ids come back as they were, in results and errors": async (port) => {
    // The client compares them with their type.
    for (const id of [0, -1, 7, "", "7", "é\n", 9_007_199_254_740_991]) {
      await resultOf(port, modern("tools/list", {}, { id }));
      await resultOf(port, legacy("2025-11-25", "tools/list", {}, { id }));
      await isRefused(port, modern("no/such", {}, { id }), 404, -32601);
      await isRefused(
        port,
        modern("tools/list", {}, { id, meta: { [PROTOCOL_VERSION]: 7 } }),
        400,
        -32602,
      );
      await isRefused(
        port,
        modern("tools/list", {}, { id, headers: { "Mcp-Method": null } }),
        400,
        -32020,
      );
      await isRefused(port, modern("tools/call", { name: "nope" }, { id }), 200, -32602);
    }
  },
  "Mcp-Session-Id and Last-Event-ID are ignored, and no session is given out": async (port) => {
    // The client looks at every answer for a session.
    const headers = { "Mcp-Session-Id": "x", "Last-Event-ID": "7" };
    await resultOf(port, modern("tools/list", {}, { headers }));
    const initialize = legacy("2025-11-25", "initialize", { protocolVersion: "2025-11-25" }, {
      headers,
    });
    await resultOf(port, initialize);
    const reply = await exchange(port, request("", { method: "DELETE", headers }));
    assert.equal(reply.status, 405);
  },
  "a body over 1 MiB gets 413, another media type 415, and neither is handled": async (port) => {
    const large = { ...hostAsk("a.example"), padding: "x".repeat(1_048_576) };
    using tooLarge = await ask(port, modern("tools/call", large));
    assert.equal(tooLarge.status, 413);
    for (const type of ["text/plain", "application/x-www-form-urlencoded"]) {
      const headers = { "Content-Type": type };
      using wrong = await ask(port, modern("tools/call", hostAsk("a.example"), { headers }));
      assert.equal(wrong.status, 415, type);
    }
  },
  "a batch of 2025-03-26 is answered by an array; only notifications get 202": async (port) => {
    const ping = (id: unknown) => ({ jsonrpc: "2.0", id, method: "ping" });
    const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
    const initialize = { jsonrpc: "2.0", id: 3, method: "initialize", params: {} };
    const newer = { jsonrpc: "2.0", id: 4, method: "tools/list", params: { _meta: ENVELOPE } };
    for (const version of [null, "2025-03-26"]) {
      const headers = {
        "MCP-Protocol-Version": version,
        Accept: "application/json, text/event-stream",
      };
      const batch = [ping("a"), initialized, ping(2), initialize, newer];
      const { status, body } = await raw(port, batch, headers);
      const answers: Data[] = JSON.parse(body);
      assert.equal(status, 200);
      assert.deepEqual(answers.map(({ id }) => id), ["a", 2, 3, 4]);
      assert.deepEqual(answers.map(({ error }) => error?.code), [
        undefined,
        undefined,
        -32600,
        -32600,
      ]);
      const silent = await raw(port, [initialized, initialized], headers);
      assert.deepEqual([silent.status, silent.body], [202, ""]);
    }
  },
  "a legacy request under an unsupported version gets 400": async (port) => {
    const headers = { "MCP-Protocol-Version": "2099-01-01" };
    const { data } = await isRefused(
      port,
      legacy(undefined, "tools/list", {}, { headers }),
      400,
      -32022,
    );
    assert.deepEqual(data.requested, "2099-01-01");
  },
};

testStatements("the HTTP edge is the same for both eras", HTTP, {
  env: {
    SUPERVISE_ALLOWED_HOSTS: "bottle.example",
    SUPERVISE_ALLOWED_ORIGINS: "https://ok.example",
  },
});
