/** What an operator relies on may not lie where a bottle can write, however its path is written. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { Running } from "../../support/process.ts";
import { AmongQueues } from "../../../src/operator/config/among_queues.ts";
import { temporary } from "../../support/temporary.ts";
import { propose, readRecord } from "../fixture.ts";
import { ROUTES, type Stand, stand } from "../live/stand.ts";

/** Where a file lies, below a directory with `queue/dev`, `queue/dev/sub` and `apart`. */
const PLACES: readonly (readonly [name: string, path: string, isAmong: boolean])[] = [
  ["in a queue", "queue/dev/x", true],
  ["deep in a queue", "queue/dev/sub/deeper/x", true],
  ["in a queue that is not there yet", "queue/later/x", true],
  ["in a queue by way of ..", "queue/dev/../dev/x", true],
  ["by way of a link to the queue root", "to-root/dev/x", true],
  ["by way of a link to a queue", "to-dev/x", true],
  ["by way of a link that stands in a queue", "queue/dev/out/x", true],
  ["by way of a link to a link in a queue", "to-out/x", true],
  ["under the root, by a name that a bottle may have", "queue/x", true],
  ["under the root, by a name that no bottle has", "queue/.state/x", false],
  ["apart", "apart/x", false],
  ["beside a queue of a like name", "queue-less/dev/x", false],
  ["back out of a queue", "queue/../apart/x", false],
];

async function places(d: string): Promise<void> {
  for (const name of ["queue/dev/sub", "apart", "queue-less/dev"]) {
    await Deno.mkdir(join(d, name), { recursive: true });
  }
  await Deno.symlink(join(d, "queue"), join(d, "to-root"));
  await Deno.symlink("queue/dev", join(d, "to-dev"));
  await Deno.symlink("../../apart", join(d, "queue/dev/out"));
  await Deno.symlink("queue/dev/out", join(d, "to-out"));
}

for (const [name, path, isAmong] of PLACES) {
  Deno.test(`AmongQueues ${isAmong ? "has" : "has not"} a file ${name}`, async () => {
    await using directory = await temporary();
    const d = directory.path;
    await places(d);
    const queues = await AmongQueues.under(join(d, "queue"));
    // As it is: join would take ".." out.
    assert.equal(await queues.holds(`${d}/${path}`), isAmong);
  });
}

Deno.test({
  name: "AmongQueues has a file in a queue that is mounted a second time",
  ignore: Deno.uid() !== 0,
  async fn() {
    await using directory = await temporary();
    const d = directory.path;
    await places(d);
    const module = new URL("../../../src/operator/config/among_queues.ts", import.meta.url).href;
    const program = `const { AmongQueues } = await import(${JSON.stringify(module)});
      const queues = await AmongQueues.under("${d}/queue");
      console.log(await queues.holds("${d}/apart/x"), await queues.holds("${d}/queue-less/x"));`;
    const deno = [Deno.execPath(), "eval", "--quiet", "--cached-only", program];
    await using process = new Running("unshare", {
      args: ["-m", "/bin/sh", "-c", `mount --bind ${d}/queue/dev ${d}/apart; "$@"`, "sh", ...deno],
      cwd: new URL("../../../", import.meta.url).pathname,
    });
    await process.status;
    assert.equal(process.stdout, "true false\n", process.stderr);
  },
});

interface Misplaced {
  readonly name: string;
  /** Puts something among the queues; returns what names it instead of the usual. */
  make(place: Stand): Promise<Record<string, string> | void>;
  readonly says: RegExp;
}

const MISPLACED: readonly Misplaced[] = [
  {
    name: "a state directory",
    make: ({ root }) => Promise.resolve({ SUPERVISE_STATE_DIR: join(root, "dev", "state") }),
    says: /the state directory \S+\/dev\/state is among the queues, where a bottle can write/,
  },
  {
    name: "the queue root as state directory",
    make: ({ root }) => Promise.resolve({ SUPERVISE_STATE_DIR: root }),
    says: /the state directory \S+ is among the queues/,
  },
  {
    name: "a state directory around the queues",
    make: async ({ path }) => {
      await Deno.chmod(path, 0o700);
      return { SUPERVISE_STATE_DIR: path };
    },
    says: /the state directory \S+ holds the queues \S+, where bottles can write/,
  },
  {
    name: "a configuration",
    async make({ root, configFile }) {
      const path = join(root, "dev", "config.yaml");
      await Deno.copyFile(configFile, path);
      await Deno.chmod(path, 0o600);
      await Deno.chmod(join(root, "dev"), 0o700);
      return { SUPERVISE_CONFIG: path };
    },
    says: /the configuration \S+ is among the queues, where a bottle can write/,
  },
  {
    name: "a live file",
    async make(place) {
      const file = join(place.root, "dev", "routes");
      await Deno.writeTextFile(file, ROUTES);
      await place.configure({ routes: { file } });
    },
    says: /(the routes file \S+ )?is among the queues, where a bottle can write/,
  },
  {
    name: "the program of a reload",
    async make(place) {
      const program = join(place.root, "dev", "reload");
      await Deno.writeTextFile(program, "#!/bin/sh\n", { mode: 0o700 });
      await place.configure({ routes: { reload: [program] } });
    },
    says: /reload: \S+\/dev\/reload is among the queues, where a bottle can write/,
  },
  {
    name: "the script of a check",
    async make(place) {
      const program = join(place.root, "dev", "check");
      await Deno.writeTextFile(program, "exit 0\n", { mode: 0o700 });
      await place.configure({ routes: { check: ["/bin/sh", program] } });
    },
    says: /check: \S+\/dev\/check is among the queues, where a bottle can write/,
  },
];

for (const { name, make, says } of MISPLACED) {
  for (const command of ["approve", "doctor"]) {
    Deno.test(`${command} refuses ${name} among the queues`, async () => {
      await using place = await stand();
      const proposal = await propose(place.root);
      const env = await make(place) ?? {};
      const args = command === "doctor" ? ["doctor"] : ["approve", proposal.id];
      const { code, stdout, stderr } = await place.ctl(args, { env });
      assert.equal(code, 1);
      // The rows of a sentence, as one.
      const all = (command === "doctor" ? stdout : stderr).replaceAll(/\n!? +/g, " ");
      assert.match(all, says);
      assert.equal(await place.read("routes"), ROUTES);
      assert.equal(await readRecord(place.root, proposal, "response"), undefined);
      assert.equal(await readRecord(place.root, proposal, "claim"), undefined);
    });
  }
}
