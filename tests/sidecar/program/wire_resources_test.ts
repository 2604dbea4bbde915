/** What an agent can read at the true sidecar: its asks, its routes, its Dockerfile. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { EgressProxy } from "../../support/egress_proxy.ts";
import {
  askUntil,
  type Data,
  hostAsk,
  legacy,
  modern,
  refusalOf,
  resultOf,
} from "../../support/modern.ts";
import { startSidecar, supervisectl } from "../../support/programs.ts";
import { QueueProbe } from "../../support/queue_probe.ts";
import { temporary } from "../../support/temporary.ts";

const PROPOSALS = "supervise://proposals";
const DOCKERFILE = "supervise://dockerfile";
const LISTS = ["tools/list", "resources/list", "resources/templates/list"];

async function read(port: number, uri: string): Promise<Data> {
  const { contents } = await resultOf(port, modern("resources/read", { uri }));
  assert.equal(contents.length, 1);
  assert.equal(contents[0].uri, uri);
  return contents[0];
}

async function readJson(port: number, uri: string): Promise<Data> {
  const { mimeType, text } = await read(port, uri);
  assert.equal(mimeType, "application/json");
  return JSON.parse(text);
}

async function begin(port: number, host: string): Promise<string> {
  const outgoing = modern("tools/call", hostAsk(host), { tasks: true });
  return (await resultOf(port, outgoing)).taskId;
}

Deno.test("an unknown resource is -32602 in the new era, -32002 in the old, and never empty", async (t) => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  const id = await begin(port, "a.example");
  const unknown = [
    ...["", "x", "supervise://", "supervise://nothing", "SUPERVISE://proposals", `${PROPOSALS}/`],
    ...[
      DOCKERFILE,
      `${PROPOSALS}/${crypto.randomUUID()}`,
      `${PROPOSALS}/${id}/`,
      `${PROPOSALS}/${id}?x`,
    ],
    ...[
      `${PROPOSALS}/${id.toUpperCase()}`,
      `${PROPOSALS}/../proposals`,
      `${PROPOSALS}/../../etc/passwd`,
    ],
    ...[`${PROPOSALS}/processed/${id}`, `${PROPOSALS}/%2e%2e`, `${PROPOSALS}/${id}.proposal.json`],
    ...["file:///etc/passwd", "supervise://routes/..", "supervise://é"],
  ];
  for (const uri of unknown) {
    await t.step(JSON.stringify(uri), async () => {
      const now = await refusalOf(port, modern("resources/read", { uri }));
      assert.deepEqual([now.status, now.code, now.data], [200, -32602, { uri }]);
      for (const revision of ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const) {
        const before = await refusalOf(port, legacy(revision, "resources/read", { uri }));
        assert.deepEqual([before.status, before.code, before.data], [200, -32002, { uri }]);
      }
    });
  }
  await t.step("no URI", async () => {
    for (const uri of [undefined, null, 7, {}]) {
      const { status, code } = await refusalOf(port, modern("resources/read", { uri }));
      assert.deepEqual([status, code], [200, -32602]);
    }
  });
});

Deno.test("the ask of another bottle is an unknown resource", async () => {
  await using sidecar = await startSidecar();
  await using neighbour = await startSidecar({ queueRoot: sidecar.queueRoot, slug: "neighbour" });
  const uri = `${PROPOSALS}/${await begin(neighbour.port, "a.example")}`;
  assert.equal((await refusalOf(sidecar.port, modern("resources/read", { uri }))).code, -32602);
  assert.equal((await readJson(neighbour.port, uri)).status, "pending");
});

Deno.test("a cursor that nobody gave out is -32602; null is none", async () => {
  await using sidecar = await startSidecar();
  for (const method of LISTS) {
    for (const cursor of ["", "x", "0", 7, {}]) {
      const { status, code } = await refusalOf(sidecar.port, modern(method, { cursor }));
      assert.deepEqual([status, code], [200, -32602], `${method} ${JSON.stringify(cursor)}`);
      const before = await refusalOf(sidecar.port, legacy("2025-11-25", method, { cursor }));
      assert.deepEqual([before.status, before.code], [200, -32602]);
    }
    const { nextCursor } = await resultOf(sidecar.port, modern(method, { cursor: null }));
    assert.equal(nextCursor, undefined);
  }
});

Deno.test("the lists name what can be read, alike in both eras", async () => {
  await using sidecar = await startSidecar();
  const { port } = sidecar;
  for (const outgoing of [modern("resources/list"), legacy("2025-11-25", "resources/list")]) {
    const { resources } = await resultOf(port, outgoing);
    assert.deepEqual(resources.map(({ uri }: Data) => uri), ["supervise://routes", PROPOSALS]);
  }
  const method = "resources/templates/list";
  for (const outgoing of [modern(method), legacy("2025-11-25", method)]) {
    const { resourceTemplates } = await resultOf(port, outgoing);
    assert.deepEqual(
      resourceTemplates.map(({ uriTemplate }: Data) => uriTemplate),
      [`${PROPOSALS}/{proposal_id}`],
    );
  }
});

Deno.test("an ask reads as it stands, from pending to the operator's answer, and after a restart", async () => {
  await using root = await temporary();
  const where = { queueRoot: root.path };
  const seen: Data[] = [];
  let uris: string[] = [];
  {
    await using sidecar = await startSidecar(where);
    const { port } = sidecar;
    const probe = new QueueProbe(sidecar.queueDirectory);
    const [a, b, c] = [
      await begin(port, "a.example"),
      await begin(port, "b.example"),
      await begin(port, "c.example"),
    ];
    uris = [a, b, c].map((id) => `${PROPOSALS}/${id}`);
    const proposed = { proposed_file: '{\n  "host": "b.example"\n}\n', justification: "x" };
    const { since, ...pending } = await readJson(port, uris[1]!);
    assert.deepEqual(pending, {
      ...{ proposal_id: b, tool: "egress-block", status: "pending", claimed: false },
      ...proposed,
    });
    assert.equal(new Date(since).toISOString(), since);

    assert.equal((await supervisectl(root.path, ["reject", a, "--notes", "no"])).code, 0);
    const final_file = '{\n  "host": "b.example",\n  "path_allowlist": ["/"]\n}\n';
    await probe.answer(b, { status: "modified", notes: "less", final_file });
    await resultOf(port, modern("tasks/cancel", { taskId: c }, { tasks: true }));
    const ended = ({ status }: Data) => status !== "pending";
    for (const uri of uris) seen.push(await askUntil("end", () => readJson(port, uri), ended));
    assert.deepEqual(seen.map(({ status, notes }) => [status, notes]), [
      ["rejected", "no"],
      ["modified", "less"],
      ["withdrawn", undefined],
    ]);
    const { ended_at, ...modified } = seen[1];
    assert.deepEqual(modified, {
      ...{ proposal_id: b, tool: "egress-block", status: "modified", notes: "less", final_file },
      ...{ since, ...proposed },
    });
    assert.equal(new Date(ended_at).toISOString(), ended_at);
    sidecar.process.kill("SIGKILL");
    await sidecar.process.status;
  }
  await using sidecar = await startSidecar(where);
  for (const [at, uri] of uris.entries()) {
    assert.deepEqual(await readJson(sidecar.port, uri), seen[at]);
  }
});

Deno.test("supervise://routes is the proxy's own text, or says why it cannot be had", async () => {
  await using proxy = new EgressProxy();
  const table = '{"routes": [\n  {"host": "é.example"}]} \n';
  const length = new TextEncoder().encode(table).length;
  proxy.answer = `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${table}`;
  await using sidecar = await startSidecar({ env: { SUPERVISE_EGRESS_PROXY: proxy.url } });
  const uri = "supervise://routes";
  assert.deepEqual(await read(sidecar.port, uri), {
    uri,
    mimeType: "application/json",
    text: table,
  });
  proxy.answer = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  for (
    const outgoing of [
      modern("resources/read", { uri }),
      legacy("2025-11-25", "resources/read", { uri }),
    ]
  ) {
    const { status, code, message } = await refusalOf(sidecar.port, outgoing);
    assert.deepEqual([status, code], [200, -32603]);
    assert.match(message, /HTTP 500/);
  }
});

Deno.test("supervise://dockerfile is the mounted file, read anew each time", async (t) => {
  await using mount = await temporary();
  const path = join(mount.path, "Dockerfile");
  await using sidecar = await startSidecar({
    env: { SUPERVISE_CURRENT_CONFIG_DIR: mount.path },
    read: [mount.path],
  });
  const { port } = sidecar;
  const isListed = async () =>
    (await resultOf(port, modern("resources/list"))).resources.some(({ uri }: Data) =>
      uri === DOCKERFILE
    );
  const refused = () => refusalOf(port, modern("resources/read", { uri: DOCKERFILE }));

  await t.step("not there: not listed, and unknown", async () => {
    assert.equal(await isListed(), false);
    assert.equal((await refused()).code, -32602);
  });
  for (const text of ["FROM debian:13\n", "FROM é\nRUN x\n", ""]) {
    await t.step(`there: ${JSON.stringify(text)}`, async () => {
      await Deno.writeTextFile(path, text);
      assert.equal(await isListed(), true);
      const whole = { uri: DOCKERFILE, mimeType: "text/x-dockerfile", text };
      assert.deepEqual(await read(port, DOCKERFILE), whole);
      const before = legacy("2025-06-18", "resources/read", { uri: DOCKERFILE });
      assert.deepEqual((await resultOf(port, before)).contents, [whole]);
    });
  }
  const unreadable: readonly (readonly [string, Uint8Array])[] = [
    ["not UTF-8", new Uint8Array([0x46, 0xff])],
    ["larger than 1 MiB", new Uint8Array(1_048_577)],
  ];
  for (const [name, bytes] of unreadable) {
    await t.step(`${name}: listed, and refused with the reason`, async () => {
      await Deno.writeFile(path, bytes);
      assert.equal(await isListed(), true);
      const { code, message } = await refused();
      assert.equal(code, -32603);
      assert.match(message, /^the current Dockerfile cannot be shown: /);
    });
  }
});

Deno.test("supervise://dockerfile is not there for a program that may not read it", async () => {
  await using mount = await temporary();
  await Deno.writeTextFile(join(mount.path, "Dockerfile"), "FROM a\n");
  await using sidecar = await startSidecar({ env: { SUPERVISE_CURRENT_CONFIG_DIR: mount.path } });
  const { code } = await refusalOf(sidecar.port, modern("resources/read", { uri: DOCKERFILE }));
  assert.equal(code, -32602);
  assert.doesNotMatch(sidecar.process.stderr, /internal error/);
});
