/** The environment read once, at the border, into settings that cannot be wrong. */

import { parseSlug, type Slug } from "../queue/layout.ts";

/** Every setting of the sidecar, with its unit in its name. */
export interface Settings {
  readonly slug: Slug;
  readonly queueDirectory: string;
  /** Where the host shows what the bottle is built from; it need not be there. */
  readonly currentConfigDirectory: string;
  readonly transport: "http" | "stdio";
  readonly bind: string;
  readonly port: number;
  readonly responseTimeoutSeconds: number;
  readonly keepAliveSeconds: number;
  readonly egressProxy: URL;
  readonly egressIntrospectUrl: URL;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly maxPending: number;
  readonly maxWaiting: number;
  readonly bodyTimeoutSeconds: number;
  readonly debug: boolean;
}

/** Where hosts mount what a bottle is built from. */
export const CURRENT_CONFIG_DIRECTORY = "/etc/bot-bottle/current-config";

/** A setting that cannot be used. The message is one line for whoever set it. */
export class SettingsError extends Error {}

/** `setTimeout` counts milliseconds in 31 bits: a longer wait would end at once. */
const MAX_TIMEOUT_SECONDS = 2_147_483;

type Environment = (name: string) => string | undefined;

/** Reads all settings. Unset and blank mean the default. Throws a {@linkcode SettingsError}. */
export function readSettings(environment: Environment): Settings {
  const get = (name: string) => environment(name)?.trim() ?? "";
  return {
    slug: readSlug(get("SUPERVISE_BOTTLE_SLUG")),
    queueDirectory: get("SUPERVISE_QUEUE_DIR") || "/run/supervise/queue",
    currentConfigDirectory: get("SUPERVISE_CURRENT_CONFIG_DIR") ||
      CURRENT_CONFIG_DIRECTORY,
    transport: readTransport(get("SUPERVISE_TRANSPORT")),
    ...readListenAddress(environment),
    responseTimeoutSeconds: readSeconds("SUPERVISE_RESPONSE_TIMEOUT_SECONDS", get, 30),
    keepAliveSeconds: readSeconds("SUPERVISE_KEEPALIVE_SECONDS", get, 10, 0.1),
    egressProxy: readUrl("SUPERVISE_EGRESS_PROXY", get, "http://egress:9099"),
    egressIntrospectUrl: readUrl(
      "SUPERVISE_EGRESS_INTROSPECT_URL",
      get,
      "http://_egress.local/allowlist",
    ),
    allowedHosts: readList(get("SUPERVISE_ALLOWED_HOSTS")).map(readHostName),
    allowedOrigins: readList(get("SUPERVISE_ALLOWED_ORIGINS")).map(readOrigin),
    maxPending: readInteger("SUPERVISE_MAX_PENDING", get, 64, 1, 50_000),
    maxWaiting: readInteger(
      "SUPERVISE_MAX_WAITING",
      get,
      10_000,
      1,
      100_000,
    ),
    bodyTimeoutSeconds: readSeconds("SUPERVISE_BODY_TIMEOUT_SECONDS", get, 10),
    debug: readSwitch("SUPERVISE_DEBUG", get("SUPERVISE_DEBUG")),
  };
}

/** Reads where to listen, which is all that the health check needs. */
export function readListenAddress(environment: Environment): Pick<Settings, "bind" | "port"> {
  const get = (name: string) => environment(name)?.trim() ?? "";
  return {
    bind: get("SUPERVISE_BIND") || "0.0.0.0",
    port: readInteger("SUPERVISE_PORT", get, 9100, 0, 65_535),
  };
}

function readSlug(text: string): Slug {
  if (!text) {
    throw new SettingsError("SUPERVISE_BOTTLE_SLUG env is unset: set it to the bottle's name");
  }
  const slug = parseSlug(text);
  if (slug) return slug;
  throw new SettingsError(
    `SUPERVISE_BOTTLE_SLUG must be a plain name of 1 to 63 letters, digits, '.', '_' or '-', ` +
      `starting with a letter or digit (got ${JSON.stringify(text)})`,
  );
}

function readTransport(text: string): Settings["transport"] {
  if (text === "" || text === "http") return "http";
  if (text === "stdio") return "stdio";
  throw new SettingsError(
    `SUPERVISE_TRANSPORT must be http or stdio (got ${JSON.stringify(text)})`,
  );
}

function readInteger(
  name: string,
  get: (name: string) => string,
  fallback: number,
  min: number,
  max: number,
): number {
  const text = get(name);
  if (!text) return fallback;
  const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new SettingsError(
    `${name} must be a whole number from ${min} to ${max} (got ${JSON.stringify(text)})`,
  );
}

function readSeconds(
  name: string,
  get: (name: string) => string,
  fallback: number,
  min = 0,
): number {
  const text = get(name);
  if (!text) return fallback;
  const value = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  if (value > 0 && value >= min && value <= MAX_TIMEOUT_SECONDS) return value;
  const least = min > 0 ? `at least ${min} and ` : "";
  throw new SettingsError(
    `${name} must be a positive number of seconds, ${least}at most ${MAX_TIMEOUT_SECONDS} ` +
      `(got ${JSON.stringify(text)})`,
  );
}

function readUrl(name: string, get: (name: string) => string, fallback: string): URL {
  const text = get(name) || fallback;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" && url.hostname && !url.username && !url.password) return url;
  throw new SettingsError(
    `${name} must be an http:// URL with a host and without credentials (got ${
      JSON.stringify(text)
    })`,
  );
}

function readSwitch(name: string, text: string): boolean {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(|0|false|no|off)$/i.test(text)) return false;
  throw new SettingsError(`${name} must be 1 or 0 (got ${JSON.stringify(text)})`);
}

function readList(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

function readHostName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,253}$/.test(text)) return text.toLowerCase();
  throw new SettingsError(
    `SUPERVISE_ALLOWED_HOSTS must be host names without port, separated by commas ` +
      `(got ${JSON.stringify(text)})`,
  );
}

function readOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && url.origin !== "null" && url.href === `${url.origin}/`) return url.origin;
  throw new SettingsError(
    `SUPERVISE_ALLOWED_ORIGINS must be origins such as https://host.example:8443, ` +
      `separated by commas (got ${JSON.stringify(text)})`,
  );
}
