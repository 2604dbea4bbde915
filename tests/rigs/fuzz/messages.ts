/**
 * JSON-RPC messages of both eras, built the way a client would; some parameters are wrong. Long
 * because it is tables: the methods, tools and values to draw from, which belong side by side.
 */

import {
  CLIENT_CAPABILITIES,
  CLIENT_INFO,
  PROTOCOL_VERSION,
  TASKS_EXTENSION,
} from "../../support/meta_keys.ts";
import type { Random } from "../../support/random.ts";
import { LEGACY_REVISIONS, MODERN_REVISION } from "../../support/schema/published.ts";
import { anyValue, chance, hostileString } from "./values.ts";

type Members = Record<string, unknown>;

/** Ids that the server gave out, to ask about; any others of the same form until it has. */
export interface Live {
  proposalId: string;
  taskId: string;
}

export const NOTHING_LIVE: Live = {
  proposalId: "3f0c9a52-6f0e-4a53-9d0f-0f2f3c1b7a11",
  taskId: "5b1c8d0e-2a7f-4c1e-8d43-9a6c0e5f7b22",
};

export interface Ask {
  readonly message: Readonly<Members>;
  readonly isModern: boolean;
  /** What `Mcp-Name` has to say; undefined where there is no such header. */
  readonly name: string | undefined;
  /** All of it is right: the answer has to be a result. */
  readonly isSound: boolean;
}

interface Draft {
  readonly method: string;
  readonly params?: Members | undefined;
  readonly isSound?: boolean;
}

/** The ids that requests have, and those that cancellations name. */
export interface Ids {
  readonly own: readonly unknown[];
  readonly others: readonly unknown[];
}

const IDS = [0, 1, 2, 7, -1, 2 ** 53 - 1, "", "a", "1", "\u{1f600}", "id-\0", "\ud800"];
/** Ids that many requests share, as those of many clients do. */
export const SHARED_IDS: Ids = { own: IDS, others: IDS };

/** Ids of one request alone, where all answers come by one way; others name requests before it. */
export function ownIds(index: number): Ids {
  return {
    own: [index, `s${index}`, `\0\ud800\u202e${index}`],
    others: Array.from({ length: 10 }, (_, back) => index - back),
  };
}

const TOKENS = [0, 1, "", "token", "0", 1.5, null, {}, [], true];

const UNKNOWN_METHODS = [
  "",
  "tools",
  "tools/list/",
  "Tools/List",
  "rpc.discover",
  "notifications/",
  "__proto__",
  "constructor",
  "toString",
  "prompts/list",
  "prompts/get",
  "completion/complete",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "sampling/createMessage",
  "roots/list",
  "tasks/list",
  "tasks/result",
];

const URIS = [
  "supervise://proposals",
  "supervise://routes",
  "supervise://dockerfile",
  "file:///etc/passwd",
  "supervise://../../etc/passwd",
  "http://[::1",
  "",
  "x",
];

type Drafter = (random: Random, live: Live) => Draft;

const TOOL_CALLS: readonly Drafter[] = [
  (random) =>
    call("egress-block", {
      host: `h${random.below(30)}.example`,
      justification: "fuzz",
      ...chance(random, 30) ? { path_allowlist: ["/a/", `/b${random.below(3)}/`] } : {},
      ...chance(random, 20) ? { auth: { scheme: "Bearer", token_ref: "GH_TOKEN" } } : {},
      ...chance(random, 10) ? { unknown: null } : {},
    }, true),
  (random) =>
    call("pipelock-block", {
      failed_url: `https://p${random.below(20)}.example/x?y=1`,
      justification: "fuzz",
    }, true),
  (random) =>
    call("capability-block", {
      dockerfile: `FROM scratch\n# ${random.below(20)}\n`,
      justification: "fuzz",
    }, true),
  () => call("list-egress-routes", {}, true),
  () => ({ method: "tools/call", params: { name: "list-egress-routes" }, isSound: true }),
  (_random, { proposalId }) => call("proposal-status", { proposal_id: proposalId }, true),
  (random) => call(random.pick(TOOL_NAMES), wrongArguments(random)),
  (random) => call(random.pick(TOOL_NAMES), wrongArguments(random)),
  (random) => call(hostileString(random), {}),
  (random) => ({
    method: "tools/call",
    params: { name: anyValue(random), arguments: anyValue(random) },
  }),
];

const TOOL_NAMES = [
  "egress-block",
  "pipelock-block",
  "capability-block",
  "list-egress-routes",
  "proposal-status",
];

const ARGUMENT_NAMES = [
  "host",
  "path_allowlist",
  "auth",
  "justification",
  "failed_url",
  "dockerfile",
  "proposal_id",
  "__proto__",
  "",
];

const ARGUMENT_VALUES: readonly unknown[] = [
  "https://user:pass@h.example/",
  "https://a.example\\@b.example/",
  "http://[::1]:80/",
  "*.example",
  "h.example:443",
  "xn--\u{1f600}",
  ["/a/../b"],
  ["/a", 1],
  Array(101).fill("/a"),
  { scheme: "Basic", token_ref: "a b" },
  { scheme: "Bearer" },
  "FROM scratch\n\u202e",
];

function wrongArguments(random: Random): Members {
  const args: Members = {};
  for (let count = random.below(5); count > 0; count--) {
    const value = chance(random, 50) ? random.pick(ARGUMENT_VALUES) : anyValue(random);
    Object.defineProperty(args, random.pick(ARGUMENT_NAMES), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return args;
}

function call(name: string, args: Members, isSound = false): Draft {
  return { method: "tools/call", params: { name, arguments: args }, isSound };
}

const SHARED: readonly Drafter[] = [
  () => ({ method: "tools/list", isSound: true }),
  (random) => ({ method: "tools/list", params: { cursor: anyValue(random) } }),
  ...TOOL_CALLS,
  ...TOOL_CALLS,
  () => ({ method: "resources/list", isSound: true }),
  () => ({ method: "resources/templates/list", isSound: true }),
  (random) => ({ method: "resources/list", params: { cursor: anyValue(random) } }),
  (random) => ({ method: "resources/read", params: { uri: random.pick(URIS) } }),
  (_random, { proposalId }) => ({
    method: "resources/read",
    params: { uri: `supervise://proposals/${proposalId}` },
  }),
  (random) => ({ method: "resources/read", params: { uri: anyValue(random) } }),
  (random) => ({ method: random.pick(UNKNOWN_METHODS) }),
  (random) => ({ method: hostileString(random), params: { x: anyValue(random) } }),
];

const LEGACY_ONLY: readonly Drafter[] = [
  (random) => ({
    method: "initialize",
    params: {
      protocolVersion: random.pick([...LEGACY_REVISIONS, MODERN_REVISION, "2024-10-07", ""]),
      capabilities: {},
      clientInfo: { name: "fuzz", version: "1" },
    },
    isSound: true,
  }),
  (random) => ({ method: "initialize", params: { protocolVersion: anyValue(random) } }),
  () => ({ method: "ping", isSound: true }),
  (random) => ({ method: "ping", params: { _meta: anyValue(random) } }),
];

const MODERN_ONLY: readonly Drafter[] = [
  () => ({ method: "server/discover", isSound: true }),
  () => ({ method: "server/discover", isSound: true }),
  (random, live) => listen(random, live),
  (random) => ({
    method: "subscriptions/listen",
    params: { notifications: anyValue(random) },
  }),
  (random, { taskId }) => ({
    method: random.pick(["tasks/get", "tasks/cancel"]),
    params: { taskId },
  }),
  (_random, { taskId }) => ({ method: "tasks/update", params: { taskId, inputResponses: {} } }),
  (random, { taskId }) => ({
    method: "tasks/update",
    params: { taskId, inputResponses: anyValue(random) },
  }),
  (random) => ({
    method: random.pick(["tasks/get", "tasks/cancel", "tasks/update"]),
    params: { taskId: anyValue(random) },
  }),
  () => ({ method: "initialize", params: { protocolVersion: "2025-11-25" } }),
  () => ({ method: "ping" }),
];

function listen(random: Random, { taskId }: Live): Draft {
  const notifications: Members = {};
  if (chance(random, 50)) notifications["toolsListChanged"] = chance(random, 80);
  if (chance(random, 30)) notifications["promptsListChanged"] = true;
  if (chance(random, 50)) notifications["resourcesListChanged"] = true;
  if (chance(random, 50)) notifications["resourceSubscriptions"] = [random.pick(URIS)];
  if (chance(random, 40)) notifications["taskIds"] = [taskId, hostileString(random)];
  if (chance(random, 10)) notifications["unknown"] = anyValue(random);
  return { method: "subscriptions/listen", params: { notifications } };
}

/** One request, or notification, of the era asked for. */
export function ask(random: Random, isModern: boolean, live: Live, ids: Ids): Ask {
  if (chance(random, 8)) return notification(random, isModern, ids);
  const drafters = chance(random, 60) ? SHARED : isModern ? MODERN_ONLY : LEGACY_ONLY;
  const { method, params, isSound = false } = random.pick(drafters)(random, live);
  const envelope = isModern ? modernMeta(random) : legacyMeta(random);
  const all = envelope.meta === undefined ? params : { _meta: envelope.meta, ...params };
  return {
    message: {
      jsonrpc: "2.0",
      id: random.pick(ids.own),
      method,
      ...all === undefined ? {} : { params: all },
    },
    isModern,
    name: nameOf(method, params),
    isSound: isSound && envelope.isSound,
  };
}

function nameOf(method: string, params: Members = {}): string | undefined {
  const source = method === "tools/call"
    ? "name"
    : method === "resources/read"
    ? "uri"
    : /^tasks\/(get|update|cancel)$/.test(method)
    ? "taskId"
    : undefined;
  const value = source && params[source];
  return typeof value === "string" ? value : undefined;
}

interface Envelope {
  readonly meta: unknown;
  readonly isSound: boolean;
}

function modernMeta(random: Random): Envelope {
  const meta: Members = {
    [PROTOCOL_VERSION]: MODERN_REVISION,
    [CLIENT_CAPABILITIES]: random.pick([
      {},
      {},
      { elicitation: {}, roots: {} },
      { extensions: { [TASKS_EXTENSION]: {} } },
      { extensions: { [TASKS_EXTENSION]: {}, "x/y": {} } },
    ]),
    ...chance(random, 50) ? { [CLIENT_INFO]: { name: "fuzz", version: "1" } } : {},
    ...chance(random, 30) ? { progressToken: random.pick([0, 1, "", "token"]) } : {},
  };
  if (chance(random, 80)) return { meta, isSound: true };
  switch (random.below(6)) {
    case 0:
      delete meta[random.pick([PROTOCOL_VERSION, CLIENT_CAPABILITIES])];
      break;
    case 1:
      meta[random.pick([PROTOCOL_VERSION, CLIENT_CAPABILITIES])] = anyValue(random);
      break;
    case 2:
      meta[PROTOCOL_VERSION] = random.pick([...LEGACY_REVISIONS, "v999", "2026-07-29"]);
      break;
    case 3:
      meta["progressToken"] = random.pick(TOKENS);
      break;
    case 4:
      meta[CLIENT_CAPABILITIES] = { extensions: anyValue(random) };
      break;
    case 5:
      return { meta: random.pick([undefined, anyValue(random)]), isSound: false };
  }
  return { meta, isSound: false };
}

function legacyMeta(random: Random): Envelope {
  if (chance(random, 75)) return { meta: undefined, isSound: true };
  if (chance(random, 60)) {
    return { meta: { progressToken: random.pick([0, 1, "", "token"]) }, isSound: true };
  }
  return { meta: random.pick([{ progressToken: random.pick(TOKENS) }, null]), isSound: false };
}

function notification(random: Random, isModern: boolean, { others }: Ids): Ask {
  const method = random.pick([
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/cancelled",
    "notifications/progress",
    "notifications/roots/list_changed",
    "notifications/unknown",
    "tools/call",
    "subscriptions/listen",
  ]);
  const requestId = random.pick([...others, null, {}, 1.5]);
  const params = random.pick([undefined, {}, { requestId }, { requestId, reason: "fuzz" }]);
  const message = { jsonrpc: "2.0", method, ...params ? { params } : {} };
  return { message, isModern, name: undefined, isSound: false };
}

/** Several messages at once: right under 2025-03-26 alone. */
export function batch(random: Random, live: Live, ids: Ids): readonly unknown[] {
  const size = chance(random, 5) ? 70 : random.below(6);
  return Array.from(
    { length: size },
    () =>
      chance(random, 15) ? anyValue(random) : ask(random, chance(random, 10), live, ids).message,
  );
}
