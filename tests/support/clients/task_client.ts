/** The official Tasks client, ext-tasks, on the official MCP client, joined as a host joins them. */

import assert from "node:assert/strict";
import {
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import {
  createTaskSessionFromClient,
  type SerializedTaskReference,
  type TaskEnabledSession,
  type ToolExecution,
} from "@modelcontextprotocol/ext-tasks/client";
import { TASKS_EXTENSION } from "../meta_keys.ts";
import { within } from "../within.ts";
import { heldFetch } from "./held_fetch.ts";
import { rawDispatch } from "./raw_dispatch.ts";
import type { askFor } from "./scene.ts";

const IDENTITY = { name: "agent", version: "1.0.0" };

/** Task references are only good where they came from: by this name, at any port. */
const ENDPOINT = "supervise of bottle dev";

export interface TaskClient extends AsyncDisposable {
  readonly client: Client;
  readonly session: TaskEnabledSession;
}

/** An MCP client that says that it takes tasks, whether or not anything in it does. */
export async function connectDeclaring(to: string | Transport): Promise<Client> {
  const client = new Client(IDENTITY, {
    versionNegotiation: { mode: "auto" },
    capabilities: { extensions: { [TASKS_EXTENSION]: {} } },
  });
  const transport = typeof to === "string"
    ? new StreamableHTTPClientTransport(new URL(to), { fetch: heldFetch() })
    : to;
  await client.connect(transport);
  return client;
}

/** `to`: the sidecar's URL, or another way there. `prepare`: what the host does with the client before the session is on it. */
export async function connectTasks(
  to: string | Transport,
  prepare: (client: Client) => void = () => {},
): Promise<TaskClient> {
  const client = await connectDeclaring(to);
  prepare(client);
  const errors: Error[] = [];
  const session = createTaskSessionFromClient(client, {
    endpointId: ENDPOINT,
    rawDispatch: rawDispatch(client.transport!),
    v2RequestFraming: {
      protocolVersion: client.getNegotiatedProtocolVersion()!,
      clientInfo: IDENTITY,
      clientCapabilities: {},
    },
    onError: (error) => errors.push(error),
  });
  return {
    client,
    session,
    async [Symbol.asyncDispose]() {
      await session.close();
      await client.close();
      if (errors.length > 0) throw new AggregateError(errors, "the Tasks client complained");
    },
  };
}

export type TaskInProgress = Extract<ToolExecution<unknown>, { kind: "task" }>;

/** Asks by `egress-block`, which must be answered with a task. */
export async function createTask(
  { session }: TaskClient,
  ask: ReturnType<typeof askFor>,
): Promise<TaskInProgress> {
  const execution = await within(60, "task", session.callTool("egress-block", ask));
  assert.ok(execution.kind === "task", `an answer of kind ${execution.kind}`);
  return execution;
}

/** Gives a task out of hand, as text for another session. */
export async function handOff(task: TaskInProgress): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<SerializedTaskReference>();
  await task.handoff(resolve);
  // A session (0.2.2) that is closed before it has noticed cancels the task it has given away.
  await task.result();
  return JSON.stringify(await promise);
}
