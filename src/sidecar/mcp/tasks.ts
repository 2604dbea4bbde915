/** The methods of the Tasks extension (ext-tasks, specification/tasks). */

import { INVALID_PARAMS } from "../jsonrpc/errors.ts";
import { asObject, type Params } from "../jsonrpc/message.ts";
import { TASKS_EXTENSION } from "./meta.ts";
import {
  type Context,
  failure,
  type Method,
  type MethodAnswer,
  missingCapability,
  result,
} from "./method.ts";
import { detailsOf, TASKS_REQUIRED, type TaskStore } from "./task.ts";

/** `tasks/get`, `tasks/update` and `tasks/cancel`. */
export function taskMethods(store: TaskStore): Method[] {
  const method = (
    name: string,
    handle: (taskId: string, params: Params, context: Context) => Promise<MethodAnswer>,
  ): Method => ({
    name,
    eras: "modern",
    nameParam: "taskId",
    handle(params, context) {
      if (!context.declares(TASKS_EXTENSION)) {
        return missingCapability(TASKS_REQUIRED, `${name} needs the Tasks extension`);
      }
      const { taskId } = params;
      if (typeof taskId !== "string") {
        return failure(INVALID_PARAMS, `${name} 'taskId' must be a string`);
      }
      return handle(taskId, params, context);
    },
  });
  return [
    method("tasks/get", async (taskId, _params, context) => {
      const task = await store.get(taskId, context.begin());
      return task ? result(detailsOf(task, context.revision)) : UNKNOWN_TASK;
    }),
    method("tasks/update", async (taskId, params) => {
      const inputResponses = asObject(params["inputResponses"]);
      if (!inputResponses) {
        return failure(INVALID_PARAMS, "tasks/update 'inputResponses' must be an object");
      }
      return await store.update(taskId, inputResponses) ? result({}) : UNKNOWN_TASK;
    }),
    method("tasks/cancel", async (taskId) => {
      return await store.cancel(taskId) ? result({}) : UNKNOWN_TASK;
    }),
  ];
}

const UNKNOWN_TASK = failure(INVALID_PARAMS, "unknown task: it never was, or it has expired");
