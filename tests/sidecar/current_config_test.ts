/** The Dockerfile that the host shows: what is read, and what is not shown for which reason. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type ConfigRead, CurrentConfig } from "../../src/sidecar/current_config.ts";
import { makeFifo } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";
import { within } from "../support/within.ts";

const MAX_BYTES = 1_048_576;

interface Row {
  readonly name: string;
  /** Makes what is there; `path` is where the Dockerfile belongs. */
  readonly make: (path: string, elsewhere: string) => Promise<unknown>;
  /** Whether it is listed. */
  readonly has: boolean;
  readonly read: ConfigRead;
}

function text(content: string): ConfigRead {
  return { kind: "text", text: content };
}

function failed(what: string): ConfigRead {
  const message = `the current Dockerfile cannot be shown: ${what}. Tell your user.`;
  return { kind: "failed", message };
}

const ABSENT: ConfigRead = { kind: "absent" };

const LARGEST = "é".repeat(MAX_BYTES / 2);

const ROWS: readonly Row[] = [
  { name: "nothing", make: () => Promise.resolve(), has: false, read: ABSENT },
  {
    name: "a Dockerfile",
    make: (path) => Deno.writeTextFile(path, "FROM debian:12\r\n# é🙂\n"),
    has: true,
    read: text("FROM debian:12\r\n# é🙂\n"),
  },
  {
    name: "an empty file",
    make: (path) => Deno.writeTextFile(path, ""),
    has: true,
    read: text(""),
  },
  {
    name: "a link to a file, as mounts are made of them",
    make: async (path, elsewhere) => {
      await Deno.writeTextFile(join(elsewhere, "real"), "FROM scratch\n");
      await Deno.symlink(join(elsewhere, "real"), path);
    },
    has: true,
    read: text("FROM scratch\n"),
  },
  {
    name: "1 MiB",
    make: (path) => Deno.writeTextFile(path, LARGEST),
    has: true,
    read: text(LARGEST),
  },
  {
    name: "1 MiB and a byte",
    make: (path) => Deno.writeTextFile(path, `${LARGEST}x`),
    has: true,
    read: failed("it has 1048577 bytes, more than 1048576"),
  },
  {
    name: "1 TiB of nothing",
    make: async (path) => {
      await Deno.writeTextFile(path, "");
      await Deno.truncate(path, 2 ** 40);
    },
    has: true,
    read: failed("it has 1099511627776 bytes, more than 1048576"),
  },
  {
    name: "what is not UTF-8",
    make: (path) => Deno.writeFile(path, new Uint8Array([0x46, 0xff])),
    has: true,
    read: failed("it is not UTF-8 text"),
  },
  { name: "a directory", make: (path) => Deno.mkdir(path), has: false, read: ABSENT },
  {
    name: "a named pipe, which nobody writes to",
    make: makeFifo,
    has: false,
    read: ABSENT,
  },
  {
    name: "a link to a device",
    make: (path) => Deno.symlink("/dev/zero", path),
    has: false,
    read: ABSENT,
  },
  {
    name: "a link to nothing",
    make: (path) => Deno.symlink("nowhere", path),
    has: false,
    read: ABSENT,
  },
  { name: "a link to itself", make: (path) => Deno.symlink(path, path), has: false, read: ABSENT },
];

for (const { name, make, has, read } of ROWS) {
  Deno.test(`the Dockerfile is ${name}: ${read.kind}`, async () => {
    await using directory = await temporary();
    await using elsewhere = await temporary();
    await make(join(directory.path, "Dockerfile"), elsewhere.path);
    const config = new CurrentConfig(directory.path);
    assert.equal(await within(60, "look", config.hasDockerfile()), has);
    assert.deepEqual(await within(60, "text", config.readDockerfile()), read);
  });
}

Deno.test("a directory that is not mounted has no Dockerfile, and one that comes later is seen", async () => {
  await using directory = await temporary();
  const mount = join(directory.path, "config");
  const config = new CurrentConfig(mount);
  assert.equal(await config.hasDockerfile(), false);
  assert.deepEqual(await config.readDockerfile(), ABSENT);
  await Deno.mkdir(mount);
  for (const content of ["FROM a\n", "FROM b\n"]) {
    await Deno.writeTextFile(join(mount, "Dockerfile"), content);
    assert.equal(await config.hasDockerfile(), true);
    assert.deepEqual(await config.readDockerfile(), text(content));
  }
});

Deno.test("a mount point that is a file has no Dockerfile", async () => {
  await using directory = await temporary();
  const mount = join(directory.path, "config");
  await Deno.writeTextFile(mount, "FROM a\n");
  assert.deepEqual(await new CurrentConfig(mount).readDockerfile(), ABSENT);
});

Deno.test({
  name: "a directory beyond the program's permissions has no Dockerfile",
  permissions: { read: false },
  fn: async () => {
    const config = new CurrentConfig("/etc");
    assert.equal(await config.hasDockerfile(), false);
    assert.deepEqual(await config.readDockerfile(), ABSENT);
  },
});
