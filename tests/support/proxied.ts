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

  async get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    assert.ok(await this.#wire.send(getting(url, url, headers)), "the proxy has hung up");
    const reply = await within(ANSWER_SECONDS, `answer to ${url}`, this.#wire.reply("GET"));
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
export async function getSecurely(egress: Egress, url: string): Promise<Reply> {
  const { hostname, pathname } = new URL(url);
  const tcp = await Deno.connect({ hostname: "127.0.0.1", port: egress.port });
  let conn: Deno.TcpConn | Deno.TlsConn = tcp;
  try {
    await write(tcp, `CONNECT ${hostname}:443 HTTP/1.1\r\nHost: ${hostname}:443\r\n\r\n`);
    const tunnel = await read(tcp, isWhole);
    if (statusOf(tunnel) !== 200) return parse(tunnel);
    conn = await Deno.startTls(tcp, { hostname, caCerts: [egress.authority] });
    await write(conn, getting(url, pathname, {}));
    return parse(await read(conn, isWhole));
  } finally {
    conn.close();
  }
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
    const count = await within(ANSWER_SECONDS, "more of an answer", conn.read(chunk));
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
