/** What holds by another approval's grant ends with it: named before, and told after. */

import assert from "node:assert/strict";
import { idWith, json, parsed, propose } from "../fixture.ts";
import { killInReload, ROUTES, snapshot, type Stand, stand } from "../live/stand.ts";

const A = idWith("1111aaaa");
const B = idWith("2222bbbb");

const route = (...paths: string[]) => json({ host: "api.github.com", path_allowlist: paths });

/** Two approvals, of which the second holds by what the first added. */
async function both(place: Stand, a: string, b: string): Promise<void> {
  for (const [id, file] of [[A, a], [B, b]] as const) {
    await propose(place.root, { id, file });
    const { code, stderr } = await place.ctl(["approve", id]);
    assert.equal(code, 0, stderr);
  }
}

/** What the agent reads of the end of what it was granted. */
async function told(place: Stand, id: string) {
  const file = `${place.root}/dev/${id}.ended.json`;
  return JSON.parse(await Deno.readTextFile(file).catch(() => "null"));
}

const PAIRS: readonly (readonly [what: string, a: string, b: string])[] = [
  ["a path below", route("/a/"), route("/a/sub/")],
  ["one path of two", route("/a/"), route("/a/s/", "/b/")],
  ["a path of a whole host", json({ host: "api.github.com" }), route("/b/")],
];

for (const [what, a, b] of PAIRS) {
  Deno.test(`undo names and tells what ends with it: ${what}`, async () => {
    await using place = await stand();
    await both(place, a, b);
    const before = await snapshot(place.path);
    const names = /1 more approval ends with it: 2222bbbb \(api\.github\.com, .*\)\./;
    assert.match((await place.ctl(["undo", A, "--dry-run"])).stdout, names);
    const dry = parsed(await place.ctl(["undo", A, "--dry-run", "--json"]));
    assert.deepEqual(dry["ends_too"], [B]);
    assert.match((await place.ctl(["undo", A], { answers: ["n"] })).stdout, names);
    assert.deepEqual(await snapshot(place.path), before);
    const { code, stdout } = await place.ctl(["undo", A, "--notes", "too much"]);
    assert.equal(code, 0);
    assert.match(stdout, /1 more approval ended with it: 2222bbbb /);
    assert.match(stdout, /The agent is told that 1111aaaa, 2222bbbb were undone;/);
    const { reason, notes } = await told(place, B);
    assert.deepEqual([reason, notes], [
      "undone",
      "ended with 1111aaaa, which was undone: too much",
    ]);
    assert.equal((await told(place, A)).notes, "too much");
    assert.ok((await place.entries()).at(-1)?.["detail"]?.includes(`Ended with it: ${B}.`));
    assert.match((await place.ctl(["show", B])).stdout, /no longer (do|say all of it)\./);
    assert.equal(parsed(await place.ctl(["show", B, "--json"]))["lost"], true);
  });
}

Deno.test("what ended with another can be approved again, and undone", async () => {
  await using place = await stand();
  await both(place, route("/a/"), route("/a/sub/"));
  const still = await place.ctl(["undo", B]);
  assert.match(still.stderr, /added nothing: .*, and it ends when what grants it is undone/);
  assert.equal((await place.ctl(["approve", B])).code, 1);
  assert.equal((await place.ctl(["undo", A])).code, 0);
  const gone = await place.ctl(["undo", B]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /added nothing: .*, and no longer do/);
  assert.match((await place.ctl(["show", B])).stdout, /\nApprove again: supervisectl approve 2222/);
  const { code, stderr } = await place.ctl(["approve", B]);
  assert.equal(code, 0, stderr);
  assert.match(await place.read("routes"), /\/a\/sub\//);
  assert.ok((await told(place, B)).resumed_at);
  assert.equal((await place.ctl(["undo", B])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal((await told(place, B)).resumed_at, undefined);
});

Deno.test("what ended with another keeps what it added itself, and undo takes that back", async () => {
  await using place = await stand();
  await both(place, route("/a/"), route("/a/s/", "/b/"));
  assert.equal((await place.ctl(["undo", A])).code, 0);
  assert.match(await place.read("routes"), /\/b\//);
  assert.equal((await place.ctl(["undo", B])).code, 0);
  assert.equal(await place.read("routes"), ROUTES);
  assert.equal((await place.ctl(["approve", B])).code, 0);
  assert.match(await place.read("routes"), /\/a\/s\/(.|\n)*\/b\//);
});

Deno.test("what ended with another holds again with it, and the agent is told", async () => {
  await using place = await stand();
  await both(place, route("/a/"), route("/a/sub/"));
  assert.equal((await place.ctl(["undo", A])).code, 0);
  const { stdout } = await place.ctl(["approve", A]);
  assert.match(stdout, /The agent is told that 1111aaaa, 2222bbbb hold again\./);
  assert.ok((await told(place, B)).resumed_at);
  assert.doesNotMatch((await place.ctl(["show", B])).stdout, /no longer/);
});

Deno.test("what holds without the approval that is undone does not end with it", async () => {
  await using place = await stand();
  await both(place, route("/a/", "/b/"), route("/b/sub/"));
  const C = idWith("3333cccc");
  await propose(place.root, { id: C, file: route("/c/") });
  await place.ctl(["approve", C]);
  const { stdout } = await place.ctl(["undo", C]);
  assert.doesNotMatch(stdout, /more approval/);
  assert.equal(await told(place, B), null);
});

Deno.test("an undo that was killed tells what ends with it when it is completed", async () => {
  await using place = await stand();
  await both(place, route("/a/"), route("/a/sub/"));
  await killInReload(place, ["undo", A]);
  await place.configure();
  assert.equal(await told(place, B), null);
  const { code, stderr } = await place.ctl(["undo", A]);
  assert.equal(code, 0, stderr);
  assert.equal((await told(place, B)).reason, "undone");
});

for (
  const [what, hinder, says] of [
    [
      "a directory stands in its place",
      (place: Stand) => Deno.mkdir(`${place.root}/dev/${A}.ended.json`),
      /The agent could not be told: /,
    ],
    [
      "the proposal is gone",
      (place: Stand) => Deno.remove(`${place.root}/dev/${A}.proposal.json`),
      /No agent is told: the queue of bottle dev has nothing of it any more\./,
    ],
  ] as const
) {
  Deno.test(`undo does not say that the agent is told where ${what}`, async () => {
    await using place = await stand();
    await both(place, route("/a/"), route("/c/"));
    await hinder(place);
    const { code, stdout } = await place.ctl(["undo", A]);
    assert.equal(code, 0);
    assert.match(stdout, says);
    assert.match(stdout, /Its next request is refused again\./);
    assert.doesNotMatch(stdout, /is told that/);
    assert.doesNotMatch((await place.ctl(["show", A])).stdout, /agent is told/);
  });
}

Deno.test("undo is done beside a record of another approval that cannot be read", async () => {
  await using place = await stand();
  await both(place, route("/a/"), route("/a/sub/"));
  await Deno.writeTextFile(`${place.root}/.state/done/dev.${B}.apply/record.json`, "{");
  const { code, stderr } = await place.ctl(["undo", A]);
  assert.equal(code, 0, stderr);
  assert.equal(await place.read("routes"), ROUTES);
});

Deno.test("undo names an approval of another tool that ends with it", async () => {
  await using place = await stand();
  await propose(place.root, { id: A, file: route("/a/") });
  await propose(place.root, { id: B, tool: "pipelock-block", file: "https://api.github.com/" });
  for (const id of [A, B]) assert.equal((await place.ctl(["approve", id])).code, 0);
  assert.match((await place.ctl(["undo", A])).stdout, /1 more approval ended with it: 2222bbbb \(/);
  assert.equal((await told(place, B)).reason, "undone");
});
