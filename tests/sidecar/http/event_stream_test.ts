/** Server-sent events as bytes: what is sent, when silence is broken, and how a stream ends. */

import assert from "node:assert/strict";
import { Deadline, Deadlines } from "../../../src/sidecar/deadlines.ts";
import { eventOf, EventStream } from "../../../src/sidecar/http/event_stream.ts";
import { within } from "../../support/within.ts";

const KEEP_ALIVE = ": keep-alive\n\n";

/** A pulse that beats when the test says so. */
class Pulse extends Deadlines {
  readonly beats = new Set<Deadline>();

  constructor() {
    super(3_600_000);
  }

  override set(expire: () => void): Deadline {
    const deadline = new Deadline(0, expire);
    this.beats.add(deadline);
    return deadline;
  }

  override clear(deadline: Deadline): boolean {
    return this.beats.delete(deadline);
  }

  beat(): void {
    for (const deadline of [...this.beats]) {
      this.beats.delete(deadline);
      deadline.expire();
    }
  }
}

function open() {
  const pulse = new Pulse();
  let left = 0;
  const events = new EventStream(pulse, () => left++);
  const reader = events.body.pipeThrough(new TextDecoderStream()).getReader();
  return {
    pulse,
    events,
    reader,
    left: () => left,
    /** The next piece; undefined: the stream is over. */
    next: async () => (await within(60, "piece", reader.read())).value,
  };
}

Deno.test("eventOf() is one event of one line of data", () => {
  assert.equal(eventOf('{"a":1}\n'), 'event: message\ndata: {"a":1}\n\n');
});

Deno.test("a stream says something at once, then each message, then its last one and ends", async () => {
  const { events, next, left, pulse } = open();
  assert.equal(await next(), KEEP_ALIVE);
  assert.equal(events.send('{"a":"é"}\n'), true);
  assert.equal(await next(), 'event: message\ndata: {"a":"é"}\n\n');
  events.end('{"b":1}\n');
  assert.equal(await next(), 'event: message\ndata: {"b":1}\n\n');
  assert.equal(await next(), undefined);
  assert.equal(left(), 0, "the end is no leaving");
  assert.equal(pulse.beats.size, 0);
});

Deno.test("a stream may end without a last message", async () => {
  const { events, next } = open();
  events.end(null);
  assert.equal(await next(), KEEP_ALIVE);
  assert.equal(await next(), undefined);
});

Deno.test("a silence is broken, again and again, and counted anew after each message", async () => {
  const { events, next, pulse } = open();
  await next();
  for (let times = 0; times < 3; times++) {
    assert.equal(pulse.beats.size, 1);
    pulse.beat();
    assert.equal(await next(), KEEP_ALIVE);
  }
  const [before] = pulse.beats;
  events.send("x\n");
  assert.equal(pulse.beats.size, 1);
  assert.ok(!pulse.beats.has(before!), "the silence begins after the message");
  assert.equal(await next(), eventOf("x\n"));
  pulse.beat();
  assert.equal(await next(), KEEP_ALIVE);
});

Deno.test("a client that closes the stream is noticed once, and nothing is sent any more", async () => {
  const { events, reader, next, left, pulse } = open();
  await next();
  await reader.cancel();
  assert.equal(left(), 1);
  assert.equal(pulse.beats.size, 0);
  assert.equal(events.send("x\n"), false);
  events.end("y\n");
  assert.equal(left(), 1);
});

Deno.test("after the reader has gone neither the end nor a beat that was due throws", async () => {
  const { events, reader, left, pulse } = open();
  const [due] = pulse.beats;
  await reader.cancel();
  events.end("x\n");
  events.end(null);
  due!.expire();
  assert.equal(pulse.beats.size, 0, "nothing is left that would beat");
  assert.equal(left(), 1);
});

/** The runtime may find out that the client has gone when it is handed something to send. */
const FOUND_OUT:
  readonly (readonly [by: string, happens: (events: EventStream, pulse: Pulse) => void])[] = [
    ["its last message", (events) => events.end("x\n")],
    ["a message", (events) => void events.send("x\n")],
    ["a beat", (_events, pulse) => pulse.beat()],
  ];

for (const [by, happens] of FOUND_OUT) {
  Deno.test(`a reader that turns out to have gone by ${by} is noticed once, and nothing throws`, () => {
    const pulse = new Pulse();
    let left = 0;
    const events = new EventStream(pulse, () => left++);
    const { prototype } = ReadableStreamDefaultController;
    const { enqueue } = prototype;
    prototype.enqueue = function (chunk) {
      enqueue.call(this, chunk);
      events.body.cancel();
    };
    try {
      happens(events, pulse);
    } finally {
      prototype.enqueue = enqueue;
    }
    assert.equal(left, 1);
    assert.equal(pulse.beats.size, 0, "nothing is left that would beat");
    assert.equal(events.send("y\n"), false);
    events.end("z\n");
    assert.equal(left, 1);
  });
}

Deno.test("after the end nothing is sent, and ending again does nothing", async () => {
  const { events, next, pulse } = open();
  events.end("x\n");
  assert.equal(events.send("y\n"), false);
  events.end("z\n");
  pulse.beat();
  assert.equal(await next(), KEEP_ALIVE);
  assert.equal(await next(), eventOf("x\n"));
  assert.equal(await next(), undefined);
});

Deno.test("a reader that leaves more than 1 MiB unread is let go, with what was sent before", async () => {
  const pulse = new Pulse();
  let left = 0;
  const events = new EventStream(pulse, () => left++);
  const text = `${"x".repeat(100_000)}\n`;
  let sent = 0;
  while (events.send(text)) sent++;
  assert.equal(sent, 11, "eleven of 100 kB are the first to be more than 1 MiB");
  assert.equal(pulse.beats.size, 0);
  assert.equal(events.send(text), false);
  assert.equal(left, 1, "as if it had gone, and once");
  const pieces = await within(60, "end", Array.fromAsync(events.body));
  assert.equal(pieces.length, 1 + sent);
});

Deno.test("a reader that keeps up may be sent any amount", async () => {
  const { events, next } = open();
  await next();
  const text = `${"x".repeat(500_000)}\n`;
  for (let times = 0; times < 20; times++) {
    assert.equal(events.send(text), true);
    for (let read = 0; read < eventOf(text).length;) read += (await next())!.length;
  }
  events.end(null);
  assert.equal(await next(), undefined);
});
