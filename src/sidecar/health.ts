/** `supervise --health`: asks the sidecar's own port, for containers that have no shell. */

/** Longer than this and the sidecar is not well, in milliseconds. */
const TIMEOUT_MS = 2_000;

/**
 * Asks `GET /health` on this machine. Returns undefined when it is well, else why not.
 *
 * Speaks HTTP itself: `fetch` would send the question to the proxy that HTTP_PROXY names.
 */
export async function askHealth(
  bind: string,
  port: number,
  timeoutMs = TIMEOUT_MS,
): Promise<string | undefined> {
  const hostname = bind === "0.0.0.0" ? "127.0.0.1" : bind === "::" ? "::1" : bind;
  const where = `${hostname}:${port}`;
  let isLate = false;
  try {
    using connection = await Deno.connect({ hostname, port });
    const timer = setTimeout(() => {
      isLate = true;
      connection.close();
    }, timeoutMs);
    try {
      const request = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      await connection.write(new TextEncoder().encode(request));
      const answer = await new Response(connection.readable).text();
      if (/^HTTP\/1\.1 200 .*\r\n\r\nok\n$/s.test(answer)) return undefined;
      return `${where} answered ${JSON.stringify(answer.slice(0, 60))}`;
    } finally {
      clearTimeout(timer);
    }
  } catch (error) {
    if (isLate) return `${where}: no whole answer within ${timeoutMs / 1000} s`;
    return `${where}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
