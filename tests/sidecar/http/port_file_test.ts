/** The port file: whole, for its owner alone, and gone when the sidecar is, unless it was killed. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ListenError } from "../../../src/sidecar/http/listener.ts";
import { publishPortFile } from "../../../src/sidecar/http/port_file.ts";
import { makeFifo } from "../../support/process.ts";
import { startSidecar } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";

async function namesIn(directory: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(directory), ({ name }) => name)).sort();
}

function isRefused(path: string, why: RegExp): void {
  assert.throws(() => publishPortFile(path, 9100), (error) => {
    assert.ok(error instanceof ListenError, String(error));
    assert.match(error.message, /^cannot write the port to [^\n]+$/);
    assert.match(error.message, why);
    return true;
  });
}

Deno.test("publishPortFile() writes the port for its owner alone, and removes it", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "port");
  const file = publishPortFile(path, 9_100);
  assert.equal(await Deno.readTextFile(path), "9100\n");
  assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o600);
  assert.deepEqual(await namesIn(directory.path), ["port"]);
  file.remove();
  assert.deepEqual(await namesIn(directory.path), []);
  file.remove();
});

for (const text of ["1\n", "", "99999999999", "\0".repeat(1_000)]) {
  Deno.test(`publishPortFile() replaces an old file of ${text.length} bytes, and does not write to it`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "port");
    await Deno.writeTextFile(path, text, { mode: 0o644 });
    await Deno.link(path, join(directory.path, "other"));
    publishPortFile(path, 65_535);
    assert.equal(await Deno.readTextFile(path), "65535\n");
    assert.equal(Deno.lstatSync(path).mode! & 0o777, 0o600);
    assert.equal(await Deno.readTextFile(join(directory.path, "other")), text);
  });
}

const OTHERS: readonly (readonly [name: string, change: (path: string) => Promise<void>])[] = [
  ["another text", (path) => Deno.writeTextFile(path, "9101\n")],
  ["another file of the same text", async (path) => {
    await Deno.rename(path, `${path}.old`);
    await Deno.writeTextFile(path, "9100\n");
  }],
  ["a directory", async (path) => {
    await Deno.remove(path);
    await Deno.mkdir(path);
  }],
  ["a link", async (path) => {
    await Deno.rename(path, `${path}.old`);
    await Deno.symlink("port.old", path);
  }],
];

for (const [name, change] of OTHERS) {
  Deno.test(`remove() leaves what is there instead: ${name}`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "port");
    const file = publishPortFile(path, 9_100);
    await change(path);
    const names = await namesIn(directory.path);
    file.remove();
    assert.deepEqual(await namesIn(directory.path), names);
  });
}

const IN_THE_WAY: readonly (readonly [name: string, make: (path: string) => Promise<void>])[] = [
  ["a directory", (path) => Deno.mkdir(path)],
  ["a link to a file", async (path) => {
    await Deno.writeTextFile(`${path}.target`, "text");
    await Deno.symlink("port.target", path);
  }],
  ["a link to a device", (path) => Deno.symlink("/dev/null", path)],
  ["a FIFO", async (path) => {
    await makeFifo(path);
  }],
];

for (const [name, make] of IN_THE_WAY) {
  Deno.test(`publishPortFile() refuses ${name} in its place, and leaves it`, async () => {
    await using directory = await temporary();
    const path = join(directory.path, "port");
    await make(path);
    const before = [Deno.lstatSync(path).ino, await namesIn(directory.path)];
    isRefused(path, /something is there that is no file\. Remove it or set SUPERVISE_PORT_FILE /);
    assert.deepEqual([Deno.lstatSync(path).ino, await namesIn(directory.path)], before);
  });
}

Deno.test("publishPortFile() refuses a place that cannot be written to, in one line", async () => {
  await using directory = await temporary();
  await Deno.writeTextFile(join(directory.path, "file"), "");
  isRefused(join(directory.path, "no", "port"), /: the directory \S+\/no is missing\. Create it$/);
  isRefused(join(directory.path, "file", "port"), /: \S+\/file is not a directory\. Set /);
  isRefused(
    join(directory.path, "x".repeat(300)),
    /name too long[^\n]*Check SUPERVISE_PORT_FILE$/i,
  );
  assert.deepEqual(await namesIn(directory.path), ["file"]);
});

Deno.test("the port file tells the port, and is gone after SIGTERM", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "port");
  await using sidecar = await startSidecar({
    env: { SUPERVISE_PORT_FILE: path },
    write: [directory.path],
  });
  assert.equal(await Deno.readTextFile(path), `${sidecar.port}\n`);
  sidecar.process.kill("SIGTERM");
  assert.equal((await within(60, "end", sidecar.process.status)).code, 0);
  assert.deepEqual(await namesIn(directory.path), []);
});

Deno.test("the port file is left by SIGKILL, and replaced by the next one", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "port");
  const options = { env: { SUPERVISE_PORT_FILE: path }, write: [directory.path] };
  await using killed = await startSidecar(options);
  killed.process.kill("SIGKILL");
  await within(60, "end", killed.process.status);
  assert.equal(await Deno.readTextFile(path), `${killed.port}\n`);
  await using next = await startSidecar(options);
  assert.equal(await Deno.readTextFile(path), `${next.port}\n`);
  assert.equal(await (await fetch(`${next.url}health`)).text(), "ok\n");
});

Deno.test("the port file of the next one is left by the one before", async () => {
  await using directory = await temporary();
  const path = join(directory.path, "port");
  const options = { env: { SUPERVISE_PORT_FILE: path }, write: [directory.path] };
  await using before = await startSidecar(options);
  await using next = await startSidecar(options);
  before.process.kill("SIGTERM");
  assert.equal((await within(60, "end", before.process.status)).code, 0);
  assert.equal(await Deno.readTextFile(path), `${next.port}\n`);
});
