/** The wire shapes of the Tasks extension (ext-tasks, draft), which no package carries yet. */

const TASK = {
  taskId: { type: "string", minLength: 1 },
  status: { enum: ["working", "input_required", "completed", "failed", "cancelled"] },
  statusMessage: { type: "string" },
  createdAt: { type: "string", format: "date-time" },
  lastUpdatedAt: { type: "string", format: "date-time" },
  ttlMs: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] },
  pollIntervalMs: { type: "integer", minimum: 1 },
};

const REQUIRED = ["taskId", "status", "createdAt", "lastUpdatedAt", "ttlMs"];

/** Members of the first, experimental tasks (2025-11-25), which this extension replaced. */
const OLD = { task: false, ttl: false, pollInterval: false };

/** The members a task has in one status and in no other. */
function variant(status: string, name?: "inputRequests" | "result" | "error", of: object = {}) {
  const own = { inputRequests: false, result: false, error: false };
  return {
    properties: { status: { const: status }, ...own, ...name ? { [name]: of } : {} },
    required: name ? [name] : [],
  };
}

const DETAILED_TASK = {
  type: "object",
  properties: { ...TASK, ...OLD },
  required: REQUIRED,
  oneOf: [
    variant("working"),
    variant("cancelled"),
    variant("input_required", "inputRequests", { type: "object" }),
    variant("completed", "result", { type: "object" }),
    variant("failed", "error", {
      type: "object",
      properties: { code: { type: "integer" }, message: { type: "string" } },
      required: ["code", "message"],
    }),
  ],
};

const ACKNOWLEDGED = {
  type: "object",
  properties: { resultType: { const: "complete" }, _meta: { type: "object" } },
  required: ["resultType"],
  additionalProperties: false,
};

export const TASKS_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $defs: {
    CreateTaskResult: {
      type: "object",
      properties: {
        ...TASK,
        ...OLD,
        resultType: { const: "task" },
        result: false,
        error: false,
        inputRequests: false,
        requestState: false,
      },
      required: [...REQUIRED, "resultType"],
    },
    GetTaskResult: {
      ...DETAILED_TASK,
      properties: { ...DETAILED_TASK.properties, resultType: { const: "complete" } },
      required: [...REQUIRED, "resultType"],
    },
    UpdateTaskResult: ACKNOWLEDGED,
    CancelTaskResult: ACKNOWLEDGED,
    TaskStatusNotification: {
      type: "object",
      properties: {
        jsonrpc: { const: "2.0" },
        method: { const: "notifications/tasks" },
        params: DETAILED_TASK,
      },
      required: ["jsonrpc", "method", "params"],
    },
  },
};
