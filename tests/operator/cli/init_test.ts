/** `init` in an empty home and in ones that have something already: nothing is written over. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { ctl } from "../fixture.ts";
import { temporary, type TemporaryDirectory } from "../../support/temporary.ts";

const MODE = 0o777;

/** Runs `supervisectl` with nothing but a home. */
function home({ path }: TemporaryDirectory, args: readonly string[]) {
  const env = { HOME: path, SUPERVISE_STATE_DIR: join(path, ".local/state/supervise") };
  return ctl(join(path, ".bot-bottle/queue"), args, { env });
}

Deno.test("init makes all that a bottle needs, for its owner alone, and doctor is content", async () => {
  await using directory = await temporary();
  const { path } = directory;
  const { code, stdout, stderr } = await home(directory, ["init", "web-1"]);
  assert.equal(code, 0, stderr);
  const lines = stdout.replaceAll(path, "HOME").split("\n");
  assert.deepEqual(lines.slice(0, 5), [
    "made   queue          HOME/.bot-bottle/queue/web-1",
    "made   state          HOME/.local/state/supervise",
    "made   configuration  HOME/.config/supervise/config.yaml",
    "made   routes         HOME/.bot-bottle/bottles/web-1/routes.yaml",
    "",
  ]);
  assert.match(stdout, /^Then: supervisectl doctor .*--slug web-1$/m);
  for (const name of [".bot-bottle/queue/web-1", ".local/state/supervise"]) {
    assert.equal((await Deno.stat(join(path, name))).mode! & MODE, 0o700);
  }
  for (const name of [".config/supervise/config.yaml", ".bot-bottle/bottles/web-1/routes.yaml"]) {
    assert.equal((await Deno.stat(join(path, name))).mode! & MODE, 0o600);
  }
  assert.equal((await home(directory, ["doctor"])).code, 0);
});

Deno.test("init says again what is there, and another bottle needs only its own", async () => {
  await using directory = await temporary();
  await home(directory, ["init", "web-1"]);
  const routes = join(directory.path, ".bot-bottle/bottles/web-1/routes.yaml");
  await Deno.writeTextFile(routes, "routes: [{host: a.example}]\n");
  const again = JSON.parse((await home(directory, ["init", "web-1", "--json"])).stdout);
  assert.deepEqual(again.places.map(({ made }: { made: boolean }) => made), [
    false,
    false,
    false,
    false,
  ]);
  assert.equal(again.entry, null);
  assert.equal(await Deno.readTextFile(routes), "routes: [{host: a.example}]\n");
  const other = JSON.parse((await home(directory, ["init", "web-2", "--json"])).stdout);
  assert.deepEqual(other.places.map(({ made }: { made: boolean }) => made), [
    true,
    false,
    false,
    true,
  ]);
});

Deno.test("init leaves a configuration as it is, and says what to add to it", async () => {
  await using directory = await temporary();
  const config = join(directory.path, "config.yaml");
  const text = `bottles: [{match: other, dockerfile: {file: ${directory.path}/Dockerfile}}]\n`;
  await Deno.writeTextFile(config, text, { mode: 0o600 });
  const { code, stdout } = await home(directory, ["init", "web-1", "--config", config]);
  assert.equal(code, 0);
  assert.match(stdout, /The configuration has no routes file for web-1\. Add to bottles in /);
  assert.equal(await Deno.readTextFile(config), text);
  const entry = /^ {2}- match: "web-1"\n(?: {4}.*\n)+/m.exec(stdout)?.[0] ?? "";
  await Deno.writeTextFile(config, `bottles:\n${entry}`);
  const after = JSON.parse(
    (await home(directory, ["init", "web-1", "--config", config, "--json"])).stdout,
  );
  assert.equal(after.entry, null);
  assert.equal(after.places.at(-1).what, "routes");
});

const REFUSED = [
  { name: "no name", args: [], message: /init needs NAME/ },
  { name: "a name that is a path", args: ["../web"], message: /NAME must be a bottle's name/ },
  { name: "two names", args: ["web-1", "web-2"], message: /init takes one NAME/ },
];

for (const { name, args, message } of REFUSED) {
  Deno.test(`init refuses ${name}, and makes nothing`, async () => {
    await using directory = await temporary();
    const { code, stderr } = await home(directory, ["init", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, message);
    assert.deepEqual([...Deno.readDirSync(directory.path)], []);
  });
}

Deno.test("init does not go on with a configuration that is wrong", async () => {
  await using directory = await temporary();
  const config = join(directory.path, "config.yaml");
  await Deno.writeTextFile(config, "bottles: 7\n", { mode: 0o600 });
  const { code, stderr } = await home(directory, ["init", "web-1", "--config", config]);
  assert.equal(code, 1);
  assert.match(stderr, /bottles must be a list/);
});

Deno.test("init shares the queue with the group that the queue root is shared with", async () => {
  await using directory = await temporary();
  const root = join(directory.path, ".bot-bottle/queue");
  await Deno.mkdir(root, { recursive: true });
  await Deno.chmod(root, 0o2770);
  assert.equal((await home(directory, ["init", "web-1"])).code, 0);
  assert.equal((await Deno.stat(join(root, "web-1"))).mode! & 0o7777, 0o2770);
});
