/** `shadow export --base`: the routes of a trial run added to a file that is there already. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { ControlResult } from "../../support/programs.ts";
import { temporary } from "../../support/temporary.ts";
import { within } from "../../support/within.ts";
import { ctl, json, parsed } from "../fixture.ts";
import { recordAsk } from "./fixture.ts";

const EXPORT = ["shadow", "export", "--slug", "dev"];

const BASE = `# what dev may reach
routes:
  - host: pypi.example   # packages
    path_allowlist:
      - /simple/
  # everything here
  - host: docs.example
`;

class Scene implements AsyncDisposable {
  readonly root: string;
  readonly base: string;
  readonly #end: () => PromiseLike<void>;

  private constructor(root: string, end: () => PromiseLike<void>) {
    this.root = root;
    this.base = join(root, "base.yaml");
    this.#end = end;
  }

  /** Records an ask for each of the routes. */
  static async set(text: string, ...routes: readonly unknown[]): Promise<Scene> {
    const root = await temporary();
    const scene = new Scene(root.path, () => root[Symbol.asyncDispose]());
    await Deno.writeTextFile(scene.base, text);
    await Promise.all(
      routes.map((route) => recordAsk(root.path, { file: json(route), justification: "x\n- y" })),
    );
    return scene;
  }

  export(...args: readonly string[]): Promise<ControlResult> {
    return ctl(this.root, [...EXPORT, "--base", this.base, ...args]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end();
  }
}

function routesIn(text: string): unknown {
  const [older, newer] = (["1.1", "1.2"] as const).map((version) => parse(text, { version }));
  assert.deepEqual(older, newer);
  return newer.routes;
}

const SECRET = { scheme: "Bearer", token_ref: "GH_TOKEN" };

Deno.test("shadow export --base adds to the file, whose comments and order stay", async () => {
  await using scene = await Scene.set(
    BASE,
    { host: "api.example", path_allowlist: ["/aa"], auth: SECRET },
    { host: "api.example", path_allowlist: ["/aa", "/bb"] },
    { host: "docs.example", path_allowlist: ["/x"] },
    { host: "pypi.example", path_allowlist: ["/pypi/", "/simple/"] },
  );
  const { code, stdout, stderr } = await scene.export();
  assert.deepEqual([code, stderr], [0, ""]);
  const expected = BASE.replace("/simple/\n", "/simple/\n      - /pypi/\n") +
    `  - host: api.example
    path_allowlist: # with none of these left, every path is open
      - /aa
      - /bb

# What a trial run of bottle dev would have needed.
# 4 asks, 2026-11-21T11:57:00Z to 2026-11-21T11:57:00Z; 3 hosts, most asked for first.
# Prune this before you install it: an agent asked for all of it, and nobody has agreed to any.
# To refuse a host, delete its whole entry: an entry without paths opens every path.

# Above already, and asked for none the less (1 host):
#   docs.example: 1 ask
#     ! BROAD: the prefix "/x" is very short: much of docs.example may be open
#     why: "x - y"
#     /x (1 ask)

# Added (2 hosts):
#   api.example: 2 asks
#     ! SECRET: not added: the value of GH_TOKEN (Bearer), to be sent to api.example
#     why (2 times): "x - y"
#     /aa (2 asks)
#     /bb (1 ask)
#   pypi.example: 1 ask
#     why: "x - y"
#     /pypi/ (1 ask)
#     /simple/ (1 ask), above already
`;
  assert.equal(stdout, expected);
  assert.equal(await Deno.readTextFile(scene.base), BASE);
  const output = join(scene.root, "new.yaml");
  assert.equal((await scene.export("--output", output)).code, 0);
  assert.equal(await Deno.readTextFile(output), expected);
  const { routes, unchanged } = parsed(await scene.export("--json"));
  assert.deepEqual((routes as { host: string }[]).map(({ host }) => host), [
    "api.example",
    "pypi.example",
  ]);
  assert.deepEqual(unchanged, [{
    host: "docs.example",
    path_allowlist: ["/x"],
    asks: 1,
    whole_host_asks: 0,
    paths: [{ path: "/x", asks: 1 }],
    further_paths: 0,
    reasons: [{ text: "x - y", asks: 1 }],
    further_reasons: 0,
    credentials: [],
    notices: ['BROAD: the prefix "/x" is very short: much of docs.example may be open'],
  }]);
});

Deno.test("shadow export --base says where a list of paths is taken away", async () => {
  await using scene = await Scene.set(BASE, { host: "pypi.example" });
  const { stdout } = await scene.export();
  assert.deepEqual(routesIn(stdout), [{ host: "pypi.example" }, { host: "docs.example" }]);
  assert.match(
    stdout,
    /^# +! WHOLE HOST: pypi\.example is limited to 1 path now: that list would/m,
  );
});

Deno.test("shadow export --base of what is there already changes nothing but the end", async () => {
  await using scene = await Scene.set(BASE, { host: "docs.example" });
  const { stdout } = await scene.export();
  assert.ok(stdout.startsWith(BASE));
  assert.deepEqual(routesIn(stdout), routesIn(BASE));
});

const SENDING = `routes:
  - host: a.example
    path_allowlist: [/one/]
    auth:
      scheme: Bearer
      token_ref: PROD
`;

const PROD = { scheme: "Bearer", token_ref: "PROD" };

const SENT: readonly { name: string; base?: string; route: unknown; says: string[] }[] = [
  {
    name: "further paths",
    route: { host: "a.example", path_allowlist: ["/two/"], auth: PROD },
    says: ["the file sends the value of PROD (Bearer) to a.example; now to these paths too"],
  },
  {
    name: "further paths, asked for without a secret",
    route: { host: "a.example", path_allowlist: ["/two/"] },
    says: ["the file sends the value of PROD (Bearer) to a.example; now to these paths too"],
  },
  {
    name: "every path",
    route: { host: "a.example" },
    says: ["the file sends the value of PROD (Bearer) to a.example; now to every path"],
  },
  {
    name: "another secret, which is not added",
    route: { host: "a.example", path_allowlist: ["/two/"], auth: SECRET },
    says: [
      "the file sends the value of PROD (Bearer) to a.example; now to these paths too",
      "not added: the value of GH_TOKEN (Bearer), to be sent to a.example",
    ],
  },
  {
    name: "what is there already",
    route: { host: "a.example", path_allowlist: ["/one/"], auth: PROD },
    says: ["the file sends the value of PROD (Bearer) to a.example"],
  },
  {
    name: "another spelling of the host",
    base: SENDING.replace("a.example", "A.example."),
    route: { host: "a.example", path_allowlist: ["/two/"] },
    says: ["the file sends the value of PROD (Bearer) to a.example; now to these paths too"],
  },
  {
    name: "a pattern's hosts",
    base: SENDING.replace("a.example", '"*.example"'),
    route: { host: "a.example", path_allowlist: ["/two/"], auth: PROD },
    says: [
      "the file sends the value of PROD (Bearer) to *.example, below which a.example is",
      "not added: the value of PROD (Bearer), to be sent to a.example",
    ],
  },
  {
    name: "a pattern's hosts, asked for without a secret",
    base: SENDING.replace("a.example", '"*.example"'),
    route: { host: "a.example", path_allowlist: ["/two/"] },
    says: ["the file sends the value of PROD (Bearer) to *.example, below which a.example is"],
  },
  {
    name: "the host and a pattern's hosts, each another secret",
    base: `${SENDING}  - host: "*.example"\n    auth: {scheme: Bearer, token_ref: GH_TOKEN}\n`,
    route: { host: "a.example", path_allowlist: ["/two/"], auth: SECRET },
    says: [
      "the file sends the value of PROD (Bearer) to a.example; now to these paths too",
      "the file sends the value of GH_TOKEN (Bearer) to *.example, below which a.example is",
      "not added: the value of GH_TOKEN (Bearer), to be sent to a.example",
    ],
  },
  {
    name: "the same secret as of another scheme",
    route: { host: "a.example", path_allowlist: ["/one/"], auth: { ...PROD, scheme: "token" } },
    says: [
      "the file sends the value of PROD (Bearer) to a.example",
      "not added: the value of PROD (token), to be sent to a.example",
    ],
  },
  {
    name: "a secret in a form of the proxy's own",
    base: SENDING.replace(/auth:[^]*/, "auth: basic\n"),
    route: { host: "a.example" },
    says: ["the file sends a secret to a.example; now to every path"],
  },
  {
    name: "a name that would break out of the comment",
    base: SENDING.replace("PROD", '"A\\n- host: evil"'),
    route: { host: "a.example" },
    says: [
      "the file sends the value of A<U+000A>- host: evil (Bearer) to a.example; now to every path",
    ],
  },
];

for (const { name, base = SENDING, route, says } of SENT) {
  Deno.test(`shadow export --base says what the file sends to ${name}`, async () => {
    await using scene = await Scene.set(base, route);
    const { stdout } = await scene.export();
    const lines = stdout.split("\n").filter((line) => line.includes("! SECRET:"));
    assert.deepEqual(lines, says.map((text) => `#     ! SECRET: ${text}`));
    const { routes, unchanged } = parsed(await scene.export("--json"));
    const [told] = [...routes as unknown[], ...unchanged as unknown[]] as { notices: string[] }[];
    assert.deepEqual(
      told?.notices.filter((notice) => notice.startsWith("SECRET: ")).length,
      says.length,
    );
  });
}

const PRUNED: readonly { name: string; text: string; added?: RegExp }[] = [
  {
    name: "a block",
    text: BASE,
    added: /^ {2}- \{host: one\.example, path_allowlist: \[\/one\/\]\}$/m,
  },
  {
    name: "lists in brackets",
    text: "routes:\n  - host: b.example\n    path_allowlist: [/b]\n",
    added: /^ {2}- \{host: two\.example, path_allowlist: \["\/a,b\/", \/two\/\]\}$/m,
  },
  {
    name: "wide dashes and a key behind the routes",
    text: "routes:\n-   host: b.example\n    path_allowlist:\n    -   /b\nnote: x\n",
    added: /^- {3}\{host: one\.example, /m,
  },
  {
    name: "line ends of Windows",
    text: "routes:\r\n- host: b.example\r\n",
    added: /^ {2}path_allowlist: # with none of these left, every path is open\r$/m,
  },
  { name: "an empty table", text: "routes: []\n", added: /^ {2}- \{host: one\.example, /m },
  { name: "an odd form", text: "? routes\n: - host: b.example\n", added: /- \{host: one\.example/ },
  { name: "no line end", text: "routes: [{host: b.example, path_allowlist: [/b]}]" },
];

for (const { name, text, added = /./ } of PRUNED) {
  Deno.test(`shadow export --base onto ${name} opens no host when one line is deleted`, async () => {
    const asked = [
      { host: "one.example", path_allowlist: ["/one/"] },
      { host: "two.example", path_allowlist: ["/a,b/", "/two/"] },
      { host: "zero.example", path_allowlist: ["/]:{/"] },
    ];
    await using scene = await Scene.set(text, ...asked);
    const output = join(scene.root, "new.yaml");
    const { code, stderr } = await scene.export("--output", output);
    assert.deepEqual([code, stderr], [0, ""]);
    const after = await Deno.readTextFile(output);
    assert.match(after, added);
    assert.deepEqual(routesIn(after), [...parse(text).routes, ...asked]);
    const lines = after.split("\n");
    for (const deleted of lines.keys()) {
      const left = routesLeft(lines.toSpliced(deleted, 1).join("\n"));
      for (const { host } of asked) {
        const open = left.filter((route) => route.host === host && !route.path_allowlist?.length);
        assert.deepEqual(open, [], `without ${lines[deleted]}`);
      }
    }
  });
}

/** None of a file that is refused as a whole. */
function routesLeft(text: string): { host: string; path_allowlist?: string[] }[] {
  try {
    return parse(text)?.routes ?? [];
  } catch {
    return [];
  }
}

const FORMS: readonly { name: string; text: string }[] = [
  { name: "an empty file", text: "" },
  { name: "an empty table", text: "routes: []\n" },
  { name: "no line end at the end", text: "routes:\n  - host: b.example" },
  { name: "routes in brackets", text: "routes: [{host: b.example}]\n" },
  { name: "a key behind the routes", text: "routes:\n- host: b.example\nnote: |\n  text\n\n" },
  { name: "line ends of Windows", text: "routes:\r\n  - host: b.example\r\n" },
];

for (const { name, text } of FORMS) {
  Deno.test(`shadow export --base takes ${name}`, async () => {
    await using scene = await Scene.set(text, { host: "a.example" });
    const output = join(scene.root, "new.yaml");
    const { code, stderr } = await scene.export("--output", output);
    assert.deepEqual([code, stderr], [0, ""]);
    const after = await Deno.readTextFile(output);
    const before = parse(text) ?? {};
    const routes = [...before.routes ?? [], { host: "a.example" }];
    assert.deepEqual(parse(after), { ...before, routes });
    assert.equal(/(?<!\r)\n/.test(after), !text.includes("\r"));
    assert.match(after, /^# {5}why: "x - y"\r?$/m);
  });
}

const REFUSED: readonly { name: string; text: string; why: RegExp }[] = [
  { name: "no YAML", text: "routes: [\n", why: /not valid YAML/ },
  { name: "another file", text: "routes: no\n", why: /routes is no list/ },
  { name: "JSON", text: '{"routes": []}', why: /is JSON, which has no comments/ },
  {
    name: "a text at its end that takes in every line",
    text: "routes: []\nnote: |+\n  text\n",
    why: /no comment can be put at its end/,
  },
  {
    name: "a host twice",
    text: "routes:\n  - host: a.example\n  - host: A.example\n",
    why: /stands more than once/,
  },
];

for (const { name, text, why } of REFUSED) {
  Deno.test(`shadow export --base refuses ${name}, and writes nothing`, async () => {
    await using scene = await Scene.set(text, { host: "a.example" });
    const output = join(scene.root, "new.yaml");
    const { code, stdout, stderr } = await scene.export("--output", output);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.ok(stderr.startsWith(`supervisectl: ${scene.base}: `), stderr);
    assert.match(stderr, why);
    await assert.rejects(Deno.lstat(output), Deno.errors.NotFound);
  });
}

Deno.test("shadow export --base says so when its file is not there", async () => {
  await using scene = await Scene.set(BASE, { host: "a.example" });
  await Deno.remove(scene.base);
  const { code, stderr } = await scene.export();
  assert.equal(code, 1);
  assert.match(stderr, /cannot read .*base\.yaml: no such file or directory/);
});

Deno.test("shadow export --base prints nothing that it would have to print otherwise than it is", async () => {
  await using scene = await Scene.set(`# \u200bhidden\n${BASE}`, { host: "a.example" });
  const { code, stdout, stderr } = await scene.export();
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /characters that are not printed as they are; --output is wanted\nTry: /);
  const output = join(scene.root, "new.yaml");
  assert.equal((await scene.export("--output", output)).code, 0);
  assert.ok((await Deno.readTextFile(output)).startsWith("# \u200bhidden\n"));
});

Deno.test("shadow export --base rewrites an odd form for 10 routes, says so, and refuses more", async () => {
  const odd = "? routes\n: - host: z.example\n";
  const hosts = Array.from({ length: 10 }, (_, index) => ({ host: `h${index}.example` }));
  await using scene = await Scene.set(odd, ...hosts);
  const { stdout } = await scene.export();
  assert.match(stdout, /^# ! REFORMATTED: the file could not be changed in place/m);
  assert.deepEqual(routesIn(stdout), [{ host: "z.example" }, ...hosts]);
  await recordAsk(scene.root, { file: json({ host: "more.example" }) });
  const { code, stderr } = await scene.export();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /has a form in which at most 10 routes can be added, and there are 11 routes/,
  );
});

Deno.test("shadow export --base refuses what would be over 1 MiB before it writes it", async () => {
  const path_allowlist = Array.from({ length: 100 }, (_, i) => `/${i}/${"x".repeat(1_000)}`);
  const hosts = Array.from({ length: 11 }, (_, i) => ({ host: `h${i}.example`, path_allowlist }));
  await using scene = await Scene.set(BASE, ...hosts);
  const { code, stderr } = await scene.export();
  assert.equal(code, 1);
  assert.match(stderr, /it would have more than 1 MiB; an export without --base is wanted/);
});

Deno.test("shadow export --base adds 200 hosts of 100 paths to 1,000 entries at once", async () => {
  const entries = Array.from({ length: 1_000 }, (_, index) => ({
    host: `b${index}.example`,
    path_allowlist: ["/x"],
  }));
  const hosts = Array.from({ length: 200 }, (_, index) => ({
    host: index % 2 ? `b${index}.example` : `h${index}.example`,
    path_allowlist: Array.from({ length: 100 }, (_, path) => `/${index}/${path}`),
  }));
  await using scene = await Scene.set(stringify({ routes: entries }), ...hosts);
  const { stdout } = await within(60, "export", scene.export());
  assert.equal((routesIn(stdout) as unknown[]).length, 1_100);
});

Deno.test("shadow export --base adds 200 hosts, and refuses more", async () => {
  const hosts = Array.from({ length: 200 }, (_, index) => ({ host: `h${index}.example` }));
  await using scene = await Scene.set(BASE, ...hosts);
  const { stdout } = await within(60, "export", scene.export());
  assert.equal((routesIn(stdout) as unknown[]).length, 202);
  await recordAsk(scene.root, { file: json({ host: "more.example" }) });
  const { code, stderr } = await scene.export();
  assert.equal(code, 1);
  assert.match(stderr, /201 hosts were asked for, and at most 200 are added to a file/);
});
