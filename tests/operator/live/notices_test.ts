/** One list of what must not be overlooked: `show`, `list`, `watch` and a dry run say the same. */

import assert from "node:assert/strict";
import { json, parsed, propose, shownBasis } from "../fixture.ts";
import { DOCKERFILE, ROUTES, type Stand, stand } from "./stand.ts";

const AUTH = { scheme: "Bearer", token_ref: "GH_TOKEN" };
const WITH_AUTH = ROUTES.replace(
  "    path",
  "    auth: {scheme: token, token_ref: PYPI}\n    path",
);

interface Case {
  readonly name: string;
  readonly tool?: string;
  readonly file: string;
  readonly live?: Readonly<Partial<Record<"routes" | "pipelock" | "dockerfile", string>>>;
  readonly labels: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: "a new host",
    file: json({ host: "new.example", path_allowlist: ["/abc/"] }),
    labels: ["NEW HOST"],
  },
  {
    name: "a new secret",
    file: json({ host: "new.example", path_allowlist: ["/abc/"], auth: AUTH }),
    labels: ["SECRET", "NEW HOST", "NEW SECRET"],
  },
  {
    name: "the whole host",
    file: json({ host: "pypi.example" }),
    labels: ["WHOLE HOST"],
  },
  {
    name: "another secret than the route's",
    live: { routes: WITH_AUTH },
    file: json({ host: "pypi.example", path_allowlist: ["/abc/"], auth: AUTH }),
    labels: ["AUTH IGNORED", "INHERITS CREDENTIAL"],
  },
  {
    name: "what is there already",
    file: json({ host: "pypi.example", path_allowlist: ["/simple/"] }),
    labels: [],
  },
  {
    name: "a prefix that covers what is there",
    file: json({ host: "pypi.example", path_allowlist: ["/sim"] }),
    labels: ["OPENS MORE"],
  },
  {
    name: "a list in a form that is written anew",
    live: { routes: "routes: [\n  {host: a.example}, # why\n  # one more\n]\n" },
    file: json({ host: "new.example", path_allowlist: ["/abc/"] }),
    labels: ["NEW HOST"],
  },
  {
    name: "a file that is no table",
    live: { routes: "routes: 7\n" },
    file: json({ host: "new.example", path_allowlist: ["/abc/"] }),
    labels: ["CANNOT BE APPLIED"],
  },
  {
    name: "the user that a Dockerfile loses, and no line that stays",
    tool: "capability-block",
    live: { dockerfile: `${DOCKERFILE}RUN curl https://x.example/i.sh | sh\nUSER node\n` },
    file: `${DOCKERFILE}RUN curl https://x.example/i.sh | sh\nRUN true\n`,
    labels: ["ROOT"],
  },
  {
    name: "a host below a pattern of pipelock",
    tool: "pipelock-block",
    live: { pipelock: 'api_allowlist: ["*.b.example"]\n' },
    file: "https://a.b.example/",
    labels: ["COVERED"],
  },
  {
    name: "a host that pipelock has in Unicode",
    tool: "pipelock-block",
    live: { pipelock: "api_allowlist: [bücher.example]\n" },
    file: "https://xn--bcher-kva.example/",
    labels: ["ENCODED NAME", "COVERED"],
  },
  {
    name: "a file in no form",
    file: '{"host": ',
    labels: ["NOT IN THE EXPECTED FORM"],
  },
];

async function noticesIn(place: Stand, ...args: string[]): Promise<string[]> {
  return parsed(await place.ctl([...args, "--json"]))["notices"] as string[];
}

for (const { name, tool, file, live = {}, labels } of CASES) {
  Deno.test(`every face has the same notices: ${name}`, async () => {
    await using place = await stand();
    for (const [kind, text] of Object.entries(live)) {
      await Deno.writeTextFile(place.file(kind as "routes"), text);
    }
    const { id } = await propose(place.root, { file, ...tool && { tool } });
    const notices = await noticesIn(place, "show", id);
    assert.deepEqual(notices.map((notice) => notice.split(": ")[0]), labels);
    const { proposals } = parsed(await place.ctl(["list", "--json"])) as {
      proposals: { notices: string[] }[];
    };
    assert.deepEqual(proposals.map((proposal) => proposal.notices), [notices]);
    const page = (await place.ctl(["show", id])).stdout.replaceAll("\n    ", " ");
    for (const notice of notices) {
      assert.ok(page.includes(`  ! ${notice.replace(": ", "  ")}`), `${notice}\n${page}`);
    }
    const isApprovable = !labels.some((label) => /CANNOT|EXPECTED/.test(label));
    if (!isApprovable) return;
    assert.deepEqual(await noticesIn(place, "approve", id, "--dry-run"), notices);
    const dry = (await place.ctl(["approve", id, "--dry-run"])).stdout.replaceAll("\n    ", " ");
    for (const notice of notices) assert.ok(dry.includes(`  ! ${notice.replace(": ", "  ")}`), dry);
  });
}

Deno.test("watch --json has the notices that show has", async () => {
  await using place = await stand();
  const { id } = await propose(place.root, { file: json({ host: "pypi.example", auth: AUTH }) });
  const notices = await noticesIn(place, "show", id);
  assert.equal(notices.length, 2);
  await using watch = place.start(["watch", "--json"]);
  const [line = ""] = await watch.output("stdout", /.*"pending".*\n/);
  assert.deepEqual(JSON.parse(line).notices, notices);
  watch.kill("SIGTERM");
  await watch.status;
});

Deno.test("the ask's own notices stand alone where no live file is configured", async () => {
  await using place = await stand();
  await place.configure({ routes: null, pipelock: null });
  const { id } = await propose(place.root, { file: json({ host: "pypi.example", auth: AUTH }) });
  const notices = await noticesIn(place, "show", id);
  assert.deepEqual(notices.map((notice) => notice.split(": ")[0]), ["WHOLE HOST", "SECRET"]);
});

Deno.test("list --json of 500 asks has the notices of each", async () => {
  await using place = await stand();
  const table = Array.from({ length: 200 }, (_, at) => `  - host: h${at}.example\n`).join("");
  await Deno.writeTextFile(place.file("routes"), `routes:\n${table}`);
  for (let number = 0; number < 500; number++) {
    await propose(place.root, { file: json({ host: `n${number}.example` }) });
  }
  const { proposals } = parsed(await place.ctl(["list", "--json"])) as {
    proposals: { notices: string[] }[];
  };
  assert.equal(proposals.length, 500);
  assert.ok(proposals.every(({ notices }) => notices.length === 2));
});

Deno.test("every face says which bottles share the live file", async () => {
  await using place = await stand();
  await Deno.mkdir(`${place.root}/other`, { recursive: true, mode: 0o700 });
  const { id } = await propose(place.root);
  const says =
    `SHARED FILE: ${place.file("routes")} is shared with bottle other: what is approved ` +
    "for one is open to all";
  assert.ok((await noticesIn(place, "show", id)).includes(says));
  assert.ok((await noticesIn(place, "approve", id, "--dry-run")).includes(says));
  const { proposals } = parsed(await place.ctl(["list", "--json"])) as {
    proposals: { notices: string[] }[];
  };
  assert.ok(proposals[0]?.notices.includes(says));
  assert.match((await place.ctl(["show", id])).stdout, /! SHARED FILE {2}\S+ is shared/);
});

const MEANWHILE: readonly (readonly [
  what: string,
  ask: Parameters<typeof propose>[1],
  change: (place: Stand) => Promise<void>,
])[] = [
  ["another bottle has the live file too", {}, ({ root }) => Deno.mkdir(`${root}/other`)],
  [
    "the route table sends a credential to a host of the allowlist",
    { tool: "pipelock-block", file: "https://files.example/tool" },
    (place) =>
      Deno.writeTextFile(
        place.file("routes"),
        "routes:\n  - host: files.example\n    auth: {scheme: token, token_ref: PYPI}\n",
      ),
  ],
];

for (const [what, ask, change] of MEANWHILE) {
  Deno.test(`an approval is bound to what was told: ${what} since`, async () => {
    await using place = await stand();
    const { id } = await propose(place.root, ask);
    const env = { SUPERVISE_CONFIG: place.configFile };
    const basis = await shownBasis(place.root, id, { env });
    await change(place);
    const { code, stderr } = await place.ctl(["approve", id, "--basis", basis]);
    assert.equal(code, 1);
    assert.match(stderr, /is not what was\s+shown any more/);
    const now = await shownBasis(place.root, id, { env });
    assert.equal((await place.ctl(["approve", id, "--basis", now])).code, 0);
  });
}
