/** Which methods there are, by who can call them: each era of MCP, and hosts of plain JSON. */

import { discover, initialize } from "./initialize.ts";
import { TASKS_EXTENSION } from "./meta.ts";
import { type Method, result } from "./method.ts";
import { resourceMethods } from "./resources.ts";
import type { ServerOptions } from "./server_options.ts";
import { taskMethods } from "./tasks.ts";
import { callTool, listTools } from "./tools.ts";

const INITIALIZED = "notifications/initialized";

/** The one notification that does something. */
export const CANCELLED = "notifications/cancelled";

/** What clients send to a server like this one; records name no others. */
export const NOTIFICATIONS: readonly string[] = [INITIALIZED, CANCELLED];

/** Stands for the methods of several messages in one. */
export const BATCH = "batch";

type MethodTable = ReadonlyMap<string, Method>;

export interface MethodTables {
  readonly legacy: MethodTable;
  readonly modern: MethodTable;
  readonly plain: MethodTable;
}

/** `further`: methods that are made elsewhere. */
export function methodTables(options: ServerOptions, further: readonly Method[]): MethodTables {
  const { tools, resources, tasks, changingLists = [], onDefect } = options;
  const legacyCapabilities = {
    tools: { listChanged: false },
    ...resources ? { resources: {} } : {},
    ...options.legacyCapabilities,
  };
  const modernCapabilities = {
    tools: { listChanged: changingLists.includes("tools") },
    ...resources
      ? { resources: { subscribe: true, listChanged: changingLists.includes("resources") } }
      : {},
    ...tasks ? { extensions: { [TASKS_EXTENSION]: {} } } : {},
    ...options.modernCapabilities,
  };
  const methods: readonly Method[] = [
    initialize(options, legacyCapabilities),
    discover(options, modernCapabilities),
    { name: "ping", eras: "legacy", handle: () => EMPTY },
    // A notification by right; clients that give it an id wait for an answer.
    { name: INITIALIZED, eras: "legacy", handle: () => EMPTY },
    listTools(tools),
    callTool(tools, onDefect),
    ...resources ? resourceMethods(resources) : [],
    ...tasks ? taskMethods(tasks) : [],
    ...further,
  ];
  const legacy = methods.filter(({ eras }) => eras !== "modern");
  return {
    legacy: byName(legacy),
    modern: byName(methods.filter(({ eras }) => eras !== "legacy")),
    // Plain JSON has no notifications: a client that sends one there must hear that it does nothing.
    plain: byName(legacy.filter(({ name }) => !name.startsWith("notifications/"))),
  };
}

const EMPTY = result({});

function byName(methods: readonly Method[]): MethodTable {
  return new Map(methods.map((method) => [method.name, method]));
}
