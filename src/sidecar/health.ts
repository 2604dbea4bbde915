/** `supervise --health`: asks the sidecar where it listens, for containers that have no shell. */

/** Longer than this and the sidecar is not well, in milliseconds. */
const TIMEOUT_MS = 2_000;

/** Where the sidecar was told to listen; port 0: where its port file says. */
type Place =
  | { readonly transport: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/**
 * Asks `GET /health` on this machine. Returns undefined when it is well, else why not.
 *
 * Speaks HTTP itself: `fetch` would send the question to the proxy that HTTP_PROXY names.
 */
export async function askHealth(
  listen: Place,
  portFile?: string,
  timeoutMs = TIMEOUT_MS,
): Promise<string | undefined> {
  if (listen.transport === "unix") {
    return await ask(listen.path, () => Deno.connect(listen), timeoutMs);
  }
  const port = listen.port === 0 ? readPort(portFile) : listen.port;
  if (typeof port === "string") return port;
  const hostname = loopbackOf(listen.hostname);
  const where = hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
  return await ask(where, () => Deno.connect({ hostname, port }), timeoutMs);
}

async function ask(
  where: string,
  connect: () => Promise<Deno.Conn>,
  timeoutMs: number,
): Promise<string | undefined> {
  let isLate = false;
  try {
    using connection = await connect();
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
    if (error instanceof Deno.errors.NotCapable) {
      return `${where}: this program was built without the permission to reach it. Set ` +
        "SUPERVISE_PORT to the port it was built for, or build it with --allow-net for this address";
    }
    return `${where}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function loopbackOf(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" ? "::1" : hostname;
}

/** A port and a newline. */
const MAX_PORT_FILE_BYTES = 6;

/** The port that the port file tells, or why there is none. */
function readPort(path: string | undefined): number | string {
  if (path === undefined) {
    return "with SUPERVISE_PORT=0 the port is known from the port file alone: set " +
      "SUPERVISE_PORT_FILE as for the sidecar";
  }
  try {
    const { isFile, size } = Deno.lstatSync(path);
    const text = isFile && size <= MAX_PORT_FILE_BYTES ? Deno.readTextFileSync(path) : "";
    const port = /^[1-9][0-9]{0,4}\n$/.test(text) ? Number(text) : NaN;
    return port <= 65_535 ? port : `the port file ${path} holds no port`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return `there is no port file ${path}: the sidecar does not run, or was told another path`;
    }
    const reason = error instanceof Error ? error.message : String(error);
    return `cannot read the port file ${path}: ${reason}`;
  }
}
