/** The environment: every default, every form taken, one clear line for every other; long by its tables. */

import assert from "node:assert/strict";
import {
  readListenAddress,
  readPortFile,
  readSettings,
  type Settings,
  SettingsError,
} from "../../src/sidecar/settings.ts";

function settings(env: Readonly<Record<string, string>>): Settings {
  const all: Record<string, string> = { SUPERVISE_BOTTLE_SLUG: "dev", ...env };
  return readSettings((name) => all[name]);
}

const DEFAULTS: Omit<Settings, "slug"> & { readonly slug: string } = {
  slug: "dev",
  queueDirectory: "/run/supervise/queue",
  currentConfigDirectory: "/etc/bot-bottle/current-config",
  transport: "http",
  listen: { transport: "tcp", hostname: "0.0.0.0", port: 9100 },
  portFile: undefined,
  mode: "live",
  responseTimeoutSeconds: 30,
  keepAliveSeconds: 10,
  egressProxy: new URL("http://egress:9099"),
  egressIntrospectUrl: new URL("http://_egress.local/allowlist"),
  allowedHosts: [],
  allowedOrigins: [],
  maxPending: 64,
  maxWaiting: 10_000,
  rateLimitPerMinute: 30,
  proposalTtlSeconds: undefined,
  maxUndelivered: 1_000,
  undeliveredDays: 7,
  bodyTimeoutSeconds: 10,
  rpc: false,
  metrics: false,
  accessLog: false,
  debug: false,
};

const VARIABLES = [
  "SUPERVISE_QUEUE_DIR",
  "SUPERVISE_CURRENT_CONFIG_DIR",
  "SUPERVISE_TRANSPORT",
  "SUPERVISE_BIND",
  "SUPERVISE_PORT",
  "SUPERVISE_SOCKET_MODE",
  "SUPERVISE_PORT_FILE",
  "SUPERVISE_MODE",
  "SUPERVISE_RESPONSE_TIMEOUT_SECONDS",
  "SUPERVISE_KEEPALIVE_SECONDS",
  "SUPERVISE_EGRESS_PROXY",
  "SUPERVISE_EGRESS_INTROSPECT_URL",
  "SUPERVISE_ALLOWED_HOSTS",
  "SUPERVISE_ALLOWED_ORIGINS",
  "SUPERVISE_MAX_PENDING",
  "SUPERVISE_MAX_WAITING",
  "SUPERVISE_RATE_LIMIT_PER_MINUTE",
  "SUPERVISE_PROPOSAL_TTL_SECONDS",
  "SUPERVISE_MAX_UNDELIVERED",
  "SUPERVISE_UNDELIVERED_DAYS",
  "SUPERVISE_BODY_TIMEOUT_SECONDS",
  "SUPERVISE_RPC",
  "SUPERVISE_METRICS",
  "SUPERVISE_ACCESS_LOG",
  "SUPERVISE_DEBUG",
];

Deno.test("readSettings() asks for the slug and these variables, and nothing else", () => {
  const asked = new Set<string>();
  readSettings((name) => {
    asked.add(name);
    return name === "SUPERVISE_BOTTLE_SLUG" ? "dev" : undefined;
  });
  assert.deepEqual([...asked].sort(), ["SUPERVISE_BOTTLE_SLUG", ...VARIABLES].sort());
});

for (const [how, value] of [["unset"], ["empty", ""], ["blank", " \t"]] as const) {
  Deno.test(`readSettings() takes the defaults for what is ${how}`, () => {
    const env = value === undefined
      ? {}
      : Object.fromEntries(VARIABLES.map((variable) => [variable, value]));
    assert.deepEqual(settings(env), DEFAULTS);
  });
}

type Good = readonly [value: string, key: keyof Settings, expected: unknown];

function tcp(hostname: string, port: number): Settings["listen"] {
  return { transport: "tcp", hostname, port };
}

function unix(path: string, mode = 0o600): Settings["listen"] {
  return { transport: "unix", path, mode };
}

/** 107 bytes. */
const LONGEST_SOCKET = `/${"é".repeat(53)}`;

const GOOD: Readonly<Record<string, readonly Good[]>> = {
  SUPERVISE_BOTTLE_SLUG: [
    ["a", "slug", "a"],
    [" Dev-1_b.x ", "slug", "Dev-1_b.x"],
    ["7".repeat(63), "slug", "7".repeat(63)],
  ],
  SUPERVISE_QUEUE_DIR: [
    ["/var/q", "queueDirectory", "/var/q"],
    ["queue/dev", "queueDirectory", "queue/dev"],
  ],
  SUPERVISE_CURRENT_CONFIG_DIR: [
    ["/mnt/config", "currentConfigDirectory", "/mnt/config"],
    [" config ", "currentConfigDirectory", "config"],
  ],
  SUPERVISE_TRANSPORT: [["http", "transport", "http"], [" stdio ", "transport", "stdio"]],
  SUPERVISE_KEEPALIVE_SECONDS: [
    ["0.1", "keepAliveSeconds", 0.1],
    ["15", "keepAliveSeconds", 15],
  ],
  SUPERVISE_BIND: [
    ["::1", "listen", tcp("::1", 9_100)],
    ["127.0.0.1", "listen", tcp("127.0.0.1", 9_100)],
    ["/run/s", "listen", unix("/run/s")],
    [" /a b/../s\n", "listen", unix("/a b/../s")],
    [LONGEST_SOCKET, "listen", unix(LONGEST_SOCKET)],
  ],
  SUPERVISE_PORT: [
    ["0", "listen", tcp("0.0.0.0", 0)],
    ["65535", "listen", tcp("0.0.0.0", 65_535)],
    [" 9200 ", "listen", tcp("0.0.0.0", 9_200)],
  ],
  SUPERVISE_PORT_FILE: [
    ["/run/port", "portFile", "/run/port"],
    [" listen/port ", "portFile", "listen/port"],
  ],
  SUPERVISE_MODE: [
    ["live", "mode", "live"],
    ["readonly", "mode", "readonly"],
    [" shadow ", "mode", "shadow"],
  ],
  SUPERVISE_RATE_LIMIT_PER_MINUTE: [
    ["1", "rateLimitPerMinute", 1],
    ["1000000", "rateLimitPerMinute", 1_000_000],
  ],
  SUPERVISE_PROPOSAL_TTL_SECONDS: [
    ["1", "proposalTtlSeconds", 1],
    ["86400.5", "proposalTtlSeconds", 86_400.5],
  ],
  SUPERVISE_RESPONSE_TIMEOUT_SECONDS: [
    ["1", "responseTimeoutSeconds", 1],
    ["0.5", "responseTimeoutSeconds", 0.5],
    [".5", "responseTimeoutSeconds", 0.5],
    ["5.", "responseTimeoutSeconds", 5],
    ["1e3", "responseTimeoutSeconds", 1_000],
    ["1E-2", "responseTimeoutSeconds", 0.01],
    ["2147483", "responseTimeoutSeconds", 2_147_483],
  ],
  SUPERVISE_BODY_TIMEOUT_SECONDS: [["0.3", "bodyTimeoutSeconds", 0.3]],
  SUPERVISE_EGRESS_PROXY: [
    ["http://10.0.0.1:3128", "egressProxy", new URL("http://10.0.0.1:3128/")],
    ["HTTP://Proxy", "egressProxy", new URL("http://proxy/")],
    ["http://[::1]:1", "egressProxy", new URL("http://[::1]:1/")],
  ],
  SUPERVISE_EGRESS_INTROSPECT_URL: [
    ["http://_egress.local/v2?x=1", "egressIntrospectUrl", new URL("http://_egress.local/v2?x=1")],
  ],
  SUPERVISE_ALLOWED_HOSTS: [
    ["bottle.example", "allowedHosts", ["bottle.example"]],
    ["A.example, b_c , ,d-e\n", "allowedHosts", ["a.example", "b_c", "d-e"]],
    [",", "allowedHosts", []],
  ],
  SUPERVISE_ALLOWED_ORIGINS: [
    ["https://a.example", "allowedOrigins", ["https://a.example"]],
    ["HTTPS://A.example:443/", "allowedOrigins", ["https://a.example"]],
    ["http://a:80 http://b:81", "allowedOrigins", ["http://a", "http://b:81"]],
  ],
  SUPERVISE_MAX_PENDING: [["1", "maxPending", 1], ["50000", "maxPending", 50_000]],
  SUPERVISE_MAX_UNDELIVERED: [["1", "maxUndelivered", 1], ["50000", "maxUndelivered", 50_000]],
  SUPERVISE_UNDELIVERED_DAYS: [
    ["0.5", "undeliveredDays", 0.5],
    ["3650", "undeliveredDays", 3_650],
  ],
  SUPERVISE_MAX_WAITING: [["1", "maxWaiting", 1], ["100000", "maxWaiting", 100_000]],
  SUPERVISE_RPC: [["1", "rpc", true], ["0", "rpc", false]],
  SUPERVISE_METRICS: [["on", "metrics", true], ["off", "metrics", false]],
  SUPERVISE_ACCESS_LOG: [["yes", "accessLog", true], ["no", "accessLog", false]],
  SUPERVISE_DEBUG: [
    ["1", "debug", true],
    ["true", "debug", true],
    ["YES", "debug", true],
    ["on", "debug", true],
    ["0", "debug", false],
    ["False", "debug", false],
    ["no", "debug", false],
    ["off", "debug", false],
  ],
};

for (const [variable, cases] of Object.entries(GOOD)) {
  for (const [value, key, expected] of cases) {
    Deno.test(`readSettings() takes ${variable}=${JSON.stringify(value)}`, () => {
      assert.deepEqual(settings({ [variable]: value }), { ...DEFAULTS, [key]: expected });
    });
  }
}

for (const mode of ["0600", "600", "0660", "0666", "0777", "0622"]) {
  Deno.test(`readSettings() takes SUPERVISE_SOCKET_MODE=${mode} in octal`, () => {
    const { listen } = settings({ SUPERVISE_BIND: "/run/s", SUPERVISE_SOCKET_MODE: mode });
    assert.deepEqual(listen, unix("/run/s", Number.parseInt(mode, 8)));
  });
}

interface Bad {
  readonly values: readonly string[];
  /** The form that is wanted, as the message says it. */
  readonly form: string;
}

const INTEGERS = ["x", "-1", "+1", "1.0", "1e2", "0x10", "1 2", "１", "NaN", "9".repeat(400)];
const SECONDS = [
  "0",
  "0.0",
  "-1",
  "nan",
  "inf",
  "Infinity",
  "1e999",
  "2147484",
  "5s",
  "1,5",
  "0x1",
];
const URLS = [
  "egress:9099",
  "//egress",
  "https://egress",
  "socks5://egress",
  "http://",
  "http://user@egress",
  "http://:secret@egress",
  "http://a b",
  "http://egress:99999",
];

const BAD: Readonly<Record<string, Bad>> = {
  SUPERVISE_BOTTLE_SLUG: {
    values: ["../x", "a/b", ".", "-a", "a b", "a".repeat(64), "dév", "a\nb", "a\u2028b"],
    form: "must be a plain name of 1 to 63 letters, digits, '.', '_' or '-', " +
      "starting with a letter or digit",
  },
  SUPERVISE_PORT: {
    values: [...INTEGERS, "65536", "70000"],
    form: "must be a whole number from 0 to 65535",
  },
  SUPERVISE_MAX_PENDING: {
    values: [...INTEGERS, "0", "50001"],
    form: "must be a whole number from 1 to 50000",
  },
  SUPERVISE_MAX_UNDELIVERED: {
    values: [...INTEGERS, "0", "50001"],
    form: "must be a whole number from 1 to 50000",
  },
  SUPERVISE_UNDELIVERED_DAYS: {
    values: [...SECONDS, "3651"],
    form: "must be a positive number of days, at most 3650",
  },
  SUPERVISE_MAX_WAITING: {
    values: [...INTEGERS, "0", "100001"],
    form: "must be a whole number from 1 to 100000",
  },
  SUPERVISE_RESPONSE_TIMEOUT_SECONDS: {
    values: SECONDS,
    form: "must be a positive number of seconds, at most 2147483",
  },
  SUPERVISE_BODY_TIMEOUT_SECONDS: {
    values: SECONDS,
    form: "must be a positive number of seconds, at most 2147483",
  },
  SUPERVISE_KEEPALIVE_SECONDS: {
    values: [...SECONDS, "0.09"],
    form: "must be a positive number of seconds, at least 0.1 and at most 2147483",
  },
  SUPERVISE_TRANSPORT: {
    values: ["HTTP", "sse", "stdio,http", "1"],
    form: "must be one of http, stdio",
  },
  SUPERVISE_MODE: {
    values: ["LIVE", "read-only", "shadow,live", "1"],
    form: "must be one of live, readonly, shadow",
  },
  SUPERVISE_BIND: {
    values: ["run/s", "./s", "unix:/run/s", "/run/", "/", `${LONGEST_SOCKET}x`, "http://a"],
    form: "must be an address, or the absolute path of a Unix socket of at most 107 bytes",
  },
  SUPERVISE_SOCKET_MODE: {
    values: ["0400", "200", "0066", "1600", "00600", "0o600", "60", "0680", "rw-------", "-600"],
    form: "must be permission bits in octal that let the owner read and write, such as 0660",
  },
  SUPERVISE_RATE_LIMIT_PER_MINUTE: {
    values: [...INTEGERS, "0", "1000001"],
    form: "must be a whole number from 1 to 1000000",
  },
  SUPERVISE_PROPOSAL_TTL_SECONDS: {
    values: [...SECONDS, "0.9"],
    form: "must be a positive number of seconds, at least 1 and at most 2147483",
  },
  SUPERVISE_RPC: { values: ["2"], form: "must be 1 or 0" },
  SUPERVISE_METRICS: { values: ["9100"], form: "must be 1 or 0" },
  SUPERVISE_ACCESS_LOG: { values: ["/var/log/x"], form: "must be 1 or 0" },
  SUPERVISE_EGRESS_PROXY: {
    values: URLS,
    form: "must be an http:// URL with a host and without credentials",
  },
  SUPERVISE_EGRESS_INTROSPECT_URL: {
    values: URLS,
    form: "must be an http:// URL with a host and without credentials",
  },
  SUPERVISE_ALLOWED_HOSTS: {
    values: ["a:80", "*.a", "http://a", "[::1]", "a/b", "é", "a".repeat(254), "*"],
    form: "must be host names without port, separated by commas",
  },
  SUPERVISE_ALLOWED_ORIGINS: {
    values: [
      "a.example",
      "null",
      "*",
      "https://a/x",
      "https://u@a",
      "file:///",
      "https://a/?",
      "a:b",
    ],
    form: "must be origins such as https://host.example:8443, separated by commas",
  },
  SUPERVISE_DEBUG: {
    values: ["2", "y", "-", "enable", "true false"],
    form: "must be 1 or 0",
  },
};

function messageOf(env: Readonly<Record<string, string>>): string {
  try {
    settings(env);
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.message;
  }
  assert.fail(`${JSON.stringify(env)} was taken`);
}

for (const [variable, { values, form }] of Object.entries(BAD)) {
  for (const value of values) {
    const shown = JSON.stringify(value);
    Deno.test(`readSettings() refuses ${variable}=${shown.slice(0, 40)} in one line`, () => {
      const message = messageOf({ [variable]: value });
      assert.equal(message, `${variable} ${form} (got ${shown})`);
      assert.doesNotMatch(message, /[\n\r]/);
    });
  }
}

for (const value of ["", " "]) {
  Deno.test(`readSettings() asks for a slug when it is ${JSON.stringify(value)}`, () => {
    assert.equal(
      messageOf({ SUPERVISE_BOTTLE_SLUG: value }),
      "SUPERVISE_BOTTLE_SLUG env is unset: set it to the bottle's name",
    );
  });
}

Deno.test("readSettings() shows the one wrong entry of a list", () => {
  assert.match(messageOf({ SUPERVISE_ALLOWED_HOSTS: "a.example, b:1, c" }), /\(got "b:1"\)$/);
});

Deno.test("readListenAddress() needs no slug and takes only the address", () => {
  const env: Record<string, string> = { SUPERVISE_PORT: "9200", SUPERVISE_DEBUG: "maybe" };
  assert.deepEqual(readListenAddress((name) => env[name]), tcp("0.0.0.0", 9_200));
  assert.throws(() => readListenAddress(() => "x"), SettingsError);
});

Deno.test("readPortFile() needs no slug and takes only the port file", () => {
  const env: Record<string, string> = { SUPERVISE_PORT_FILE: " /run/port ", SUPERVISE_PORT: "x" };
  assert.equal(readPortFile((name) => env[name]), "/run/port");
});

Deno.test("SUPERVISE_ALLOWED_HOSTS: a final dot and the case make no other name", () => {
  const environment: Readonly<Record<string, string>> = {
    SUPERVISE_BOTTLE_SLUG: "dev",
    SUPERVISE_ALLOWED_HOSTS: "Bottle.Example., plain.example",
  };
  const { allowedHosts } = readSettings((name) => environment[name]);
  assert.deepEqual(allowedHosts, ["bottle.example", "plain.example"]);
  for (const wrong of [".", "bottle.example:9100"]) {
    const name = "SUPERVISE_ALLOWED_HOSTS";
    assert.throws(() => readSettings((asked) => asked === name ? wrong : environment[asked]));
  }
});
