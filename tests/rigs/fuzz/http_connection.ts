/** An HTTP connection for answers of any kind: `Wire` reads whole ones only, and streams stay open. */

import { within } from "../../support/within.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** The body was left before its end, as the reader asked. */
  readonly isOpen: boolean;
}

/** An answer that takes longer is a hang. */
export const HANG_SECONDS = 60;

export class HttpConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  #unread: Uint8Array = new Uint8Array();
  #isClosed = false;

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(port: number): Promise<HttpConnection> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay();
    return new HttpConnection(connection);
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  /** Sends all of it, or as much as the other side takes. */
  async send(bytes: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await this.#connection.write(bytes.subarray(sent));
      }
    } catch {
      // Answered, and closed, before all was read.
    }
  }

  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite().catch(() => {});
  }

  /**
   * The next answer, interim ones passed over; undefined when the connection ends without a whole
   * one. `enough`: reads no further once the body so far satisfies it. Throws on a hang.
   */
  answer(enough?: (body: string) => boolean): Promise<HttpAnswer | undefined> {
    return within(HANG_SECONDS, "answer", this.#answer(enough));
  }

  async #answer(enough?: (body: string) => boolean): Promise<HttpAnswer | undefined> {
    const head = await this.#line("\r\n\r\n");
    if (head === undefined) return undefined;
    const [first = "", ...lines] = head.split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})( |$)/.exec(first)?.[1] ?? NaN);
    if (status >= 100 && status < 200) return await this.#answer(enough);
    const headers = new Headers(lines.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }));
    const body = headers.get("transfer-encoding") === "chunked"
      ? await this.#chunks(enough)
      : await this.#sized(Number(headers.get("content-length") ?? 0));
    return body && { status, headers, body: utf8.decode(body.bytes), isOpen: body.isOpen };
  }

  async #sized(length: number): Promise<Body | undefined> {
    const isWhole = await this.#fill(() => this.#unread.length >= length);
    return isWhole ? { bytes: this.#take(length), isOpen: false } : undefined;
  }

  async #chunks(enough?: (body: string) => boolean): Promise<Body | undefined> {
    let bytes: Uint8Array = new Uint8Array();
    while (true) {
      const size = parseInt(await this.#line("\r\n") ?? "", 16);
      if (!await this.#fill(() => this.#unread.length >= size + 2)) return undefined;
      const chunk = this.#take(size + 2).subarray(0, size);
      if (size === 0) return { bytes, isOpen: false };
      bytes = joined(bytes, chunk);
      if (enough?.(latin1.decode(bytes))) return { bytes, isOpen: true };
    }
  }

  async #line(end: string): Promise<string | undefined> {
    let at = -1;
    const found = await this.#fill(() => {
      at = latin1.decode(this.#unread).indexOf(end);
      return at >= 0;
    });
    return found ? latin1.decode(this.#take(at + end.length).subarray(0, at)) : undefined;
  }

  #take(count: number): Uint8Array {
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }

  /** Reads until `enough` says so; false when the connection ends before. */
  async #fill(enough: () => boolean): Promise<boolean> {
    const chunk = new Uint8Array(16_384);
    while (!enough()) {
      const count = await this.#connection.read(chunk).catch(() => null);
      if (count === null) return false;
      this.#unread = joined(this.#unread, chunk.subarray(0, count));
    }
    return true;
  }
}

interface Body {
  readonly bytes: Uint8Array;
  readonly isOpen: boolean;
}

const latin1 = new TextDecoder("latin1");
/** Throws when the server sent no UTF-8. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
