/** A credential that a live route has goes with whatever is added to it: every face says so. */

import assert from "node:assert/strict";
import { json, parsed, propose } from "../fixture.ts";
import { type Stand, stand } from "./stand.ts";

const LABEL = "INHERITS CREDENTIAL";
const KEYS = { host: "api.github.com", path_allowlist: ["/user/keys"] };

/** The route of api.github.com, with so many paths after what it says of a credential. */
function routes(says: string, paths = 12): string {
  const list = Array.from({ length: paths }, (_, at) => `      - /repos/acme/${at}/\n`).join("");
  return `routes:\n  - host: api.github.com\n${says}    path_allowlist:\n${list}` +
    "  - host: pypi.example\n";
}

const BEARER = "    auth: {scheme: Bearer, token_ref: GH_TOKEN}\n";

/** What each face says of the ask `id`, with the rows of terminals joined. */
async function faces(place: Stand, id: string): Promise<Readonly<Record<string, string>>> {
  const joined = (text: string) => text.replaceAll("\n    ", " ");
  const record = async (...args: string[]) => JSON.stringify(parsed(await place.ctl(args)));
  const asked = await place.ctl(["approve", id], { answers: ["n"] });
  return {
    "show": joined((await place.ctl(["show", id])).stdout),
    "approve, asked": joined(asked.stdout),
    "approve --dry-run": joined((await place.ctl(["approve", id, "--dry-run"])).stdout),
    "show --json": await record("show", id, "--json"),
    "list --json": await record("list", "--json"),
    "approve --dry-run --json": await record("approve", id, "--dry-run", "--json"),
  };
}

const CASES: readonly (readonly [name: string, table: string, ask: object, says: string])[] = [
  ["a further path", routes(BEARER), KEYS, "(Bearer, GH_TOKEN)"],
  ["the whole host", routes(BEARER), { host: KEYS.host }, "(Bearer, GH_TOKEN)"],
  [
    "a credential of another form",
    routes("    auth: {kind: basic, password: hunter2}\n"),
    KEYS,
    "(auth: a setting that this version does not know, which may be a credential)",
  ],
  [
    "a secret written into the file",
    routes("    auth: {scheme: Bearer, token_ref: ghp_16C7e42F292c6912E7710c838347Ae178B4a}\n"),
    KEYS,
    "(not printed: it may be the secret itself)",
  ],
  [
    "the pattern that covers the host",
    routes(BEARER).replace("api.github.com", '"*.github.com"'),
    KEYS,
    "(Bearer, GH_TOKEN)",
  ],
  [
    "another secret, which is not used",
    routes(BEARER),
    { ...KEYS, auth: { scheme: "token", token_ref: "ROOT_TOKEN" } },
    "(Bearer, GH_TOKEN)",
  ],
];

for (const [name, table, ask, says] of CASES) {
  Deno.test(`every face says which credential is inherited: ${name}`, async () => {
    await using place = await stand();
    await Deno.writeTextFile(place.file("routes"), table);
    const { id } = await propose(place.root, { file: json(ask) });
    for (const [face, text] of Object.entries(await faces(place, id))) {
      assert.ok(text.includes(LABEL), `${face}: ${text}`);
      assert.ok(text.includes(says), `${face}: ${text}`);
      const notices = text.replace(/"files":.*/, "").split("Would change")[0] ?? "";
      assert.doesNotMatch(notices, /hunter2|ghp_/, face);
    }
  });
}

Deno.test("no face speaks of a credential where nothing is added, or none is there", async () => {
  await using place = await stand();
  const there = { host: "api.github.com", path_allowlist: ["/repos/acme/0/"] };
  for (const [table, ask] of [[routes(BEARER), there], [routes(""), KEYS]] as const) {
    await Deno.writeTextFile(place.file("routes"), table);
    await Deno.writeTextFile(place.file("pipelock"), "api_allowlist: [api.github.com]\n");
    const { id } = await propose(place.root, { file: json(ask) });
    for (const [face, text] of Object.entries(await faces(place, id))) {
      assert.ok(!text.includes(LABEL), `${face}: ${text}`);
    }
    await place.ctl(["reject", id, "--notes", "no"]);
  }
});

Deno.test("pipelock alone opens what a route with a credential reaches, and every face says it", async () => {
  await using place = await stand();
  await Deno.writeTextFile(place.file("routes"), routes(BEARER));
  const file = "https://api.github.com/";
  const { id } = await propose(place.root, { tool: "pipelock-block", file });
  for (const [face, text] of Object.entries(await faces(place, id))) {
    assert.ok(text.includes(`${LABEL}`), `${face}: ${text}`);
  }
});

for (const order of ["before", "after"] as const) {
  Deno.test(`the diff has the route's host and its auth ${order} a long list`, async () => {
    await using place = await stand();
    const table = routes(BEARER, 40);
    const text = order === "before"
      ? table
      : table.replace(BEARER, "").replace("  - host: pypi", `${BEARER}  - host: pypi`);
    await Deno.writeTextFile(place.file("routes"), text);
    const { id } = await propose(place.root, { file: json(KEYS) });
    const { stdout } = await place.ctl(["show", id]);
    assert.match(stdout, /^ {3}\| {3}- host: api\.github\.com$/m);
    assert.match(stdout, /^ {3}\| {5}auth: \{scheme: Bearer, token_ref: GH_TOKEN\}$/m);
    assert.match(stdout, /^ {2}\+\| {7}- \/user\/keys$/m);
  });
}

for (const order of ["before", "after"] as const) {
  Deno.test(`show and approve have the route's host and its auth ${order} 400 paths`, async () => {
    await using place = await stand();
    const table = routes(BEARER, 400);
    const text = order === "before"
      ? table
      : table.replace(BEARER, "").replace("  - host: pypi", `${BEARER}  - host: pypi`);
    await Deno.writeTextFile(place.file("routes"), text);
    const { id } = await propose(place.root, { file: json(KEYS) });
    const asked = await place.ctl(["approve", id], { answers: ["n"] });
    for (const { stdout } of [await place.ctl(["show", id]), asked]) {
      assert.match(stdout, /^ {3}\| {3}- host: api\.github\.com$/m);
      assert.match(stdout, /^ {3}\| {5}auth: \{scheme: Bearer, token_ref: GH_TOKEN\}$/m);
      assert.match(stdout, /^ {2}\+\| {7}- \/user\/keys$/m);
    }
  });
}
