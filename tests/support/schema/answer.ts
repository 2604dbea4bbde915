/** Judges what a server says: by the published schema, and by the rules that no schema can say. */

import { SERVER_INFO } from "../meta_keys.ts";
import { LEGACY_REVISIONS, MODERN_REVISION, type Revision } from "./published.ts";
import { defines, type Source, violation } from "./validate.ts";

export type RequestId = string | number;

export interface Answer {
  readonly revision: Revision;
  /** Of the request, where it is known. */
  readonly method?: string | undefined;
  /** The ids it may carry; null stands for none. Left out: any. */
  readonly ids?: readonly (RequestId | null)[] | undefined;
  /** Whether the request declared the Tasks extension. Default: false. */
  readonly tasks?: boolean;
  readonly message: unknown;
}

type Members = Readonly<Record<string, unknown>>;

/** The definition of each method's result, under both eras unless said otherwise. */
const RESULTS = new Map([
  ["initialize", "InitializeResult"],
  ["ping", "EmptyResult"],
  ["server/discover", "DiscoverResult"],
  ["tools/list", "ListToolsResult"],
  ["tools/call", "CallToolResult"],
  ["resources/list", "ListResourcesResult"],
  ["resources/templates/list", "ListResourceTemplatesResult"],
  ["resources/read", "ReadResourceResult"],
  ["subscriptions/listen", "SubscriptionsListenResult"],
]);

const TASK_RESULTS = new Map([
  ["tasks/get", "GetTaskResult"],
  ["tasks/update", "UpdateTaskResult"],
  ["tasks/cancel", "CancelTaskResult"],
]);

const NOTIFICATIONS = new Map([
  ["notifications/progress", "ProgressNotification"],
  ["notifications/cancelled", "CancelledNotification"],
  ["notifications/tools/list_changed", "ToolListChangedNotification"],
  ["notifications/resources/list_changed", "ResourceListChangedNotification"],
  ["notifications/resources/updated", "ResourceUpdatedNotification"],
  ["notifications/subscriptions/acknowledged", "SubscriptionsAcknowledgedNotification"],
]);

/** Errors whose `data` has a form of its own (2026-07-28), whatever the request's revision. */
const FORMED_ERRORS: Readonly<Record<number, string>> = {
  [-32020]: "HeaderMismatchError",
  [-32021]: "MissingRequiredClientCapabilityError",
  [-32022]: "UnsupportedProtocolVersionError",
};

const STANDARD_CODES = [-32700, -32600, -32601, -32602, -32603];
const RESOURCE_NOT_FOUND = -32002;

/** Checks one response. Returns what is wrong with it, or undefined. */
export function checkAnswer(answer: Answer): string | undefined {
  const { message, ids } = answer;
  if (!isObject(message)) return `not a JSON object: ${brief(message)}`;
  const keys = Object.keys(message).filter((key) => key !== "id").sort().join();
  if (keys !== "jsonrpc,result" && keys !== "error,jsonrpc") {
    return `an answer has jsonrpc, id and one of result and error, not ${keys}: ${brief(message)}`;
  }
  const id = message["id"] ?? null;
  if (ids && !ids.includes(id as RequestId | null)) {
    return `the id is ${JSON.stringify(id)} and not one of ${JSON.stringify(ids)}: ${
      brief(message)
    }`;
  }
  const wrong = "error" in message ? errorProblem(answer, message) : resultProblem(answer, message);
  return wrong && `${wrong}: ${brief(message)}`;
}

/** Checks one notification. A request is never right: servers do not ask clients. */
export function checkNotification(revision: Revision, message: unknown): string | undefined {
  if (!isObject(message)) return `not a JSON object: ${brief(message)}`;
  if ("id" in message) return `a request to the client: ${brief(message)}`;
  const method = String(message["method"]);
  if (method === "notifications/tasks" && revision === MODERN_REVISION) {
    return violation("tasks", "TaskStatusNotification", message);
  }
  const definition = NOTIFICATIONS.get(method);
  if (!definition || !defines(revision, definition)) return `unknown notification: ${method}`;
  return violation(revision, definition, message) ??
    violation(revision, "JSONRPCNotification", message);
}

function errorProblem({ revision, method }: Answer, message: Members): string | undefined {
  const isModern = revision === MODERN_REVISION;
  const envelope = defines(revision, "JSONRPCErrorResponse")
    ? "JSONRPCErrorResponse"
    : "JSONRPCError";
  // JSON-RPC 2.0, section 5, wants null where the id cannot be read; the older schemas forget that.
  const shaped = message["id"] === null && !isModern ? { ...message, id: 0 } : message;
  const broken = violation(revision, envelope, shaped);
  if (broken) return broken;
  const { code } = message["error"] as { code: number };
  const formed = FORMED_ERRORS[code];
  if (formed) {
    if (!isModern && code !== -32022) return `${code} is of no legacy revision`;
    const { id: _id, ...anonymous } = message;
    return violation(MODERN_REVISION, formed, anonymous);
  }
  if (STANDARD_CODES.includes(code)) return undefined;
  if (code === RESOURCE_NOT_FOUND && !isModern && method === "resources/read") return undefined;
  return code >= -32768 && code <= -32000 ? `${code} is reserved` : undefined;
}

function resultProblem(answer: Answer, message: Members): string | undefined {
  const { revision, method } = answer;
  const envelope = defines(revision, "JSONRPCResultResponse")
    ? "JSONRPCResultResponse"
    : "JSONRPCResponse";
  const result = message["result"] as Members;
  return violation(revision, envelope, message) ??
    (revision === MODERN_REVISION ? modernProblem(answer, result) : legacyProblem(result)) ??
    (method === undefined ? undefined : resultOf(revision, method, result));
}

function modernProblem({ method, tasks = false }: Answer, result: Members): string | undefined {
  const { resultType, _meta } = result;
  if (resultType === "task") {
    if (!tasks) return "a task for a request that did not declare the extension";
    if (method !== undefined && method !== "tools/call") return `a task for ${method}`;
  } else if (resultType !== "complete") return `resultType is ${brief(resultType)}`;
  const info = isObject(_meta) ? _meta[SERVER_INFO] : undefined;
  if (info === undefined) return `no ${SERVER_INFO}`;
  return violation(MODERN_REVISION, "Implementation", info);
}

function legacyProblem(result: Members): string | undefined {
  const modern = ["resultType", "ttlMs", "cacheScope"].filter((key) => key in result);
  return modern.length > 0 ? `a legacy result with ${modern.join()}` : undefined;
}

function resultOf(revision: Revision, method: string, result: Members): string | undefined {
  if (revision === MODERN_REVISION) {
    if (result["resultType"] === "task") return violation("tasks", "CreateTaskResult", result);
    const definition = TASK_RESULTS.get(method);
    if (definition) return violation("tasks", definition, result) ?? taskProblem(result);
  }
  const definition = RESULTS.get(method);
  const source: Source = revision;
  return definition && defines(source, definition)
    ? violation(source, definition, result)
    : undefined;
}

/** A completed task carries what the tool call would have answered. */
function taskProblem({ status, result }: Members): string | undefined {
  return status === "completed" ? violation(MODERN_REVISION, "CallToolResult", result) : undefined;
}

/** Checks against each legacy revision, for a transport that does not say which one is spoken. */
export function checkLegacyAnswer(answer: Omit<Answer, "revision">): string | undefined {
  const problems = LEGACY_REVISIONS.map((revision) => checkAnswer({ ...answer, revision }));
  return problems.includes(undefined) ? undefined : problems.at(-1);
}

export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 400);
}
