/** The log and who reads it: lines stay whole and in order, and nobody waits for a reader. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type LogSink, LogWriter } from "../../src/sidecar/log_writer.ts";
import { makeFifo, Running } from "../support/process.ts";
import { runtimeEnvironment, sidecarArguments } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { request, Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** The hosts for the route table, so that no warning comes up. */
const EGRESS = ["egress:9099"];

/** What the system answers to one write: how many bytes it took (all by default), or an error. */
type Outcome = number | Error | undefined;

/** Keeps what was written; each write waits for `go()`. */
class Sink implements LogSink {
  readonly writes: string[] = [];
  readonly #outcomes: Outcome[];
  #gate = Promise.withResolvers<void>();

  constructor(...outcomes: Outcome[]) {
    this.#outcomes = outcomes;
  }

  get text(): string {
    return this.writes.join("");
  }

  go(): void {
    this.#gate.resolve();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate.promise;
    const outcome = this.#outcomes.shift();
    if (outcome instanceof Error) throw outcome;
    const taken = bytes.subarray(0, outcome);
    this.writes.push(new TextDecoder().decode(taken));
    return taken.length;
  }
}

Deno.test("LogWriter.say() writes in order, and joins the lines that come during a write", async () => {
  const sink = new Sink();
  const log = new LogWriter(sink);
  for (const line of ["a\n", "b\n", "ü\n"]) log.say(line);
  sink.go();
  await log.flush(10_000);
  log.say("c\n");
  await log.flush(10_000);
  assert.deepEqual(sink.writes, ["a\n", "b\nü\n", "c\n"]);
});

Deno.test("LogWriter.say() waits for more lines after a write, however quick it was", async () => {
  const sink = new Sink();
  sink.go();
  const log = new LogWriter(sink);
  const lines = Array.from({ length: 100 }, (_, index) => `${index}\n`);
  for (const line of lines) {
    log.say(line);
    // Long enough for a write to this sink, and no time by the clock.
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }
  await log.flush(10_000);
  assert.deepEqual(sink.writes, ["0\n", lines.slice(1).join("")]);
});

Deno.test("LogWriter.say() drops whole lines when its buffer is full, and says how many and where", async () => {
  const sink = new Sink();
  const log = new LogWriter(sink, 10);
  log.say("first\n");
  for (const line of ["12345\n", "67\n", "too long\n", "\n", "x\n"]) log.say(line);
  sink.go();
  await log.flush(10_000);
  log.say("last\n");
  await log.flush(10_000);
  assert.equal(
    sink.text,
    "first\n12345\n67\n" +
      "supervise: 3 log lines were dropped, since the log is not being read\nlast\n",
  );
});

Deno.test("LogWriter.say() drops a line that is longer than its buffer, and goes on", async () => {
  const sink = new Sink();
  sink.go();
  const log = new LogWriter(sink, 10);
  log.say("longer than the buffer\n");
  await log.flush(10_000);
  log.say("last\n");
  await log.flush(10_000);
  assert.equal(
    sink.text,
    "supervise: 1 log line was dropped, since the log is not being read\nlast\n",
  );
});

const NO_READER = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
const NO_SPACE = Object.assign(new Error("No space left on device (os error 28)"), {
  code: "ENOSPC",
});
const NOT_NOW = new Deno.errors.WouldBlock("Resource temporarily unavailable (os error 11)");

Deno.test("LogWriter counts what a lost line would have told of", async () => {
  const sink = new Sink(undefined, 12, NO_READER);
  const log = new LogWriter(sink, 40);
  for (let line = 0; line < 500; line++) log.say("0123456789\n");
  sink.go();
  await log.flush(10_000);
  log.say("last\n");
  await log.flush(10_000);
  const told = [...sink.text.matchAll(/(\d+) log lines? (?:was|were) dropped/g)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  const whole = sink.text.match(/^0123456789$/gm)?.length ?? 0;
  assert.equal(told + whole, 500, sink.text);
});

/** Each text is said when the one before it is over. */
const FAILURES: readonly (readonly [
  name: string,
  outcomes: readonly Outcome[],
  said: readonly string[],
  written: string,
])[] = [
  [
    "a reader who has gone and comes back",
    [undefined, NO_READER, NO_READER],
    ["a\n", "b\n", "c\n", "d\n"],
    "a\nsupervise: 2 log lines were dropped, since the log is not being read\nd\n",
  ],
  ["a reader who has gone for good", [undefined, ...Array(3).fill(NO_READER)], [
    "a\n",
    "b\n",
    "c\n",
    "d\n",
  ], "a\n"],
  [
    "a full disk, in the midst of a line",
    [4, NO_SPACE, NO_SPACE],
    ["abcdef\n", "b\n", "c\n"],
    "abcd\nsupervise: 2 log lines were dropped, since the log cannot be written: No space left on " +
    "device (os error 28)\nc\n",
  ],
  ["a sink that takes a part at a time", [1, 1, 3], ["abcdef\n", "b\n"], "abcdef\nb\n"],
  ["a sink that does not block", [2, NOT_NOW, NOT_NOW], ["abcdef\n", "b\n"], "abcdef\nb\n"],
];

for (const [name, outcomes, said, written] of FAILURES) {
  Deno.test(`LogWriter outlives ${name}`, async () => {
    const sink = new Sink(...outcomes);
    sink.go();
    const log = new LogWriter(sink);
    for (const text of said) {
      log.say(text);
      await log.flush(10_000);
    }
    assert.equal(sink.text, written);
  });
}

Deno.test("LogWriter.flush() gives up at its limit when nobody reads, and nothing is written twice", async () => {
  const sink = new Sink();
  const log = new LogWriter(sink);
  log.say("a\n");
  log.say("b\n");
  await within(60, "end of flush()", log.flush(20));
  assert.deepEqual(sink.writes, []);
  sink.go();
  await log.flush(10_000);
  assert.deepEqual(sink.writes, ["a\n", "b\n"]);
});

/** A named pipe that is open at both ends: nobody reads it but by `until()`. */
class Pipe implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;
  text = "";

  private constructor(path: string) {
    this.path = path;
    this.#file = Deno.openSync(path, { read: true, write: true });
  }

  static async make(path: string): Promise<Pipe> {
    await makeFifo(path);
    return new Pipe(path);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Reads no more than it must. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const bytes = new Uint8Array(65_536);
    while (true) {
      const match = pattern.exec(this.text);
      if (match) return match;
      const count = await this.#file.read(bytes);
      this.text += new TextDecoder().decode(bytes.subarray(0, count!));
    }
  }

  async fill(): Promise<void> {
    // What a pipe of Linux holds.
    await this.#file.write(new Uint8Array(65_536));
  }
}

function start(pipe: Pipe, queue: string, env: Readonly<Record<string, string>> = {}): Running {
  return new Running("sh", {
    args: [
      "-c",
      'exec "$@" 2>"$0"',
      pipe.path,
      Deno.execPath(),
      ...sidecarArguments(queue, EGRESS),
    ],
    env: {
      ...runtimeEnvironment(),
      SUPERVISE_BOTTLE_SLUG: "dev",
      SUPERVISE_QUEUE_DIR: queue,
      SUPERVISE_BIND: "127.0.0.1",
      SUPERVISE_PORT: "0",
      ...env,
    },
    clearEnv: true,
    cwd: ROOT,
  });
}

/** More than the pipe and the buffer hold together: each request is a line of over 200 characters. */
const REQUESTS = 8_000;

/** Fails when an answer does not come. */
async function askOften(port: number): Promise<void> {
  using wire = await Wire.open(port);
  const get = request("", { method: "GET", path: `/health/${"x".repeat(200)}` });
  const pipelined = 50;
  const many = new Uint8Array(get.length * pipelined);
  for (let index = 0; index < pipelined; index++) many.set(get, index * get.length);
  for (let asked = 0; asked < REQUESTS; asked += pipelined) {
    await wire.send(many);
    for (let index = 0; index < pipelined; index++) {
      assert.ok(await within(60, `answer (${asked + index})`, wire.reply("GET")));
    }
  }
}

Deno.test("supervise answers and ends in time while nobody reads its log", async () => {
  await using directory = await temporary();
  using pipe = await Pipe.make(join(directory.path, "log"));
  await using process = start(pipe, join(directory.path, "dev"), { SUPERVISE_ACCESS_LOG: "1" });
  const [, port] = await within(60, "start line", pipe.until(/listening on \S+:(\d+);/));
  await askOften(Number(port));
  process.kill("SIGTERM");
  assert.equal((await within(60, "end", process.status)).code, 0);
});

Deno.test("supervise says how many lines of its log it dropped when somebody reads again", async () => {
  await using directory = await temporary();
  using pipe = await Pipe.make(join(directory.path, "log"));
  await using process = start(pipe, join(directory.path, "dev"), { SUPERVISE_ACCESS_LOG: "1" });
  const [, port] = await within(60, "start line", pipe.until(/listening on \S+:(\d+);/));
  await askOften(Number(port));
  const [, dropped] = await within(
    60,
    "word of the gap",
    pipe.until(/^supervise: (\d+) log lines were dropped, since the log is not being read$/m),
  );
  process.kill("SIGTERM");
  await within(60, "last line", pipe.until(/\nsupervise: stopping on SIGTERM\n$/));
  assert.equal((await within(60, "end", process.status)).code, 0);
  const [, ...lines] = pipe.text.trimEnd().split("\n");
  const requests = lines.filter((line) => line.startsWith("{"));
  for (const line of requests) assert.equal(JSON.parse(line).event, "http_request");
  assert.equal(requests.length + Number(dropped), REQUESTS);
  assert.equal(lines.length, requests.length + 2);
});

Deno.test({
  name: "supervise ends with 2 on a wrong setting though nobody reads its log",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using directory = await temporary();
    using pipe = await Pipe.make(join(directory.path, "log"));
    await pipe.fill();
    await using process = start(pipe, join(directory.path, "dev"), { SUPERVISE_PORT: "x" });
    assert.equal((await within(60, "end", process.status)).code, 2);
  },
});
