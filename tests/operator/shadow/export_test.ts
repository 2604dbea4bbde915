/** `shadow export`: the routes file that a trial run would have needed, and the words beside it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import type { ProposalId, Slug } from "../../../src/queue/layout.ts";
import { Tallying } from "../../../src/operator/shadow/tally.ts";
import { temporary, type TemporaryDirectory } from "../../support/temporary.ts";
import { ctl, json, parsed, type ProposalOptions } from "../fixture.ts";
import { recordAsk } from "./fixture.ts";

const EXPORT = ["shadow", "export", "--slug", "dev"];

/** A queue root with these asks on record, oldest first, a minute apart. */
async function recorded(
  ...asks: readonly (ProposalOptions & { route?: unknown })[]
): Promise<TemporaryDirectory> {
  const root = await temporary();
  for (const [index, { route, ...ask }] of asks.entries()) {
    const ageSeconds = (asks.length - index) * 60;
    await recordAsk(root.path, {
      ageSeconds,
      ...route === undefined ? {} : { file: json(route) },
      ...ask,
    });
  }
  return root;
}

async function exported(root: TemporaryDirectory): Promise<string> {
  const { code, stdout, stderr } = await ctl(root.path, EXPORT);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

/** What readers of either version take from the text; both must take the same. */
function read(text: string): { routes: Record<string, unknown>[] } {
  const [older, newer] = (["1.1", "1.2"] as const).map((version) => parse(text, { version }));
  assert.deepEqual(older, newer);
  return newer;
}

/** Takes the comment signs from the lines that follow the one that says so. */
function uncommented(text: string, ...names: readonly string[]): string {
  const line = new RegExp(`^( +)# ((${names.join("|")}):| +(- /|scheme:|token_ref:))`, "gm");
  return text.replace(line, "$1$2");
}

const GOLDEN = `# What a trial run of bottle dev would have needed.
# 8 asks, 2026-11-21T11:52:00Z to 2026-11-21T11:59:00Z; 3 hosts, most asked for first.
# Prune this before you install it: an agent asked for all of it, and no person has agreed to any.
# To refuse a host, delete its whole entry: an entry without paths opens every path.
# Routes that the bottle had are not in here, unless it asked for them too.
routes:
  # 3 asks
  # why (2 times): "to read the issues"
  # why: "to comment"
  - host: api.github.com
    path_allowlist: # with none of these left, every path is open
      - /repos/acme/ # 3 asks
      - /user # 1 ask
    # ! SECRET: 1 ask for the value of GH_TOKEN, to be sent to api.github.com as "Authorization: Bearer …". If that is right, take "# " from these lines:
    # auth:
    #   scheme: Bearer
    #   token_ref: GH_TOKEN

  # 2 asks, 1 of them without a path: so every path is allowed
  # ! WHOLE HOST: there is no path list: every path of acme.pages.dev would be open
  # ! WILDCARD-LIKE: anyone can have a site below pages.dev: make sure whose acme.pages.dev is
  # why (2 times): "to read the docs"
  - host: acme.pages.dev
    # To allow only the paths that the other asks named, take "# " from these lines:
    # path_allowlist:
    #   - /docs/ # 1 ask

  # 1 ask
  # why: "to install left-pad"
  - {host: pypi.org, path_allowlist: [/simple/]} # 1 ask

# Asked for at pipelock, whose allowlist is another file (1 host):
#   pastebin.com: 1 ask
#     ! DROP SITE: what is sent to pastebin.com can be read by anyone who has the address
#     why: "to read the issues"

# 1 ask for a changed Dockerfile: not part of this file.
`;

function goldenAsks() {
  return recorded(
    {
      route: { host: "pypi.org", path_allowlist: ["/simple/"] },
      justification: "to install left-pad",
    },
    { route: { host: "api.github.com", path_allowlist: ["/repos/acme/"] } },
    { route: { host: "api.github.com", path_allowlist: ["/user", "/repos/acme/"] } },
    {
      route: {
        host: "api.github.com",
        path_allowlist: ["/repos/acme/"],
        auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
      },
      justification: "to comment",
    },
    { route: { host: "acme.pages.dev" }, justification: "to read the docs" },
    {
      route: { host: "acme.pages.dev", path_allowlist: ["/docs/"] },
      justification: "to read the docs",
    },
    { tool: "pipelock-block", file: "https://pastebin.com/x" },
    { tool: "capability-block", file: "FROM debian\n" },
  );
}

Deno.test("shadow export prints routes with counts, reasons and hints, most asked for first", async () => {
  await using root = await goldenAsks();
  assert.equal(await exported(root), GOLDEN);
});

Deno.test("shadow export says the routes and nothing else, to readers of YAML 1.1 and 1.2", async () => {
  await using root = await goldenAsks();
  assert.deepEqual(read(await exported(root)), {
    routes: [
      { host: "api.github.com", path_allowlist: ["/repos/acme/", "/user"] },
      { host: "acme.pages.dev" },
      { host: "pypi.org", path_allowlist: ["/simple/"] },
    ],
  });
});

Deno.test("shadow export has secrets and narrower paths ready, in effect once uncommented", async () => {
  await using root = await goldenAsks();
  const text = uncommented(await exported(root), "auth", "path_allowlist");
  assert.deepEqual(read(text), {
    routes: [
      {
        host: "api.github.com",
        path_allowlist: ["/repos/acme/", "/user"],
        auth: { scheme: "Bearer", token_ref: "GH_TOKEN" },
      },
      { host: "acme.pages.dev", path_allowlist: ["/docs/"] },
      { host: "pypi.org", path_allowlist: ["/simple/"] },
    ],
  });
});

Deno.test("shadow export --json gives the same as data", async () => {
  await using root = await goldenAsks();
  const { code, stdout } = await ctl(root.path, [...EXPORT, "--json"]);
  assert.equal(code, 0);
  const { routes, ...rest } = JSON.parse(stdout);
  assert.deepEqual(rest, {
    bottle_slug: "dev",
    asks: 8,
    first_ask: "2026-11-21T11:52:00.000Z",
    last_ask: "2026-11-21T11:59:00.000Z",
    left_out: [],
    uncounted_prefixes: 0,
    pipelock: [{
      host: "pastebin.com",
      asks: 1,
      justifications: [{ text: "to read the issues", asks: 1 }],
      further_justifications: 0,
      notices: [
        "DROP SITE: what is sent to pastebin.com can be read by anyone who has the address",
      ],
    }],
    capability_asks: 1,
    skipped: [],
    output: null,
  });
  assert.deepEqual(routes[0], {
    host: "api.github.com",
    path_allowlist: ["/repos/acme/", "/user"],
    asks: 3,
    every_path_asks: 0,
    prefixes: [{ prefix: "/repos/acme/", asks: 3 }, { prefix: "/user", asks: 1 }],
    further_prefixes: 0,
    justifications: [{ text: "to read the issues", asks: 2 }, { text: "to comment", asks: 1 }],
    further_justifications: 0,
    auths: [{ scheme: "Bearer", token_ref: "GH_TOKEN", asks: 1 }],
    notices: [],
  });
  assert.equal(routes[1].path_allowlist, null);
  assert.equal(routes[1].every_path_asks, 1);
  assert.equal(routes.length, 3);
});

const REASONS: readonly { name: string; text: string; shown: string }[] = [
  {
    name: "lines that look like routes",
    text: "fine\nroutes:\n  - host: evil.example\r\n\n",
    shown: "fine routes: - host: evil.example",
  },
  { name: "other line ends", text: "a\u2028b\u0085c\vd", shown: "a<U+2028>b<U+0085>c<U+000B>d" },
  { name: "escapes", text: "\x1b[2Ja\x01b", shown: "<U+001B>[2Ja<U+0001>b" },
  { name: "bidirectional text", text: "a\u202eb\u2066c", shown: "a<U+202E>b<U+2066>c" },
  { name: "invisible characters", text: "a\u200bb\ufeff", shown: "a<U+200B>b<U+FEFF>" },
  { name: "quotes and comment signs", text: '" # x', shown: "' # x" },
  {
    name: "a count of its own",
    text: 'to read docs" (500 times)\u201d (9 times)',
    shown: "to read docs' (500 times)' (9 times)",
  },
  { name: "a long text", text: "x".repeat(5_000), shown: "x".repeat(199) + "…" },
  { name: "blanks alone", text: " \n\t ", shown: "" },
];

for (const { name, text, shown } of REASONS) {
  Deno.test(`shadow export keeps a reason in its comment: ${name}`, async () => {
    await using root = await recorded({
      route: { host: "a.example" },
      justification: text,
    });
    const printed = await exported(root);
    assert.deepEqual(read(printed), { routes: [{ host: "a.example" }] });
    assert.deepEqual(printed.split("\n").filter((line) => line.includes("why:")), [
      `  # why: "${shown}"`,
    ]);
    const output = join(root.path, "routes.yaml");
    await ctl(root.path, [...EXPORT, "--output", output]);
    assert.equal(await Deno.readTextFile(output), printed);
  });
}

Deno.test("shadow export gives the three reasons given most, and counts the others", async () => {
  const given = ["a", "b", "b", "c", "c", "c", "d", "e", "e"];
  await using root = await recorded(
    ...given.map((justification) => ({ route: { host: "x.example" }, justification })),
  );
  const lines = (await exported(root)).split("\n").filter((line) => /why|other/.test(line));
  assert.deepEqual(lines, [
    '  # why (3 times): "c"',
    '  # why (2 times): "b"',
    '  # why (2 times): "e"',
    "  # and 2 other reasons",
  ]);
});

const ODD_NAMES = ["on", "no", "y", "null", "true", "nan", "1e3", "0x1f.a", "~", "10.0.0.1", "_.a"];

Deno.test("shadow export quotes names that YAML would take for something else", async () => {
  const hosts = ODD_NAMES.filter((name) => name !== "~" && name !== "0x1f.a");
  await using root = await recorded(
    ...hosts.map((host) => ({
      route: { host, path_allowlist: ODD_NAMES.map((name) => `/${name}:&!{}[]'"%20,|>@\``) },
    })),
  );
  const { routes } = read(await exported(root));
  assert.deepEqual(routes.map(({ host }) => host).sort(), hosts.toSorted());
  for (const { path_allowlist } of routes) {
    assert.deepEqual(
      (path_allowlist as string[]).toSorted(),
      ODD_NAMES.map((name) => `/${name}:&!{}[]'"%20,|>@\``).sort(),
    );
  }
});

Deno.test("shadow export unites spellings of a host, and paths asked for twice in one ask", async () => {
  await using root = await recorded(
    { route: { host: "API.example", path_allowlist: ["/a", "/a"] } },
    { route: { host: "api.example", path_allowlist: ["/b", "/a"] } },
  );
  const text = await exported(root);
  assert.deepEqual(read(text), {
    routes: [{ host: "api.example", path_allowlist: ["/a", "/b"] }],
  });
  assert.match(text, /- \/a # 2 asks\n +- \/b # 1 ask\n/);
});

const REFUSED: readonly {
  name: string;
  ask: ProposalOptions & { route?: unknown };
  why: RegExp;
}[] = [
  { name: "no JSON", ask: { file: "routes:\n" }, why: /it is not JSON/ },
  { name: "a host that is a pattern", ask: { route: { host: "*.example" } }, why: /bare host/ },
  {
    name: "a host with a line end",
    ask: { route: { host: "a.example\n  - host: b" } },
    why: /bare host/,
  },
  {
    name: "a path with a line end",
    ask: { route: { host: "a.example", path_allowlist: ["/a\n- /"] } },
    why: /printable ASCII/,
  },
  { name: "an unknown key", ask: { route: { host: "a.example", open: true } }, why: /"open"/ },
  {
    name: "a secret with another form",
    ask: { route: { host: "a.example", auth: { scheme: "Basic", token_ref: "A" } } },
    why: /scheme/,
  },
  { name: "no URL", ask: { tool: "pipelock-block", file: "a\nb" }, why: /one http or https URL/ },
  { name: "an unknown tool", ask: { tool: "sudo", file: "x" }, why: /does not know the tool sudo/ },
];

for (const { name, ask, why } of REFUSED) {
  Deno.test(`shadow export skips an ask for ${name}, and counts it in the file`, async () => {
    await using root = await recorded({ route: { host: "fine.example" } }, ask);
    const { code, stdout, stderr } = await ctl(root.path, EXPORT);
    assert.equal(code, 0);
    assert.deepEqual(read(stdout), { routes: [{ host: "fine.example" }] });
    assert.match(stdout, /^# ! 1 ask not in the expected form: skipped\.$/m);
    assert.match(stderr, /^supervisectl: skipped dev\/shadow\/\S+: not in the expected form: /);
    assert.match(stderr, why);
  });
}

Deno.test("shadow export warns of many narrow asks that come to a broad route", async () => {
  await using root = await recorded(
    ...Array.from({ length: 101 }, (_, index) => ({
      route: { host: "a.example", path_allowlist: [`/some/${index}`] },
    })),
  );
  const text = await exported(root);
  assert.match(text, /^ {2}# ! BROAD: there are 101 prefixes: much of a\.example may be open$/m);
  const [route] = read(text).routes;
  assert.equal((route?.["path_allowlist"] as string[]).length, 101);
});

/** Each way to leave one line out of those that are no comment. */
function* withoutOneLine(text: string): Generator<string> {
  const lines = text.split("\n");
  for (const [index, line] of lines.entries()) {
    if (/^ *(#|$)/.test(line)) continue;
    yield lines.toSpliced(index, 1).join("\n");
  }
}

for (const isSent of [false, true]) {
  const name = isSent ? "a secret beside it" : "nothing else";
  Deno.test(`shadow export of one path and ${name} opens no host when a line is deleted`, async () => {
    const auth = { scheme: "Bearer", token_ref: "GH_TOKEN" };
    await using root = await recorded(
      ...["a.example", "b.example", "c.example"].map((host) => ({
        route: { host, path_allowlist: ["/some/"], ...isSent && { auth } },
      })),
    );
    const text = await exported(root);
    for (const form of [text, text.replace(/# (auth: \{)/g, "$1")]) {
      assert.equal(read(form).routes.length, 3);
      for (const pruned of withoutOneLine(form)) {
        let routes: Record<string, unknown>[];
        try {
          routes = read(pruned).routes ?? [];
        } catch {
          // A reader that refuses the file opens nothing.
          continue;
        }
        for (const { host, path_allowlist } of routes) {
          assert.ok(path_allowlist, `${host}: ${pruned}`);
        }
      }
    }
    const routes = read(text.replace(/# (auth: \{)/g, "$1")).routes;
    if (isSent) { for (const route of routes) assert.deepEqual(route["auth"], auth); }
  });
}

Deno.test("shadow export has the 1,000 paths of a host asked for most, and counts the others", async () => {
  const asks = Array.from({ length: 11 }, (_, ask) => ({
    route: {
      host: "a.example",
      path_allowlist: Array.from({ length: 100 }, (_, path) => `/${ask}/${path}`),
    },
  }));
  await using root = await recorded(...asks, asks[10]!);
  const text = await exported(root);
  const [route] = read(text).routes;
  const paths = route?.["path_allowlist"] as string[];
  assert.equal(paths.length, 1_000);
  assert.ok(paths[0]?.startsWith("/10/"));
  assert.match(text, /^ {6}# and 100 other paths: not in here$/m);
  const { routes } = parsed(await ctl(root.path, [...EXPORT, "--json"]));
  assert.equal((routes as { further_prefixes: number }[])[0]?.further_prefixes, 100);
});

Deno.test("shadow export keeps 256 KiB of the paths of one host, so that it is not left out", async () => {
  const asks = Array.from({ length: 10 }, (_, ask) => ({
    route: {
      host: "a.example",
      path_allowlist: Array.from({ length: 100 }, (_, p) => `/${ask}/${p}/${"x".repeat(1_000)}`),
    },
  }));
  await using root = await recorded(...asks);
  const [route] = read(await exported(root)).routes;
  const bytes = (route?.["path_allowlist"] as string[]).join("").length;
  assert.ok(bytes > 255 * 1_024 && bytes <= 256 * 1_024, `${bytes}`);
});

Deno.test("a tally tells 200,000 paths apart, and counts what asked for more", () => {
  const tallying = new Tallying();
  const count = (ask: number) => {
    const path_allowlist = Array.from({ length: 100 }, (_, path) => `/${ask}/${path}`);
    const proposed_file = json({ host: `h${ask % 2}.example`, path_allowlist });
    tallying.add({
      ...{ id: crypto.randomUUID() as ProposalId, bottle_slug: "dev" as Slug, proposed_file },
      ...{ tool: "egress-block", justification: "x", current_file_hash: "" },
      arrival_timestamp: "2026-11-21T11:00:00Z",
    });
  };
  for (let ask = 0; ask < 2_003; ask++) count(ask);
  // Those that are told apart go on being counted.
  count(0);
  const { routes, uncountedPaths } = tallying.end();
  assert.equal(uncountedPaths, 300);
  assert.deepEqual(routes.map(({ paths, furtherPaths }) => [paths.length, furtherPaths]), [
    [1_000, 99_000],
    [1_000, 99_000],
  ]);
  assert.equal(routes[0]?.paths[0]?.asks, 2);
});

Deno.test("shadow export of asks for nothing but other files is an empty table", async () => {
  await using root = await recorded({ tool: "capability-block", file: "FROM debian\n" });
  assert.deepEqual(read(await exported(root)), { routes: [] });
});

Deno.test("shadow export leaves out hosts that do not fit, and says which", async () => {
  const path_allowlist = Array.from({ length: 100 }, (_, i) => `/${i}/${"x".repeat(1_000)}`);
  const hosts = Array.from({ length: 20 }, (_, index) => `h${index}.example`);
  await using root = await recorded(...hosts.map((host) => ({ route: { host, path_allowlist } })));
  const { code, stdout, stderr } = await ctl(root.path, EXPORT);
  assert.equal(code, 0);
  assert.ok(new TextEncoder().encode(stdout).length <= 1_048_576);
  const left = 20 - read(stdout).routes.length;
  assert.ok(left > 0 && left < 20);
  assert.match(stdout, new RegExp(`^# ! No room for ${left} further hosts: h\\d+\\.example`, "m"));
  assert.match(stderr, new RegExp(`no room for ${left} further hosts`));
  const { left_out, routes } = parsed(await ctl(root.path, [...EXPORT, "--json"]));
  assert.equal((left_out as unknown[]).length, left);
  assert.equal((routes as unknown[]).length, 20 - left);
});

Deno.test("shadow export --output writes a new file for its owner alone", async () => {
  await using root = await goldenAsks();
  const output = join(root.path, "routes.yaml");
  const { code, stdout, stderr } = await ctl(root.path, [...EXPORT, "--output", output]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout,
    `Wrote 3 hosts to ${output}. Read it before you install it, and delete what the bottle must ` +
      "not reach, a host with its whole entry: an entry without paths opens every path.\n",
  );
  assert.equal(await Deno.readTextFile(output), GOLDEN);
  assert.equal((await Deno.stat(output)).mode! & 0o777, 0o600);
});

Deno.test("shadow export --output writes no file into a queue", async () => {
  await using root = await goldenAsks();
  await Deno.symlink("dev", join(root.path, ".link"));
  for (const place of ["dev", ".link", "dev/processed"]) {
    const output = join(root.path, place, "routes.yaml");
    const { code, stderr } = await ctl(root.path, [...EXPORT, "--output", output]);
    assert.equal(code, 1);
    assert.match(stderr, /^supervisectl: --output: the directory \S+ is among the queues/);
    await assert.rejects(Deno.lstat(output));
  }
});

for (const name of ["new/", "new/.", "new/..", "."]) {
  Deno.test(`shadow export refuses --output ${name} with exit 2, and writes nothing`, async () => {
    await using root = await goldenAsks();
    const args = [...EXPORT, "--output", `${root.path}/${name}`];
    const { code, stdout, stderr } = await ctl(root.path, args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(
      stderr,
      /^supervisectl: --output must name a new file, got the directory ".*"$/m,
    );
    assert.deepEqual(Array.from(Deno.readDirSync(root.path), ({ name }) => name), ["dev"]);
  });
}

Deno.test("shadow export refuses --output - with exit 2, since it prints without", async () => {
  await using root = await goldenAsks();
  const { code, stdout, stderr } = await ctl(root.path, [...EXPORT, "--output", "-"]);
  assert.deepEqual([code, stdout], [2, ""]);
  assert.match(
    stderr,
    /^supervisectl: --output must name a new file, got -; without --output the export is/,
  );
  await assert.rejects(Deno.lstat("-"), Deno.errors.NotFound);
});

for (const there of ["a file", "a link to nowhere", "a directory"] as const) {
  Deno.test(`shadow export --output writes over nothing: ${there}`, async () => {
    await using root = await goldenAsks();
    const output = join(root.path, "routes.yaml");
    if (there === "a file") await Deno.writeTextFile(output, "mine");
    else if (there === "a directory") await Deno.mkdir(output);
    else await Deno.symlink(join(root.path, "nowhere"), output);
    const before = await Deno.lstat(output);
    const { code, stdout, stderr } = await ctl(root.path, [...EXPORT, "--output", output]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /routes\.yaml is there already; name a new file$/m);
    assert.equal((await Deno.lstat(output)).ino, before.ino);
    if (there === "a file") assert.equal(await Deno.readTextFile(output), "mine");
    await assert.rejects(Deno.lstat(join(root.path, "nowhere")), Deno.errors.NotFound);
  });
}

Deno.test("shadow export --output says why a file cannot be written", async () => {
  await using root = await goldenAsks();
  const output = join(root.path, ".lost", "routes.yaml");
  const { code, stderr } = await ctl(root.path, [...EXPORT, "--output", output]);
  assert.equal(code, 1);
  assert.match(stderr, /cannot write .*\/\.lost\/routes\.yaml: no such file or directory/);
});

const WRONG: readonly { name: string; args: string[]; message: RegExp }[] = [
  {
    name: "no word",
    args: ["shadow"],
    message: /^supervisectl: shadow needs export: shadow export/,
  },
  {
    name: "another word",
    args: ["shadow", "import", "--slug", "dev"],
    message: /^supervisectl: shadow must be followed by export, got "import"\n/,
  },
  {
    name: "no bottle",
    args: ["shadow", "export"],
    message: /^supervisectl: shadow export needs --slug, the bottle whose trial run it exports\n/,
  },
];

for (const { name, args, message } of WRONG) {
  Deno.test(`shadow refuses with exit 2: ${name}`, async () => {
    await using root = await goldenAsks();
    const { code, stdout, stderr } = await ctl(root.path, args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
  });
}
