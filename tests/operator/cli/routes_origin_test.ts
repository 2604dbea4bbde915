/** `routes`: since when, by whom and why each path stands there, as far as the log proves it. */

import assert from "node:assert/strict";
import { AuditLog } from "../../../src/operator/audit/log.ts";
import type { AuditEvent } from "../../../src/operator/audit/entry.ts";
import { sha256Hex } from "../../../src/queue/sha256.ts";
import { CLAIMED } from "../audit/fixture.ts";
import { json, NOW, parsed, propose } from "../fixture.ts";
import { killInReload, type Stand, stand } from "../live/stand.ts";

const env = { SUPERVISE_OPERATOR: "alice" };

async function approve(
  place: Stand,
  route: Readonly<Record<string, unknown>>,
  options: { readonly notes?: string; readonly slug?: string; readonly why?: string } = {},
): Promise<string> {
  const { slug = "dev", why, notes } = options;
  const { id } = await propose(place.root, {
    ...{ file: json(route), slug },
    ...why !== undefined && { justification: why },
  });
  const args = ["approve", id, ...notes === undefined ? [] : ["--notes", notes]];
  const { code, stderr } = await place.ctl(args, { env });
  assert.equal(code, 0, stderr);
  return id;
}

/** For each route its host and, for each of its grants, the paths and the proposal or "by hand". */
async function origins(place: Stand): Promise<unknown[][]> {
  const { routes } = parsed(await place.ctl(["routes", "dev", "--json"])) as {
    routes: {
      host: string;
      grants: { path_allowlist: string[] | null; approval: { proposal_id: string } | null }[];
    }[];
  };
  return routes.flatMap(({ host, grants }) =>
    grants.map(({ path_allowlist, approval }) => [
      ...[host, path_allowlist],
      approval?.proposal_id ?? "by hand",
    ])
  );
}

const BY_HAND = ["pypi.example", ["/simple/"], "by hand"];

Deno.test("routes says since when, by whom, from where and why", async () => {
  await using place = await stand();
  const auth = { scheme: "Bearer", token_ref: "API_TOKEN" };
  const id = await approve(
    place,
    { host: "api.example", path_allowlist: ["/v1/"], auth },
    { notes: "for this week", why: "to read\nthe issues" },
  );
  const { stdout, stderr } = await place.ctl(["routes", "dev"]);
  assert.equal(stderr, "");
  assert.equal(
    stdout,
    "pypi.example  /simple/\n    by hand\n" +
      "api.example   /v1/ with Bearer API_TOKEN\n" +
      `    since 2026-11-21 12:00Z, alice (cli, ${id.slice(0, 8)}): for this week; ` +
      "the agent: to read the issues\n",
  );
  const { routes } = parsed(await place.ctl(["routes", "dev", "--json"])) as {
    routes: Record<string, unknown>[];
  };
  assert.deepEqual(routes[1], {
    ...{ host: "api.example", path_allowlist: ["/v1/"], auth, auth_by_hand: false },
    grants: [{
      path_allowlist: ["/v1/"],
      approval: {
        ...{ proposal_id: id, bottle_slug: "dev", status: "approved" },
        ...{ decided_by: "alice", decided_at: NOW.toISOString(), face: "cli" },
        ...{ justification: "to read\nthe issues", notes: "for this week" },
        file_changed_since: false,
      },
    }],
  });
});

Deno.test("routes tells the paths of one host apart by their approvals", async () => {
  await using place = await stand();
  const first = await approve(place, { host: "api.example", path_allowlist: ["/a/", "/b/"] });
  const second = await approve(place, { host: "api.example", path_allowlist: ["/b/", "/c/"] });
  const third = await approve(place, { host: "pypi.example", path_allowlist: ["/pypi/"] });
  assert.deepEqual(await origins(place), [
    BY_HAND,
    ["pypi.example", ["/pypi/"], third],
    ["api.example", ["/a/", "/b/"], first],
    ["api.example", ["/c/"], second],
  ]);
});

Deno.test("routes names the approval that opened a whole host, and after its undo those before", async () => {
  await using place = await stand();
  const first = await approve(place, { host: "api.example", path_allowlist: ["/a/"] });
  const whole = await approve(place, { host: "api.example" });
  assert.deepEqual((await origins(place)).at(-1), ["api.example", null, whole]);
  assert.equal((await place.ctl(["undo", whole], { env })).code, 0);
  assert.deepEqual((await origins(place)).at(-1), ["api.example", ["/a/"], first]);
});

Deno.test("routes says by hand of what an undone approval had added and a person put back", async () => {
  await using place = await stand();
  const id = await approve(place, { host: "api.example", path_allowlist: ["/a/"] });
  const text = await place.read("routes");
  assert.equal((await place.ctl(["undo", id], { env })).code, 0);
  assert.deepEqual(await origins(place), [BY_HAND]);
  await Deno.writeTextFile(place.file("routes"), text);
  assert.deepEqual(await origins(place), [BY_HAND, ["api.example", ["/a/"], "by hand"]]);
});

Deno.test("routes says by hand of a path and of a secret that a person added to a granted host", async () => {
  await using place = await stand();
  const id = await approve(place, { host: "api.example", path_allowlist: ["/a/"] });
  await Deno.writeTextFile(
    place.file("routes"),
    json({
      routes: [{
        ...{ host: "api.example", path_allowlist: ["/a/", "/z/"] },
        auth: { scheme: "Bearer", token_ref: "MINE" },
      }],
    }),
  );
  assert.deepEqual(await origins(place), [
    ["api.example", ["/a/"], id],
    ["api.example", ["/z/"], "by hand"],
  ]);
  const { stdout } = await place.ctl(["routes", "dev"]);
  assert.match(stdout, /^api\.example {2}\/a\/ with Bearer MINE \(the secret by hand\)$/m);
});

const NOTE = /^! Something else changed the file after some of these approvals: /m;

Deno.test("routes notes that the file was changed by something else after an approval, and only then", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("routes"), "routes: []\n# mine\n");
  await approve(place, { host: "a.example" });
  assert.doesNotMatch((await place.ctl(["routes", "dev"])).stdout, NOTE);
  await Deno.writeTextFile(place.file("routes"), await place.read("routes") + "# mine too\n");
  assert.match((await place.ctl(["routes", "dev"])).stdout, NOTE);
  await approve(place, { host: "b.example" });
  const { routes } = parsed(await place.ctl(["routes", "dev", "--json"])) as {
    routes: { grants: { approval: { file_changed_since: boolean } }[] }[];
  };
  const isChanged = routes.map(({ grants }) => grants[0]?.approval.file_changed_since);
  assert.deepEqual(isChanged, [true, false]);
});

Deno.test("routes does not take a put-back for a change by something else, nor for a grant", async () => {
  await using place = await stand();
  const id = await approve(place, { host: "a.example" });
  await place.configure({ routes: { reload: ["false"] } });
  const failing = await propose(place.root, { file: json({ host: "b.example" }) });
  assert.equal((await place.ctl(["approve", failing.id], { env })).code, 1);
  await place.configure();
  await killInReload(place, ["approve", failing.id]);
  assert.match((await place.ctl(["routes", "dev"])).stderr, /was interrupted/);
  await place.configure();
  assert.equal((await place.ctl(["reject", failing.id, "--notes", "no"], { env })).code, 0);
  assert.deepEqual(await origins(place), [BY_HAND, ["a.example", null, id]]);
  assert.doesNotMatch((await place.ctl(["routes", "dev"])).stdout, NOTE);
});

Deno.test("routes reads closed files of the log, and finds the bottle that asked for a shared file", async () => {
  await using place = await stand();
  await approve(place, { host: "a.example" }, { slug: "ci" });
  assert.equal((await place.ctl(["audit", "rotate"])).code, 0);
  const { stdout } = await place.ctl(["routes", "dev"]);
  assert.match(
    stdout,
    /^a\.example .*every path\n {4}since \S+ \S+, alice \(cli, \w{8}, for bottle ci\)/m,
  );
});

Deno.test("routes says that an earlier version did not log what was added", async () => {
  await using place = await stand();
  const log = new AuditLog(`${place.root}/.state`, "alice", () => NOW);
  const after = sha256Hex(await place.read("routes"));
  const event: AuditEvent = { ...CLAIMED, step: "applied", file: place.file("routes"), after };
  await log.append(event);
  await log.append({ ...CLAIMED, step: "answered", status: "approved" });
  assert.match(
    (await place.ctl(["routes", "dev"])).stdout,
    /by hand\n! An earlier version logged 1 change of the file without what was added: /,
  );
});

Deno.test("routes cuts a long reason, and --full does not", async () => {
  await using place = await stand();
  await approve(place, { host: "a.example" }, { why: `begin ${"x".repeat(300)} end` });
  assert.doesNotMatch((await place.ctl(["routes", "dev"])).stdout, /end/);
  assert.match((await place.ctl(["routes", "dev", "--full"])).stdout, /x end\n/);
});

Deno.test("routes --all lists every bottle, and what it cannot read, with exit code 1", async () => {
  await using place = await stand();
  await place.configure({ routes: { file: `${place.path}/live/{slug}.yaml` } });
  for (const slug of ["ci", "dev", "gone"]) await propose(place.root, { slug });
  for (const slug of ["ci", "dev"]) {
    await Deno.writeTextFile(
      `${place.path}/live/${slug}.yaml`,
      json({ routes: [{ host: `${slug}.example` }] }),
    );
  }
  const { code, stdout } = await place.ctl(["routes", "--all"]);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^ci {2}\S+\/ci\.yaml\nci\.example {2}every path\n {4}by hand\n\ndev {2}\S+\/dev\.yaml\n/,
  );
  assert.match(stdout, /\n! .*\/gone\.yaml is not there.*\n$/);
  const result = await place.ctl(["routes", "--all", "--json"]);
  const { bottles, unread } = JSON.parse(result.stdout);
  assert.deepEqual(bottles.map((one: { bottle_slug: string }) => one.bottle_slug), ["ci", "dev"]);
  assert.deepEqual(unread.map((one: { bottle_slug: string }) => one.bottle_slug), ["gone"]);
});

Deno.test("routes lists the routes when the log cannot be read, and says that it does not know whose they are", async () => {
  await using place = await stand();
  await Deno.mkdir(`${place.root}/.state/audit.jsonl`, { recursive: true });
  const { code, stdout, stderr } = await place.ctl(["routes", "dev"]);
  assert.deepEqual([code, stdout], [0, "pypi.example  /simple/\n"]);
  assert.match(
    stderr,
    /^supervisectl: the audit log does not say who granted these routes: .*audit\.jsonl must be /,
  );
  const { routes } = JSON.parse((await place.ctl(["routes", "dev", "--json"])).stdout);
  assert.equal(routes[0].grants, null);
  const bare = (name: string) =>
    ({ SUPERVISE_QUEUE_ROOT: place.root, SUPERVISE_CONFIG: place.configFile })[name];
  const home = await place.ctl(["routes", "dev"], { readEnv: bare as (name: string) => string });
  assert.deepEqual([home.code, home.stdout], [0, "pypi.example  /simple/\n"]);
});
