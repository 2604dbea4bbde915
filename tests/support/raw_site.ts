/** A site that notes each request line and Host header as they are sent, which a parser would tidy up. */

import { within } from "./within.ts";

export interface RawRequest {
  readonly target: string;
  readonly hosts: readonly string[];
}

export class RawSite implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #done: Promise<void>;
  readonly requests: RawRequest[] = [];

  constructor() {
    this.#done = this.#accept();
  }

  /** `127.0.0.1:PORT` */
  get address(): string {
    return `127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await within(10, "end of the raw site", this.#done);
  }

  async #accept(): Promise<void> {
    const serving = new Set<Promise<void>>();
    try {
      for await (const conn of this.#listener) {
        const one = this.#serve(conn).catch(() => {}).finally(() => serving.delete(one));
        serving.add(one);
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    using _conn = conn;
    const chunk = new Uint8Array(65_536);
    let head = "";
    while (!head.includes("\r\n\r\n")) {
      const count = await conn.read(chunk);
      if (count === null) return;
      head += new TextDecoder("latin1").decode(chunk.subarray(0, count));
    }
    const [line = "", ...headers] = head.slice(0, head.indexOf("\r\n\r\n")).split("\r\n");
    this.requests.push({
      target: line.split(" ").slice(1, -1).join(" "),
      hosts: headers.filter((header) => /^host:/i.test(header))
        .map((header) => header.slice(5).trim()),
    });
    await conn.write(
      new TextEncoder().encode(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
      ),
    );
  }
}
