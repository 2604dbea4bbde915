/** `GET /healthz`: on real file systems that are full, read-only, gone or not ours, and back again. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { createHealthz } from "../../src/sidecar/healthz.ts";
import { QueueHealth } from "../../src/sidecar/queue_health.ts";
import { finish, Running } from "../support/process.ts";
import { runtimeEnvironment, sidecarArguments, startSidecar } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { eventually, within } from "../support/within.ts";

interface Report {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function get(url: string): Promise<Report> {
  const response = await fetch(new URL("/healthz", url));
  assert.equal(response.headers.get("content-type"), "application/json");
  const text = await response.text();
  assert.ok(text.endsWith("}\n") && text.split("\n").length === 2, "one line");
  return { status: response.status, body: JSON.parse(text) };
}

async function names(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name).sort();
}

/** Asks until the status is that one: an outcome holds for a second. */
async function becomes(status: number, url: string): Promise<Report> {
  let report = await get(url);
  await eventually(60, `/healthz with ${status}`, async () => {
    report = await get(url);
    return report.status === status;
  });
  return report;
}

/** The page alone, served as the endpoint does. */
function serve(checkQueue: () => Promise<string | undefined>, pending = 0, waiting = 0) {
  const page = createHealthz({
    version: "1.2.3",
    checkQueue,
    pending: () => pending,
    waiting: () => waiting,
  });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    const { status, contentType, text } = await page();
    return new Response(text, { status, headers: { "content-type": contentType } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("healthz says 200, the version, what is pending and who waits", async () => {
  await using page = serve(() => Promise.resolve(undefined), 3, 2);
  assert.deepEqual(await get(page.url), {
    status: 200,
    body: { ok: true, version: "1.2.3", queue_writable: true, pending: 3, waiting: 2 },
  });
});

Deno.test("healthz says 503 and the reason when the queue cannot be written", async () => {
  await using page = serve(() => Promise.resolve("the disk is full. Free some"), 1);
  assert.deepEqual(await get(page.url), {
    status: 503,
    body: {
      ok: false,
      version: "1.2.3",
      queue_writable: false,
      pending: 1,
      waiting: 0,
      reason: "the disk is full. Free some",
    },
  });
});

Deno.test("QueueHealth.check() finds a queue writable, before and after it has processed/", async () => {
  await using directory = await temporary();
  const check = () => new QueueHealth({ directory: directory.path }).check();
  assert.equal(await check(), undefined);
  assert.deepEqual(await names(directory.path), []);
  await Deno.mkdir(join(directory.path, "processed"));
  assert.equal(await check(), undefined);
  assert.deepEqual(await names(directory.path), ["processed"]);
  assert.deepEqual(await names(join(directory.path, "processed")), []);
});

const SPOILT: readonly (readonly [
  name: string,
  spoil: (queue: string) => Promise<void>,
  reason: string,
])[] = [
  [
    "gone",
    (queue) => Deno.remove(queue),
    "QUEUE: it is gone. Make or mount it again; what was waiting in it has to be asked again",
  ],
  [
    "a file",
    async (queue) => {
      await Deno.remove(queue);
      await Deno.writeTextFile(queue, "");
    },
    "QUEUE: it is not a directory. Put a directory in its place",
  ],
  [
    "a link that leads nowhere",
    async (queue) => {
      await Deno.remove(queue);
      await Deno.symlink(join(queue, "../nowhere"), queue);
    },
    "QUEUE: it is gone. Make or mount it again; what was waiting in it has to be asked again",
  ],
  [
    "writable with a processed/ that is a file",
    (queue) => Deno.writeTextFile(join(queue, "processed"), ""),
    "QUEUE/processed: it is not a directory. Put a directory in its place",
  ],
  [
    "writable with a processed/ that is a named pipe",
    async (queue) => await run("mkfifo", join(queue, "processed")),
    "QUEUE/processed: it is not a directory. Put a directory in its place",
  ],
];

for (const [name, spoil, reason] of SPOILT) {
  Deno.test(`QueueHealth.check() says what is wrong with a queue that is ${name}`, async () => {
    await using directory = await temporary();
    const queue = join(directory.path, "queue");
    await Deno.mkdir(queue);
    await spoil(queue);
    const trouble = await within(60, "answer", new QueueHealth({ directory: queue }).check());
    assert.equal(
      trouble?.replace(queue, "QUEUE"),
      `cannot write to the queue directory ${reason}`,
    );
  });
}

Deno.test("QueueHealth.check() shows an error it has no words for", async () => {
  const health = new QueueHealth({
    directory: "/queue",
    tryToWrite: () =>
      Promise.reject(Object.assign(new Error("input/output error"), { code: "EIO" })),
  });
  assert.equal(
    await health.check(),
    "cannot write to the queue directory /queue: input/output error. " +
      "Look at the file system that it is on",
  );
});

/** A try to write that goes on until it is told how it ended. */
function heldTries() {
  const tries: { readonly directory: string; readonly end: (error?: Error) => void }[] = [];
  return {
    tries,
    tryToWrite(directory: string): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      tries.push({ directory, end: (error) => error ? reject(error) : resolve() });
      return promise;
    },
  };
}

const FULL_DISK = Object.assign(new Error("no space"), { code: "ENOSPC" });

Deno.test("QueueHealth.check() makes one try for 1,000 who ask at once, and one a second after it", async () => {
  const { tries, tryToWrite } = heldTries();
  let nowMs = 5_000;
  const health = new QueueHealth({ directory: "/queue", tryToWrite, now: () => nowMs });
  const asked = Array.from({ length: 1_000 }, () => health.check());
  nowMs = 6_500;
  asked.push(health.check());
  assert.deepEqual(tries.map(({ directory }) => directory), ["/queue"]);
  tries[0]!.end(FULL_DISK);
  const outcomes = new Set(await Promise.all(asked));
  assert.equal(outcomes.size, 1);
  assert.match([...outcomes][0] ?? "", /no space is left/);
  nowMs += 999;
  assert.match(await health.check() ?? "", /no space is left/);
  assert.equal(tries.length, 1, "an outcome holds for a second");
  nowMs += 1;
  const again = health.check();
  assert.equal(tries.length, 2, "after a second it is tried again");
  tries[1]!.end(FULL_DISK);
  await again;
});

Deno.test("QueueHealth.check() reports a try that hangs, begins no other, and takes its end", async () => {
  const { tries, tryToWrite } = heldTries();
  const health = new QueueHealth({ directory: "/queue", tryToWrite, timeoutMs: 50 });
  const slow = "cannot write to the queue directory /queue: it did not answer within 0.05 s. " +
    "Look at the disk or the network mount that it is on";
  assert.equal(await within(60, "report", health.check()), slow);
  assert.equal(await within(60, "report", health.check()), slow);
  assert.equal(tries.length, 1);
  tries[0]!.end(FULL_DISK);
  await eventually(60, "end of the try", async () => await health.check() !== slow);
  assert.match(await health.check() ?? "", /no space is left/);
  assert.equal(tries.length, 1);
});

/** Mounting needs a root who is not confined, as in most CI containers. */
const mayMount = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("unshare", { args: ["--mount", "true"] }).outputSync().success;

async function run(command: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await finish(command, args);
  assert.equal(code, 0, stderr);
}

interface Disk extends AsyncDisposable {
  readonly path: string;
  /** Takes further mount options, such as `ro`. */
  remount(options: string): Promise<void>;
}

/** A file system of its own, which goes away with the test. */
async function mountDisk(options: string, at?: string): Promise<Disk> {
  const own = at === undefined ? await temporary() : undefined;
  const path = at ?? own!.path;
  await run("mount", "-t", "tmpfs", "-o", options, "none", path);
  return {
    path,
    remount: (changed) => run("mount", "-o", `remount,${changed}`, path),
    async [Symbol.asyncDispose]() {
      await run("umount", "--lazy", path);
      await own?.[Symbol.asyncDispose]();
    },
  };
}

/** Leaves no room for a single byte; returns what makes room again. */
async function fillUp(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, "filler");
  using file = await Deno.open(path, { write: true, createNew: true });
  const block = new Uint8Array(4_096);
  const writing = async () => {
    while (true) await file.write(block);
  };
  await assert.rejects(writing(), { code: "ENOSPC" });
  return () => Deno.remove(path);
}

/** Leaves no room for another name; returns what makes room again. */
async function useUpInodes(directory: string): Promise<() => Promise<void>> {
  const made: string[] = [];
  const making = async () => {
    while (true) {
      const path = join(directory, `filler${made.length}`);
      await Deno.writeTextFile(path, "", { createNew: true });
      made.push(path);
    }
  };
  await assert.rejects(making(), { code: "ENOSPC" });
  return async () => {
    for (const path of made) await Deno.remove(path);
  };
}

const NO_SPACE = "no space is left, or no inodes. Free some";

const DISKS: readonly (readonly [
  name: string,
  break_: (disk: Disk) => Promise<() => Promise<void>>,
  reason: string,
])[] = [
  ["full", ({ path }) => fillUp(path), NO_SPACE],
  ["out of inodes", ({ path }) => useUpInodes(path), NO_SPACE],
  ["read-only", async (disk) => {
    await disk.remount("ro");
    return () => disk.remount("rw");
  }, "the file system is read-only. Mount it writable"],
];

for (const [name, spoil, reason] of DISKS) {
  Deno.test({
    name: `/healthz of a sidecar says 503 while its disk is ${name}, /health ok (needs root)`,
    ignore: !mayMount,
    async fn() {
      await using disk = await mountDisk("size=256k,nr_inodes=64");
      await using sidecar = await startSidecar({ queueRoot: disk.path });
      const { version, ...well } = (await becomes(200, sidecar.url)).body;
      assert.match(String(version), /^\d+\.\d+\.\d+$/);
      assert.deepEqual(well, { ok: true, queue_writable: true, pending: 0, waiting: 0 });

      const mend = await spoil(disk);
      const { body } = await becomes(503, sidecar.url);
      assert.deepEqual(body, {
        ...{ ok: false, version, queue_writable: false, pending: 0, waiting: 0 },
        reason: `cannot write to the queue directory ${sidecar.queueDirectory}: ${reason}`,
      });
      const health = await fetch(new URL("/health", sidecar.url));
      assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);

      await mend();
      assert.deepEqual((await becomes(200, sidecar.url)).body, { ...well, version });
      assert.deepEqual(
        (await names(sidecar.queueDirectory)).filter((name) => name.includes("check")),
        [],
      );
    },
  });
}

/** A real disk whose writes can be made to hang, as those to a lost network mount do. */
async function mountFreezable(): Promise<{ readonly path: string } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const files = stack.use(await temporary());
  const [image, path] = [join(files.path, "image"), join(files.path, "disk")];
  await Deno.writeFile(image, new Uint8Array());
  await Deno.truncate(image, 8 * 1_048_576);
  await run("mkfs.ext4", "-q", image);
  await Deno.mkdir(path);
  await run("mount", "-o", "loop", image, path);
  stack.defer(() => run("umount", "--lazy", path));
  const owned = stack.move();
  return { path, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Makes writes hang until it is disposed, or this process is gone, however that came about. */
async function freeze(path: string): Promise<AsyncDisposable> {
  const script = 'trap "" TERM INT; fsfreeze -f "$0" && echo frozen && cat; fsfreeze -u "$0"';
  // In a session of its own: whoever kills the tests kills their process group.
  const process = new Running("setsid", { args: ["sh", "-c", script, path], stdin: "piped" });
  await within(60, "frozen disk", process.output("stdout", /frozen/));
  return {
    async [Symbol.asyncDispose]() {
      await process.stdin.close();
      await within(60, "disk that is not frozen any more", process.status);
    },
  };
}

/** A loop device and a freeze are more than most containers allow. */
async function mayFreeze(): Promise<boolean> {
  if (!mayMount) return false;
  try {
    await using disk = await mountFreezable();
    await using _frozen = await freeze(disk.path);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "/healthz of a sidecar says 503 while its disk hangs, /health ok (needs root)",
  ignore: !await mayFreeze(),
  async fn() {
    await using disk = await mountFreezable();
    await using sidecar = await startSidecar({ queueRoot: disk.path });
    await becomes(200, sidecar.url);
    await using stack = new AsyncDisposableStack();
    stack.use(await freeze(disk.path));
    const { body } = await becomes(503, sidecar.url);
    assert.equal(
      body["reason"],
      `cannot write to the queue directory ${sidecar.queueDirectory}: it did not answer within ` +
        "2 s. Look at the disk or the network mount that it is on",
    );
    const health = await fetch(new URL("/health", sidecar.url));
    assert.deepEqual([health.status, await health.text()], [200, "ok\n"]);
    await stack.disposeAsync();
    await becomes(200, sidecar.url);
  },
});

Deno.test({
  name: "QueueHealth.check() sees that processed/ alone is full (needs root)",
  ignore: !mayMount,
  async fn() {
    await using directory = await temporary();
    const processed = join(directory.path, "processed");
    await Deno.mkdir(processed);
    await using disk = await mountDisk("size=64k", processed);
    const check = () => new QueueHealth({ directory: directory.path }).check();
    assert.equal(await check(), undefined);
    const mend = await fillUp(disk.path);
    assert.equal(await check(), `cannot write to the queue directory ${processed}: ${NO_SPACE}`);
    assert.deepEqual(await names(disk.path), ["filler"]);
    await mend();
    assert.equal(await check(), undefined);
  },
});

Deno.test("/healthz of a sidecar says 503 while its queue is gone, and 200 once it is back", async () => {
  await using sidecar = await startSidecar();
  await becomes(200, sidecar.url);
  await Deno.remove(sidecar.queueDirectory, { recursive: true });
  assert.match(String((await becomes(503, sidecar.url)).body["reason"]), /: it is gone\. Make/);
  await Deno.mkdir(sidecar.queueDirectory, { mode: 0o700 });
  await becomes(200, sidecar.url);
});

/** What makes a root one to whom the permission bits of others' files apply. */
const CONFINED = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"];

const mayConfine = Deno.build.os === "linux" && Deno.uid() === 0 &&
  new Deno.Command("sh", { args: ["-c", `${CONFINED.join(" ")} true`], stderr: "null" })
    .outputSync().success;

Deno.test({
  name: "/healthz of a sidecar says 503 while its queue is another user's (needs root)",
  ignore: !mayConfine,
  async fn() {
    await using root = await temporary();
    const queue = join(root.path, "dev");
    const [command = "", ...args] = [...CONFINED, Deno.execPath(), ...sidecarArguments(queue)];
    await using process = new Running(command, {
      args,
      env: {
        ...runtimeEnvironment(),
        SUPERVISE_BOTTLE_SLUG: "dev",
        SUPERVISE_QUEUE_DIR: queue,
        SUPERVISE_BIND: "127.0.0.1",
        SUPERVISE_PORT: "0",
      },
      clearEnv: true,
      cwd: new URL("../../", import.meta.url),
    });
    const [, port] = await process.output("stderr", /listening on \S+:(\d+);/);
    const url = `http://127.0.0.1:${port}/`;
    await becomes(200, url);
    await Deno.chown(queue, 65_532, 65_532);
    assert.equal(
      (await becomes(503, url)).body["reason"],
      `cannot write to the queue directory ${queue}: permission denied. ` +
        "Give it to the user that the sidecar runs as (chown), mode 0700",
    );
    await Deno.chown(queue, 0, 0);
    await becomes(200, url);
  },
});

Deno.test("/healthz of a sidecar answers 2,000 probes with a file a second at most, but with some", async () => {
  await using sidecar = await startSidecar();
  await becomes(200, sidecar.url);
  const made = new Set<string>();
  using watcher = Deno.watchFs(sidecar.queueDirectory, { recursive: false });
  const watching = (async () => {
    for await (const { kind, paths } of watcher) {
      for (const path of paths) if (kind === "create" && path.includes(".check.")) made.add(path);
    }
  })();
  const startedAt = performance.now();
  for (let round = 0; round < 40; round++) {
    const probes = Array.from({ length: 50 }, () => get(sidecar.url));
    for (const { status } of await Promise.all(probes)) assert.equal(status, 200);
  }
  // The probes may all have come while the first look was fresh; and events may come late.
  await eventually(60, "file", async () => {
    assert.equal((await get(sidecar.url)).status, 200);
    return made.size > 0;
  });
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  watcher.close();
  await watching;
  assert.ok(made.size <= tookSeconds + 1, `${made.size} files in ${tookSeconds} s`);
});
