/** An agent's way out: connections to a forward proxy, as bytes, so that no setting goes round it. */

import assert from "node:assert/strict";
import type { Egress } from "./mitmproxy.ts";
import { type Reply, Wire } from "./wire.ts";
import { within } from "./within.ts";

const ANSWER_SECONDS = 60;

/** One connection that is kept open, for one request after another. */
export class KeptConnection implements Disposable {
  readonly #wire: Wire;

  private constructor(wire: Wire) {
    this.#wire = wire;
  }

  static async open(egress: Egress): Promise<KeptConnection> {
    return new KeptConnection(await Wire.open(egress.port));
  }

  get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.#ask("GET", url, headers);
  }

  head(url: string): Promise<Reply> {
    return this.#ask("HEAD", url, {});
  }

  async #ask(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<Reply> {
    const text = getting(url, url, headers).replace(/^GET/, method);
    assert.ok(await this.#wire.send(text), "the proxy has hung up");
    const reply = await within(ANSWER_SECONDS, `answer to ${url}`, this.#wire.reply(method));
    assert.ok(reply, "the proxy has hung up without an answer");
    return reply;
  }

  [Symbol.dispose](): void {
    this.#wire[Symbol.dispose]();
  }
}

/** One request on a connection of its own. */
export async function get(
  egress: Egress,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  using connection = await KeptConnection.open(egress);
  return await connection.get(url, headers);
}

/** One request inside of TLS, in a tunnel. A tunnel that is refused is the answer. */
export async function getSecurely(
  egress: Egress,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  nameInTls = new URL(url).hostname,
): Promise<Reply> {
  const { hostname, pathname, port } = new URL(url);
  const authority = `${hostname}:${port || 443}`;
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port: egress.port });
  let conn: Deno.TcpConn | Deno.TlsConn = tcp;
  try {
    await write(tcp, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    const tunnel = await read(tcp, isWhole);
    if (statusOf(tunnel) !== 200) return parse(tunnel);
    conn = await Deno.startTls(tcp, {
      hostname: nameInTls,
      caCerts: [egress.authority],
    });
    await write(conn, getting(url, pathname, headers));
    return parse(await read(conn, isWhole));
  } finally {
    conn.close();
  }
}

/** Sends these very bytes. Returns all that comes until the proxy hangs up, or until `last`. */
export async function send(egress: Egress, bytes: string, last?: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: egress.port });
  // The proxy may hang up before it has read all.
  await write(conn, bytes).catch(() => {});
  return await read(conn, (text) => last !== undefined && text.includes(last));
}

/**
 * Sends one request that asks to be the last. With `isBroken` it may never be whole, so the connection
 * is closed for writing, and the answer may be lost.
 */
export async function ask(egress: Egress, bytes: Uint8Array, isBroken: boolean): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: egress.port });
  await conn.write(bytes).catch(() => {});
  if (isBroken) await conn.closeWrite().catch(() => {});
  return await read(conn, () => false);
}

/** An answer that is read while it comes. */
export class Download implements Disposable {
  readonly #conn: Deno.TcpConn;
  #text = "";

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** Returns when the answer has begun. */
  static async start(egress: Egress, url: string): Promise<Download> {
    const download = new Download(
      await Deno.connect({ hostname: "127.0.0.1", port: egress.port }),
    );
    await write(download.#conn, getting(url, url, {}));
    await download.until("\r\n\r\n");
    assert.equal(statusOf(download.#text), 200, download.#text);
    return download;
  }

  /** Waits until what has come so far holds `text`. */
  async until(text: string): Promise<void> {
    const isThere = (more: string) => (this.#text + more).includes(text);
    if (isThere("")) return;
    const more = within(ANSWER_SECONDS, `"${text}" in a download`, read(this.#conn, isThere));
    this.#text += await more;
    assert.ok(isThere(""), `the download has ended without "${text}": ${this.#text}`);
  }

  /** Waits until the connection has ended. */
  async ended(): Promise<void> {
    await read(this.#conn, () => false);
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

function getting(url: string, target: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ Host: new URL(url).host, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${target} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

async function write(conn: Deno.Conn, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
}

/** Everything until `enough` says so of what has come, or the connection ends. */
async function read(conn: Deno.Conn, enough: (text: string) => boolean): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(16_384);
  while (!enough(text)) {
    const more = conn.read(chunk).catch(() => null);
    const count = await within(ANSWER_SECONDS, "more of an answer", more);
    if (count === null) break;
    text += decoder.decode(chunk.subarray(0, count), { stream: true });
  }
  return text;
}

function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

/** Of an answer in ASCII with a Content-Length, or without a body. */
function isWhole(answer: string): boolean {
  const end = answer.indexOf("\r\n\r\n");
  const [, length = "0"] = /^content-length: (\d+)/im.exec(answer) ?? [];
  return end >= 0 && answer.length >= end + 4 + Number(length);
}

function parse(answer: string): Reply {
  const end = answer.indexOf("\r\n\r\n");
  return { status: statusOf(answer), headers: new Headers(), body: answer.slice(end + 4) };
}
