/** Fixture tools that answer with a task, and one that never does. */

import { INTERNAL_ERROR } from "../../src/sidecar/jsonrpc/errors.ts";
import { missingCapability } from "../../src/sidecar/mcp/method.ts";
import { TASKS_REQUIRED } from "../../src/sidecar/mcp/task.ts";
import type { Tool, ToolOutcome } from "../../src/sidecar/mcp/tool.ts";
import type { ToolAnswer } from "../../src/sidecar/mcp/tool_result.ts";
import { type FixtureHandler, fixtureTool, refused, stringOf, text } from "./fixture_tool.ts";
import { ask, elicitation, fieldOf } from "./input_requests.ts";
import type { Job, JobEnd, MemoryTasks } from "./memory_tasks.ts";
import { pause } from "./pause.ts";

const CONFIRMATION = { confirm: "boolean" } as const;

export function taskTools(tasks: MemoryTasks): Tool[] {
  /** A tool that answers with a task only. */
  const taskTool = (name: string, description: string, handler: FixtureHandler) =>
    fixtureTool(
      name,
      description,
      (call) =>
        call.caller.takesTask
          ? handler(call)
          : refused(missingCapability(TASKS_REQUIRED, `${name} answers with a task only`)),
      { waits: true },
    );
  const started = (work: (job: Job) => Promise<JobEnd>): ToolOutcome => ({
    kind: "task",
    task: tasks.start(work),
  });
  return [
    fixtureTool("greet", "Greets, at once.", ({ args }) => text(`Hello, ${args["name"]}!`)),
    fixtureTool("slow_compute", "Takes some seconds.", ({ args, caller }) => {
      const milliseconds = Number(args["seconds"]) * 1_000;
      const work = async (cancelled?: AbortSignal) => {
        await pause(milliseconds, cancelled);
        return answer(`computed ${stringOf(args["label"])}`);
      };
      return caller.takesTask ? started((job) => work(job.cancelled)) : work();
    }, { waits: true }),
    taskTool("failing_job", "Fails after a second.", () =>
      started(async ({ cancelled }) => {
        await pause(1_000, cancelled);
        return { kind: "answer", text: "the job failed", isError: true };
      })),
    taskTool(
      "protocol_error_job",
      "Ends in a JSON-RPC error.",
      () =>
        started(() =>
          Promise.resolve({
            kind: "failed",
            error: { code: INTERNAL_ERROR, message: "internal error" },
          })
        ),
    ),
    taskTool("confirm_delete", "Asks before it deletes.", ({ args }) =>
      started(async (job) => {
        const name = stringOf(args["filename"]);
        await job.ask({ confirm: elicitation(`Delete ${name}?`, CONFIRMATION) });
        return answer(`deleted ${name}`);
      })),
    taskTool("multi_input", "Asks two things at once.", () =>
      started(async (job) => {
        const answers = await job.ask({
          first: elicitation("First?", { name: "string", ...CONFIRMATION }),
          second: elicitation("Second?", { name: "string", ...CONFIRMATION }),
        });
        return answer(`answered: ${Object.keys(answers).sort().join(", ")}`);
      })),
    taskTool("test_tool_with_task", "Asks for a name, then works.", (call) => {
      const name = fieldOf(call.params, "user_name", "name");
      return typeof name === "string"
        ? started(() => Promise.resolve(answer(`worked for ${name}`)))
        : ask(call, { user_name: elicitation("What is your name?", { name: "string" }) });
    }),
  ];
}

function answer(words: string): ToolAnswer {
  return { kind: "answer", text: words, isError: false };
}
