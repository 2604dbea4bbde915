/**
 * The tools as an agent meets them: the list to the letter, and for each argument what is taken, in
 * which form it reaches the operator, and what the message says of the rest. One file of tables,
 * because each row is one call of one tool.
 *
 * The list is kept in tests/testdata/, as revisions without structured results get it (tools_list)
 * and as the others do (tools_list_structured). After a change that is meant, write both again:
 * `UPDATE_GOLDEN=1 deno test -P=test tests/sidecar/tools/tools_test.ts`, and read the difference.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ask, Inbox, type ProposalStanding } from "../../../src/queue/inbox.ts";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { whyNotPathPrefix } from "../../../src/queue/path_prefix.ts";
import type { RouteTable } from "../../../src/sidecar/egress/route_table.ts";
import type { Caller, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { type Answer, Proposer } from "../../../src/sidecar/propose.ts";
import { createTools, showOnly } from "../../../src/sidecar/tools/mod.ts";
import { show } from "../../../src/sidecar/tools/problems.ts";
import type { SidecarTool } from "../../../src/sidecar/tools/tool.ts";
import { post } from "../../support/agent.ts";
import { CLIENT_CAPABILITIES, PROTOCOL_VERSION } from "../../support/meta_keys.ts";
import { PATHS } from "../../support/paths.ts";
import { startSidecar } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";

const GOLDEN = new URL("../../testdata/tools_list.json", import.meta.url);
const GOLDEN_STRUCTURED = new URL("../../testdata/tools_list_structured.json", import.meta.url);

type Arguments = Readonly<Record<string, unknown>>;

const QUEUED: Answer = { kind: "answer", text: "queued", isError: false };

/** The tools, with what they hand to the proposer and what they are told by the others. */
class Fixture {
  readonly asks: Ask[] = [];
  readonly delivered: string[] = [];
  /** The routes of which somebody asked whether they are allowed. */
  readonly looked: unknown[] = [];
  readonly #tools: ReadonlyMap<string, SidecarTool>;

  constructor({ standing, routes }: { standing?: ProposalStanding; routes?: RouteTable } = {}) {
    const proposer = {
      propose: async (ask: Ask, _caller: Caller, alreadyAllowed?: () => Promise<unknown>) => {
        this.asks.push(ask);
        await alreadyAllowed?.();
        return QUEUED;
      },
    } as unknown as Proposer;
    const inbox = {
      standing: () => Promise.resolve(standing ?? { kind: "unknown" }),
      polled: () => {},
      answering: (id: string) => (arrived: boolean) => this.delivered.push(`${id} ${arrived}`),
    } as unknown as Inbox;
    const tools = createTools({
      proposer,
      inbox,
      routes: routes ?? { read: () => assert.fail("no routes were asked for") },
      mode: "live",
      alreadyAllowed: (route) => {
        this.looked.push(route);
        return Promise.resolve(undefined);
      },
    });
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
  }

  call(
    name: string,
    args: Arguments,
    caller: Partial<Caller> = {},
  ): ToolOutcome | Promise<ToolOutcome> {
    return this.#tools.get(name)!.call(args, caller as Caller);
  }
}

// The list.

interface Listed {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Schema;
  readonly outputSchema?: Schema;
  readonly annotations: Readonly<Record<string, boolean>>;
}

interface Schema {
  readonly type: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
}

async function golden(file: URL): Promise<readonly Listed[]> {
  return JSON.parse(await Deno.readTextFile(file)).tools;
}

/** The list as each revision gets it, without what a modern result has around it. */
async function listed(port: number, revision: string): Promise<string> {
  const isModern = revision === "2026-07-28";
  const headers = {
    "MCP-Protocol-Version": revision,
    ...isModern ? { "Mcp-Method": "tools/list" } : {},
  };
  const params = isModern
    ? {
      _meta: {
        [PROTOCOL_VERSION]: revision,
        [CLIENT_CAPABILITIES]: {},
      },
    }
    : {};
  const message = { jsonrpc: "2.0", id: 1, method: "tools/list", params };
  const reply = await post(port, message, { headers });
  return JSON.stringify({ tools: JSON.parse(reply.body).result.tools }, null, 2) + "\n";
}

const LISTS: readonly (readonly [revision: string, golden: URL])[] = [
  ["2024-11-05", GOLDEN],
  ["2025-03-26", GOLDEN],
  ["2025-06-18", GOLDEN_STRUCTURED],
  ["2025-11-25", GOLDEN_STRUCTURED],
  ["2026-07-28", GOLDEN_STRUCTURED],
];

Deno.test("tools/list is the one in tests/testdata, of each revision and on every start", async () => {
  await using first = await startSidecar();
  await using second = await startSidecar();
  for (const [revision, file] of LISTS) {
    const text = await listed(first.port, revision);
    assert.equal(await listed(second.port, revision), text);
    assert.equal(await listed(first.port, revision), text);
    if (Deno.env.get("UPDATE_GOLDEN")) await Deno.writeTextFile(file, text);
    assert.equal(text, await Deno.readTextFile(file), `${revision}: see the top of this file`);
  }
});

Deno.test("the structured tools/list is the plain one with an output schema a tool", async () => {
  const structured = await golden(GOLDEN_STRUCTURED);
  const plain = structured.map(({ outputSchema, ...tool }) => {
    assert.equal(outputSchema?.type, "object", tool.name);
    checkSchema(outputSchema, `${tool.name}: output`);
    return tool;
  });
  assert.deepEqual(plain, await golden(GOLDEN));
});

Deno.test("a tool's annotations say whether it changes something", async () => {
  const hints = (await golden(GOLDEN)).map(({ name, annotations }) => [
    name,
    Object.entries(annotations).flatMap(([hint, holds]) => holds ? [hint] : []).join(" "),
  ]);
  assert.deepEqual(hints, [
    ["egress-block", "openWorldHint"],
    ["pipelock-block", "openWorldHint"],
    ["capability-block", "destructiveHint openWorldHint"],
    ["list-egress-routes", "readOnlyHint idempotentHint"],
    ["proposal-status", "readOnlyHint idempotentHint"],
  ]);
});

const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "minItems", "maxItems"],
  string: ["enum", "pattern", "minLength", "maxLength"],
};

/** Whether it is JSON Schema of the kind that every client understands; see client_schemas_test.ts. */
function checkSchema(schema: Schema, path: string): void {
  const known = KEYWORDS[schema.type];
  assert.ok(known, `${path}: type ${schema.type}`);
  for (const keyword of Object.keys(schema)) {
    assert.ok(
      ["type", "description", ...known].includes(keyword),
      `${path}: ${keyword}`,
    );
  }
  const { required = [], properties = {}, additionalProperties = false } = schema;
  // A typed client that is generated from it takes no optional member before a required one.
  assert.deepEqual(Object.keys(properties).slice(0, required.length), required, path);
  assert.equal(additionalProperties, false, path);
  if (schema.enum) assert.ok(schema.enum.length > 0, `${path}: enum`);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    assert.ok(property.description, `${path}.${name} is described`);
    checkSchema(property, `${path}.${name}`);
  }
  if (schema.type === "array") checkSchema(schema.items!, `${path}[]`);
}

Deno.test("every tool has a name, a title, a description and a schema that clients can use", async () => {
  const tools = await golden(GOLDEN);
  const names = tools.map(({ name }) => name);
  assert.deepEqual(names, [
    "egress-block",
    "pipelock-block",
    "capability-block",
    "list-egress-routes",
    "proposal-status",
  ]);
  for (const { name, title, description, inputSchema } of tools) {
    assert.match(name, /^[a-z][a-z-]{0,63}$/);
    assert.ok(title.length > 0 && description.length > 100, name);
    assert.equal(inputSchema.type, "object");
    assert.equal(inputSchema.additionalProperties, false);
    checkSchema(inputSchema, name);
  }
  const required = tools.map(({ inputSchema }) => inputSchema.required ?? []);
  assert.deepEqual(required, [
    ["host", "justification"],
    ["failed_url", "justification"],
    ["dockerfile", "justification"],
    [],
    ["proposal_id"],
  ]);
});

// What is taken, and the text that reaches the operator.

interface Taken {
  readonly tool: string;
  readonly name: string;
  readonly args: Arguments;
  readonly file: string;
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + "\n";
}

function host(name: string, given: string, host = given): Taken {
  return { tool: "egress-block", name, args: { host: given }, file: json({ host }) };
}

function paths(name: string, ...path_allowlist: string[]): Taken {
  const args = { host: "a.example", path_allowlist };
  return { tool: "egress-block", name, args, file: json(args) };
}

function url(name: string, failed_url: string, file = failed_url): Taken {
  return { tool: "pipelock-block", name, args: { failed_url }, file };
}

function dockerfile(name: string, text: string): Taken {
  return { tool: "capability-block", name, args: { dockerfile: text }, file: text };
}

const LABEL_OF_49 = "a".repeat(49);
const HOST_OF_253 = `${`${LABEL_OF_49}.`.repeat(5)}abc`;

const TAKEN: readonly Taken[] = [
  host("a name", "api.github.com"),
  host("a name in upper case", "API.GitHub.COM", "api.github.com"),
  host("one label", "localhost"),
  host("a label of 63 characters", `${"a".repeat(63)}.example`),
  host("253 characters", HOST_OF_253),
  host("digits and dashes", "3-a.4b.example"),
  host("underscores", "_dmarc.a_b.example"),
  host("the proxy's own name", "_egress.local"),
  host("an IPv4 address", "203.0.113.7"),
  host("a name in its ASCII form", "xn--bcher-kva.example"),
  {
    tool: "egress-block",
    name: "everything, in the contract's order",
    args: {
      auth: { token_ref: "GH_TOKEN", scheme: "Bearer" },
      path_allowlist: ["/repos/acme/", "/x"],
      host: "API.github.com",
    },
    file: `{
  "host": "api.github.com",
  "path_allowlist": [
    "/repos/acme/",
    "/x"
  ],
  "auth": {
    "scheme": "Bearer",
    "token_ref": "GH_TOKEN"
  }
}
`,
  },
  {
    tool: "egress-block",
    name: "null for what is optional, and an empty list",
    args: { host: "a.example", path_allowlist: [], auth: null },
    file: json({ host: "a.example" }),
  },
  {
    tool: "egress-block",
    name: "null for the list",
    args: { host: "a.example", path_allowlist: null },
    file: json({ host: "a.example" }),
  },
  {
    tool: "egress-block",
    name: "scheme token and a name of 128 characters",
    args: { host: "a.example", auth: { scheme: "token", token_ref: `_${"a1".repeat(63)}A` } },
    file: json({
      host: "a.example",
      auth: { scheme: "token", token_ref: `_${"a1".repeat(63)}A` },
    }),
  },
  paths("the whole host", "/"),
  paths("dots that are no way up", "/a.b/..c/...", "/.well-known/x"),
  paths("escapes and every mark that may stand in a path", "/%C3%A9/%20", "/a;b=c,d!$&'()+:@~_-"),
  paths("1,024 characters", `/${"a".repeat(1_023)}`),
  paths("100 entries", ...Array.from({ length: 100 }, (_, n) => `/${n}`)),
  url("a URL", "https://api.github.com/repos/foo/bar?x=1#y"),
  url("blanks round it", " \n https://a.example/x \t", "https://a.example/x"),
  url("upper case and the usual port", "HTTPS://A.Example:443", "https://a.example/"),
  url("another port", "http://a.example:8080/"),
  url("an IPv6 address", "https://[2001:DB8::1]:80/x", "https://[2001:db8::1]:80/x"),
  url("an odd IPv4 address, in plain form", "https://0x7f.1/", "https://127.0.0.1/"),
  url("an IPv4 address as a number, in plain form", "http://2130706433/x", "http://127.0.0.1/x"),
  url("a host with escapes, in plain form", "https://%61.example/", "https://a.example/"),
  url("a name in its ASCII form", "https://xn--bcher-kva.example/"),
  url("ways up, walked", "https://a.example/b/../%2e%2e/c", "https://a.example/c"),
  url(
    "a backslash for a slash, in plain form",
    "https://a.example\\@b.example/",
    "https://a.example/@b.example/",
  ),
  url("no path", "https://a.example?x", "https://a.example/?x"),
  url("an empty name before @, left out", "https://@a.example/", "https://a.example/"),
  url("8,192 characters", `https://a/${"x".repeat(8_182)}`),
  dockerfile("a Dockerfile", "FROM debian:12\nRUN apt-get install -y jq\n"),
  dockerfile("one that is kept to the letter", "\ufeff\r\n  FROM é🙂 \t\r\n\r\n"),
  dockerfile("one of nearly 1 MiB", `FROM debian\n#${"x".repeat(1_048_000)}`),
];

for (const { tool, name, args, file } of TAKEN) {
  Deno.test(`${tool} takes ${name}`, async () => {
    const fixture = new Fixture();
    assert.deepEqual(
      await fixture.call(tool, { ...args, justification: " it is\nneeded " }),
      QUEUED,
    );
    assert.deepEqual(fixture.asks, [
      { tool, proposedFile: file, justification: " it is\nneeded " },
    ]);
  });
}

// What is not, and the message.

interface Wrong {
  readonly tool: string;
  /** As the message names it. */
  readonly field: string;
  readonly value: unknown;
  readonly args: Arguments;
  /** What the message says of the right form. */
  readonly form: RegExp;
}

const OTHERWISE_RIGHT: Readonly<Record<string, Arguments>> = {
  "egress-block": { host: "a.example", justification: "x" },
  "pipelock-block": { failed_url: "https://a.example/", justification: "x" },
  "capability-block": { dockerfile: "FROM debian", justification: "x" },
  "proposal-status": { proposal_id: "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" },
};

/** Rows for one argument of a tool that is wrong in one way. */
function wrong(tool: string, argument: string, form: RegExp, ...values: unknown[]): Wrong[] {
  const args = OTHERWISE_RIGHT[tool];
  const field = `'${argument}'`;
  return values.map((value) => ({
    tool,
    field,
    value,
    args: { ...args, [argument]: value },
    form,
  }));
}

/** Rows for a path in the list. */
function wrongPath(form: RegExp, ...values: unknown[]): Wrong[] {
  return values.map((value) => ({
    tool: "egress-block",
    field: "path_allowlist[1]",
    value,
    args: { ...OTHERWISE_RIGHT["egress-block"], path_allowlist: ["/", value] },
    form,
  }));
}

function exactly(text: string | undefined): RegExp {
  return new RegExp(`^${RegExp.escape(text ?? "")}$`);
}

/** Rows for a member of `auth`. */
function wrongAuth(member: "scheme" | "token_ref", form: RegExp, ...values: unknown[]): Wrong[] {
  return values.map((value) => {
    const auth = { scheme: "Bearer", token_ref: "GH_TOKEN", [member]: value };
    const args = { ...OTHERWISE_RIGHT["egress-block"], auth };
    return { tool: "egress-block", field: `auth.${member}`, value, args, form };
  });
}

const BARE =
  "must be a bare host name such as 'api\\.github\\.com': no scheme, port, path, wildcard, ";
const BARE_ALONE = new RegExp(`^${BARE}space or final dot$`);

function meant(name: string): RegExp {
  return new RegExp(
    `^${BARE}space or final dot; did you mean '${name.replaceAll(".", "\\.")}'\\?$`,
  );
}

const ASCII = /^must be printable ASCII without spaces: percent-encode the rest$/;
const TOKEN_REF =
  /^must be a non-empty string naming the host env var holding the token: letters, digits and '_', not starting with a digit$/;
const WHY = /^must be a non-empty string of at most 4000 characters that tells the operator why$/;
const WELL_FORMED =
  /^must be well-formed Unicode without NUL, but line \d has (NUL|a lone surrogate \(\\u[0-9a-f]{4}\))$/;
const UUID = /^must be the proposal_id of an earlier answer, a UUID such as '3f0c9a52-[0-9a-f-]+'$/;

const WRONG: readonly Wrong[] = [
  ...wrong("egress-block", "host", /^must be a non-empty string$/, 5, true, ["a"], {}),
  ...wrong(
    "egress-block",
    "host",
    BARE_ALONE,
    "",
    " ",
    ".",
    ".a.example",
    "a..example",
    "-a.example",
    "a-.example",
    "a b",
    "a,b",
    "a|b",
    "::1",
    "[::1]",
    "1.2.3.4.5",
    "256.1.1.1",
    "a.0x1",
    "xn--",
    "xn--0000h.example",
    "https://",
    `${"a".repeat(64)}.example`,
    `${HOST_OF_253}d`,
    "a".repeat(100_000),
    "a\ud800",
    "\u202ea.example",
    "\x1b[31ma",
  ),
  ...wrong("egress-block", "host", meant("a.example"), " a.example", "a.example\n", "a.example."),
  ...wrong(
    "egress-block",
    "host",
    meant("a.example"),
    "a.example:443",
    "a.example/x",
    "a.example?",
  ),
  ...wrong(
    "egress-block",
    "host",
    meant("a.example"),
    "https://a.example/x",
    "http://A.example:80",
  ),
  ...wrong(
    "egress-block",
    "host",
    meant("a.example"),
    "u:p@a.example",
    "a.exa\tmple",
    "a.\u200bexample",
  ),
  ...wrong("egress-block", "host", meant("a.example"), "ａ.example", "a。example", "a%2Eexample"),
  ...wrong("egress-block", "host", meant("xn--bcher-kva.example"), "bücher.example"),
  ...wrong("egress-block", "host", meant("kube.example"), "\u212aube.example"),
  ...wrong(
    "egress-block",
    "host",
    meant("127.0.0.1"),
    "127.1",
    "0x7f.1",
    "2130706433",
    "0177.0.0.1",
  ),
  ...wrong(
    "egress-block",
    "host",
    new RegExp(`^${BARE}space or final dot; wildcards are not possible, name each host$`),
    "*",
    "*.example.com",
    "https://*.example.com/",
  ),
  ...wrong(
    "egress-block",
    "path_allowlist",
    /^must be an array of at most 100 strings$/,
    "/a",
    5,
    {},
    Array(101).fill("/a"),
  ),
  ...wrongPath(/^must be a string$/, 5, null, ["/a"]),
  ...Object.values(PATHS.refused).flat()
    .flatMap((path) => wrongPath(exactly(whyNotPathPrefix(path)), path)),
  ...wrongPath(/^must be at most 1024 characters$/, `/${"a".repeat(1_024)}`),
  ...wrongPath(
    /^must be a URL path prefix in printable ASCII without spaces: percent-encode the rest$/,
    "/\ud800",
  ),
  ...wrong(
    "egress-block",
    "auth",
    /^must be an object with 'scheme' and 'token_ref'$/,
    "Bearer",
    5,
    [5],
  ),
  ...wrongAuth("scheme", /^must be one of Bearer, token$/, "bearer", "Basic", "", 5),
  ...wrongAuth(
    "token_ref",
    TOKEN_REF,
    "",
    "1A",
    "A-B",
    "A B",
    "$A",
    "ghp_é",
    "A\n",
    "A".repeat(129),
    5,
  ),
  ...wrong("egress-block", "justification", WHY, "", " \n", 5, ["x"], "a".repeat(4_001)),
  ...wrong("egress-block", "justification", WELL_FORMED, "a\udc00", "\ud800\ud800", "because\n\0"),
  ...wrong("pipelock-block", "justification", WHY, " "),
  ...wrong("capability-block", "justification", WHY, " "),
  ...wrong("pipelock-block", "failed_url", /^must be a string$/, 5, {}, ["https://a.example"]),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^must be the URL that was refused; it is empty$/,
    "",
    " ",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^must start with http:\/\/ or https:\/\/$/,
    "a.example/x",
    "//a.example",
    "ftp://a.example",
    "javascript:alert(1)",
    "https:a.example",
    "https:/a.example",
    "https:\\\\a.example",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^is missing a hostname$/,
    "https://",
    "https:///x",
    "http://:80/",
    "https://\\x",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    ASCII,
    "https://a b/",
    "https://a\tb/",
    "https://bücher.example/",
    "https://a.example/é",
    "https://a.example/\ud800",
    "https://a.example/\x00",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^must not contain credentials: leave out what stands before '@'$/,
    "https://u@a.example/",
    "https://u:p@a.example/",
    "https://:p@a.example/",
    "https://a.example:80@b.example/",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^must be a URL with a valid hostname, e\.g\. https:\/\/api\.github\.com\/path$/,
    "https://a%00b/",
    "https://a%2fb/",
    "https://a.example:99999/",
    "https://a.example:x/",
    "https://<a>/",
    "https://[::1/",
    "https://?x",
    "https://1.2.3.4.5/",
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    new RegExp(`^must name a host: that part ${BARE}`),
    "https://*.a.example/",
    "https://a.example./",
    "https://a..example/",
    `https://${"a".repeat(64)}.example/`,
  ),
  ...wrong(
    "pipelock-block",
    "failed_url",
    /^must be at most 8192 characters: cut the query$/,
    `https://a.example/${"x".repeat(9_000)}`,
  ),
  ...wrong(
    "capability-block",
    "dockerfile",
    /^must be a string with the whole proposed Dockerfile, not blank$/,
    "",
    " \n\t\r\n",
    "\u3000",
    5,
    ["FROM debian"],
  ),
  ...wrong("capability-block", "dockerfile", WELL_FORMED, "FROM \ud800", "FROM a\0", "\0"),
  ...wrong(
    "proposal-status",
    "proposal_id",
    UUID,
    "",
    "x",
    5,
    "3f0c9a52-6f0e-1a53-9d0f-0f2f3c1b7a11",
    "../../../../../../../../../etc/passwd",
  ),
];

for (const { tool, field, value, args, form } of WRONG) {
  const shown = show(value);
  Deno.test(`${tool} refuses ${field}: ${shown}`, () => {
    const fixture = new Fixture();
    const outcome = fixture.call(tool, args);
    assert.ok(!(outcome instanceof Promise) && outcome.kind === "invalid-arguments");
    const [start, end] = [`${tool}: ${field} `, ` (got ${shown})`];
    assert.ok(outcome.message.startsWith(start), outcome.message);
    assert.ok(outcome.message.endsWith(end), outcome.message);
    assert.match(outcome.message.slice(start.length, -end.length), form);
    assert.match(outcome.message, /^[ -~…]+$/);
    assert.deepEqual(fixture.asks, []);
  });
}

Deno.test("egress-block refuses a member of auth that it does not know by name", () => {
  const fixture = new Fixture();
  const auth = {
    scheme: "token",
    token_ref: "T",
    "a\n\u001b[31m\u202e\x7f": 1,
    ["x".repeat(100)]: 1,
  };
  assert.deepEqual(fixture.call("egress-block", { ...OTHERWISE_RIGHT["egress-block"], auth }), {
    kind: "invalid-arguments",
    message: 'egress-block: there is no argument "a\\n\\u001b[31m\\u202e\\u007f", ' +
      `"${"x".repeat(79)}… in 'auth': leave it out, or mend its name`,
  });
  assert.deepEqual(fixture.asks, []);
});

Deno.test("tools that only look take arguments they do not know, and ignore them", async () => {
  const fixture = new Fixture({
    routes: { read: () => Promise.resolve({ kind: "table", text: "{}", table: {} }) },
  });
  for (const name of ["list-egress-routes", "proposal-status"]) {
    const args = OTHERWISE_RIGHT[name] ?? {};
    const outcome = await fixture.call(name, { ...args, random_string: "x", path: { a: 1 } });
    assert.equal(outcome.kind, "answer");
    assert.deepEqual(outcome, await fixture.call(name, args));
  }
});

const MISSING: readonly (readonly [tool: string, args: Arguments, message: RegExp])[] = [
  [
    "egress-block",
    {},
    /^egress-block: 'host' is required and must .+; 'justification' is required and must [^;]+$/,
  ],
  [
    "egress-block",
    { host: null, justification: null },
    /'host' is required .+; 'justification' is/,
  ],
  ["egress-block", { host: "a.example" }, /^egress-block: 'justification' is required and must be/],
  [
    "egress-block",
    { host: "a", justification: "x", auth: { x: 5 } },
    /: auth\.scheme is required and must be one of Bearer, token; auth\.token_ref is required/,
  ],
  ["pipelock-block", { justification: "x" }, /^pipelock-block: 'failed_url' is required and must/],
  [
    "capability-block",
    { justification: "x" },
    /^capability-block: 'dockerfile' is required and must/,
  ],
  ["proposal-status", { id: 7 }, /^proposal-status: 'proposal_id' must be the .+ \(got 7\)$/],
  ["proposal-status", {}, /^proposal-status: 'proposal_id' is required and must be/],
  [
    "egress-block",
    JSON.parse('{"__proto__": {"host": "a.example", "justification": "x"}}'),
    /'host' is required/,
  ],
];

for (const [tool, args, message] of MISSING) {
  Deno.test(`${tool} says what is missing in ${JSON.stringify(args)}`, () => {
    const outcome = new Fixture().call(tool, args);
    assert.ok(!(outcome instanceof Promise) && outcome.kind === "invalid-arguments");
    assert.match(outcome.message, message);
  });
}

Deno.test("a message lists five problems and counts the rest", () => {
  const path_allowlist = ["a", "b", "c", "d", "e", "f"];
  const outcome = new Fixture().call("egress-block", { host: "a b", path_allowlist });
  assert.ok(!(outcome instanceof Promise) && outcome.kind === "invalid-arguments");
  const problems = outcome.message.split("; ");
  assert.equal(problems.length, 6);
  assert.equal(problems.at(-1), "3 more problems");
});

const SHOWN: readonly (readonly [value: unknown, shown: string])[] = [
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["é\u202e\ud800\x7f", '"\\u00e9\\u202e\\ud800\\u007f"'],
  ["\x1b[31m\n", '"\\u001b[31m\\n"'],
  ["x".repeat(100), `"${"x".repeat(79)}…`],
  [{ a: [null] }, '{"a":[null]}'],
  [undefined, "nothing"],
  [1e21, "1e+21"],
];

for (const [value, shown] of SHOWN) {
  Deno.test(`show() of ${shown}`, () => assert.equal(show(value), shown));
}

// The tools that ask nobody.

const ID = "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11" as ProposalId;

const SINCE = { tool: "egress-block", since: "2026-11-21T12:00:00.000Z" };

function decided(status: "approved" | "modified" | "rejected", notes = ""): ProposalStanding {
  const decision = { proposal_id: ID, status, notes, final_file: "x" };
  return { kind: "decided", ...SINCE, decision, endedAt: "2026-11-21T12:01:00.000Z" };
}

interface Status {
  readonly standing: ProposalStanding;
  readonly text: RegExp;
  /** The same as data, without the id. */
  readonly structured?: Readonly<Record<string, string>>;
  readonly isError?: boolean;
  readonly delivers?: boolean;
}

function pendingWords(place: string): string {
  return `waiting for the operator since ${SINCE.since}, ${place}`;
}

const POLL =
  "go on with other work, then call proposal-status with this proposal_id; or make the " +
  "same call again to wait longer, it joins this proposal";

const STATUSES: readonly Status[] = [
  {
    standing: { kind: "pending", ...SINCE, ahead: 3, claimed: false, claimedAt: undefined },
    text:
      /^status: pending\nnotes: waiting for the operator since 2026-11-21T12:00:00\.000Z, 3 ahead of it\nproposal_id: 3f0c9a52-\S+\nnext: .+$/,
    structured: { status: "pending", notes: pendingWords("3 ahead of it"), next: POLL },
  },
  {
    standing: {
      kind: "pending",
      ...SINCE,
      ahead: 3,
      claimed: true,
      claimedAt: "2026-11-21T12:00:30.000Z",
    },
    text: /^status: pending\nnotes: .+, the operator is looking at it now\nproposal_id: .+\nnext: /,
    structured: {
      status: "pending",
      notes: pendingWords("the operator is looking at it now"),
      next: POLL,
    },
  },
  {
    standing: decided("approved", "ok"),
    text: /^status: approved\nnotes: ok$/,
    structured: { status: "approved", notes: "ok" },
    delivers: true,
  },
  {
    standing: decided("modified"),
    text: /^status: modified\nthe operator modified/,
    structured: {
      status: "modified",
      notes: "",
      next: "use what was approved, which is in final_file",
      final_file: "x",
    },
    delivers: true,
  },
  {
    standing: decided("rejected"),
    text: /^status: rejected$/,
    structured: {
      status: "rejected",
      notes: "",
      next: "read the notes, and do not ask again unchanged",
    },
    isError: true,
    delivers: true,
  },
  {
    standing: { kind: "withdrawn", ...SINCE, endedAt: "2026-11-21T12:01:00.000Z" },
    text: /^status: withdrawn$/,
    structured: {
      status: "withdrawn",
      notes: "",
      next: "make the same call again if you still need it",
    },
  },
  {
    standing: { kind: "unknown" },
    text: /^proposal-status: this bottle has no proposal 3f0c9a52-\S+\. Check the id, or make /,
    isError: true,
  },
];

const ALSO_TAKEN: readonly Arguments[] = [
  ...["id", "proposalId", "proposal-id", "PROPOSAL_ID", "proposal"].map((name) => ({ [name]: ID })),
  { id: ID, proposal_id: null },
  { id: "another", proposal_id: ID },
];

for (const args of ALSO_TAKEN) {
  Deno.test(`proposal-status takes ${JSON.stringify(args)}`, async () => {
    const fixture = new Fixture({
      standing: { ...SINCE, kind: "withdrawn", endedAt: SINCE.since },
    });
    const outcome = await fixture.call("proposal-status", args);
    assert.ok(outcome.kind === "answer");
    assert.equal(outcome.text, "status: withdrawn");
    assert.equal((outcome.structured as { proposal_id: string }).proposal_id, ID);
  });
}

for (const { standing, text, structured, isError = false, delivers = false } of STATUSES) {
  Deno.test(`proposal-status answers for one that is ${JSON.stringify(standing)}`, async () => {
    const fixture = new Fixture({ standing });
    const sent: ((whole: boolean) => void)[] = [];
    const outcome = await fixture.call(
      "proposal-status",
      { proposal_id: ` ${ID.toUpperCase()}\n` },
      {
        onSent: (action) => sent.push(action),
      },
    );
    assert.ok(outcome.kind === "answer");
    assert.match(outcome.text, text);
    assert.equal(outcome.isError, isError);
    assert.deepEqual(outcome.structured, structured && { proposal_id: ID, ...structured });
    for (const action of sent) action(true);
    assert.deepEqual(fixture.delivered, delivers ? [`${ID} true`] : []);
  });
}

const ROUTE_TABLES: readonly (readonly [text: string, structured: object])[] = [
  ['{"routes": []} \n', { routes: [] }],
  ["[1]", { routes: [1] }],
  ["null", { routes: null }],
];

for (const [text, structured] of ROUTE_TABLES) {
  Deno.test(`list-egress-routes returns ${text.trim()} as it came, and as an object`, async () => {
    const read: RouteTable["read"] = () =>
      Promise.resolve({ kind: "table", text, table: JSON.parse(text) });
    const outcome = await new Fixture({ routes: { read } }).call("list-egress-routes", { a: 1 });
    assert.deepEqual(outcome, { kind: "answer", text, isError: false, structured });
  });
}

Deno.test("list-egress-routes says why there is no table", async () => {
  const none: RouteTable = { read: () => Promise.resolve({ kind: "failed", message: "no, x" }) };
  assert.deepEqual(await new Fixture({ routes: none }).call("list-egress-routes", {}), {
    kind: "answer",
    text:
      "list-egress-routes: no, x. Your routes are unknown for now; try again later, or ask for " +
      "the host with egress-block.",
    isError: true,
  });
});

Deno.test("capability-block of a Dockerfile that fits no record says so, and queues nothing", async () => {
  await using directory = await temporary();
  const queue = join(directory.path, "dev");
  const log = (line: string) => assert.fail(line);
  await using inbox = await Inbox.open({
    directory: queue,
    slug: "dev" as Slug,
    maxPending: 1,
    log,
  });
  const proposer = new Proposer({
    inbox,
    timeoutSeconds: 60,
    progressSeconds: 60,
    maxWaiting: 1,
    log,
  });
  const routes: RouteTable = { read: () => assert.fail() };
  const alreadyAllowed = () => assert.fail();
  const tool = createTools({ proposer, inbox, routes, alreadyAllowed, mode: "live" })
    .find(({ name }) => name === "capability-block")!;
  const args = { dockerfile: "é".repeat(524_288), justification: "x" };
  const caller = {
    client: "10.0.0.1",
    takesTask: true,
    wantsProgress: true,
    report() {},
    onLeave() {},
    onSent() {},
  };
  const outcome = await tool.call(args, caller);
  assert.ok(outcome.kind === "answer" && outcome.isError);
  assert.match(
    outcome.text,
    /^capability-block: not queued, because .+ 1048576 bytes\. Shorten it/,
  );
  assert.equal(inbox.pending, 0);
});

Deno.test("only egress-block asks whether the live table covers it, with the route it would queue", async () => {
  const fixture = new Fixture();
  const justification = "x";
  const auth = { scheme: "Bearer", token_ref: "GH_TOKEN" };
  await fixture.call("egress-block", { host: "API.example", justification });
  await fixture.call("egress-block", {
    host: "api.example",
    path_allowlist: ["/a/"],
    auth,
    justification,
  });
  await fixture.call("pipelock-block", { failed_url: "https://api.example/", justification });
  await fixture.call("capability-block", { dockerfile: "FROM x", justification });
  assert.deepEqual(fixture.looked, [
    { host: "api.example" },
    { host: "api.example", path_allowlist: ["/a/"], auth },
  ]);
  assert.equal(fixture.asks.length, 4);
});

Deno.test("tools that ask are unlisted where asks are not taken, and refuse whatever they are given", () => {
  const tools = createTools({
    proposer: {} as unknown as Proposer,
    inbox: {} as unknown as Inbox,
    routes: { read: () => assert.fail() },
    alreadyAllowed: () => assert.fail(),
    mode: "readonly",
  });
  const told: string[] = [];
  const shown = showOnly(tools, (tool) => told.push(tool));
  assert.deepEqual(shown.map(({ name }) => name), tools.map(({ name }) => name));
  assert.deepEqual(
    shown.filter(({ unlisted }) => !unlisted).map(({ name }) => name),
    ["list-egress-routes", "proposal-status"],
  );
  for (const tool of shown.filter(({ unlisted }) => unlisted)) {
    assert.equal(tool.waits, false);
    const outcome = tool.call({ host: 1 }, {} as unknown as Caller) as Answer;
    assert.ok(outcome.kind === "answer" && outcome.isError);
    assert.match(outcome.text, new RegExp(`^${tool.name}: not queued, because .*read-only`));
  }
  assert.deepEqual(told, ["egress-block", "pipelock-block", "capability-block"]);
});
