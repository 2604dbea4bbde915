/** Request bodies off a real socket: within the size and the time, or refused without a throw. */

import assert from "node:assert/strict";
import { type BodyRead, BodyReader } from "../../../src/sidecar/http/body.ts";
import { MAX_MESSAGE_BYTES } from "../../../src/sidecar/jsonrpc/decode.ts";
import { request, Wire } from "../../support/wire.ts";
import { within } from "../../support/within.ts";

/** Never reached by a body that is sent at once. */
const LONG_MS = 60_000;

const CHUNKED = { "Content-Length": null, "Transfer-Encoding": "chunked" };

/** A server that reads bodies and hands each result over, whether or not the client is there. */
class Bodies implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #next = Promise.withResolvers<BodyRead>();

  constructor(timeoutMs: number) {
    const bodies = new BodyReader(timeoutMs);
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      handler: (request, connection) =>
        bodies.read(request, connection, (read) => {
          this.#next.resolve(read);
          return new Response(read.kind);
        }),
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  async next(): Promise<BodyRead> {
    const read = await within(60, "result", this.#next.promise);
    this.#next = Promise.withResolvers();
    return read;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function chunk(size: number): string {
  return `${size.toString(16)}\r\n${"x".repeat(size)}\r\n`;
}

function sizeOf(read: BodyRead): string {
  return read.kind === "body" ? `body of ${read.text?.length}` : read.kind;
}

interface Whole {
  readonly name: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string | null>>;
  readonly expected: string;
}

const WHOLE: readonly Whole[] = [
  { name: "a body", body: "{}", expected: "body of 2" },
  { name: "an empty body", body: "", expected: "body of 0" },
  { name: "the limit", body: "x".repeat(MAX_MESSAGE_BYTES), expected: "body of 1048576" },
  { name: "a byte over the limit", body: "x".repeat(MAX_MESSAGE_BYTES + 1), expected: "too-large" },
  {
    name: "a length that was only announced",
    body: "",
    headers: { "Content-Length": "1099511627776" },
    expected: "too-large",
  },
  { name: "one piece", body: "x".repeat(16_384), expected: "body of 16384" },
  { name: "one piece and a byte", body: "x".repeat(16_385), expected: "body of 16385" },
  { name: "two pieces", body: "x".repeat(32_768), expected: "body of 32768" },
  { name: "chunks", body: chunk(5) + chunk(3) + chunk(0), headers: CHUNKED, expected: "body of 8" },
  { name: "no chunks", body: chunk(0), headers: CHUNKED, expected: "body of 0" },
  {
    name: "many small chunks",
    body: chunk(1).repeat(20_000) + chunk(0),
    headers: CHUNKED,
    expected: "body of 20000",
  },
  {
    name: "chunks up to the limit",
    body: chunk(MAX_MESSAGE_BYTES - 1) + chunk(1) + chunk(0),
    headers: CHUNKED,
    expected: "body of 1048576",
  },
  {
    name: "chunks over the limit that have not ended",
    body: chunk(MAX_MESSAGE_BYTES) + chunk(1),
    headers: CHUNKED,
    expected: "too-large",
  },
  {
    name: "one chunk over the limit",
    body: chunk(MAX_MESSAGE_BYTES + 1),
    headers: CHUNKED,
    expected: "too-large",
  },
  {
    name: "neither length nor chunks",
    body: "",
    headers: { "Content-Length": null },
    expected: "length-required",
  },
];

for (const { name, body, headers = {}, expected } of WHOLE) {
  Deno.test(`BodyReader of ${name}`, async () => {
    await using bodies = new Bodies(LONG_MS);
    using wire = await Wire.open(bodies.port);
    void wire.send(request(body, { headers }));
    assert.equal(sizeOf(await bodies.next()), expected);
    assert.equal((await within(60, "answer", wire.reply()))?.status, 200);
  });
}

const BYTES: readonly (readonly [name: string, sent: Uint8Array, text: string | undefined])[] = [
  ["characters of all lengths", new TextEncoder().encode("aé€😀\uFFFD\0"), "aé€😀\uFFFD\0"],
  ["every byte", Uint8Array.from({ length: 256 }, (_, byte) => byte), undefined],
  ["Latin-1", Uint8Array.of(0x63, 0xe9), undefined],
  ["one of two bytes", Uint8Array.of(0xc3), undefined],
  ["one of three bytes", Uint8Array.of(0xe2), undefined],
  ["two of three bytes", Uint8Array.of(0xe2, 0x82), undefined],
  ["one of four bytes", Uint8Array.of(0xf0), undefined],
  ["two of four bytes", Uint8Array.of(0xf0, 0x9f), undefined],
  ["three of four bytes", Uint8Array.of(0xf0, 0x9f, 0x98), undefined],
  ["three of the last four bytes", Uint8Array.of(0xf4, 0x8f, 0xbf), undefined],
  ["three of four bytes in text", Uint8Array.of(0x22, 0xf1, 0x80, 0x80, 0x22), undefined],
  ["three of four bytes twice", Uint8Array.of(0xf3, 0xbf, 0xbf, 0xf3, 0xbf, 0xbf), undefined],
  ["a surrogate", Uint8Array.of(0xed, 0xa0, 0x80), undefined],
  ["what is not UTF-8 beside U+FFFD", Uint8Array.of(0xff, 0xef, 0xbf, 0xbd), undefined],
];
for (const [name, sent, text] of BYTES) {
  Deno.test(`BodyReader reads ${name}, at once and in chunks, as UTF-8 or not at all`, async () => {
    await using bodies = new Bodies(LONG_MS);
    using sized = await Wire.open(bodies.port);
    await sized.send(request(sent));
    assert.deepEqual(await bodies.next(), { kind: "body", text });

    using chunked = await Wire.open(bodies.port);
    await chunked.send(request("", { headers: CHUNKED }));
    await chunked.send(`${sent.length.toString(16)}\r\n`);
    await chunked.send(sent);
    await chunked.send("\r\n0\r\n\r\n");
    assert.deepEqual(await bodies.next(), { kind: "body", text });
  });
}

Deno.test("BodyReader mixes no bodies that arrive in turns, in memory that was used before", async () => {
  await using bodies = new Bodies(LONG_MS);
  for (let round = 0; round < 3; round++) {
    const sent = ["a", "b", "c"].map((letter, at) => letter.repeat(100_000 + at + round));
    const wires = await Promise.all(sent.map(() => Wire.open(bodies.port)));
    try {
      for (const from of [0, 33_333, 66_666]) {
        for (const [at, wire] of wires.entries()) {
          const part = sent[at]!.slice(from, from === 66_666 ? undefined : from + 33_333);
          const bytes = new TextEncoder().encode(part);
          const headers = { "Content-Length": String(sent[at]!.length) };
          await wire.send(from === 0 ? request(bytes, { headers }) : bytes);
          if (from === 66_666) {
            const read = await bodies.next();
            assert.ok(read.kind === "body");
            assert.equal(read.text, sent[at]);
          }
        }
      }
    } finally {
      for (const wire of wires) wire[Symbol.dispose]();
    }
  }
});

Deno.test("BodyReader counts a large body until its request is answered, and a small one never", async () => {
  const bodies = new BodyReader(LONG_MS);
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) =>
    // What is still unanswered at the other end: 400 KiB of each body stay with the runtime.
    bodies.read(request, { completed: answered }, (read) => new Response(read.kind)));
  const { port } = server.addr;
  const send = async (size: number) => {
    using wire = await Wire.open(port);
    void wire.send(request("x".repeat(size)));
    return (await within(60, "answer", wire.reply()))?.body;
  };
  try {
    let taken = 0;
    while (await send(1_000_000) === "body") taken++;
    assert.ok(taken >= 18 && taken <= 20, `${taken} of 1 MB`);
    assert.equal(await send(10_000), "body");
    answer();
    await answered;
    assert.equal(await send(1_000_000), "body");
  } finally {
    await server.shutdown();
  }
});

for (const length of ["x", "-1", "1.5", "1e3", "0x10", "1, 1", " "]) {
  Deno.test(`BodyReader refuses the length ${JSON.stringify(length)}`, async () => {
    // The runtime refuses most of these itself, so no socket can bring them here.
    const headers = { "content-length": length };
    const refused = new Request("http://a/", { method: "POST", headers, body: "{}" });
    const completed = Promise.resolve();
    const bodies = new BodyReader(LONG_MS);
    const read = await bodies.read(refused, { completed }, (read) => read);
    assert.deepEqual(read, { kind: "invalid-length" });
  });
}

const SLOW: readonly (readonly [name: string, parts: string, headers: Whole["headers"]])[] = [
  ["nothing of a body", "", { "Content-Length": "10" }],
  ["half of a body", "xxxxx", { "Content-Length": "10" }],
  ["no chunk", "", CHUNKED],
  ["half of the chunks", chunk(5), CHUNKED],
  ["half of a chunk", chunk(5).slice(0, 5), CHUNKED],
];

for (const [name, part, headers = {}] of SLOW) {
  Deno.test(`BodyReader gives up when ${name} has come in time`, async () => {
    await using bodies = new Bodies(20);
    using wire = await Wire.open(bodies.port);
    await wire.send(request(part, { headers }));
    assert.deepEqual(await bodies.next(), { kind: "too-slow" });
    const reply = await within(60, "answer", wire.reply());
    assert.equal(reply?.body, "too-slow");
  });

  Deno.test(`BodyReader notices a client that leaves after ${name}`, async () => {
    await using bodies = new Bodies(LONG_MS);
    {
      using wire = await Wire.open(bodies.port);
      await wire.send(request(part, { headers }));
      await wire.closeWrite();
    }
    assert.deepEqual(await bodies.next(), { kind: "incomplete" });
  });
}

Deno.test("BodyReader times each body by itself", async () => {
  await using bodies = new Bodies(40);
  using slow = await Wire.open(bodies.port);
  await slow.send(request("x", { headers: { "Content-Length": "10" } }));
  for (let quick = 0; quick < 3; quick++) {
    using wire = await Wire.open(bodies.port);
    await wire.send(request("{}"));
    assert.equal((await within(60, "answer", wire.reply()))?.body, "body");
  }
  assert.equal((await within(60, "answer", slow.reply()))?.body, "too-slow");
});
