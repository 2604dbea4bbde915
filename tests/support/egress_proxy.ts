/** A stand-in for the egress proxy on a port of the system's choice; it answers what it is told to. */

export class EgressProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;
  /** The head of every request it got. */
  readonly requests: string[] = [];
  /** The bytes sent to each request, after which the connection is closed; undefined: no answer. */
  answer: string | Uint8Array | undefined;

  constructor() {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serving = this.#serve();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#open) close(connection);
    await this.#serving;
  }

  async #serve(): Promise<void> {
    const serving = new Set<Promise<void>>();
    for await (const connection of this.#listener) {
      this.#open.add(connection);
      serving.add(this.#answer(connection));
    }
    await Promise.all(serving);
  }

  async #answer(connection: Deno.TcpConn): Promise<void> {
    try {
      let head = "";
      const chunk = new Uint8Array(16_384);
      while (!head.includes("\r\n\r\n")) {
        const count = await connection.read(chunk);
        if (count === null) return;
        head += new TextDecoder().decode(chunk.subarray(0, count));
      }
      this.requests.push(head);
      if (this.answer === undefined) return;
      const bytes = typeof this.answer === "string"
        ? new TextEncoder().encode(this.answer)
        : this.answer;
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
      close(connection);
    } catch {
      // The reader went away, which some cases want.
    }
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // Closed before.
  }
}
