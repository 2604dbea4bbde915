/** The official client libraries as hosts that start the sidecar themselves and talk to its stdio. */

import type { ChildProcess } from "node:child_process";
import * as current from "@modelcontextprotocol/client/stdio";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { StdioCommand } from "../stdio.ts";
import { type AgentClient, connectCurrent, connectSdk } from "./agent_client.ts";

export interface Host {
  readonly agent: AgentClient;
  /** How the process ended: a code, or the signal by which the library had to end it. */
  readonly exit: Promise<number | string | null>;
  /** What it has logged so far. */
  log(): string;
}

type Start = (command: StdioCommand) => Promise<Host>;

interface StdioTransport {
  readonly stderr: unknown;
}

async function host(transport: StdioTransport, connected: Promise<AgentClient>): Promise<Host> {
  let log = "";
  (transport.stderr as NodeJS.ReadableStream).on("data", (chunk) => log += chunk);
  const agent = await connected.catch((error) => {
    throw new Error(`No connection; the sidecar says: ${log}`, { cause: error });
  });
  // Neither library tells how its child has ended.
  const { _process: child } = transport as unknown as { _process: ChildProcess };
  const exit = new Promise<number | string | null>((resolve) => {
    child.once("exit", (code, signal) => resolve(code ?? signal));
  });
  return { agent, exit, log: () => log };
}

function withCurrent(mode: "legacy" | "auto"): Start {
  return (command) => {
    const transport = new current.StdioClientTransport({ ...command, stderr: "pipe" });
    return host(transport, connectCurrent(transport, mode));
  };
}

export const STDIO_CLIENTS: Readonly<Record<string, Start>> = {
  "@modelcontextprotocol/sdk": (command) => {
    const transport = new StdioClientTransport({ ...command, stderr: "pipe" });
    return host(transport, connectSdk(transport));
  },
  "@modelcontextprotocol/client": withCurrent("legacy"),
  "@modelcontextprotocol/client that looks for newer revisions": withCurrent("auto"),
};
