/**
 * Arguments as clients really send them: what is taken for what was meant, what is passed over, and
 * what is refused because it may have been meant to narrow the ask.
 */

import assert from "node:assert/strict";
import type { Ask } from "../../../src/queue/inbox.ts";
import type { ProposalId } from "../../../src/queue/layout.ts";
import { refusal, wordDecision, wordPending } from "../../../src/sidecar/answer.ts";
import type { Caller, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import type { Answer, Proposer } from "../../../src/sidecar/propose.ts";
import { capabilityBlock } from "../../../src/sidecar/tools/capability_block.ts";
import { egressBlock } from "../../../src/sidecar/tools/egress_block.ts";
import { pipelockBlock } from "../../../src/sidecar/tools/pipelock_block.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** The ask that a call comes to, or why it comes to none. */
async function outcomeOf(tool: string, args: Arguments, params = {}): Promise<Ask | string> {
  const asks: Ask[] = [];
  const outcome = await call(tool, args, params, (ask) => {
    asks.push(ask);
    return { kind: "left" };
  });
  const [ask] = asks;
  if (ask) return ask;
  return outcome.kind === "invalid-arguments" ? outcome.message : assert.fail(outcome.kind);
}

async function call(
  tool: string,
  args: Arguments,
  params: object,
  propose: (ask: Ask) => Answer,
): Promise<ToolOutcome> {
  const proposer = {
    propose: (ask: Ask) => Promise.resolve(propose(ask)),
  } as unknown as Proposer;
  const tools = [
    egressBlock(proposer, () => Promise.resolve(undefined), "live"),
    pipelockBlock(proposer, "live"),
    capabilityBlock(proposer, "live"),
  ];
  const called = tools.find(({ name }) => name === tool);
  const whole = { name: tool, arguments: args, ...params };
  return await called!.call(args, {} as unknown as Caller, undefined, whole);
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
  { cwd: "/home/me", workspace: "/project", workingDirectory: "/repo", workspaceFolders: ["/w"] },
  { thought: "/think", reasoning: ["/a"], tags: ["a"], comment: ["hello"], labels: ["a", "b"] },
  { editor: { cwd: "/home/me", theme: "dark" }, env: { HOME: "/home/me" }, media: "text/html" },
  { clientInfo: { name: "x", path: "/usr/bin/x" }, project_root: "/repo", methods: ["GET"] },
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
  { filter: { paths: ["/a/"] } },
  { filter: { path: "a" } },
  { x: { y: "/a" } },
  { x: [["/a"]] },
  { x: '{"y":[{"z":"/a"}]}' },
  { limits: [{ p: "/a" }] },
  { filter: { url_prefix: "a" } },
  ...["allowpaths", "allowedpaths", "pathallowed", "pathlist", "prefixlist", "urlpath", "uripath"]
    .map((name) => ({ [name]: "a" })),
  ...["subpath", "subpaths", "pathname", "SubPath"].map((name) => ({ [name]: "a/b" })),
  { url: "https://a.example/a/b" },
  { x: { link: "https://a.example/a/b" } },
  { args: "path_allowlist=/a/" },
  { only: "/a/" },
  { only: '["/a/"]' },
  { pathAllowlist: "repos" },
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

const BESIDE: readonly (readonly [beside: Arguments, names: readonly string[]])[] = [
  [{ path_allowlist: ["/a/"] }, ["path_allowlist"]],
  [{ paths: ["/a/"], auth: AUTH }, ["paths", "auth"]],
  [{ filter: { path: "/a/" } }, ["filter"]],
];

for (const [beside, names] of BESIDE) {
  Deno.test(`egress-block refuses ${JSON.stringify(beside)} beside the arguments`, async () => {
    const why = names.map((name) =>
      `"${name}" stands beside 'arguments': put it into them, or leave it out`
    );
    const said = await outcomeOf("egress-block", HOST, beside);
    assert.equal(said, `egress-block: ${why.join("; ")}`);
  });
}

Deno.test("what the protocol has beside the arguments is passed over", async () => {
  const meta = { "x/path": "/a", path_allowlist: ["/a/"] };
  const params = { _meta: meta, task: { ttl: 60_000 }, inputResponses: {}, requestState: "/s" };
  assert.equal(typeof await outcomeOf("egress-block", HOST, params), "object");
});

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;
const PENDING = wordPending("waiting", ID);

/** What the answer to an ask tells beside what the proposer says, in its text and its `next`. */
async function toldBeside(tool: string, args: Arguments, params = {}): Promise<string | undefined> {
  const answer = await call(tool, args, params, () => PENDING);
  if (answer.kind !== "answer") return assert.fail(JSON.stringify(answer));
  if (answer.text === PENDING.text) {
    assert.deepEqual(answer, PENDING);
    return undefined;
  }
  const told = answer.text.split("\n").at(-1)!;
  const { next } = PENDING.structured as { readonly next: string };
  assert.deepEqual(answer, {
    ...PENDING,
    text: `${PENDING.text}\n${told}`,
    structured: { ...PENDING.structured, next: `${next}; ${told}` },
  });
  return told;
}

const IGNORED: readonly (readonly [more: Arguments, listed: string])[] = [
  [{ scope: "repos/acme" }, '"scope"'],
  [{ only: "repos/acme only", ttl: 60, toolCallId: "c" }, '"only", "ttl"'],
  [{ only: ["repos/acme"] }, '"only"'],
  [
    { method: "GET", read_only: true, port: 8443, expires: "1h" },
    '"method", "read_only", "port", "expires"',
  ],
  [{ filter: { verbs: ["GET"] } }, '"filter"'],
  [{ "a\n\u202e": 1 }, '"a\\n\\u202e"'],
  [{ a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 }, '"a", "b", "c", "d", "e", 2 more'],
];

for (const [more, listed] of IGNORED) {
  Deno.test(`an answer for a whole host tells that it passed over ${listed}`, async () => {
    const told = `ignored: ${listed}; this asks for every path of a.example`;
    assert.equal(await toldBeside("egress-block", { ...HOST, ...more }), told);
    assert.equal(await toldBeside("egress-block", HOST, more), told, "beside the arguments");
    assert.equal(await toldBeside("egress-block", { ...HOST, ...more, ...PATHS }), undefined);
    const url = { failed_url: "https://a.example/x", justification: "x", ...more };
    assert.equal(await toldBeside("pipelock-block", url), told);
    const file = { dockerfile: "FROM a", justification: "x", ...more };
    assert.equal(await toldBeside("capability-block", file), undefined);
  });
}

for (
  const more of [
    { toolCallId: "c", tool_call_id: "d", _meta: {}, request_id: 1, requestId: 2, sessionId: "s" },
    { cwd: "/home/me", workspace: "/w", thought: "/t", reasoning: "r", explanation: "e" },
  ]
) {
  Deno.test(`an answer tells nothing of ${Object.keys(more).join()}`, async () => {
    assert.equal(await toldBeside("egress-block", { ...HOST, ...more }), undefined);
  });
}

Deno.test("what was passed over is told with a decision and a task, and not with a refusal", async () => {
  const told = 'ignored: "ttl"; this asks for every path of a.example';
  const args = { ...HOST, ttl: 60 };
  const decision = wordDecision(
    {
      ...{ proposal_id: ID, status: "approved", notes: "", final_file: null },
      ...{ decided_at: "2026-11-28T12:00:00Z", decided_by: "alice" },
    } as Parameters<typeof wordDecision>[0],
  );
  assert.deepEqual(await call("egress-block", args, {}, () => decision), {
    ...decision,
    text: `status: approved\n${told}`,
    structured: { ...decision.structured, next: told },
  });
  const task = { taskId: ID, status: "working", statusMessage: "waiting" };
  const taken = () => ({ kind: "task", task }) as unknown as Answer;
  assert.deepEqual(await call("egress-block", args, {}, taken), {
    kind: "task",
    task: { ...task, statusMessage: `waiting; ${told}` },
  });
  const refused = refusal("egress-block: not queued");
  assert.equal(await call("egress-block", args, {}, () => refused), refused);
});
