/** HTTP over a bare socket: shows when the first byte of an answer came, and whether all came. */

export interface Answer {
  readonly status: number;
  readonly body: Uint8Array;
  /** Whether the server leaves the connection open for a further request. */
  readonly keepAlive: boolean;
}

const FIRST_BUFFER_BYTES = 16_384;

export class RawConnection implements Disposable {
  readonly #socket: Deno.TcpConn;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #filled = 0;

  private constructor(socket: Deno.TcpConn) {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  /** Connects to 127.0.0.1. Throws the `Deno.errors` of connecting. */
  static async open(port: number): Promise<RawConnection> {
    return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Hands the whole request to the system. Throws when the connection is gone. */
  async send(request: Uint8Array): Promise<void> {
    for (let sent = 0; sent < request.length;) {
      sent += await this.#socket.write(request.subarray(sent));
    }
  }

  /** Waits for some bytes, which stay to be read by {@linkcode readAnswer}; false at the end. */
  async readSome(): Promise<boolean> {
    if (this.#filled === this.#buffer.length) {
      const larger = new Uint8Array(Math.max(FIRST_BUFFER_BYTES, this.#filled * 2));
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    try {
      const read = await this.#socket.read(this.#buffer.subarray(this.#filled));
      this.#filled += read ?? 0;
      return read !== null;
    } catch {
      return false;
    }
  }

  /** Reads one answer to its end; undefined when the connection ended before the answer did. */
  async readAnswer(): Promise<Answer | undefined> {
    let headEnd: number;
    while ((headEnd = this.#findHeadEnd()) < 0) {
      if (!await this.readSome()) return undefined;
    }
    const head = new TextDecoder("latin1").decode(this.#buffer.subarray(0, headEnd)).toLowerCase();
    const status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
    const keepAlive = head.startsWith("http/1.1") && !/\r\nconnection: *close/.test(head);
    this.#drop(headEnd);
    if (length !== undefined) return this.#answer(status, await this.#take(+length), keepAlive);
    if (/\r\ntransfer-encoding: *chunked/.test(head)) {
      return this.#answer(status, await this.#takeChunks(), keepAlive);
    }
    while (await this.readSome()) {
      // Without a length the body ends with the connection.
    }
    return this.#answer(status, await this.#take(this.#filled), false);
  }

  [Symbol.dispose](): void {
    try {
      this.#socket.close();
    } catch {
      // Closed before.
    }
  }

  #answer(status: number, body: Uint8Array | undefined, keepAlive: boolean): Answer | undefined {
    return body && { status, body, keepAlive };
  }

  #findHeadEnd(): number {
    const bytes = this.#buffer;
    for (let at = bytes.indexOf(13); at >= 0 && at + 4 <= this.#filled;) {
      if (bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at + 4;
      at = bytes.indexOf(13, at + 1);
    }
    return -1;
  }

  async #take(length: number): Promise<Uint8Array | undefined> {
    while (this.#filled < length) if (!await this.readSome()) return undefined;
    const taken = this.#buffer.slice(0, length);
    this.#drop(length);
    return taken;
  }

  async #takeChunks(): Promise<Uint8Array | undefined> {
    const chunks: Uint8Array[] = [];
    while (true) {
      const size = await this.#takeLine();
      if (size === undefined) return undefined;
      const chunk = await this.#take(parseInt(size, 16));
      if (!chunk || await this.#takeLine() === undefined) return undefined;
      if (chunk.length === 0) return concat(chunks);
      chunks.push(chunk);
    }
  }

  async #takeLine(): Promise<string | undefined> {
    let end: number;
    while ((end = this.#buffer.subarray(0, this.#filled).indexOf(10)) < 0) {
      if (!await this.readSome()) return undefined;
    }
    const line = await this.#take(end + 1);
    return line && new TextDecoder("latin1").decode(line).trim();
  }

  #drop(length: number): void {
    this.#buffer.copyWithin(0, length, this.#filled);
    this.#filled -= length;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
