/** Where the program keeps what it records: never in a place of somebody else, nor without being told. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { requireOwnDirectory } from "../../src/operator/config/check_directory.ts";
import { hasStateDirectory, queueRoot } from "../../src/operator/settings.ts";
import { finish, Running } from "../support/process.ts";
import { temporary } from "../support/temporary.ts";
import { propose } from "./fixture.ts";
import { ROUTES, stand } from "./live/stand.ts";

const IS_ROOT = Deno.uid() === 0;
const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test({
  name: "approve as root makes no state directory in the HOME of another user",
  ignore: !IS_ROOT,
  async fn() {
    await using place = await stand();
    const home = join(place.path, "home");
    await Deno.mkdir(home);
    await Deno.chown(home, 1_234, 5_678);
    const proposal = await propose(place.root);
    for (const directory of [join(home, ".local", "state", "supervise"), join(home, "state")]) {
      const env = { SUPERVISE_STATE_DIR: directory };
      const { code, stderr } = await place.ctl(["approve", proposal.id], { env });
      assert.equal(code, 1);
      assert.ok(
        stderr.includes(`${home} belongs to user 1234: it would be made for user 0`),
        stderr,
      );
      assert.match(stderr, /run this as user 1234, or set HOME or SUPERVISE_STATE_DIR to a place/);
      const doctor = await place.ctl(["doctor"], { env });
      assert.match(doctor.stdout, /^! state directory:\s/m);
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(home)), []);
    assert.equal(await place.read("routes"), ROUTES);
  },
});

Deno.test("requireOwnDirectory() lets a directory be made in a place of one's own or of root", async () => {
  await using directory = await temporary();
  assert.equal(await requireOwnDirectory(join(directory.path, "a", "b")), "absent");
  assert.equal(await requireOwnDirectory("/nowhere/at/all"), "absent");
});

for (const args of [["list"], ["list", "--json"], ["show", "ID"], ["list", "--all"]]) {
  Deno.test(`${args.join(" ")} with --queue-root needs neither HOME nor a state directory`, async () => {
    await using directory = await temporary();
    const { id } = await propose(directory.path);
    const words = args.map((word) => word === "ID" ? id : word);
    const program = join(ROOT, "src/operator/main.ts");
    const deno = ["run", "-q", "--no-prompt", "--cached-only", "--config", `${ROOT}deno.json`];
    await using process = new Running("/usr/bin/env", {
      args: [
        "-i",
        `DENO_DIR=${await denoDirectory()}`,
        Deno.execPath(),
        ...[...deno, "-A", program, ...words, "--queue-root", directory.path],
      ],
      cwd: ROOT,
    });
    assert.equal((await process.status).code, 0, process.stderr);
    assert.equal(process.stderr, "");
    assert.ok(process.stdout.includes(id.slice(0, 8)), process.stdout);
  });
}

/** Where the modules are, which without HOME the runtime does not know. */
async function denoDirectory(): Promise<string> {
  const { stdout } = await finish(Deno.execPath(), ["info", "--json"]);
  return JSON.parse(stdout).denoDir;
}

Deno.test("queueRoot() without HOME says which option to give, also for ~", () => {
  const none = () => undefined;
  assert.equal(queueRoot("/q", none), "/q");
  for (const given of [undefined, "~/queue", "~"]) {
    assert.throws(() => queueRoot(given, none), /HOME is not set.*give --queue-root/);
  }
  assert.equal(hasStateDirectory(none), false);
});
