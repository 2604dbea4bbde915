/**
 * Arguments as clients really send them: what is taken for what was meant, what is passed over, and
 * what is refused because it may have been meant to narrow the ask.
 */

import assert from "node:assert/strict";
import type { Ask } from "../../src/queue/inbox.ts";
import type { Caller, Proposer } from "../../src/sidecar/propose.ts";
import { capabilityBlock } from "../../src/sidecar/tools/capability_block.ts";
import { egressBlock } from "../../src/sidecar/tools/egress_block.ts";
import { pipelockBlock } from "../../src/sidecar/tools/pipelock_block.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** The ask that a call comes to, or why it comes to none. */
async function outcomeOf(tool: string, args: Arguments): Promise<Ask | string> {
  const asks: Ask[] = [];
  const proposer = {
    propose: (ask: Ask) => {
      asks.push(ask);
      return Promise.resolve({ kind: "left" });
    },
  } as unknown as Proposer;
  const tools = [
    egressBlock(proposer, () => Promise.resolve(undefined), "live"),
    pipelockBlock(proposer, "live"),
    capabilityBlock(proposer, "live"),
  ];
  const called = tools.find(({ name }) => name === tool);
  const outcome = await called!.call(args, {} as unknown as Caller);
  const [ask] = asks;
  if (ask) return ask;
  return outcome.kind === "invalid-arguments" ? outcome.message : assert.fail(outcome.kind);
}

async function routeOf(args: Arguments): Promise<unknown> {
  const outcome = await outcomeOf("egress-block", { ...HOST, ...args });
  return typeof outcome === "string" ? outcome : JSON.parse(outcome.proposedFile);
}

const HOST = { host: "a.example", justification: "x" };
const AUTH = { scheme: "Bearer", token_ref: "GH_TOKEN" };
const PATHS = { host: "a.example", path_allowlist: ["/repos/acme/"] };

const READ: readonly (readonly [args: Arguments, route: object])[] = [
  [{ path_allowlist: '["/repos/acme/"]' }, PATHS],
  [{ path_allowlist: ' [\n"/repos/acme/"\n] ' }, PATHS],
  [{ path_allowlist: '["\\u002frepos\\/acme/"]' }, PATHS],
  [{ auth: JSON.stringify(AUTH) }, { host: "a.example", auth: AUTH }],
  [{ path_allowlist: '["/repos/acme/"]', auth: JSON.stringify(AUTH) }, { ...PATHS, auth: AUTH }],
  ...["", " \n", "[]", "null", null, []].map((path_allowlist) =>
    [{ path_allowlist }, { host: "a.example" }] as const
  ),
  ...["", "null", null].map((auth) => [{ auth, ...PATHS }, PATHS] as const),
];

for (const [args, route] of READ) {
  Deno.test(`egress-block takes ${JSON.stringify(args)} for what it says`, async () => {
    assert.deepEqual(await routeOf(args), route);
  });
}

const NOT_READ: readonly (readonly [args: Arguments, message: RegExp])[] = [
  ...["/repos/acme/", '"[]"', "['/a']", '["/a"', '{"0":"/a"}', "[/a]", "none", "0"]
    .map((path_allowlist) =>
      [{ path_allowlist }, /^egress-block: 'path_allowlist' must be an array/] as const
    ),
  [{ path_allowlist: '["a"]' }, /path_allowlist\[0\] must start with '\/' \(got "a"\)$/],
  [{ path_allowlist: '["/a", null]' }, /path_allowlist\[1\] must be a string \(got null\)$/],
  [{ path_allowlist: "[[".repeat(40_000) }, /'path_allowlist' must be an array/],
  [{ auth: "[]" }, /'auth' must be an object with 'scheme' and 'token_ref'/],
  [{ auth: "{}" }, /auth\.scheme is required .*auth\.token_ref is required/],
  [{ auth: [] }, /'auth' must be an object/],
  [{ auth: { ...AUTH, scheme: null } }, /auth\.scheme is required and must be one of/],
  [{ auth: `{"scheme":"Bearer","token_ref":"T","tokenRef":"U"}` }, /no argument "tokenRef" in 'au/],
  [{ host: "" }, /'host' must be a bare host name/],
  [{ host: null }, /'host' is required/],
];

for (const [args, message] of NOT_READ) {
  Deno.test(`egress-block refuses ${JSON.stringify(args).slice(0, 60)}`, async () => {
    assert.match(String(await routeOf(args)), message);
  });
}

/** What clients and the hosts before them add by themselves. */
const PASSED_OVER: readonly Arguments[] = [
  { toolCallId: "call_0fJ3/b+8=" },
  { tool_call_id: "toolu_01A09q90qw90lq917835lq9" },
  { _meta: { progressToken: 7, "io.modelcontextprotocol/related-task": { taskId: "a" } } },
  { request_id: "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11", requestId: 5 },
  { sessionId: "s", threadId: "t", conversation_id: "c", userId: 1, traceparent: "00-1-2-01" },
  { progressToken: "p", session_token: "s" },
  { mcpServer: "supervise", serverName: "bot-bottle", tool: "egress-block", name: "x" },
  { explanation: "so that the user sees why", description: "asks for a host" },
  { timestamp: "2026-11-28T12:00:00Z", timeout: 30, stream: true, dry: false },
  { model: "claude-3.5", client: "com.example.app" },
  { context: { host: "vscode", cwd: "/home/me" }, tags: [], extra: null, security_risk: "LOW" },
  { pathAllowlist: null, "é": 1, "": 2, "a\n\u001b[31m\u202e\x7f": 3, ["x".repeat(10_000)]: 4 },
];

for (const more of PASSED_OVER) {
  const names = Object.keys(more).join().slice(0, 60);
  Deno.test(`tools that ask pass over ${JSON.stringify(names)}`, async () => {
    for (
      const [tool, args] of [
        ["egress-block", HOST],
        ["egress-block", { ...HOST, path_allowlist: ["/a/"], auth: AUTH }],
        ["pipelock-block", { failed_url: "https://a.example/", justification: "x" }],
        ["capability-block", { dockerfile: "FROM a", justification: "x" }],
      ] as const
    ) {
      const expected = await outcomeOf(tool, args);
      assert.equal(typeof expected, "object");
      assert.deepEqual(await outcomeOf(tool, { ...args, ...more }), expected);
    }
  });
}

const MEANT_PATHS: readonly Arguments[] = [
  "pathAllowlist path-allowlist PATH_ALLOWLIST path_allow_list pathallowlist paths path",
  "path_alowlist path_allowlst paht_allowlist path_allowlists path_whitelist path_prefixes",
  "allowedPaths allowlist allow_list allowed prefix whitelist routes endpoints urlPath",
  "path_allowlist\u200b p\u0430th_allowlist \uff50ath_allowlist",
].flatMap((names) => names.split(" ")).map((name) => ({ [name]: ["/a/"] })).concat([
  { only: ["/a/"] },
  { only: ["repos/acme"] },
  { only: "/a/" },
  { only: '["/a/"]' },
  { pathAllowlist: "repos" },
  { methods: ["GET"] },
  { options: { path_allowlist: ["/a/"] } },
  { input: { route: [{ pathAllowlist: ["/a/"] }] } },
  { input: '{"path_allowlist": ["/a/"]}' },
  { path_allowlist: [], paths: ["/a/"] },
  { path_allowlist: "", "path-allowlist": ["/a/"] },
  JSON.parse('{"__proto__": {"path_allowlist": ["/a/"]}}'),
]);

for (const more of MEANT_PATHS) {
  Deno.test(`egress-block opens no whole host to ${JSON.stringify(more)}`, async () => {
    const message = String(await routeOf(more));
    const start = /^egress-block: there is no argument ".+" \(did you mean 'path_allowlist'\?\): /;
    assert.match(message, start);
    assert.match(message, /: leave it out, or mend its name$/);
    assert.match(message, /^[ -~]+$/);
  });
}

const REFUSED: readonly (readonly [tool: string, args: Arguments, message: RegExp])[] = [
  ["egress-block", { ...HOST, tokenRef: "T" }, /"tokenRef" \(did you mean 'auth'\?\)/],
  ["egress-block", { ...HOST, scheme: "Bearer" }, /"scheme" \(did you mean 'auth'\?\)/],
  ["egress-block", { ...HOST, credentials: AUTH }, /"credentials" \(did you mean 'auth'\?\)/],
  ["egress-block", { ...HOST, as: AUTH }, /"as" \(did you mean 'auth'\?\)/],
  ["egress-block", { ...HOST, Auth: AUTH, auth: AUTH }, /"Auth" \(did you mean 'auth'\?\)/],
  ["egress-block", { ...HOST, hosts: ["b.example"] }, /"hosts" \(did you mean 'host'\?\)/],
  [
    "egress-block",
    { ...HOST, ...PATHS, paths: ["/b/"], pathAllowlist: ["/c/"] },
    /^egress-block: there is no argument "pathAllowlist" [^;]+$/,
  ],
  [
    "egress-block",
    { target: "https://a.example/x", justification: "x" },
    /'host' is required .*; there is no argument "target" \(did you mean 'host'\?\)/,
  ],
  [
    "egress-block",
    { hostname: "a", reason: "x" },
    /"hostname" \(did you mean 'host'\?\).*"reason" \(did you mean 'justification'\?\)/,
  ],
  ["egress-block", { input: HOST }, /no argument "input" \(did you mean 'host'\?\)/],
  [
    "pipelock-block",
    { failed_url: "https://a.example/", justification: "x", path_allowlist: ["/a/"] },
    /^pipelock-block: there is no argument "path_allowlist": leave it out, or mend its name$/,
  ],
  [
    "pipelock-block",
    { failed_url: "https://a.example/", justification: "x", allowedPaths: ["/a/"] },
    /^pipelock-block: there is no argument "allowedPaths": leave it out/,
  ],
  ["pipelock-block", { url: "https://a.example/", justification: "x" }, /"url" \(.*'failed_url'/],
  [
    "capability-block",
    { dockerfile: "FROM a", justification: "x", Dockerfile: "FROM b" },
    /"Dockerfile" \(did you mean 'dockerfile'\?\)/,
  ],
  [
    "egress-block",
    { ...HOST, ...Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`x${n}`, n])) },
    /^egress-block: there are more than 32 arguments: leave out what this tool does not have$/,
  ],
];

for (const [tool, args, message] of REFUSED) {
  const shown = JSON.stringify(args).slice(0, 80);
  Deno.test(`${tool} refuses what may have been meant otherwise: ${shown}`, async () => {
    assert.match(String(await outcomeOf(tool, args)), message);
  });
}
