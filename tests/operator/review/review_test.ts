/** What a proposed or edited file is understood as, and why it is refused. */

import assert from "node:assert/strict";
import { kindOf } from "../../../src/operator/review/mod.ts";
import { width } from "../../../src/operator/columns.ts";
import type { Review, Understood } from "../../../src/operator/review/kind.ts";
import { oneLine } from "../../../src/operator/review/one_line.ts";
import { quote } from "../../../src/operator/review/quote.ts";
import { whyNotPathPrefix } from "../../../src/queue/path_prefix.ts";
import { PATHS } from "../../support/paths.ts";
import { json } from "../fixture.ts";

function review(tool: string, file: string): Review {
  const kind = kindOf(tool);
  assert.ok(kind, `no kind for ${tool}`);
  return kind.review(file);
}

function understood(tool: string, file: string): Understood {
  const result = review(tool, file);
  assert.equal(result.kind, "understood", result.kind === "malformed" ? result.problem : "");
  return result as Understood;
}

const auth = { scheme: "Bearer", token_ref: "GH_TOKEN" };

const EGRESS: readonly (readonly [name: string, route: unknown, line: string, labels: string[]])[] =
  [
    ["paths", { host: "h.example", path_allowlist: ["/abc", "/b/"] }, "h.example, 2 paths", []],
    ["whole host", { host: "h.example" }, "h.example, whole host", ["WHOLE HOST"]],
    [
      'the path "/", which is the whole host',
      { host: "h.example", path_allowlist: ["/a", "/"] },
      "h.example, whole host",
      ["WHOLE HOST"],
    ],
    [
      "secret",
      { host: "h.example", path_allowlist: ["/abc"], auth },
      "h.example, secret, 1 path",
      ["SECRET"],
    ],
    [
      "metadata service",
      { host: "169.254.169.254", path_allowlist: ["/abc"] },
      "169.254.169.254, 1 path",
      ["IP ADDRESS", "LOCAL"],
    ],
    [
      "encoded name",
      { host: "xn--80ak6aa92e.com", path_allowlist: ["/abc"] },
      "xn--80ak6aa92e.com, 1 path",
      ["ENCODED NAME"],
    ],
  ];

for (const [name, route, line, labels] of EGRESS) {
  Deno.test(`egress-block is understood: ${name}`, () => {
    const result = understood("egress-block", json(route));
    assert.equal(oneLine(result), line);
    assert.deepEqual(result.notices.map(({ label }) => label), labels);
    assert.equal(result.canonical, json(route));
  });
}

Deno.test("egress-block names the secret and the host it would be sent to", () => {
  const route = { host: "h.example", path_allowlist: ["/abc"], auth: { ...auth, scheme: "token" } };
  const [notice] = understood("egress-block", json(route)).notices;
  assert.equal(
    notice?.text,
    'the value of GH_TOKEN would be sent to h.example as "Authorization: token …"',
  );
});

const paths = (path_allowlist: unknown) => ({ host: "h.example", path_allowlist });

const NOTES:
  readonly (readonly [name: string, list: readonly string[], note: string | undefined])[] = [
    [
      "a prefix without a final slash",
      ["/repos/acme"],
      "a plain-text proxy also opens /repos/acme-x; /repos/acme/ avoids it",
    ],
    [
      "several of them",
      ["/a/", "/user", "/b", "/c"],
      "a plain-text proxy also opens /user-x; /user/ avoids it; likewise 2 others",
    ],
    ["only prefixes with one", ["/a/", "/b/"], undefined],
    ["the whole host", ["/", "/user"], undefined],
  ];

for (const [name, list, note] of NOTES) {
  Deno.test(`egress-block notes what plain text would open: ${name}`, () => {
    const { details } = understood("egress-block", json(paths(list)));
    assert.deepEqual(details.slice(1 + list.length), note === undefined ? [] : [["note", note]]);
  });
}

Deno.test("egress-block notes what plain text would open in a bounded length", () => {
  const { details } = understood("egress-block", json(paths([`/${"a".repeat(1_000)}`])));
  assert.ok((details.at(-1)?.[1].length ?? 0) < 220);
});

Deno.test("egress-block puts an edited file into its one form", () => {
  const text =
    '{"auth":{"token_ref":"T","scheme":"token"},"path_allowlist":["/abc"],"host":"A.Example"}';
  const result = understood("egress-block", text);
  assert.equal(
    result.canonical,
    json({
      host: "a.example",
      path_allowlist: ["/abc"],
      auth: { scheme: "token", token_ref: "T" },
    }),
  );
  assert.deepEqual(result.notices.map(({ label }) => label), ["SECRET", "ODD FORM"]);
});

Deno.test("egress-block warns of a key that stands twice, since readers differ on it", () => {
  const text =
    '{\n  "host": "good.example",\n  "host": "bad.example",\n  "path_allowlist": ["/abc"]\n}\n';
  const { notices } = understood("egress-block", text);
  assert.deepEqual(notices.map(({ label }) => label), ["ODD FORM"]);
});

const MALFORMED_EGRESS: readonly (readonly [name: string, content: unknown, problem: RegExp])[] = [
  ["no object", ["h.example"], /^it must be a JSON object with host/],
  ["no host", {}, /^host must be a string/],
  ["host not a string", { host: 1 }, /^host must be a string/],
  ["blank host", { host: " " }, /^host must be a bare host name/],
  ["URL for a host", { host: "https://h.example/a" }, /^host must be a bare host name/],
  ["wildcard", { host: "*.example" }, /^host must be/],
  ["port", { host: "h.example:443" }, /^host must be/],
  ["number form of an address", { host: "2130706433" }, /^host must be/],
  ["line feed in the host", { host: "h.example\nb.example" }, /^host must be/],
  ["look-alike letters", { host: "аpple.example" }, /^host must be/],
  ["paths not an array", paths("/a"), /^path_allowlist must be an array of strings/],
  ["no path in the list", paths([]), /^path_allowlist must name a path/],
  ["path not a string", paths(["/a", 3]), /^path_allowlist\[1\] must be a string/],
  ["path without slash", paths(["a"]), /^path_allowlist\[0\] must start with '\/'/],
  ["path with a blank", paths(["/a b"]), /^path_allowlist\[0\] must be .* printable ASCII/],
  ["auth without token_ref", { host: "h.example", auth: { scheme: "token" } }, /^auth.token_ref/],
  [
    "unknown scheme",
    { host: "h.example", auth: { ...auth, scheme: "bearer" } },
    /^auth.scheme must be "Bearer" or "token"/,
  ],
  [
    "token_ref that is no name",
    { host: "h.example", auth: { ...auth, token_ref: "a b" } },
    /^auth.token_ref must be the name of an environment variable/,
  ],
  [
    "mistyped key, which would open the whole host",
    { host: "h.example", path_allowlst: ["/a"] },
    /^"path_allowlst" is not a known field, did you mean path_allowlist\?/,
  ],
  [
    "mistyped key of auth",
    { host: "h.example", auth: { ...auth, token: "x" } },
    /^auth: "token" is not a known field/,
  ],
];

for (const [name, content, problem] of MALFORMED_EGRESS) {
  Deno.test(`egress-block is refused: ${name}`, () => {
    const result = review("egress-block", json(content));
    assert.equal(result.kind, "malformed");
    assert.match(result.kind === "malformed" ? result.problem : "", problem);
  });
}

Deno.test("egress-block is refused with a message of bounded length, whatever the file", () => {
  const many = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, n) => [`key ${n}`.repeat(20), n]),
  );
  for (const file of [json(many), json(paths(Array(5_000).fill("x"))), "{".repeat(1e6)]) {
    const result = review("egress-block", file);
    assert.ok(result.kind === "malformed" && result.problem.length < 500);
  }
});

Deno.test("pipelock-block is understood as a host, apart from its URL", () => {
  const result = understood("pipelock-block", "https://api.github.com/repos?x=1");
  assert.equal(oneLine(result), "api.github.com, https");
  assert.deepEqual(result.details, [
    ["host", "api.github.com"],
    ["URL", "https://api.github.com/repos?x=1"],
  ]);
  assert.deepEqual(result.notices, []);
});

Deno.test("pipelock-block says when the URL is not encrypted or names an address", () => {
  const result = understood("pipelock-block", "http://0x7f.1:8080/");
  assert.deepEqual(result.notices.map(({ label }) => label), [
    "NOT ENCRYPTED",
    "EVERY PORT",
    "IP ADDRESS",
    "LOCAL",
    "ODD FORM",
  ]);
  assert.equal(result.subject, "127.0.0.1");
});

Deno.test("pipelock-block says that a port in the URL narrows nothing", () => {
  const { notices } = understood("pipelock-block", "https://api.example:8443/x");
  assert.deepEqual(notices, [{
    label: "EVERY PORT",
    text:
      "port 8443 narrows nothing: pipelock allows hosts, so every port of api.example would be " +
      "open",
  }]);
  assert.deepEqual(understood("pipelock-block", "https://api.example/x").notices, []);
});

const MALFORMED_PIPELOCK = [
  ["empty", ""],
  ["two URLs", "https://a.example/\nhttps://b.example/"],
  ["another scheme", "ftp://a.example/"],
  ["no host", "https:///a"],
  ["credentials that pose as a host", "https://api.github.com@evil.example/"],
  ["backslash before the host", "https://\\evil.example/"],
  ["invisible character", "https://a\u200b.example/"],
  ["invalid host", "https://a..b.example/"],
] as const;

for (const [name, file] of MALFORMED_PIPELOCK) {
  Deno.test(`pipelock-block is refused: ${name}`, () => {
    assert.equal(review("pipelock-block", file).kind, "malformed");
  });
}

Deno.test("capability-block counts lines and names the base images", () => {
  const file = "FROM --platform=linux/amd64 debian:12 AS base\nRUN true\nfrom base";
  const result = understood("capability-block", file);
  assert.equal(oneLine(result), "Dockerfile, 3 lines");
  assert.deepEqual(result.details, [["from", "debian:12"], ["", "base"]]);
  assert.equal(result.canonical, file + "\n");
});

Deno.test("capability-block is refused: blank, with NUL, or with a lone surrogate", () => {
  for (const file of [" \n", "FROM a\0", "FROM a\ud800"]) {
    assert.equal(review("capability-block", file).kind, "malformed");
  }
});

Deno.test("oneLine() keeps the facts and the end of the host when there is little room", () => {
  const host = "api.github.com.login.evil.example";
  const result = understood("egress-block", json({ host, auth }));
  assert.equal(oneLine(result, 40), "….login.evil.example, secret, whole host");
  assert.ok(width(oneLine(result, 12)) <= 12);
});

Deno.test("quote() puts every row behind the gutter and marks rows that go on", () => {
  const { rows, leftOut } = quote("short\nlong enough to be broken\n", 20, 10);
  assert.deepEqual(rows, ["  | short", "  | long enough to ", "  |…be broken"]);
  assert.equal(leftOut, undefined);
});

const LEFT_OUT: readonly (readonly [name: string, text: string, leftOut: string])[] = [
  ["whole lines", "a\nb\nc\nd\n", "2 more lines"],
  ["the rest of a line", "a\n" + "b".repeat(50), "35 more characters of this line"],
  ["both", "a\n" + "b".repeat(50) + "\nc", "35 more characters of this line and 1 more line"],
];

for (const [name, text, leftOut] of LEFT_OUT) {
  Deno.test(`quote() says what it leaves out: ${name}`, () => {
    assert.equal(quote(text, 20, 2).leftOut, leftOut);
  });
}

Deno.test("quote() shows that a text is empty", () => {
  assert.deepEqual(quote("", 80, 10).rows, ["  | (empty)"]);
});

Deno.test("egress-block is understood with each path that the sidecar takes, and no other", () => {
  understood("egress-block", json(paths(PATHS.taken)));
  for (const path of Object.values(PATHS.refused).flat()) {
    const result = review("egress-block", json(paths([path])));
    const problem = `path_allowlist[0] ${whyNotPathPrefix(path)}`;
    assert.deepEqual(result, { kind: "malformed", problem });
  }
});

const BROAD = [
  ["a prefix of two characters", ["/repos/", "/a"], "h.example, BROAD, 2 paths"],
  ["51 prefixes", Array.from({ length: 51 }, (_, n) => `/p${n}`), "h.example, BROAD, 51 paths"],
] as const;

for (const [name, list, line] of BROAD) {
  Deno.test(`egress-block is called broad, in one line too: ${name}`, () => {
    const result = understood("egress-block", json(paths(list)));
    assert.deepEqual(result.notices.map(({ label }) => label), ["BROAD"]);
    assert.equal(oneLine(result), line);
  });
}
