/** The operator's configuration: what each right one means, and what is said of each wrong one. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { NO_CONFIG, type Target } from "../../src/operator/config/config.ts";
import { parseConfig } from "../../src/operator/config/parse.ts";
import { canMatch, fits } from "../../src/operator/config/pattern.ts";
import { readConfig } from "../../src/operator/config/read.ts";
import { Failure } from "../../src/operator/failure.ts";
import type { Slug } from "../../src/queue/layout.ts";
import { temporary } from "../support/temporary.ts";
import { makeFifo } from "./fixture.ts";

const FILE = "/etc/supervise/config.yaml";

const of = (slug: string) => slug as Slug;

/** An entry whose routes have these further lines, from line 4 on. */
const routes = (...lines: readonly string[]) =>
  ["bottles:", "  - routes:", "      file: /r/{slug}.yaml", ...lines.map((line) => `      ${line}`)]
    .join("\n") + "\n";

const file = (text: string) => `bottles:\n  - routes:\n      file: ${text}\n`;
const matching = (text: string) => `bottles:\n  - match: ${text}\n    routes: {file: /a}\n`;

const LIST = "a list with an entry for each kind of bottle is wanted";
const NAME = 'a bottle\'s name (letters, digits, ".", "_", "-"; "*" for any run of them) is wanted';
const ARGV = "a list of the command and its arguments is wanted";
const PROGRAM = "a program's name or absolute path is wanted";
const SECONDS = "a number of seconds above 0 and at most 3600 is wanted";
const HOST_URL = "an http:// URL with a host";
const ORIGIN = "an http:// URL of a host and port alone";
const TARGET_KEYS = "file, write, reload, reload_timeout_seconds, check are known";
const BOTTLE_KEYS = "match, routes, pipelock, dockerfile are known";
const R = "bottles[0].routes";

interface Wrong {
  readonly name: string;
  readonly text: string;
  /** `LINE: what is wrong`, each. */
  readonly problems: readonly string[];
  /** What stands at the end of the message. */
  readonly more?: string;
}

const wrong = (name: string, text: string, ...problems: readonly string[]): Wrong => ({
  name,
  text,
  problems,
});

const WRONG: readonly Wrong[] = [
  wrong("empty file", "", "1: the file is empty; a map with bottles is wanted"),
  wrong("comment alone", "# later\n", "1: the file is empty; a map with bottles is wanted"),
  wrong("word", "bottles\n", '1: the file is "bottles"; a map with bottles is wanted'),
  wrong("list at the top", "- match: a\n", "1: the file is a list; a map with bottles is wanted"),
  wrong(
    "mistyped bottles",
    "# mine\nbottle:\n  - match: a\n",
    `2: bottles is missing; ${LIST}`,
    "2: bottle is no known key, did you mean bottles?",
  ),
  wrong("no bottles", "bottles:\n", `1: bottles is empty; ${LIST}`),
  wrong("empty list of bottles", "bottles: []\n", `1: bottles is an empty list; ${LIST}`),
  wrong("map of bottles", "bottles:\n  web: {}\n", `1: bottles is a map; ${LIST}`),
  wrong(
    "entry that is a word",
    "bottles:\n  - web\n",
    '2: bottles[0] is "web"; a map with routes, pipelock or dockerfile is wanted',
  ),
  wrong(
    "empty entry",
    "bottles:\n  -\n",
    "2: bottles[0] is empty; a map with routes, pipelock or dockerfile is wanted",
  ),
  wrong(
    "entry without a target",
    "bottles:\n  - match: web\n",
    "2: bottles[0] names no target; routes, pipelock or dockerfile is wanted",
  ),
  wrong(
    "mistyped target",
    "bottles:\n  - match: a\n    routs: {file: /a}\n",
    "3: bottles[0].routs is no known key, did you mean routes?",
  ),
  wrong(
    "mistyped key beside a missing one",
    "bottles:\n  - routes:\n      fiel: /a\n      relaod: [x]\n",
    `2: ${R}.file is missing; the path of a file is wanted`,
    `3: ${R}.fiel is no known key, did you mean file?`,
    `4: ${R}.relaod is no known key, did you mean reload?`,
  ),
  wrong(
    "problems, told in the order of the file",
    "bottles:\n  - routes:\n      reload: []\n      file: ''\n",
    `3: ${R}.reload is an empty list; ${ARGV}`,
    `4: ${R}.file is empty; the path of a file is wanted`,
  ),
  wrong("key like none", routes("colour: red"), `4: ${R}.colour is no known key; ${TARGET_KEYS}`),
  wrong(
    "key of JavaScript's own",
    routes("__proto__: {}"),
    `4: ${R}.__proto__ is no known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "key that would break the message",
    routes('"a\\nb": c'),
    `4: ${R}["a\\nb"] is no known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "merge key",
    routes("<<: {write: rename}"),
    `4: ${R}["<<"] is no known key; ${TARGET_KEYS}`,
  ),
  wrong(
    "target that is a path",
    "bottles:\n  - routes: /a\n",
    `2: ${R} is "/a"; a map with file is wanted`,
  ),
  wrong(
    "target without anything",
    "bottles:\n  - routes:\n",
    `2: ${R} is empty; a map with file is wanted`,
  ),
  {
    name: "more than five problems",
    text: "bottles:\n  - a: 1\n    b: 2\n    c: 3\n  - d: 4\n    e: 5\n    f: 6\n    g: 7\n",
    problems: [
      `2: bottles[0].a is no known key; ${BOTTLE_KEYS}`,
      `3: bottles[0].b is no known key; ${BOTTLE_KEYS}`,
      `4: bottles[0].c is no known key; ${BOTTLE_KEYS}`,
      `5: bottles[1].d is no known key; ${BOTTLE_KEYS}`,
      `6: bottles[1].e is no known key; ${BOTTLE_KEYS}`,
    ],
    more: "; and 2 more",
  },

  wrong(
    "star without quotes",
    "bottles:\n  - match: *\n",
    '2: the value begins with "*", which is an alias in YAML; put the pattern in quotes',
  ),
  wrong(
    "alias",
    matching("*web"),
    "2: *web is an alias, put a pattern in quotes; write the value itself",
  ),
  wrong("anchor", matching("&web web"), "2: &web is an anchor; write the value itself"),
  wrong("tag", matching("!!str web"), "2: tag:yaml.org,2002:str is a tag; write the value itself"),
  wrong(
    "key that is there twice",
    "bottles: []\n\nbottles: []\n",
    '3: the key "bottles" is there twice; once is wanted',
  ),
  wrong(
    "second document",
    "bottles: []\n---\nbottles: []\n",
    "2: a second YAML document begins; one is wanted",
  ),
  wrong(
    "tab",
    "bottles:\n\t- match: a\n",
    "2: this is not YAML: tabs are not allowed as indentation",
  ),
  wrong(
    "braces without quotes",
    file("{slug}/routes.yaml"),
    '3: this is not YAML: unexpected scalar at node end; put text that holds "{" in quotes',
  ),
  wrong(
    "braces without quotes in a list",
    routes("reload: [kill, egress-{slug}]"),
    "4: this is not YAML: missing , or : between flow sequence items; " +
      'put text that holds "{" in quotes',
  ),
  wrong(
    "text of great depth",
    "a: " + "[".repeat(20_000),
    "1: the YAML is nested too deeply; a map with bottles is wanted",
  ),

  wrong("empty match", matching('""'), `2: bottles[0].match is empty; ${NAME}`),
  wrong("match with a space", matching("web one"), `2: bottles[0].match is "web one"; ${NAME}`),
  wrong("match with a slash", matching("a/b"), `2: bottles[0].match is "a/b"; ${NAME}`),
  wrong("match no slug begins with", matching("-web*"), `2: bottles[0].match is "-web*"; ${NAME}`),
  wrong("match with {slug}", matching("'{slug}'"), `2: bottles[0].match is "{slug}"; ${NAME}`),
  wrong("list as match", matching("[a, b]"), `2: bottles[0].match is a list; ${NAME}`),
  wrong(
    "match longer than a slug",
    matching("a".repeat(64)),
    `2: bottles[0].match is "${"a".repeat(60)}…"; ${NAME}`,
  ),
  wrong(
    "entry after one for every bottle",
    "bottles:\n  - routes: {file: /a}\n  - match: web\n    routes: {file: /b}\n",
    "3: bottles[1] is never used: bottles[0] takes all of its bottles; it is wanted before that " +
      "one, or not at all",
  ),
  wrong(
    "entry after a wider pattern",
    'bottles:\n  - match: "w*-*"\n    routes: {file: /a}\n  - match: web-*\n    routes: {file: /b}\n',
    "4: bottles[1] is never used: bottles[0] takes all of its bottles; it is wanted before that " +
      "one, or not at all",
  ),

  wrong("empty file name", file('""'), `3: ${R}.file is empty; the path of a file is wanted`),
  wrong("list as file", file("[a]"), `3: ${R}.file is a list; the path of a file is wanted`),
  wrong(
    "file that ends with a slash",
    file("/srv/"),
    `3: ${R}.file is "/srv/", a directory; the path of a file is wanted`,
  ),
  wrong(
    "file that ends with dots",
    file("/srv/.."),
    `3: ${R}.file is "/srv/..", a directory; the path of a file is wanted`,
  ),
  wrong(
    "file of another user",
    file("~bob/routes.yaml"),
    `3: ${R}.file is "~bob/routes.yaml"; an absolute path, one below ~/, or one from the ` +
      "configuration's own directory is wanted",
  ),
  wrong(
    "file with another word",
    file("/srv/{name}.yaml"),
    `3: ${R}.file holds "{name}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "file with {slug} and blanks",
    file('"/srv/{ slug }.yaml"'),
    `3: ${R}.file holds "{ slug }"; {slug} is the only word that is filled in`,
  ),
  wrong("file with NUL", file('"/a\\0"'), `3: ${R}.file holds NUL; text is wanted`),
  wrong(
    "two targets in one file",
    "bottles:\n  - routes: {file: /a}\n    pipelock:\n      file: /b/../a\n",
    "4: bottles[0].pipelock.file is the file of routes as well; a file of its own is wanted",
  ),
  wrong(
    "two targets in one file of the only bottle",
    "bottles:\n  - match: dev\n    routes: {file: '/{slug}'}\n    dockerfile: {file: /dev}\n",
    "4: bottles[0].dockerfile.file is the file of routes as well for bottle dev; a file of its " +
      "own is wanted",
  ),

  wrong(
    "write that is none",
    routes("write: inplace"),
    `4: ${R}.write is "inplace"; in-place or rename is wanted, did you mean in-place?`,
  ),
  wrong(
    "reload as one string",
    routes("reload: docker restart pipelock-{slug}"),
    `4: ${R}.reload is "docker restart pipelock-{slug}"; ${ARGV}: ` +
      '[docker, restart, "pipelock-{slug}"]',
  ),
  wrong(
    "reload as a string for a shell",
    routes("reload: 'a && b'"),
    `4: ${R}.reload is "a && b"; ${ARGV}`,
  ),
  wrong("empty reload", routes("reload: []"), `4: ${R}.reload is an empty list; ${ARGV}`),
  wrong("reload without a value", routes("reload:"), `4: ${R}.reload is empty; ${ARGV}`),
  wrong("reload as a map", routes("reload: {a: b}"), `4: ${R}.reload is a map; ${ARGV}`),
  wrong("blank command", routes("reload: [' ', a]"), `4: ${R}.reload[0] is empty; ${PROGRAM}`),
  wrong(
    "command and argument in one",
    routes("reload: [docker restart]"),
    `4: ${R}.reload[0] is "docker restart"; ${PROGRAM}, and each argument as an item of its own`,
  ),
  wrong(
    "command that depends on the directory",
    routes("reload: [./reload]"),
    `4: ${R}.reload[0] is "./reload"; ${PROGRAM}`,
  ),
  wrong(
    "argument with another word, on its own line",
    routes("reload:", "  - docker", '  - "{sluq}"'),
    `6: ${R}.reload[1] holds "{sluq}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "argument for a shell",
    routes('reload: [ls, "${HOME}"]'),
    `4: ${R}.reload[1] holds "{HOME}"; {slug} is the only word that is filled in`,
  ),
  wrong(
    "argument {slug} without quotes",
    routes("reload: [docker, {slug}]"),
    `4: ${R}.reload[1] is a map, as YAML reads {slug} without quotes; text is wanted`,
  ),
  wrong(
    "argument with NUL",
    routes('reload: [a, "\\0"]'),
    `4: ${R}.reload[1] holds NUL; text is wanted`,
  ),
  ...["0", "-1", "30s", "3601", "1e2", "", ".5"].map((text) =>
    wrong(
      `time-out of "${text}"`,
      routes(`reload_timeout_seconds: ${text}`),
      `4: ${R}.reload_timeout_seconds is ${text ? `"${text}"` : "empty"}; ${SECONDS}`,
    )
  ),

  wrong(
    "check that is a word",
    routes("check: http://x/"),
    `4: ${R}.check is "http://x/"; a map with url, or a list of a command and its arguments, is wanted`,
  ),
  wrong(
    "check without url",
    routes("check: {}"),
    `4: ${R}.check.url is missing; ${HOST_URL} is wanted`,
  ),
  wrong("empty check command", routes("check: []"), `4: ${R}.check is an empty list; ${ARGV}`),
  wrong(
    "check by another protocol",
    routes("check:", "  url: ftp://x/"),
    `5: ${R}.check.url is "ftp://x/"; ${HOST_URL} is wanted`,
  ),
  wrong(
    "check with credentials, which are not quoted",
    routes("check:", "  url: http://bob:secret@x/"),
    `5: ${R}.check.url holds a user name or password; ${HOST_URL}, without them, is wanted`,
  ),
  wrong(
    "slug as a user name",
    routes("check:", "  url: http://{slug}@x/"),
    `5: ${R}.check.url holds a user name or password; ${HOST_URL}, without them, is wanted`,
  ),
  wrong(
    "proxies that are none, and a mistyped key",
    routes("check:", "  url: http://x/{name}", "  proxy: https://p:1", "  prxy: x"),
    `5: ${R}.check.url holds "{name}"; {slug} is the only word that is filled in`,
    `6: ${R}.check.proxy is "https://p:1"; ${ORIGIN} is wanted`,
    `7: ${R}.check.prxy is no known key, did you mean proxy?`,
  ),
  wrong(
    "proxy with a path",
    routes("check:", "  url: http://x/", "  proxy: http://p:1/x"),
    `6: ${R}.check.proxy is "http://p:1/x"; ${ORIGIN} is wanted`,
  ),
  wrong(
    "check of pipelock by URL",
    "bottles:\n  - pipelock:\n      file: /a\n      check: {url: http://x/}\n",
    "4: bottles[0].pipelock.check is a map; a list of a command and its arguments is wanted: " +
      "a URL shows routes alone",
  ),
  wrong(
    "check of a Dockerfile as a word",
    "bottles:\n  - dockerfile:\n      file: /a\n      check: ls\n",
    '4: bottles[0].dockerfile.check is "ls"; a list of a command and its arguments is wanted',
  ),
];

for (const { name, text, problems, more = "" } of WRONG) {
  Deno.test(`parseConfig() names line, key and what is wanted: ${name}`, () => {
    assert.throws(() => parseConfig(text, FILE, "/home/a"), {
      code: "bad-config",
      message: problems.map((problem) => `${FILE}:${problem}`).join("; also ") + more,
    });
  });
}

Deno.test("parseConfig() without HOME refuses a file below it", () => {
  assert.throws(() => parseConfig(file("~/a"), FILE, undefined), {
    message: `${FILE}:3: ${R}.file is "~/a", but HOME is not set; an absolute path is wanted`,
  });
});

/** What is wrong for one bottle alone is found when that one is asked for. */
const WRONG_FOR: readonly (readonly [string, string, string, string])[] = [
  [
    "one file for two targets",
    "bottles:\n  - routes: {file: '/{slug}'}\n    pipelock: {file: /dev}\n",
    "dev",
    "3: bottles[0].pipelock.file is the file of routes as well for bottle dev; a file of its " +
    "own is wanted",
  ],
  [
    "a name that no address has",
    routes("check:", "  url: 'http://{slug}/'"),
    "1.2.3.4.5",
    `5: ${R}.check.url is no URL for bottle 1.2.3.4.5; one that holds its name is wanted`,
  ],
];

for (const [name, text, slug, problem] of WRONG_FOR) {
  Deno.test(`targetsOf() refuses one bottle and not the others: ${name}`, () => {
    const config = parseConfig(text, FILE, "/home/a");
    assert.throws(() => config.targetsOf(of(slug)), {
      code: "bad-config",
      message: `${FILE}:${problem}`,
    });
    assert.ok(config.targetsOf(of("web")).routes);
  });
}

const WHOLE = `# Our bottles.
bottles:
  - match: "web-*"
    routes:
      file: /srv/bottles/{slug}/routes.yaml
      write: in-place
      reload: [docker, kill, --signal, HUP, "egress-{slug}"]
      reload_timeout_seconds: 2.5
      check:
        url: http://_egress.local/allowlist?of={slug}
        proxy: "http://egress-{slug}:9099"
    pipelock:
      file: pipelock/{slug}.yaml
      write: rename
      check: [grep, -q, yes, 010, "/srv/{slug}/{slug}"]
    dockerfile:
      file: ~/bottles/{slug}/Dockerfile
      reload: [/usr/bin/docker, compose, up, -d, --build, "{slug}", ""]
  - match: db
    dockerfile: {file: ../Dockerfile, reload_timeout_seconds: 3600}
  - routes:
      file: /srv/routes.yaml
`;

const target = (given: Partial<Target> & Pick<Target, "kind" | "path">): Target => ({
  write: "in-place",
  reload: undefined,
  reloadTimeoutMs: 30_000,
  check: undefined,
  ...given,
});

Deno.test("targetsOf() fills in the slug, the defaults and the directory", () => {
  const config = parseConfig(WHOLE, FILE, "/home/a");
  assert.equal(config.path, FILE);
  assert.deepEqual(config.targetsOf(of("web-1")), {
    routes: target({
      kind: "routes",
      path: "/srv/bottles/web-1/routes.yaml",
      reload: ["docker", "kill", "--signal", "HUP", "egress-web-1"],
      reloadTimeoutMs: 2_500,
      check: {
        kind: "route-table",
        url: new URL("http://_egress.local/allowlist?of=web-1"),
        proxy: new URL("http://egress-web-1:9099"),
      },
    }),
    pipelock: target({
      kind: "pipelock",
      path: "/etc/supervise/pipelock/web-1.yaml",
      write: "rename",
      check: { kind: "command", argv: ["grep", "-q", "yes", "010", "/srv/web-1/web-1"] },
    }),
    dockerfile: target({
      kind: "dockerfile",
      path: "/home/a/bottles/web-1/Dockerfile",
      reload: ["/usr/bin/docker", "compose", "up", "-d", "--build", "web-1", ""],
      reloadTimeoutMs: 600_000,
    }),
  });
});

Deno.test("targetsOf() takes the first entry that fits, alone", () => {
  const config = parseConfig(WHOLE, FILE, "/home/a");
  assert.deepEqual(config.targetsOf(of("db")), {
    dockerfile: target({ kind: "dockerfile", path: "/etc/Dockerfile", reloadTimeoutMs: 3_600_000 }),
  });
  const rest = { routes: target({ kind: "routes", path: "/srv/routes.yaml" }) };
  for (const slug of ["db2", "web", "DB", "a.b"]) {
    assert.deepEqual(config.targetsOf(of(slug)), rest);
  }
});

Deno.test("targetsOf() has nothing for a bottle that no entry fits", () => {
  const config = parseConfig(matching("web"), FILE, undefined);
  assert.deepEqual(config.targetsOf(of("dev")), {});
  assert.deepEqual(NO_CONFIG.targetsOf(of("dev")), {});
});

Deno.test("targetsOf() leaves a slug's own characters alone", () => {
  const { routes: found } = parseConfig(routes(), FILE, undefined).targetsOf(of("a$&-$1"));
  assert.equal(found?.path, "/r/a$&-$1.yaml");
});

const FITS: readonly (readonly [string, string, boolean])[] = [
  ["*", "", true],
  ["*", "web", true],
  ["web", "web", true],
  ["web", "webs", false],
  ["web", "we", false],
  ["web*", "web", true],
  ["*web", "a-web", true],
  ["*web", "a-webs", false],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["a.c", "abc", false],
  ["web-*", "web-1*", true],
  ["web-1", "web-*", false],
  ["**a", "a", true],
];

for (const [pattern, text, expected] of FITS) {
  Deno.test(`fits() says ${expected} to "${text}" for the pattern "${pattern}"`, () => {
    assert.equal(fits(pattern, text), expected);
  });
}

Deno.test("fits() is quick for a pattern of many stars", () => {
  const started = performance.now();
  assert.equal(fits("*a".repeat(31) + "b", "a".repeat(63)), false);
  assert.ok(performance.now() - started < 200);
});

Deno.test("canMatch() knows what a slug can be", () => {
  for (const pattern of ["*", "**", "a", "*-a", "a*b.c_d-*", `*${"a".repeat(63)}`]) {
    assert.ok(canMatch(pattern), pattern);
  }
  for (const pattern of ["", "-a", ".*", "a b", "ä", "a".repeat(64), `*-${"a".repeat(62)}-`]) {
    assert.ok(!canMatch(pattern), pattern);
  }
});

const GOOD = "bottles: [{routes: {file: routes.yaml}}]\n";

async function write(directory: string, name: string, text = GOOD, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, mode);
  return path;
}

const environment = (env: Record<string, string>) => (name: string) => env[name];

const PLACES: readonly (readonly [
  string,
  string | undefined,
  (directory: string) => [option: string | undefined, env: Record<string, string>],
])[] = [
  ["the option first", "o.yaml", (d) => [`${d}/o.yaml`, { SUPERVISE_CONFIG: `${d}/e.yaml` }]],
  ["a tilde that the shell left", "o.yaml", (d) => ["~/o.yaml", { HOME: d }]],
  [
    "the environment second",
    "e.yaml",
    (d) => [undefined, { SUPERVISE_CONFIG: `${d}/e.yaml`, XDG_CONFIG_HOME: `${d}/x` }],
  ],
  [
    "XDG_CONFIG_HOME third",
    "x/supervise/config.yaml",
    (d) => [undefined, { SUPERVISE_CONFIG: " ", XDG_CONFIG_HOME: `${d}/x`, HOME: d }],
  ],
  ["HOME last", ".config/supervise/config.yaml", (d) => [undefined, { HOME: d }]],
  [
    "HOME for a relative XDG_CONFIG_HOME",
    ".config/supervise/config.yaml",
    (d) => [undefined, { XDG_CONFIG_HOME: "x", HOME: d }],
  ],
  ["nothing without HOME", undefined, () => [undefined, {}]],
  ["nothing when the default is not there", undefined, (d) => [undefined, { HOME: `${d}/y` }]],
];

for (const [name, expected, given] of PLACES) {
  Deno.test(`readConfig() takes ${name}`, async () => {
    await using directory = await temporary();
    const names = ["o.yaml", "e.yaml", "x/supervise/config.yaml", ".config/supervise/config.yaml"];
    for (const name of names) await write(directory.path, name);
    const [option, env] = given(directory.path);
    const config = await readConfig(option, environment(env));
    const path = expected === undefined ? undefined : join(directory.path, expected);
    assert.equal(config.path, path);
    const file = config.targetsOf(of("dev")).routes?.path;
    assert.equal(file, path && join(path, "..", "routes.yaml"));
  });
}

const REFUSED: readonly {
  readonly name: string;
  readonly code: string;
  /** After the path; in it DIR is the temporary directory. */
  readonly message: string;
  readonly next?: string;
  make(directory: string): Promise<unknown>;
}[] = [
  {
    name: "that is not there",
    code: "cannot-read",
    message: "cannot read the configuration DIR/c.yaml: no such file or directory",
    make: () => Promise.resolve(),
  },
  {
    name: "that is a directory",
    code: "cannot-read",
    message: "the configuration DIR/c.yaml is not a regular file",
    make: (directory) => Deno.mkdir(join(directory, "c.yaml")),
  },
  {
    name: "that is a FIFO",
    code: "cannot-read",
    message: "the configuration DIR/c.yaml is not a regular file",
    make: (directory) => makeFifo(join(directory, "c.yaml")),
  },
  {
    name: "of over 1 MiB",
    code: "too-large",
    message: "the configuration DIR/c.yaml is over 1 MiB; less is wanted",
    make: (directory) => write(directory, "c.yaml", "#".repeat(1_048_577)),
  },
  {
    name: "that is not UTF-8",
    code: "bad-config",
    message: "DIR/c.yaml is not UTF-8; a YAML file is wanted",
    async make(directory) {
      await write(directory, "c.yaml");
      await Deno.writeFile(join(directory, "c.yaml"), new Uint8Array([0xff, 0xfe]));
    },
  },
  ...[0o620, 0o602].map((mode) => ({
    name: `of mode ${mode.toString(8)}`,
    code: "bad-config",
    message: "DIR/c.yaml can be written by others than its owner, who would run commands as " +
      "you; a configuration that only you can write is wanted",
    next: "chmod go-w DIR/c.yaml",
    make: (directory: string) => write(directory, "c.yaml", GOOD, mode),
  })),
  {
    name: "in a directory that others can write",
    code: "bad-config",
    message: "DIR/c.yaml can be replaced by others, since they can write its directory DIR; a " +
      "directory that only you can write is wanted",
    next: "chmod go-w DIR",
    async make(directory) {
      await write(directory, "c.yaml");
      await Deno.chmod(directory, 0o777);
    },
  },
  {
    name: "with a fault",
    code: "bad-config",
    message: "DIR/c.yaml:1: bottle is no known key, did you mean bottles?",
    make: (directory) => write(directory, "c.yaml", "{bottles: [{routes: {file: a}}], bottle: x}"),
  },
];

for (const { name, code, message, next, make } of REFUSED) {
  Deno.test(`readConfig() refuses a named file ${name}`, async () => {
    await using directory = await temporary();
    await make(directory.path);
    const filled = (text: string | undefined) => text?.replaceAll("DIR", directory.path);
    await assert.rejects(
      readConfig(join(directory.path, "c.yaml"), environment({})),
      (error) => {
        assert.ok(error instanceof Failure);
        assert.deepEqual(
          [error.code, error.message, error.next],
          [code, filled(message), filled(next)],
        );
        return true;
      },
    );
  });
}

Deno.test({
  name: "readConfig() refuses a file of another user",
  ignore: Deno.uid() !== 0, // Only root can give a file away.
  async fn() {
    await using directory = await temporary();
    const path = await write(directory.path, "c.yaml");
    await Deno.chown(path, 1_234, null);
    await assert.rejects(readConfig(path, environment({})), {
      code: "bad-config",
      message: `${path} belongs to user 1234, who would run commands as you; one of your own or ` +
        "of root is wanted",
    });
  },
});

Deno.test("readConfig() follows a link to a file of 1 MiB, and refuses one that leads nowhere", async () => {
  await using directory = await temporary();
  const env = environment({ HOME: directory.path });
  const path = join(directory.path, ".config/supervise/config.yaml");
  await Deno.mkdir(join(path, ".."), { recursive: true });
  await Deno.symlink(join(directory.path, "c.yaml"), path);
  await assert.rejects(readConfig(undefined, env), {
    code: "cannot-read",
    message: `cannot read the configuration ${path}: no such file or directory`,
  });
  await write(directory.path, "c.yaml", GOOD + "#".repeat(1_048_576 - GOOD.length));
  assert.equal((await readConfig(undefined, env)).path, path);
});
