/** `tools/list` and `tools/call` in both eras: what each revision is told, tasks and progress. */

import assert from "node:assert/strict";
import type { Params } from "../../../src/sidecar/jsonrpc/message.ts";
import { MessageStream } from "../../../src/sidecar/mcp/reply.ts";
import { McpServer } from "../../../src/sidecar/mcp/server.ts";
import type { Task } from "../../../src/sidecar/mcp/task.ts";
import type { Caller, Tool, ToolOutcome } from "../../../src/sidecar/mcp/tool.ts";
import { TASKS_EXTENSION } from "../../support/meta_keys.ts";
import {
  ask,
  envelope,
  from,
  LEGACY,
  MODERN,
  modern,
  parsed,
  request,
  type Seen,
  settled,
  StreamReader,
  TASKS,
} from "./fixture.ts";

const TASK: Task = {
  taskId: "t1",
  status: "working",
  statusMessage: "on it",
  createdAt: "2026-11-21T12:00:00.000Z",
  lastUpdatedAt: "2026-11-21T12:00:01.000Z",
  ttlMs: null,
  pollIntervalMs: 2_000,
  outcome: { kind: "answer", text: "not shown", isError: false },
};

interface Waiting {
  readonly caller: Caller;
  readonly end: (outcome: ToolOutcome) => void;
}

class Fixture {
  readonly waiting: Waiting[] = [];
  readonly seen: { args: unknown; params: Params; takesTask: boolean }[] = [];
  readonly server: McpServer;

  constructor() {
    const tool = (name: string, rest: Partial<Tool> & Pick<Tool, "call">): Tool => ({
      name,
      description: `Does ${name}.`,
      inputSchema: { type: "object", $defs: { x: { $anchor: "a" } } },
      ...rest,
    });
    const said = (text: string, structured?: object, isError = false): Pick<Tool, "call"> => ({
      call: () => ({ kind: "answer", text, isError, structured }),
    });
    const waits: Pick<Tool, "call"> = {
      call: (args, caller, _context, params) => {
        this.seen.push({ args, params, takesTask: caller.takesTask });
        if (caller.takesTask) return Promise.resolve({ kind: "task", task: TASK });
        const { promise, resolve } = Promise.withResolvers<ToolOutcome>();
        this.waiting.push({ caller, end: resolve });
        caller.onLeave(() => resolve({ kind: "left" }));
        return promise;
      },
    };
    this.server = new McpServer({
      info: { name: "test", version: "1" },
      tools: [
        tool("plain", said("words")),
        tool("shaped", {
          title: "Shaped",
          outputSchema: { type: "object", required: ["a"] },
          annotations: {
            readOnlyHint: true,
            destructiveHint: false,
            idempotentHint: true,
            openWorldHint: false,
          },
          ...said("words", { a: 1 }),
        }),
        tool("shaped-json", said('{"a": 1}\n', { a: 1 })),
        tool("shaped-no", said("no", { a: 1 }, true)),
        tool("refuses", { call: () => ({ kind: "invalid-arguments", message: "'a' must be b" }) }),
        tool("wait", { waits: true, ...waits }),
        tool("own", { call: () => ({ kind: "result", result: { resultType: "input_required" } }) }),
        tool("own-error", {
          call: () => ({ kind: "error", error: { code: -32021, message: "no" }, status: 400 }),
        }),
      ],
      onDefect: (error) => assert.fail(String(error)),
    });
  }

  async legacy(version: string, name: string, params: object = {}): Promise<Seen> {
    const message = request("tools/call", { name, ...params });
    return await settled(this.server.handle(message, from({ version })));
  }

  modern(name: string, options: Parameters<typeof modern>[2] = {}, params: object = {}) {
    return ask(this.server, "tools/call", { name, ...params }, options);
  }
}

const WORDS = { type: "text", text: "words" };

const STRUCTURED: readonly (readonly [version: string, isStructured: boolean])[] = [
  ["2024-11-05", false],
  ["2025-03-26", false],
  ["2025-06-18", true],
  ["2025-11-25", true],
  [MODERN, true],
];

for (const [version, isStructured] of STRUCTURED) {
  const call = (name: string) => {
    const fixture = new Fixture();
    return version === MODERN ? fixture.modern(name) : fixture.legacy(version, name);
  };
  const resultOf = async (name: string) => {
    const { resultType: _type, _meta, ...result } = (await call(name)).body.result;
    return result;
  };

  Deno.test(`structured content is ${isStructured ? "" : "not "}for ${version}`, async () => {
    assert.deepEqual(
      await resultOf("shaped"),
      isStructured
        ? {
          content: [WORDS, { type: "text", text: '{"a":1}' }],
          structuredContent: { a: 1 },
          isError: false,
        }
        : { content: [WORDS], isError: false },
    );
    assert.deepEqual(await resultOf("plain"), { content: [WORDS], isError: false });
  });

  Deno.test(`a text that is JSON already is not repeated for ${version}`, async () => {
    assert.deepEqual(await resultOf("shaped-json"), {
      content: [{ type: "text", text: '{"a": 1}\n' }],
      ...isStructured ? { structuredContent: { a: 1 } } : {},
      isError: false,
    });
  });

  Deno.test(`an error result has its structure too for ${version}`, async () => {
    const { structuredContent, isError } = await resultOf("shaped-no");
    assert.deepEqual([structuredContent, isError], [isStructured ? { a: 1 } : undefined, true]);
  });

  Deno.test(`wrong arguments are ${version >= "2025-11-25" ? "a result" : "an error"} for ${version}`, async () => {
    const { status, body } = await call("refuses");
    assert.equal(status, 200);
    if (version < "2025-11-25") {
      assert.deepEqual(body.error, { code: -32602, message: "'a' must be b" });
    } else {
      assert.deepEqual(body.result.content, [{ type: "text", text: "'a' must be b" }]);
      assert.equal(body.result.isError, true);
    }
  });

  Deno.test(`tools/list has output schemas ${isStructured ? "" : "not "}for ${version}`, async () => {
    const { server } = new Fixture();
    const list = async () =>
      version === MODERN
        ? (await ask(server, "tools/list")).body.result.tools
        : (await settled(server.handle(request("tools/list"), from({ version })))).body.result
          .tools;
    const [plain, shaped] = await list();
    assert.deepEqual(plain, {
      name: "plain",
      description: "Does plain.",
      inputSchema: { type: "object", $defs: { x: { $anchor: "a" } } },
    });
    assert.deepEqual(shaped, {
      name: "shaped",
      title: "Shaped",
      description: "Does shaped.",
      inputSchema: { type: "object", $defs: { x: { $anchor: "a" } } },
      ...isStructured ? { outputSchema: { type: "object", required: ["a"] } } : {},
      annotations: {
        readOnlyHint: true,
        destructiveHint: false,
        idempotentHint: true,
        openWorldHint: false,
      },
    });
    assert.deepEqual((await list()).map(({ name }: Tool) => name), [...server.toolNames]);
  });
}

const REFUSED:
  readonly (readonly [name: string, params: Readonly<Record<string, unknown>>, RegExp])[] = [
    ["an unknown tool", { name: "nobody" }, /^unknown tool 'nobody': the tools are plain, shaped/],
    ["a tool of Object's", { name: "toString" }, /^unknown tool 'toString'/],
    ["no name", {}, /missing 'name'/],
    ["a name that is no text", { name: 5 }, /missing 'name'/],
    ...[[{}], "{", "[1]", '{"a": 1', 5, false].map((args) =>
      [
        `arguments ${JSON.stringify(args)}`,
        { name: "plain", arguments: args },
        /'arguments' must be an object/,
      ] as const
    ),
  ];

for (const [name, params, message] of REFUSED) {
  Deno.test(`tools/call refuses ${name} with -32602 and HTTP 200 in both eras`, async () => {
    const { server } = new Fixture();
    const asked = [
      await ask(server, "tools/call", params),
      await settled(server.handle(request("tools/call", params), from({ version: "2025-11-25" }))),
    ];
    for (const { status, body } of asked) {
      assert.deepEqual([status, body.error.code], [200, -32602]);
      assert.match(body.error.message, message);
    }
  });
}

// Tasks.

/** What is sent of a task at its creation. */
const { outcome: _outcome, ...SEED } = TASK;

const DECLARED: readonly (readonly [name: string, capabilities: object, takes: boolean])[] = [
  ["the extension", TASKS, true],
  [
    "the extension with settings",
    { extensions: { [TASKS_EXTENSION]: { a: 1 } } },
    true,
  ],
  ["nothing", {}, false],
  ["another extension", { extensions: { "io.modelcontextprotocol/ui": {} } }, false],
  ["the extension as true", { extensions: { [TASKS_EXTENSION]: true } }, false],
  ["the extension as null", { extensions: { [TASKS_EXTENSION]: null } }, false],
  ["the extension in the wrong place", { [TASKS_EXTENSION]: {}, tasks: {} }, false],
  ["extensions that are a list", { extensions: [TASKS_EXTENSION] }, false],
];

for (const [name, capabilities, takes] of DECLARED) {
  Deno.test(`a tool that may answer with a task does ${takes ? "so" : "not"} for ${name}`, async () => {
    const fixture = new Fixture();
    const answering = fixture.modern("wait", { capabilities, canStream: true });
    assert.deepEqual(fixture.seen.map(({ takesTask }) => takesTask), [takes]);
    for (const { end } of fixture.waiting) end({ kind: "answer", text: "words", isError: false });
    const { status, body, messages } = await answering;
    const { _meta, ...result } = body.result;
    assert.equal(status, 200);
    assert.deepEqual(
      result,
      takes
        ? { resultType: "task", ...SEED }
        : { resultType: "complete", content: [WORDS], isError: false },
    );
    assert.equal(messages === undefined, takes, "a task comes at once, so no stream is begun");
  });
}

for (const version of LEGACY) {
  Deno.test(`no task for ${version}, whatever its params say`, async () => {
    const fixture = new Fixture();
    const params = {
      task: { ttl: 1 },
      _meta: { ...TASKS, [TASKS_EXTENSION]: {} },
    };
    const answering = fixture.legacy(version, "wait", params);
    assert.deepEqual(fixture.seen.map(({ takesTask }) => takesTask), [false]);
    fixture.waiting[0]!.end({ kind: "answer", text: "words", isError: false });
    assert.deepEqual((await answering).body.result, { content: [WORDS], isError: false });
  });
}

Deno.test("a result or an error of the tool's own making is sent as it is", async () => {
  const fixture = new Fixture();
  const own = (await fixture.modern("own")).body.result;
  assert.deepEqual(Object.keys(own), ["resultType", "_meta"]);
  assert.equal(own.resultType, "input_required");
  const { status, body } = await fixture.modern("own-error");
  assert.deepEqual([status, body.error], [400, { code: -32021, message: "no" }]);
  const legacy = await fixture.legacy("2025-11-25", "own-error");
  assert.deepEqual([legacy.status, legacy.body.error.code], [200, -32021]);
});

Deno.test("a tool gets its arguments and, apart from them, all the params", () => {
  const fixture = new Fixture();
  void fixture.modern("wait", {}, { arguments: { a: 1 }, requestState: "s" });
  const { args, params } = fixture.seen[0]!;
  assert.deepEqual(args, { a: 1 });
  assert.equal(params["requestState"], "s");
});

// Streams and progress.

Deno.test("a call that may wait is a stream where the client reads one, and no other call is", () => {
  const { server } = new Fixture();
  const isStream = (name: string, canStream: boolean) => {
    const { message, exchange } = modern("tools/call", { name }, { canStream });
    return server.handle(message, exchange) instanceof MessageStream;
  };
  assert.deepEqual([isStream("wait", true), isStream("wait", false)], [true, false]);
  assert.equal(isStream("plain", true), false);
  assert.equal(isStream("refuses", true), false);
});

for (const version of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", MODERN]) {
  for (const progressToken of ["t", "", 0]) {
    Deno.test(`progress of ${version} with the token ${JSON.stringify(progressToken)}`, async () => {
      const fixture = new Fixture();
      const params = {
        name: "wait",
        _meta: { ...version === MODERN ? envelope() : {}, progressToken },
      };
      const headers = { "mcp-method": "tools/call", "mcp-name": "wait" };
      const exchange = from({ version, canStream: true, headers });
      const stream = new StreamReader(
        fixture.server.handle(request("tools/call", params), exchange),
      );
      const [{ caller, end }] = fixture.waiting as [Waiting];
      assert.equal(caller.wantsProgress, true);
      caller.report(1, 30, "queued");
      caller.report(1, 30, "queued still");
      caller.report(2, 30, "seen");
      end({ kind: "answer", text: "words", isError: false });
      await stream.stream.reply;
      const words = (message: string) => version === "2024-11-05" ? {} : { message };
      assert.deepEqual(stream.messages.map(({ params }) => params), [
        { progressToken, progress: 1, total: 30, ...words("queued") },
        { progressToken, progress: 2, total: 30, ...words("seen") },
      ]);
    });
  }
}

const NO_TOKENS = [undefined, null, 1.5, true, {}, ["t"], 2 ** 53];

for (const progressToken of NO_TOKENS) {
  Deno.test(`no progress for the token ${JSON.stringify(progressToken)}`, () => {
    const fixture = new Fixture();
    const meta = progressToken === undefined ? {} : { progressToken };
    void fixture.modern("wait", { canStream: true, meta });
    assert.equal(fixture.waiting[0]!.caller.wantsProgress, false);
  });
}

Deno.test("no progress for a token of more than 256 characters, which would be kept while a call waits", () => {
  const fixture = new Fixture();
  for (const length of [256, 257]) {
    const meta = { progressToken: "x".repeat(length) };
    void fixture.modern("wait", { canStream: true, meta });
  }
  assert.deepEqual(fixture.waiting.map(({ caller }) => caller.wantsProgress), [true, false]);
});

Deno.test("no progress for a client that reads JSON alone, nor for a call in a batch", async () => {
  const fixture = new Fixture();
  void fixture.modern("wait", { meta: { progressToken: 1 } });
  assert.equal(fixture.waiting[0]!.caller.wantsProgress, false);
  const params = { name: "wait", _meta: { progressToken: 1 } };
  const batch = [request("tools/call", params, 1), request("ping", {}, 2)];
  const reply = fixture.server.handle(batch, from({ canStream: true }));
  assert.ok(reply instanceof Promise);
  const { caller, end } = fixture.waiting[1]!;
  assert.equal(caller.wantsProgress, false);
  end({ kind: "answer", text: "words", isError: false });
  assert.deepEqual(parsed(await reply).body.map(({ id }: { id: number }) => id), [1, 2]);
});

Deno.test("a client that closes its stream ends the wait and is sent nothing more", async () => {
  const fixture = new Fixture();
  const { message, exchange } = modern("tools/call", { name: "wait" }, {
    canStream: true,
    meta: { progressToken: 1 },
  });
  const stream = new StreamReader(fixture.server.handle(message, exchange));
  exchange.leave();
  fixture.waiting[0]!.caller.report(1, 2, "late");
  assert.deepEqual(await stream.stream.reply, { status: 202, text: null });
  assert.deepEqual(stream.messages, []);
});

// Cancelling by notification.

const CANCELS:
  readonly (readonly [name: string, version: string, headers: boolean, ends: boolean])[] = [
    ["of a modern client over HTTP, which closes its stream instead", MODERN, true, false],
    ["of a modern client without HTTP", MODERN, false, true],
    ["of a legacy client over HTTP", "2025-11-25", true, true],
    ["of a legacy client without HTTP", "2025-11-25", false, true],
  ];

for (const [name, version, hasHeaders, ends] of CANCELS) {
  Deno.test(`notifications/cancelled ${ends ? "ends" : "does not end"} a call ${name}`, async () => {
    const fixture = new Fixture();
    const peer = { version, canStream: true, ...hasHeaders ? {} : { headers: null } };
    const { message, exchange } = version === MODERN
      ? modern("tools/call", { name: "wait" }, { ...peer, id: "c" })
      : { message: request("tools/call", { name: "wait" }, "c"), exchange: from(peer) };
    const answering = settled(fixture.server.handle(message, exchange));
    const cancel = {
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: "c", ...version === MODERN ? { _meta: envelope() } : {} },
    };
    assert.deepEqual(await settled(fixture.server.handle(cancel, from(peer))), { status: 202 });
    fixture.waiting[0]!.end({ kind: "answer", text: "words", isError: false });
    assert.equal((await answering).status, ends ? 202 : 200);
  });
}

Deno.test("a legacy client's cancellation does not reach a modern call of the same id", async () => {
  const fixture = new Fixture();
  const answering = fixture.modern("wait", { id: 1, canStream: true });
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  await settled(fixture.server.handle(cancel, from({ version: "2025-11-25" })));
  fixture.waiting[0]!.end({ kind: "answer", text: "words", isError: false });
  assert.equal((await answering).status, 200);
});

Deno.test("a modern client's cancellation over HTTP does not reach a legacy call of the same id", async () => {
  const fixture = new Fixture();
  const answering = fixture.legacy("2025-11-25", "wait");
  const cancel = { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } };
  await settled(fixture.server.handle(cancel, from({ version: MODERN })));
  fixture.waiting[0]!.end({ kind: "answer", text: "words", isError: false });
  assert.equal((await answering).status, 200);
});

Deno.test("a tool that is not listed answers a call and is named nowhere", async (t) => {
  const tool = (name: string, unlisted: boolean): Tool => ({
    name,
    description: "",
    inputSchema: { type: "object" },
    unlisted,
    call: () => ({ kind: "answer", text: `${name} says no`, isError: true }),
  });
  const server = new McpServer({
    info: { name: "test", version: "1" },
    tools: [tool("shown", false), tool("kept-back", true)],
    onDefect: (error) => assert.fail(String(error)),
  });
  assert.deepEqual(server.toolNames, ["shown"]);
  for (const version of [...LEGACY, MODERN]) {
    await t.step(version, async () => {
      const asked = (method: string, params: Readonly<Record<string, unknown>>) =>
        version === MODERN
          ? ask(server, method, params)
          : settled(server.handle(request(method, params), from({ version })));
      const { body: list } = await asked("tools/list", {});
      assert.deepEqual(list.result.tools.map(({ name }: Tool) => name), ["shown"]);
      const { body: called } = await asked("tools/call", { name: "kept-back" });
      assert.equal(called.result.content[0].text, "kept-back says no");
      const { body: unknown } = await asked("tools/call", { name: "nope" });
      assert.match(unknown.error.message, /: the tools are shown$/);
    });
  }
});
