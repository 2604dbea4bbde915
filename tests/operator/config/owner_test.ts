/** Whose the configuration and the state directory may be: who writes them acts as the operator. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  checkOwnDirectory,
  requireOwnDirectory,
} from "../../../src/operator/config/check_directory.ts";
import { readConfig } from "../../../src/operator/config/read.ts";
import { Failure } from "../../../src/operator/failure.ts";
import { supervisectl } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";

const CONFIG = "bottles:\n  - routes: {file: routes.yaml}\n";

/** Only root can give a file away. */
const mayGiveAway = Deno.uid() === 0;

async function writeConfig(directory: string): Promise<string> {
  const path = join(directory, "c.yaml");
  await Deno.writeTextFile(path, CONFIG, { mode: 0o600 });
  return path;
}

const foreign = (path: string) =>
  `${path} belongs to user 1234, who would run commands as you; it must be yours or root's`;

Deno.test({
  name: "readConfig() refuses a file of another user, and one in a directory of another",
  ignore: !mayGiveAway,
  async fn() {
    await using dir = await temporary();
    const path = await writeConfig(dir.path);
    const refused = (message: string) =>
      assert.rejects(readConfig(path, () => undefined), { code: "bad-config", message });
    await Deno.chown(path, 1_234, null);
    await refused(foreign(path));
    await Deno.chown(path, 0, null);
    await Deno.chown(dir.path, 1_234, null);
    await refused(foreign(dir.path));
  },
});

Deno.test({
  name: "supervisectl with its own permissions refuses a configuration of another user",
  ignore: !mayGiveAway,
  async fn() {
    await using dir = await temporary();
    const path = await writeConfig(dir.path);
    const root = join(dir.path, "queue");
    await Deno.mkdir(root);
    const args = ["doctor", "--config", path, "--json"];
    const told = async () => JSON.parse((await supervisectl(root, args)).stdout).findings[0];
    assert.deepEqual(await told(), { ok: true, text: `configuration: ${path}`, try: null });
    await Deno.chown(path, 1_234, null);
    assert.deepEqual(await told(), { ok: false, text: foreign(path), try: null });
  },
});

for (
  const [what, look] of [
    ["readConfig()", async (directory: string) => {
      await readConfig(await writeConfig(directory), () => undefined);
    }],
    ["requireOwnDirectory()", requireOwnDirectory],
  ] as const
) {
  Deno.test({
    name: `${what} that may not know the operator's own number refuses`,
    permissions: { read: true, write: true, sys: false, env: true },
    async fn() {
      await using dir = await temporary();
      await assert.rejects(look(dir.path), (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.match(error.message, /: requires sys access to "uid"/);
        return true;
      });
    },
  });
}

const DIRECTORIES: readonly {
  readonly name: string;
  readonly mode: number;
  readonly uid?: number;
  /** After the path; undefined: it is taken. */
  readonly refused?: string;
  readonly isOpen?: boolean;
}[] = [
  { name: "that the operator alone can write", mode: 0o700 },
  { name: "that others can read", mode: 0o755 },
  ...[0o770, 0o702, 0o1777].map((mode) => ({
    name: `of mode ${mode.toString(8)}`,
    mode,
    refused: " can be written by others, who could change what is recorded there; it must be " +
      "writable by you alone",
    isOpen: true,
  })),
  {
    name: "of another user",
    mode: 0o700,
    uid: 1_234,
    refused: " belongs to user 1234, who could change what is recorded there; it must be " +
      "yours or root's",
  },
];

for (const { name, mode, uid, refused, isOpen } of DIRECTORIES) {
  Deno.test({
    name: `requireOwnDirectory() ${refused ? "refuses" : "takes"} a state directory ${name}`,
    ignore: uid !== undefined && !mayGiveAway,
    async fn() {
      await using dir = await temporary();
      const path = join(dir.path, "state");
      await Deno.mkdir(path);
      await Deno.chmod(path, mode);
      if (uid !== undefined) await Deno.chown(path, uid, null);
      const finding = await checkOwnDirectory(path);
      if (!refused) {
        await requireOwnDirectory(path);
        assert.deepEqual(finding, { ok: true, text: `${path} can be written` });
        return;
      }
      const text = path + refused;
      const error = await requireOwnDirectory(path).then(() => undefined, (error) => error);
      assert.ok(error instanceof Failure, String(error));
      const remedy = isOpen && { do: "protect", path };
      assert.deepEqual([error.code, error.message, error.remedy], ["cannot-write", text, remedy]);
      assert.deepEqual(finding, { ok: false, text, ...remedy && { remedy } });
    },
  });
}

Deno.test("requireOwnDirectory() takes what is not there yet, and refuses a file", async () => {
  await using dir = await temporary();
  await requireOwnDirectory(join(dir.path, "a", "state"));
  const path = join(dir.path, "file");
  await Deno.writeTextFile(path, "");
  await assert.rejects(requireOwnDirectory(path), {
    code: "cannot-write",
    message: `${path} must be a directory`,
  });
});

Deno.test("requireOwnDirectory() looks at where a symbolic link leads", async () => {
  await using dir = await temporary();
  const [real, link] = [join(dir.path, "real"), join(dir.path, "link")];
  await Deno.mkdir(real);
  await Deno.symlink(real, link);
  await requireOwnDirectory(link);
  await Deno.chmod(real, 0o777);
  await assert.rejects(requireOwnDirectory(link), { code: "cannot-write" });
});
