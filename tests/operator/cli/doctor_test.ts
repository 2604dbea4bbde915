/** `doctor` over real directories: what it prints, and when it is content. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { temporary } from "../../support/temporary.ts";
import { CHECK, config, run, world, write } from "./doctor_world.ts";

Deno.test("doctor prints what is well and what is not, and fails for the latter", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["db", "dev", "web-1"]);
  await config(
    d,
    `bottles:
  - match: web-*
    routes:
      file: ${d}/{slug}.yaml
      reload: [reload, "{slug}"]
    dockerfile: {file: ${d}/Dockerfile}
  - match: dev
    pipelock: {file: ${d}/dev.yaml, write: rename}
`,
  );
  await write(join(d, "web-1.yaml"));
  await write(join(d, "dev.yaml"));
  const { stdout, failure } = await run(d);
  assert.equal(
    stdout,
    `  configuration: DIR/config.yaml
  state directory: DIR/state can be written
  audit log: whole, 0 entries
  queues: DIR/queue

Bottle db
  nothing is configured: approving answers the agent and applies nothing

Bottle dev
  pipelock: DIR/dev.yaml
    can be read
    can be replaced
    reload: no command, its reader watches the file itself
    check: none, a reload that ends well is taken for the effect
  not configured: routes, dockerfile

Bottle web-1
  routes: DIR/web-1.yaml
    can be read
    can be written in place
    reload: reload web-1 (at most 30 s)
    check: none, a reload that ends well is taken for the effect
  dockerfile: DIR/Dockerfile
!   the file does not exist
    reload: no command, its reader watches the file itself
    check: none, a reload that ends well is taken for the effect
  not configured: pipelock
`,
  );
  assert.deepEqual([failure?.code, failure?.message], [
    "unwell",
    '1 of 18 checks failed; the lines that begin with "!" say why',
  ]);
});

Deno.test("doctor --slug looks at that bottle alone, though its queue is not there yet", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await config(d, `bottles: [{routes: {file: ${d}/routes.yaml}}]`);
  await write(join(d, "routes.yaml"));
  const dev = await run(d, { slug: "dev" });
  assert.equal(dev.failure, undefined);
  assert.deepEqual(dev.stdout.match(/^Bottle .*/gm), ["Bottle dev"]);
  const web = await run(d, { slug: "web" });
  assert.match(web.stdout, /^! no queue for bottle web under DIR\/queue, only for dev$/m);
  assert.match(web.stdout, /^Bottle web\n {2}routes: DIR\/routes.yaml\n {4}can be read$/m);
  assert.equal(web.failure?.code, "unwell");
});

Deno.test("doctor without a configuration says that nothing is applied, and is content", async () => {
  await using directory = await temporary();
  await world(directory.path, ["dev"]);
  const { stdout, failure } = await run(directory.path);
  const nothing = "approving answers the agent and applies nothing";
  assert.equal(failure, undefined);
  assert.ok(stdout.startsWith(`  no configuration: ${nothing}\n`));
  assert.ok(stdout.endsWith(`\nBottle dev\n  nothing is configured: ${nothing}\n`));
});

Deno.test("doctor without a bottle is content", async () => {
  await using directory = await temporary();
  await world(directory.path, []);
  const { stdout, failure } = await run(directory.path);
  assert.equal(failure, undefined);
  assert.ok(stdout.endsWith("  queues: no bottle has one under DIR/queue yet\n"));
});

Deno.test("doctor tells of a wrong configuration, a missing queue root and a file as state", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await config(d, "bottles: []\n");
  await write(join(d, "state"));
  const { stdout, failure } = await run(d);
  assert.equal(
    stdout,
    `! DIR/config.yaml:1: bottles must be a list with an entry for each kind of bottle, got an empty list
! state directory: DIR/state must be a directory
! no queue directory at DIR/queue; the queue root must be the directory that the bottles' queues are mounted from
    Try: supervisectl list --queue-root DIR
`,
  );
  assert.match(failure?.message ?? "", /^3 of 3 checks failed;/);
});

Deno.test("doctor prints what helps below what is not well", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, []);
  await Deno.chmod(await config(d, "bottles: []\n"), 0o666);
  const { stdout } = await run(d);
  assert.match(stdout, /^! DIR\/config.yaml can be written by others.*\n {4}Try: chmod go-w DIR/);
});

Deno.test("doctor tells of a state directory to be made, and of one that others can write", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, []);
  await Deno.remove(join(d, "state"));
  const made = await run(d);
  assert.match(made.stdout, /^ {2}state directory: DIR\/state is made when it is first needed$/m);
  await Deno.mkdir(join(d, "state"));
  await Deno.chmod(join(d, "state"), 0o770);
  const open = await run(d);
  assert.match(open.stdout, /^! state directory: DIR\/state can be written by others, who could/m);
});

Deno.test("doctor tells of a bottle whose name makes its configuration wrong, and goes on", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["1.2.3.4.5", "dev"]);
  await config(
    d,
    `bottles: [{routes: {file: ${d}/routes.yaml, check: {url: "http://{slug}/"}}}]`,
  );
  await write(join(d, "routes.yaml"));
  const { stdout } = await run(d);
  assert.match(
    stdout,
    /^Bottle 1.2.3.4.5\n! DIR\/config.yaml:1: bottles\[0\].routes.check.url must be an http/m,
  );
  assert.match(stdout, /^Bottle dev\n {2}routes: DIR\/routes.yaml\n {4}can be read$/m);
});

Deno.test("doctor tells which bottles share a file, by whatever path, and is content", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["a", "b", "c"]);
  await Deno.symlink(d, join(d, "queue-less"));
  await config(
    d,
    `bottles:
  - {match: c, routes: {file: ${d}/queue-less/routes.yaml}}
  - {routes: {file: ${d}/routes.yaml}, dockerfile: {file: "${d}/{slug}"}}
`,
  );
  for (const name of ["routes.yaml", "a", "b"]) await write(join(d, name));
  const { stdout, failure } = await run(d);
  assert.equal(failure, undefined, stdout);
  assert.deepEqual(stdout.match(/is shared .*/g), [
    "is shared with bottles b, c: what is approved for one is open to all",
    "is shared with bottles a, c: what is approved for one is open to all",
    "is shared with bottles a, b: what is approved for one is open to all",
  ]);
});

Deno.test("doctor is not content with one file for different targets of two bottles", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["a", "b"]);
  await config(
    d,
    `bottles:\n  - {match: a, routes: {file: ${d}/x}}\n  - {pipelock: {file: ${d}/x}}\n`,
  );
  await write(join(d, "x"));
  const { stdout, failure } = await run(d);
  assert.match(stdout, /^! {3}must be a file of its own, got the pipelock file of bottle b/m);
  assert.match(stdout, /^! {3}must be a file of its own, got the routes file of bottle a/m);
  assert.equal(failure?.code, "unwell");
});

Deno.test("doctor is not content with a file that a bottle can write", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await Deno.symlink(join(d, "queue"), join(d, "other"));
  await config(d, `bottles: [{routes: {file: "${d}/other/{slug}/routes.yaml"}}]`);
  await write(join(d, "queue/dev/routes.yaml"));
  const { stdout } = await run(d);
  assert.match(stdout, /^! {3}is among the queues, where a bottle can write; choose another/m);
});

Deno.test("doctor keeps to 80 columns and puts the sign before every row of a sentence", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  const words = Array.from({ length: 30 }, (_, index) => `"word${index} \u202e"`).join(", ");
  await config(d, `bottles: [{routes: {file: ${d}/routes.yaml, reload: [gone, ${words}]}}]`);
  await write(join(d, "routes.yaml"));
  const { stdout } = await run(d, { columns: 80 });
  for (const line of stdout.replaceAll("DIR", d).split("\n")) assert.ok(line.length <= 80, line);
  assert.ok(!stdout.includes("\u202e"));
  const signed = stdout.split("\n").filter((line) => line.startsWith("!"));
  assert.ok(signed.length > 5);
  assert.match(signed.at(-1) ?? "", /^! {5}\S.*always works$/);
});

Deno.test("doctor --json prints one object with every finding", async () => {
  await using directory = await temporary();
  const d = directory.path;
  await world(d, ["dev"]);
  await config(d, `bottles: [{routes: {file: "${d}/{slug}.yaml", reload: [reload]}}]`);
  const { stdout, failure } = await run(d, { json: true });
  assert.deepEqual(JSON.parse(stdout), {
    config_path: "DIR/config.yaml",
    findings: [
      { ok: true, text: "configuration: DIR/config.yaml", try: null },
      { ok: true, text: "state directory: DIR/state can be written", try: null },
      { ok: true, text: "audit log: whole, 0 entries", try: null },
      { ok: true, text: "queues: DIR/queue", try: null },
    ],
    bottles: [{
      bottle_slug: "dev",
      findings: [{ ok: true, text: "not configured: pipelock, dockerfile", try: null }],
      targets: [{
        kind: "routes",
        path: "DIR/dev.yaml",
        write: "in-place",
        reload: ["reload"],
        reload_timeout_seconds: 30,
        check: null,
        findings: [
          { ok: false, text: "the file does not exist", try: null },
          { ok: true, text: "reload: reload (at most 30 s)", try: null },
          { ok: true, text: CHECK, try: null },
        ],
      }],
    }],
  });
  assert.match(failure?.message ?? "", /^1 of 8 checks failed; those with "ok": false/);
});
