/** The configuration's file: where it is looked for, and which files are refused. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Config } from "../../../src/operator/config/config.ts";
import { configReader, readConfig } from "../../../src/operator/config/read.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { makeFifo } from "../../support/process.ts";
import { temporary } from "../../support/temporary.ts";
import { of } from "./config_text.ts";
import {} from "../fixture.ts";

const GOOD = "bottles: [{routes: {file: routes.yaml}}]\n";

async function write(directory: string, name: string, text = GOOD, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
  return path;
}

const environment = (env: Record<string, string>) => (name: string) => env[name];

const PLACES: readonly (readonly [
  string,
  string | undefined,
  (directory: string) => [option: string | undefined, env: Record<string, string>],
])[] = [
  ["the option first", "o.yaml", (d) => [`${d}/o.yaml`, { SUPERVISE_CONFIG: `${d}/e.yaml` }]],
  ["a tilde that the shell left", "o.yaml", (d) => ["~/o.yaml", { HOME: d }]],
  [
    "the environment second",
    "e.yaml",
    (d) => [undefined, { SUPERVISE_CONFIG: `${d}/e.yaml`, XDG_CONFIG_HOME: `${d}/x` }],
  ],
  [
    "XDG_CONFIG_HOME third",
    "x/supervise/config.yaml",
    (d) => [undefined, { SUPERVISE_CONFIG: " ", XDG_CONFIG_HOME: `${d}/x`, HOME: d }],
  ],
  ["HOME last", ".config/supervise/config.yaml", (d) => [undefined, { HOME: d }]],
  [
    "HOME for a relative XDG_CONFIG_HOME",
    ".config/supervise/config.yaml",
    (d) => [undefined, { XDG_CONFIG_HOME: "x", HOME: d }],
  ],
  ["nothing without HOME", undefined, () => [undefined, {}]],
  ["nothing when the default is not there", undefined, (d) => [undefined, { HOME: `${d}/y` }]],
];

for (const [name, expected, given] of PLACES) {
  Deno.test(`readConfig() takes ${name}`, async () => {
    await using directory = await temporary();
    const names = ["o.yaml", "e.yaml", "x/supervise/config.yaml", ".config/supervise/config.yaml"];
    for (const name of names) await write(directory.path, name);
    const [option, env] = given(directory.path);
    const config = await readConfig(option, environment(env));
    const path = expected === undefined ? undefined : join(directory.path, expected);
    assert.equal(config.path, path);
    const file = config.targetsOf(of("dev")).routes?.path;
    assert.equal(file, path && join(path, "..", "routes.yaml"));
  });
}

const REFUSED: readonly {
  readonly name: string;
  readonly code: string;
  /** After the path; in it DIR is the temporary directory. */
  readonly message: string;
  readonly protect?: string;
  make(directory: string): Promise<unknown>;
}[] = [
  {
    name: "that is not there",
    code: "cannot-read",
    message: "cannot read the configuration DIR/c.yaml: no such file or directory",
    make: () => Promise.resolve(),
  },
  {
    name: "that is a directory",
    code: "cannot-read",
    message: "the configuration DIR/c.yaml is not a regular file",
    make: (directory) => Deno.mkdir(join(directory, "c.yaml")),
  },
  {
    name: "that is a FIFO",
    code: "cannot-read",
    message: "the configuration DIR/c.yaml is not a regular file",
    make: (directory) => makeFifo(join(directory, "c.yaml")),
  },
  {
    name: "of over 1 MiB",
    code: "too-large",
    message: "the configuration DIR/c.yaml must be at most 1 MiB, got more",
    make: (directory) => write(directory, "c.yaml", "#".repeat(1_048_577)),
  },
  {
    name: "that is not UTF-8",
    code: "bad-config",
    message: "DIR/c.yaml must be UTF-8 text, got other bytes",
    async make(directory) {
      await write(directory, "c.yaml");
      await Deno.writeFile(join(directory, "c.yaml"), new Uint8Array([0xff, 0xfe]));
    },
  },
  ...[0o620, 0o602].map((mode) => ({
    name: `of mode ${mode.toString(8)}`,
    code: "bad-config",
    message: "DIR/c.yaml can be written by others than its owner, who would run commands as " +
      "you; it must be writable by you alone",
    protect: "DIR/c.yaml",
    make: (directory: string) => write(directory, "c.yaml", GOOD, mode),
  })),
  {
    name: "in a directory that others can write",
    code: "bad-config",
    message: "DIR/c.yaml can be replaced by others, since they can write its directory DIR; it " +
      "must be writable by you alone",
    protect: "DIR",
    async make(directory) {
      await write(directory, "c.yaml");
      await Deno.chmod(directory, 0o777);
    },
  },
  {
    name: "with a fault",
    code: "bad-config",
    message: "DIR/c.yaml:1: bottle is not a known key, did you mean bottles?",
    make: (directory) => write(directory, "c.yaml", "{bottles: [{routes: {file: a}}], bottle: x}"),
  },
];

for (const { name, code, message, protect, make } of REFUSED) {
  Deno.test(`readConfig() refuses a named file ${name}`, async () => {
    await using directory = await temporary();
    await make(directory.path);
    const filled = (text: string | undefined) => text?.replaceAll("DIR", directory.path);
    await assert.rejects(
      readConfig(join(directory.path, "c.yaml"), environment({})),
      (error) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual(
          [error.code, error.message, error.remedy],
          [code, filled(message), protect && { do: "protect", path: filled(protect) }],
        );
        return true;
      },
    );
  });
}

Deno.test("readConfig() follows a link to a file of 1 MiB, and refuses one that leads nowhere", async () => {
  await using directory = await temporary();
  const env = environment({ HOME: directory.path });
  const path = join(directory.path, ".config/supervise/config.yaml");
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.symlink(join(directory.path, "c.yaml"), path);
  await assert.rejects(readConfig(undefined, env), {
    code: "cannot-read",
    message: `cannot read the configuration ${path}: no such file or directory`,
  });
  await write(directory.path, "c.yaml", GOOD + "#".repeat(1_048_576 - GOOD.length));
  assert.equal((await readConfig(undefined, env)).path, path);
});

Deno.test("configReader() keeps what it read until the file is written, replaced or closed to others", async () => {
  await using dir = await temporary();
  const path = join(dir.path, "config.yaml");
  const later = () => Date.now() + 60_000;
  const read = configReader(path, () => undefined, () => join(dir.path, "queue"), later);
  const changes: readonly (() => Promise<unknown>)[] = [
    () => Deno.writeTextFile(path, GOOD, { mode: 0o600 }),
    () => Deno.writeTextFile(path, `${GOOD}# more\n`),
    () =>
      Deno.writeTextFile(`${path}.new`, `${GOOD}# more\n`, { mode: 0o600 })
        .then(() => Deno.rename(`${path}.new`, path)),
    () => Deno.chmod(path, 0o400),
  ];
  let before: Config | undefined;
  for (const change of changes) {
    await change();
    const config = await read();
    assert.notEqual(config, before);
    assert.equal(await read(), config);
    before = config;
  }
  await Deno.chmod(path, 0o622);
  await assert.rejects(read(), /can be written by others/);
  await assert.rejects(read(), /can be written by others/);
});
