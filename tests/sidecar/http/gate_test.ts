/** Host and Origin: the names that may call, and the many ways to look like one. */

import assert from "node:assert/strict";
import { Gate } from "../../../src/sidecar/http/gate.ts";
import { readTarget } from "../../../src/sidecar/http/target.ts";

const gate = new Gate({
  allowedHosts: ["bottle.example"],
  allowedOrigins: ["https://ok.example", "http://ok.example:8080"],
});

function refuses(headers: Readonly<Record<string, string>>): string | undefined {
  return gate.refusal(new Headers(headers), readTarget("http://127.0.0.1/"));
}

const HOSTS: readonly string[] = [
  "localhost",
  "LOCALHOST:9100",
  "localhost:1",
  "ip6-localhost",
  "ip6-loopback:9100",
  "supervise",
  "Supervise:65535",
  "bottle.example",
  "BOTTLE.Example:80",
  "bottle.example.",
  "BOTTLE.example.:80",
  "localhost.",
  "supervise.:9100",
  "127.0.0.1",
  "127.0.0.1:9100",
  "10.1.2.3",
  "255.255.255.255",
  "[::1]",
  "[::1]:9100",
  "[2001:DB8::1]",
  "[::ffff:127.0.0.1]:80",
];

for (const host of HOSTS) {
  Deno.test(`Gate lets the Host ${host} in`, () => assert.equal(refuses({ host }), undefined));
}

const NO_HOSTS: readonly string[] = [
  "localhost..",
  "bottle.example..:80",
  "bottle.example.evil.",
  "evil.example",
  "evil.example:9100",
  "localhost.evil",
  "evil.localhost",
  "notlocalhost",
  "supervise.evil.example",
  "xsupervise",
  "supervise-",
  "sub.bottle.example",
  "bottle.example.evil",
  "bottle-example",
  "127.0.0.1.",
  "127.0.0.1.evil",
  "127.0.0.1.evil.example",
  "256.0.0.1",
  "127.0.0.999",
  "127.0.0",
  "127.1",
  "2130706433",
  "017700000001",
  "0x7f.0.0.1",
  "0x7f000001",
  "1.2.3.4.5",
  "localhost@evil",
  "evil@localhost",
  "user:pass@localhost",
  "localhost#evil",
  "localhost?evil",
  "localhost/evil",
  "localhost\\evil",
  "http://localhost",
  "localhost:",
  "localhost:port",
  "localhost:123456",
  "localhost:80:80",
  "localhost:-1",
  ":9100",
  ".",
  "*",
  "localhost evil",
  "localhost,evil",
  "localhost, localhost",
  "[::1",
  "::1",
  "::1]",
  "[]",
  "[::1]evil",
  "[::1%25lo]",
  "[localhost]",
  "[evil.example]",
  "[::1].evil",
  "ｌocalhost",
  "localhosſ",
  "supervıse",
  "a".repeat(70_000),
];

for (const host of NO_HOSTS) {
  Deno.test(`Gate refuses the Host ${host.slice(0, 40)}`, () => {
    assert.match(refuses({ host: encodeForHeader(host) })!, /^this Host is not allowed: .+\n$/);
  });
}

Deno.test("Gate refuses an empty Host, and lets in who sends none", () => {
  assert.match(refuses({ host: "" })!, /^this Host is not allowed/);
  assert.equal(refuses({}), undefined);
});

/** The URLs that the runtimes make of requests on the socket /run/a.sock. */
const ON_SOCKET: readonly (readonly [name: string, host: string | null, url: string])[] = [
  ["a name", "localhost", "http+unix://localhost/"],
  ["an address", "127.0.0.1:9100", "http+unix://127.0.0.1:9100/x"],
  ["no Host", null, "http+unix://%2Frun%2Fa%2Esock/"],
];

for (const [name, host, url] of ON_SOCKET) {
  Deno.test(`Gate lets in on a Unix socket: ${name}`, () => {
    assert.equal(
      gate.refusal(new Headers(host === null ? {} : { host }), readTarget(url)),
      undefined,
    );
  });
}

const NOT_ON_SOCKET: typeof ON_SOCKET = [
  ["a foreign name", "evil.example", "http+unix://evil.example/"],
  ["the socket's path as Host", "%2Frun%2Fa%2Esock", "http+unix://%2Frun%2Fa%2Esock/"],
  ["an empty Host", "", "http+unix:///"],
  ["an empty Host, with the path", "", "http+unix://%2Frun%2Fa%2Esock/"],
  ["its path as target", "localhost", "http+unix://%2Frun%2Fa%2Esock/"],
  ["a foreign name as target", "localhost", "http://evil.example/"],
  ["a foreign name as target, no Host", null, "http://evil.example/"],
  ["a foreign name as target, of the socket's scheme", null, "http+unix://evil.example/"],
  ["a path as Host and another name", "%2Fa", "http+unix://evil.example/"],
];

for (const [name, host, url] of NOT_ON_SOCKET) {
  Deno.test(`Gate refuses on a Unix socket: ${name}`, () => {
    const headers = new Headers(host === null ? {} : { host });
    assert.match(gate.refusal(headers, readTarget(url))!, /^this Host is not allowed/);
  });
}

/** Targets in absolute form, as the runtime gives them: the first of `/?#` ends the name. */
const ABSOLUTE: readonly (readonly [url: string, isLetIn: boolean])[] = [
  ["http://127.0.0.1", true],
  ["http://127.0.0.1?a", true],
  ["http://127.0.0.1?token=a/b", true],
  ["http://127.0.0.1#a/b", true],
  ["http://supervise?@evil.example/", true],
  ["http://evil.example?127.0.0.1/", false],
  ["http://evil.example#127.0.0.1/", false],
  ["http://evil.example?//localhost/", false],
  ["http://localhost@evil.example?/", false],
  ["http://?localhost/", false],
];

for (const [url, isLetIn] of ABSOLUTE) {
  Deno.test(`Gate ${isLetIn ? "lets in" : "refuses"} who asks for ${url}`, () => {
    for (const headers of [{}, { host: "supervise" }]) {
      assert.equal(gate.refusal(new Headers(headers), readTarget(url)) === undefined, isLetIn);
    }
  });
}

Deno.test("Gate refuses an Origin on a Unix socket too", () => {
  const headers = new Headers({ host: "localhost", origin: "http://localhost" });
  assert.match(
    gate.refusal(headers, readTarget("http+unix://localhost/"))!,
    /^this Origin is not allowed/,
  );
});

Deno.test("Gate gives the same answer however many other Hosts came between", () => {
  for (let round = 0; round < 2; round++) {
    for (let other = 0; other < 600; other++) {
      assert.ok(refuses({ host: `h${other}.example` }));
    }
    assert.equal(refuses({ host: "supervise" }), undefined);
  }
});

for (const origin of ["https://ok.example", "http://ok.example:8080"]) {
  Deno.test(`Gate lets the Origin ${origin} in`, () => {
    assert.equal(refuses({ host: "supervise", origin }), undefined);
  });
}

const NO_ORIGINS: readonly string[] = [
  "",
  "null",
  "*",
  "http://ok.example",
  "https://ok.example:8443",
  "https://ok.example/",
  "https://ok.example.evil",
  "https://evil/https://ok.example",
  "https://ok.example@evil",
  "https://ok.example https://evil.example",
  "https://ok.example, https://evil.example",
  "http://localhost",
  "http://127.0.0.1:9100",
  "http://supervise",
  "ok.example",
  "HTTPS://OK.EXAMPLE",
];

for (const origin of NO_ORIGINS) {
  Deno.test(`Gate refuses the Origin ${JSON.stringify(origin)}`, () => {
    assert.match(
      refuses({ host: "supervise", origin })!,
      /^this Origin is not allowed: .+\n$/,
    );
  });
}

Deno.test("Gate lets in no Origin unless it was told to, and looks at the Host first", () => {
  const closed = new Gate({ allowedHosts: [], allowedOrigins: [] });
  const origin = "https://ok.example";
  assert.match(closed.refusal(new Headers({ origin }), readTarget("http://127.0.0.1/"))!, /Origin/);
  assert.match(
    closed.refusal(
      new Headers({ host: "evil.example", origin }),
      readTarget("http://evil.example/"),
    )!,
    /Host/,
  );
});

/** Header values are bytes; what is beyond them arrives as UTF-8 read byte by byte. */
function encodeForHeader(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text.slice(0, 60_000)));
}

const SHOWN: readonly (readonly [name: string, headers: Record<string, string>, told: RegExp])[] = [
  [
    "a Host",
    { host: "evil.example:80" },
    /^this Host is not allowed: got "evil\.example:80"\. .*SUPERVISE_ALLOWED_HOSTS\n$/,
  ],
  ["an empty Host", { host: "" }, /got ""\./],
  [
    "an Origin",
    { host: "supervise", origin: "https://e.example" },
    /^this Origin is not allowed: got "https:\/\/e\.example"\. .*SUPERVISE_ALLOWED_ORIGINS/,
  ],
  ["an Origin that is null", { host: "supervise", origin: "null" }, /got "null"\./],
  ["what is no ASCII", { host: encodeForHeader("\u202ee\u009b") }, /got "[ -~]+"\./],
  ["a quote", { host: 'a"b\tc' }, /got "a\\"b\\tc"\./],
  ["what is long", { host: "a".repeat(70_000) }, /got "a{100}[^a]{1,8}"\./],
];

for (const [name, headers, told] of SHOWN) {
  Deno.test(`Gate says what it got: ${name}`, () => assert.match(refuses(headers)!, told));
}
