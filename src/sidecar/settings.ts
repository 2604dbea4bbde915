/** The environment read once, at the border, into settings that cannot be wrong. */

import { parseSlug, type Slug } from "../queue/layout.ts";
import type { ListenPlace } from "./http/listener.ts";

/** Every setting of the sidecar, with its unit in its name. */
export interface Settings {
  readonly slug: Slug;
  readonly queueDirectory: string;
  /** Where the host shows what the bottle is built from; it need not be there. */
  readonly currentConfigDirectory: string;
  readonly transport: "http" | "stdio";
  readonly listen: ListenPlace;
  /** Where the port is written once it is listened on. */
  readonly portFile: string | undefined;
  readonly mode: Mode;
  readonly responseTimeoutSeconds: number;
  readonly keepAliveSeconds: number;
  readonly egressProxy: URL;
  readonly egressIntrospectUrl: URL;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly maxPending: number;
  readonly maxWaiting: number;
  /** Asks of one client in any 60 seconds. */
  readonly rateLimitPerMinute: number;
  /** After this long an undecided proposal expires; undefined: never. */
  readonly proposalTtlSeconds: number | undefined;
  /** Decisions not picked up that are kept at most; the oldest are filed away. */
  readonly maxUndelivered: number;
  /** After this long they are filed away. */
  readonly undeliveredDays: number;
  readonly bodyTimeoutSeconds: number;
  /** `POST /rpc` is served. */
  readonly rpc: boolean;
  /** `GET /metrics` is served. */
  readonly metrics: boolean;
  readonly accessLog: boolean;
  readonly debug: boolean;
}

/** `live`: asks go to the operator. `readonly`: none are taken. `shadow`: they are only recorded. */
export type Mode = "live" | "readonly" | "shadow";

/** Where hosts mount what a bottle is built from. */
export const CURRENT_CONFIG_DIRECTORY = "/etc/bot-bottle/current-config";

/** A setting that cannot be used. The message is one line for the person who set it. */
export class SettingsError extends Error {}

/** `setTimeout` counts milliseconds in 31 bits: a longer wait would end at once. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

type Environment = (name: string) => string | undefined;

/** Reads all settings. Unset and blank mean the default. Throws a {@linkcode SettingsError}. */
export function readSettings(environment: Environment): Settings {
  const get = trimmed(environment);
  return {
    slug: readSlug(get("SUPERVISE_BOTTLE_SLUG")),
    queueDirectory: get("SUPERVISE_QUEUE_DIR") || "/run/supervise/queue",
    currentConfigDirectory: get("SUPERVISE_CURRENT_CONFIG_DIR") || CURRENT_CONFIG_DIRECTORY,
    transport: readChoice("SUPERVISE_TRANSPORT", get, ["http", "stdio"]),
    listen: readListenAddress(environment),
    portFile: readPortFile(environment),
    mode: readChoice("SUPERVISE_MODE", get, ["live", "readonly", "shadow"]),
    responseTimeoutSeconds: readSeconds("SUPERVISE_RESPONSE_TIMEOUT_SECONDS", get) ?? 30,
    keepAliveSeconds: readSeconds("SUPERVISE_KEEPALIVE_SECONDS", get, 0.1) ?? 10,
    egressProxy: readUrl("SUPERVISE_EGRESS_PROXY", get) ?? new URL("http://egress:9099"),
    egressIntrospectUrl: readUrl("SUPERVISE_EGRESS_INTROSPECT_URL", get) ??
      new URL("http://_egress.local/allowlist"),
    allowedHosts: readList(get("SUPERVISE_ALLOWED_HOSTS")).map(readHostName),
    allowedOrigins: readList(get("SUPERVISE_ALLOWED_ORIGINS")).map(readOrigin),
    maxPending: readInteger("SUPERVISE_MAX_PENDING", get, 1, 50_000) ?? 64,
    maxWaiting: readInteger("SUPERVISE_MAX_WAITING", get, 1, 100_000) ?? 10_000,
    rateLimitPerMinute: readInteger("SUPERVISE_RATE_LIMIT_PER_MINUTE", get, 1, 1_000_000) ?? 30,
    // Off unless set, since an unanswered ask counts however old it is.
    proposalTtlSeconds: readSeconds("SUPERVISE_PROPOSAL_TTL_SECONDS", get, 1),
    maxUndelivered: readInteger("SUPERVISE_MAX_UNDELIVERED", get, 1, 50_000) ?? 1_000,
    undeliveredDays: readDays("SUPERVISE_UNDELIVERED_DAYS", get) ?? 7,
    bodyTimeoutSeconds: readSeconds("SUPERVISE_BODY_TIMEOUT_SECONDS", get) ?? 10,
    rpc: readSwitch("SUPERVISE_RPC", get),
    metrics: readSwitch("SUPERVISE_METRICS", get),
    accessLog: readSwitch("SUPERVISE_ACCESS_LOG", get),
    debug: readSwitch("SUPERVISE_DEBUG", get),
  };
}

/** A variable's text; empty where it is unset or blank. */
type Get = (name: string) => string;

function trimmed(environment: Environment): Get {
  return (name) => environment(name)?.trim() ?? "";
}

/** The longest path of a Unix socket, in bytes: what fits into `sun_path` with its final zero. */
const MAX_SOCKET_PATH_BYTES = 107;

/** Reads where to listen, which is all that the health check needs beside the port file. */
export function readListenAddress(environment: Environment): ListenPlace {
  const get = trimmed(environment);
  const bind = get("SUPERVISE_BIND") || "0.0.0.0";
  const port = readInteger("SUPERVISE_PORT", get, 0, 65_535) ?? 9100;
  const mode = readFileMode("SUPERVISE_SOCKET_MODE", get) ?? 0o600;
  if (!bind.includes("/")) return { transport: "tcp", hostname: bind, port };
  const bytes = new TextEncoder().encode(bind).length;
  if (bind.startsWith("/") && !bind.endsWith("/") && bytes <= MAX_SOCKET_PATH_BYTES) {
    return { transport: "unix", path: bind, mode };
  }
  const form = "an address, or the absolute path of a Unix socket of at most " +
    `${MAX_SOCKET_PATH_BYTES} bytes`;
  throw wrong("SUPERVISE_BIND", form, bind);
}

/** Reads where the port is written, for those who are to find it; undefined: nowhere. */
export function readPortFile(environment: Environment): string | undefined {
  return environment("SUPERVISE_PORT_FILE")?.trim() || undefined;
}

function readSlug(text: string): Slug {
  if (!text) {
    throw new SettingsError("SUPERVISE_BOTTLE_SLUG env is unset: set it to the bottle's name");
  }
  const slug = parseSlug(text);
  if (slug) return slug;
  const form = "a plain name of 1 to 63 letters, digits, '.', '_' or '-', starting with a letter " +
    "or digit";
  throw wrong("SUPERVISE_BOTTLE_SLUG", form, text);
}

/** The first of the choices is the default. */
function readChoice<Choice extends string>(
  name: string,
  get: Get,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = get(name) || choices[0];
  const chosen = choices.find((choice) => choice === text);
  if (chosen) return chosen;
  throw wrong(name, `one of ${choices.join(", ")}`, text);
}

/** As all that follow: undefined where it is not set. */
function readInteger(name: string, get: Get, min: number, max: number): number | undefined {
  const text = get(name);
  if (!text) return undefined;
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw wrong(name, `a whole number from ${min} to ${max}`, text);
}

/** The most that a number of days may be: ten years. */
const MAX_DAYS = 3_650;

function readDays(name: string, get: Get): number | undefined {
  const form = `a positive number of days, at most ${MAX_DAYS}`;
  return readNumber(name, get, form, 0, MAX_DAYS);
}

function readSeconds(name: string, get: Get, min = 0): number | undefined {
  const least = min > 0 ? `at least ${min} and ` : "";
  const form = `a positive number of seconds, ${least}at most ${MAX_TIMEOUT_SECONDS}`;
  return readNumber(name, get, form, min, MAX_TIMEOUT_SECONDS);
}

function readNumber(
  name: string,
  get: Get,
  form: string,
  min: number,
  max: number,
): number | undefined {
  const text = get(name);
  if (!text) return undefined;
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (value > 0 && value >= min && value <= max) return value;
  throw wrong(name, form, text);
}

function readFileMode(name: string, get: Get): number | undefined {
  const text = get(name);
  if (!text) return undefined;
  const mode = /^0?[0-7]{3}$/.test(text) ? Number.parseInt(text, 8) : NaN;
  // Connecting needs write permission, which its owner must have.
  if ((mode & 0o600) === 0o600) return mode;
  throw wrong(
    name,
    "permission bits in octal that let the owner read and write, such as 0660",
    text,
  );
}

function readUrl(name: string, get: Get): URL | undefined {
  const text = get(name);
  if (!text) return undefined;
  const url = URL.parse(text);
  if (url?.protocol === "http:" && url.hostname && !url.username && !url.password) return url;
  throw wrong(name, "an http:// URL with a host and without credentials", text);
}

function readSwitch(name: string, get: Get): boolean {
  const text = get(name);
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(|0|false|no|off)$/i.test(text)) return false;
  throw wrong(name, "1 or 0", text);
}

function readList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

function readHostName(text: string): string {
  const name = text.toLowerCase().replace(/\.$/, "");
  if (/^[a-z0-9._-]{1,253}$/.test(name)) return name;
  throw wrong("SUPERVISE_ALLOWED_HOSTS", "host names without port, separated by commas", text);
}

function readOrigin(text: string): string {
  const url = URL.parse(text);
  if (url && url.origin !== "null" && url.href === `${url.origin}/`) return url.origin;
  const form = "origins such as https://host.example:8443, separated by commas";
  throw wrong("SUPERVISE_ALLOWED_ORIGINS", form, text);
}

function wrong(name: string, form: string, text: string): SettingsError {
  return new SettingsError(`${name} must be ${form} (got ${JSON.stringify(text)})`);
}
