/** What the README says, done: its commands run word for word, its tables are complete. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import config from "../../deno.json" with { type: "json" };
import { COMMANDS } from "../../src/operator/cli/mod.ts";
import { parseConfig } from "../../src/operator/config/parse.ts";
import type { Slug } from "../../src/queue/layout.ts";
import { readSettings, SettingsError } from "../../src/sidecar/settings.ts";
import { propose, writeRecord } from "../operator/fixture.ts";
import { type Data, modern, resultOf } from "../support/modern.ts";
import { Running } from "../support/process.ts";
import { startSidecar } from "../support/programs.ts";
import { temporary } from "../support/temporary.ts";
import { eventually, within } from "../support/within.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = await Deno.readTextFile(join(ROOT, "README.md"));

/** The shell commands of a section, in order. */
function commands(heading: string): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}

/** Starts bash with the README's `npx -y deno@…` standing for the Deno that runs the tests. */
function bash(script: string, cwd: string, env: Record<string, string> = {}): Running {
  const npx = `npx() { shift 2; "${Deno.execPath()}" "$@"; }\n`;
  return new Running("bash", { args: ["-euc", npx + script], cwd, env: { NO_COLOR: "1", ...env } });
}

Deno.test("README: the sidecar starts and the walk-through works, pasted word for word", async () => {
  await using directory = await temporary();
  for (const name of ["deno.json", "deno.lock", "main.ts", "src"]) {
    await Deno.symlink(join(ROOT, name), join(directory.path, name));
  }
  const [dev = ""] = commands("Two commands");
  await using sidecar = bash(`exec_dev() { ${dev.trim()}; }; exec_dev`, directory.path, {
    SUPERVISE_PORT: "0",
    // Longer than the walk takes on a machine with much other work.
    SUPERVISE_RESPONSE_TIMEOUT_SECONDS: "300",
  });
  const [, port] = await sidecar.output("stderr", /listening on 127\.0\.0\.1:(\d+);/);
  try {
    const script = commands("A walk-through").join("\n").replaceAll(":9100", `:${port}`)
      // The reader is slower than a script: the call has arrived when the list is looked at.
      .replace(
        "> .supervise/answer.json &",
        "> .supervise/answer.json & until ls .supervise/queue/dev/*.proposal.json; do :; done",
      );
    await using walk = bash(script, directory.path);
    // Ten programs, one after the other.
    const { code } = await within(300, "end of the walk-through", walk.ended);
    assert.equal(code, 0, walk.stdout + walk.stderr);
    assert.match(walk.stdout, /api\.github\.com, 1 path/);
    const [, expected = ""] = /^```text\n(\{.*?)\n```$/ms.exec(README) ?? [];
    assert.ok(walk.stdout.split("\n").includes(expected), walk.stdout);
    assert.match(walk.stdout, /^Took back what \w{8} /m);
  } finally {
    await new Deno.Command("pkill", { args: ["-P", String(sidecar.pid)] }).output();
  }
});

Deno.test("README: the notifier is told of each new ask and of nothing else", async () => {
  await using directory = await temporary();
  const [, notifier = ""] = commands("The operator's program");
  assert.match(notifier, /notify-send/);
  const told = join(directory.path, "told");
  const programs = `notify-send() { printf '%s\\n' "$*" >>"${told}"; }
    supervisectl() {
      "${Deno.execPath()}" run -q --cached-only -P=supervisectl src/operator/main.ts \
        --queue-root "${directory.path}/queue" "$@"
    }\n`;
  const slug = "dev";
  const root = join(directory.path, "queue");
  const old = await propose(root, { slug });
  await using running = bash(programs + notifier, ROOT);
  // Each is an ask from before until the watch has begun.
  await eventually(60, "notice", async () => {
    await propose(root, { slug });
    return await Deno.stat(told).then(() => true, () => false);
  });
  await writeRecord(root, old, "claim", { claimed_by: "bob", claimed_at: "?" });
  const before = (await Deno.readTextFile(told)).split("\n").length;
  await propose(root, { slug });
  await eventually(60, "further notice", async () => {
    const lines = (await Deno.readTextFile(told)).trimEnd().split("\n");
    assert.deepEqual(new Set(lines), new Set(["An agent asks for access"]));
    return lines.length >= before;
  });
  // The watch ends with its queue root, and the others with it.
  await Deno.remove(root, { recursive: true });
  await running.status;
});

Deno.test("README: the tasks it names exist", () => {
  const named = [...README.matchAll(/deno@[\d.]+ task (?:-q )?([a-z:]+)/g)].map(([, task]) => task);
  assert.ok(named.length >= 5);
  for (const task of named) assert.ok(Object.hasOwn(config.tasks, task ?? ""), `no task ${task}`);
});

Deno.test("README: the settings table names every variable the sidecar reads, and no other", async () => {
  const source = await Deno.readTextFile(join(ROOT, "src/sidecar/settings.ts"));
  const read = new Set(source.match(/SUPERVISE_[A-Z_]+/g));
  const told = new Set(
    [...README.matchAll(/^\| `(SUPERVISE_[A-Z_]+)` +\|/gm)].map(([, name]) => name),
  );
  assert.deepEqual([...told].sort(), [...read].sort());
});

Deno.test("README: the settings table tells the defaults", async (t) => {
  const bare = { SUPERVISE_BOTTLE_SLUG: "dev" };
  const settings = (environment: Readonly<Record<string, string>>) =>
    JSON.stringify(readSettings((name) => environment[name]), null, 2);
  const rows = [...README.matchAll(/^\| `(SUPERVISE_[A-Z_]+)` +\| (.*?) +\|/gm)]
    .map(([, name = "", told = ""]) => [name, told] as const);
  for (const [name, told] of rows) {
    if (told === "required") {
      await t.step(`${name}: required`, () => {
        assert.throws(() => readSettings(() => undefined), SettingsError);
        assert.equal(name, "SUPERVISE_BOTTLE_SLUG");
      });
    } else if (told !== "–") {
      await t.step(`${name}: to set ${told} changes nothing`, () => {
        assert.match(told, /^`[^`]+`$/);
        assert.equal(settings({ ...bare, [name]: told.slice(1, -1) }), settings(bare));
      });
    }
  }
  await t.step("–: an empty list, or nothing", () => {
    const empty = rows.filter(([, told]) => told === "–").map(([name]) => name).sort();
    assert.deepEqual(empty, [
      "SUPERVISE_ALLOWED_HOSTS",
      "SUPERVISE_ALLOWED_ORIGINS",
      "SUPERVISE_PORT_FILE",
      "SUPERVISE_PROPOSAL_TTL_SECONDS",
    ]);
    const { allowedHosts, allowedOrigins, portFile, proposalTtlSeconds } = JSON.parse(
      settings(bare),
    );
    assert.deepEqual([allowedHosts, allowedOrigins], [[], []]);
    assert.deepEqual([portFile, proposalTtlSeconds], [undefined, undefined]);
  });
});

for (const file of ["README.md", "docs/applying.md"]) {
  Deno.test(`${file}: its configurations are right`, async () => {
    const text = await Deno.readTextFile(join(ROOT, file));
    const examples = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, yaml = ""]) => yaml);
    assert.equal(examples.length, 1);
    for (const example of examples) {
      const targets = parseConfig(example, "/etc/config.yaml", "/home/a").targetsOf(
        "web-1" as Slug,
      );
      assert.deepEqual(Object.keys(targets), ["routes", "pipelock", "dockerfile"]);
    }
  });
}

Deno.test("README: the operator's program is shown with every command but help", () => {
  const [block = ""] = commands("The operator's program");
  const told = [...block.matchAll(/^supervisectl (?:([a-z]+)|) /gm)].map(([, name = "triage"]) =>
    name
  );
  const names = COMMANDS.map(({ name }) => name).filter((name) => name !== "help");
  assert.deepEqual(told.sort(), names.sort());
});

Deno.test("README: the dependency table names every dependency", () => {
  for (const name of Object.keys(config.imports)) {
    assert.match(README, new RegExp(`^\\|.*\`${name}\`.*\\|$`, "m"));
  }
});

Deno.test("README: the tools table names the tools that the sidecar has", async () => {
  await using sidecar = await startSidecar();
  const { tools } = await resultOf(sidecar.port, modern("tools/list"));
  const names = tools.map(({ name }: Data) => name);
  const [table = ""] = README.split(/^## /m).filter((part) => part.startsWith("Registering"));
  const told = [...table.matchAll(/^\| `([a-z]+(?:-[a-z]+)+)` +\|/gm)].map(([, name]) => name);
  assert.deepEqual(told, names);
});

Deno.test("README: the resources table names what the sidecar lists where there is a Dockerfile", async () => {
  await using mount = await temporary();
  await Deno.writeTextFile(join(mount.path, "Dockerfile"), "FROM scratch\n");
  const env = { SUPERVISE_CURRENT_CONFIG_DIR: mount.path };
  await using sidecar = await startSidecar({ env, read: [mount.path] });
  const { resources } = await resultOf(sidecar.port, modern("resources/list"));
  const { resourceTemplates } = await resultOf(sidecar.port, modern("resources/templates/list"));
  const listed = [
    ...resources.map(({ uri }: Data) => uri),
    ...resourceTemplates.map(({ uriTemplate }: Data) => uriTemplate),
  ];
  const told = [...README.matchAll(/^\| `(supervise:\/\/[^`]+)` +\|/gm)].map(([, uri]) => uri);
  assert.deepEqual(told.sort(), listed.sort());
});
