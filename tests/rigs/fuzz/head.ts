/** HTTP request heads: right ones, ones that have to be turned away, and ones that are no HTTP. */

import type { Random } from "../../support/random.ts";
import { LEGACY_REVISIONS, MODERN_REVISION } from "../../support/schema/published.ts";
import type { Ask } from "./messages.ts";
import { chance } from "./values.ts";

export interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface PlannedHead {
  readonly head: Head;
  /** Nothing in it stands in the way of a result. */
  readonly isSound: boolean;
}

const HOSTS = ["supervise", "supervise:9100", "localhost", "127.0.0.1:1", "[::1]:80", "LOCALHOST"];
const TYPES = [
  "application/json",
  "application/json",
  "application/json; charset=utf-8",
  "Application/JSON",
];
const BOTH = "application/json, text/event-stream";
const ACCEPTS = [
  BOTH,
  BOTH,
  BOTH,
  "text/event-stream, application/json;q=0.5",
  "text/event-stream",
  "application/json",
  "*/*",
  undefined,
];
const ODD_ACCEPTS = [
  "",
  "text/html",
  "text/event-stream;q=0",
  ",,;",
  "application/*",
  "text/*;q=x",
];

/** A head that a server has to let in. */
export function plainHead(random: Random, { isModern, message, name }: Ask): PlannedHead {
  const odd = chance(random, 5);
  const accept = random.pick(odd ? ODD_ACCEPTS : ACCEPTS);
  const headers: [string, string][] = [
    ["Host", random.pick(HOSTS)],
    ["Content-Type", random.pick(TYPES)],
  ];
  if (accept !== undefined) headers.push([anyCase(random, "Accept"), accept]);
  if (chance(random, 10)) headers.push(["Mcp-Session-Id", "s"], ["Last-Event-ID", "1"]);
  if (!isModern) {
    const version = legacyVersion(random);
    if (version !== undefined) headers.push(["MCP-Protocol-Version", version]);
    const isKnown = version === undefined || LEGACY_REVISIONS.some((known) => known === version);
    return { head: post(random, headers), isSound: !odd && isKnown };
  }
  let isSound = !odd;
  const wanted: [string, string | undefined][] = [
    ["MCP-Protocol-Version", MODERN_REVISION],
    ["Mcp-Method", String(message["method"])],
    ["Mcp-Name", name],
  ];
  for (const [header, value] of wanted) {
    const { text, isRight } = headerValue(random, value);
    if (text !== undefined) headers.push([anyCase(random, header), text]);
    const plain = header === "Mcp-Name" || text?.startsWith("=?") !== true;
    isSound &&= isRight && plain;
  }
  return { head: post(random, headers), isSound };
}

function legacyVersion(random: Random): string | undefined {
  if (chance(random, 4)) return random.pick(["2024-10-07", "v999", "2025-06-18 ", MODERN_REVISION]);
  return random.pick([...LEGACY_REVISIONS, undefined]);
}

interface HeaderValue {
  readonly text: string | undefined;
  readonly isRight: boolean;
}

/** The value as it should stand in a header, or one of the ways to get that wrong. */
function headerValue(random: Random, value: string | undefined): HeaderValue {
  if (chance(random, 92)) {
    if (value === undefined) return { text: undefined, isRight: true };
    const isPlain = /^[!-~]([ -~]*[!-~])?$/.test(value) && !value.startsWith("=?base64?");
    if (isPlain && chance(random, 85)) return { text: pad(random, value), isRight: true };
    return { text: `=?base64?${base64(value)}?=`, isRight: value.isWellFormed() };
  }
  const text = random.pick([
    undefined,
    "",
    "wrong",
    (value ?? "x").replace(/[^ -~]/g, "").toUpperCase(),
    "=?base64?!!!?=",
    "=?base64?aGk?=",
    "=?base64?gICA?=",
    "=?BASE64?aGk=?=",
    "=?base64?aGk=",
    "aGk=?=",
    "=?base64??=",
  ]);
  return { text, isRight: false };
}

function pad(random: Random, value: string): string {
  return chance(random, 10) ? ` \t${value}\t ` : value;
}

function base64(value: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(value)));
}

function anyCase(random: Random, name: string): string {
  return random.pick([name, name, name.toLowerCase(), name.toUpperCase()]);
}

function post(random: Random, headers: readonly (readonly [string, string])[]): Head {
  return { method: "POST", path: random.pick(["/", "/mcp", "/", "/mcp/?x=1"]), headers };
}

/** A head with whole HTTP in which one thing has to be refused before the body counts. */
export function refusedHead(random: Random, right: Head): Head {
  const without = (name: string) =>
    right.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase());
  switch (random.below(6)) {
    case 0: {
      const host = random.pick([
        "evil.example",
        "supervise.evil.example",
        "localhost@x",
        "1.2.3",
        "",
      ]);
      return { ...right, headers: [["Host", host], ...without("Host")] };
    }
    case 1: {
      const origin = random.pick(["null", "https://evil.example", "", "http://127.0.0.1", "x"]);
      return { ...right, headers: [...right.headers, ["Origin", origin]] };
    }
    case 2:
      return {
        ...right,
        method: random.pick(["GET", "DELETE", "PUT", "OPTIONS", "PATCH", "FOO", "post"]),
      };
    case 3:
      return { ...right, path: random.pick(["/x", "//", "/mcp//", "/%2e%2e/mcp", "/.mcp", "/\\"]) };
    default: {
      const type = random.pick([
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
        "x",
      ]);
      return { ...right, headers: [...without("Content-Type"), ["Content-Type", type]] };
    }
  }
}

/** The bytes of a whole request. `chunks`: the sizes to cut the body in, or one piece with a length. */
export function requestBytes(
  { method, path, headers }: Head,
  body: Uint8Array,
  chunks?: readonly number[],
): Uint8Array {
  const framing = chunks ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = `${method} ${path} HTTP/1.1\r\n${lines}${framing}\r\n\r\n`;
  return chunks ? join([latin1(head), ...chunked(body, chunks)]) : join([latin1(head), body]);
}

function chunked(body: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let turn = 0; at < body.length; turn++) {
    const piece = body.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
    parts.push(latin1(`${piece.length.toString(16)}\r\n`), piece, latin1("\r\n"));
    at += piece.length;
  }
  return [...parts, latin1("0\r\n\r\n")];
}

type Break = (random: Random, head: string, body: Uint8Array) => Uint8Array;

const EXTRA_LINES = [
  "Content-Length: 0",
  "Content-Length: -1",
  "Content-Length: 99999999999999999999",
  "Content-Length: 1e3",
  "Transfer-Encoding: chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, identity",
  "Host: supervise",
  "Host: evil.example",
  "Content-Type: text/plain",
  "MCP-Protocol-Version: 2026-07-28",
  "Expect: 100-continue",
  "Connection: close",
  "Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x",
  "Connection: upgrade\r\nUpgrade: websocket",
  "X: a\r\n b",
  "X: \0",
  "X: \xff",
  "Mcp-Name: \x80\x01",
  ": empty",
  "no colon",
  "X Y: z",
  `X: ${"x".repeat(70_000)}`,
  "X: y\r\n".repeat(150) + "X: y",
];

/** Adds a line to the head; the body's length is said right, or not at all. */
const addLine: Break = (random, head, body) => {
  const [first = "", ...lines] = head.split("\r\n").slice(0, -2);
  lines.splice(random.below(lines.length + 1), 0, random.pick(EXTRA_LINES));
  return join([latin1([first, ...lines].join("\r\n") + "\r\n\r\n"), body]);
};

const wrongFirstLine: Break = (random, head, body) => {
  const first = random.pick([
    "POST / HTTP/1.0",
    "POST / HTTP/0.9",
    "POST / HTTP/3.7",
    "POST /",
    "POST  /  HTTP/1.1",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n",
    "POST http://supervise/mcp HTTP/1.1",
    "POST http://evil.example/ HTTP/1.1",
    "CONNECT evil.example:443 HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "\r\nPOST / HTTP/1.1",
    `POST /${"x".repeat(20_000)} HTTP/1.1`,
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "",
  ]);
  return join([latin1(head.replace(/^[^\r]*/, () => first)), body]);
};

const wrongLength: Break = (random, head, body) => {
  const length = random.pick([0, 1, body.length - 1, body.length + 1, body.length + 100, 2 ** 31]);
  return join([latin1(head.replace(/Content-Length: \d+/, `Content-Length: ${length}`)), body]);
};

const brokenChunks: Break = (random, head, body) => {
  const size = body.length.toString(16);
  const text = random.pick([
    `zz\r\n`,
    `-1\r\n`,
    `ffffffffffffffff\r\n`,
    `${size};x=y\r\n`,
    `${size}\n`,
    `${size}\r\nX`,
    `0\r\nTrailer: x\r\n\r\n`,
  ]);
  const chunkedHead = head.replace(/Content-Length: \d+/, "Transfer-Encoding: chunked");
  return join([latin1(chunkedHead + text), body, latin1("\r\n0\r\n\r\n")]);
};

const anyBytes: Break = (random, head, body) => {
  if (body.length > 20_000) return random.mutate(latin1(head));
  return random.mutate(join([latin1(head), body]));
};

const BREAKS = [addLine, addLine, wrongFirstLine, wrongLength, brokenChunks, anyBytes, anyBytes];

/** A request whose head, or the framing of whose body, is broken. */
export function brokenRequest(random: Random, head: Head, body: Uint8Array): Uint8Array {
  const text = new TextDecoder("latin1").decode(requestBytes(head, new Uint8Array()));
  const framed = text.replace(/Content-Length: 0/, `Content-Length: ${body.length}`);
  return random.pick(BREAKS)(random, framed, body);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
