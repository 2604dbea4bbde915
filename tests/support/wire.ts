/** A raw HTTP/1 connection: tests send the very bytes they mean, which `fetch` would tidy up. */

export interface Reply {
  /** 0 when the answer has no status line. */
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

const encoder = new TextEncoder();

export class Wire implements Disposable {
  readonly #connection: Deno.TcpConn;
  #unread: Uint8Array = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<Wire> {
    return new Wire(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // Closed before.
    }
  }

  /** Sends all of it. Returns false when the other side had closed the connection. */
  async send(data: string | Uint8Array): Promise<boolean> {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#connection.write(bytes.subarray(sent));
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Says that nothing more will be sent; answers can still be read. */
  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite().catch(() => {});
  }

  /**
   * The next answer, interim ones passed over; undefined when the connection ends without a whole
   * one. The answer to a HEAD request has no body, whatever its headers say, nor has a 204.
   */
  async reply(method = "POST"): Promise<Reply | undefined> {
    await this.#fill(() => this.#unread.length >= 5);
    if (this.#unread.length === 0) return undefined;
    if (decode(this.#unread.subarray(0, 5)) !== "HTTP/") {
      await this.#fill(() => false);
      return { status: 0, headers: new Headers(), body: decode(this.#take(this.#unread.length)) };
    }
    const head = await this.#line("\r\n\r\n");
    if (head === undefined) return undefined;
    const [statusLine = "", ...lines] = head.split("\r\n");
    const status = Number(statusLine.split(" ")[1]);
    if (status >= 100 && status < 200) return await this.reply(method);
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }));
    const body = method === "HEAD" || status === 204 ? "" : await this.#body(headers);
    return body === undefined ? undefined : { status, headers, body };
  }

  /** Waits until the other side has closed the connection. */
  async ended(): Promise<void> {
    await this.#fill(() => false);
  }

  async #body(headers: Headers): Promise<string | undefined> {
    if (headers.get("transfer-encoding") === "chunked") return await this.#chunks();
    const length = headers.get("content-length");
    if (length !== null) {
      const wanted = Number(length);
      const whole = await this.#fill(() => this.#unread.length >= wanted);
      return whole ? decode(this.#take(wanted)) : undefined;
    }
    await this.#fill(() => false);
    return decode(this.#take(this.#unread.length));
  }

  async #chunks(): Promise<string | undefined> {
    let body = "";
    while (true) {
      const size = parseInt(await this.#line("\r\n") ?? "", 16);
      if (!await this.#fill(() => this.#unread.length >= size + 2)) return undefined;
      body += decode(this.#take(size + 2).subarray(0, size));
      if (size === 0) return body;
    }
  }

  /** Everything before the next `end`, which is taken too. */
  async #line(end: string): Promise<string | undefined> {
    let at = -1;
    const found = () => {
      at = new TextDecoder("latin1").decode(this.#unread).indexOf(end);
      return at >= 0;
    };
    if (!await this.#fill(found)) return undefined;
    return decode(this.#take(at + end.length).subarray(0, at));
  }

  #take(count: number): Uint8Array {
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  /** Reads until `enough` says so; false when the connection ends before. */
  async #fill(enough: () => boolean): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    while (!enough()) {
      const count = await this.#connection.read(chunk).catch(() => null);
      if (count === null) return false;
      const joined = new Uint8Array(this.#unread.length + count);
      joined.set(this.#unread);
      joined.set(chunk.subarray(0, count), this.#unread.length);
      this.#unread = joined;
    }
    return true;
  }
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

export interface RequestParts {
  /** Default: POST. */
  readonly method?: string;
  /** Default: `/`. */
  readonly path?: string;
  /** Added to, or in place of, Host, Content-Type and Content-Length; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
}

/** The bytes of one request. The host is `supervise` and the type JSON unless said otherwise. */
export function request(body: string | Uint8Array, parts: RequestParts = {}): Uint8Array {
  const bytes = typeof body === "string" ? encoder.encode(body) : body;
  const headers = {
    "Host": "supervise",
    "Content-Type": "application/json",
    "Content-Length": String(bytes.length),
    ...parts.headers,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${parts.method ?? "POST"} ${parts.path ?? "/"} HTTP/1.1\r\n${lines.join("")}\r\n`;
  return new Uint8Array([...encoder.encode(head), ...bytes]);
}
