/**
 * Sends the requests of the Tasks client over the connection of an MCP client. The official client
 * throws the answer "task" away, so that ext-tasks asks its host for a way round it.
 */

import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import type { CreateTaskSessionFromClientOptions } from "@modelcontextprotocol/ext-tasks/client";

export type RawDispatch = NonNullable<CreateTaskSessionFromClientOptions["rawDispatch"]>;
type Response = Awaited<ReturnType<RawDispatch>>;

/** Takes the answers to its own requests off `transport`, which is connected, and no other message. */
export function rawDispatch(transport: Transport): RawDispatch {
  const open = new Map<unknown, (response: Response) => void>();
  const others = transport.onmessage!;
  transport.onmessage = (message, extra) => {
    const settle = "id" in message && !("method" in message) && open.get(message.id);
    if (!settle) return others(message, extra);
    settle(
      ("error" in message
        ? { kind: "error", error: message.error }
        : { kind: "result", result: message.result }) as Response,
    );
  };

  let count = 0;
  return async (request, { signal, context } = {}) => {
    const id = `tasks:${++count}`;
    const message = { ...request as object, jsonrpc: "2.0", id } as JSONRPCMessage;
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const leave = () => reject(signal?.reason);
    open.set(id, resolve);
    signal?.addEventListener("abort", leave);
    try {
      transport.send(message, {
        ...signal && { requestSignal: signal },
        ...context?.headers && { headers: context.headers },
        onRequestStreamEnd: () => reject(new Error(`No answer to ${id}`)),
      }).catch(reject);
      return await promise;
    } finally {
      open.delete(id);
      signal?.removeEventListener("abort", leave);
    }
  };
}
