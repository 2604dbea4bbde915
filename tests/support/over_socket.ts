/** One HTTP request over a Unix socket, with the very bytes that a test means. */

import { request, type RequestParts } from "./wire.ts";

export interface SocketReply {
  readonly status: number;
  readonly body: string;
}

/** Sends a request that closes the connection, and reads the answer to its end. */
export async function overSocket(
  path: string,
  body = "",
  { headers, ...parts }: RequestParts = {},
): Promise<SocketReply> {
  using connection = await Deno.connect({ transport: "unix", path });
  const bytes = request(body, { ...parts, headers: { "Connection": "close", ...headers } });
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
  const answer = await new Response(connection.readable).text();
  const end = answer.indexOf("\r\n\r\n");
  return { status: Number(answer.split(" ")[1]), body: answer.slice(end + 4) };
}
