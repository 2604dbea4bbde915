/** Who may call at all: Host and Origin, so that no web page can reach the sidecar by a trick. */

import { asciiJson } from "./ascii_json.ts";
import { remembered } from "../remembered.ts";
import type { RequestTarget } from "./target.ts";

/** Names of this machine itself, and the name the sidecar has in a bottle's network. */
const ALWAYS_ALLOWED = ["localhost", "ip6-localhost", "ip6-loopback", "supervise"];

/** Of what was got, in characters: enough to recognise it. */
const MAX_SHOWN = 100;

export interface GateOptions {
  /** Further names by which the sidecar is called, in lower case, without port and final dot. */
  readonly allowedHosts: readonly string[];
  /** Browser origins that may call. */
  readonly allowedOrigins: readonly string[];
}

/**
 * A page that rebinds its name to a local address still sends that name as Host, and its origin as
 * Origin (MCP, basic/transports, "Security Warning"). An IP literal passes: rebinding needs a name.
 */
export class Gate {
  readonly #hosts: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;
  readonly #allowsHost = remembered(256, (value) => this.#checkHost(value));

  constructor({ allowedHosts, allowedOrigins }: GateOptions) {
    this.#hosts = new Set([...ALWAYS_ALLOWED, ...allowedHosts]);
    this.#origins = new Set(allowedOrigins);
  }

  /** Returns why the request is refused, in one line for the client, or undefined. */
  refusal(headers: Headers, { authority }: RequestTarget): string | undefined {
    const host = headers.get("host");
    if (host !== null && !this.#allowsHost(host)) return hostRefused(host);
    const isSame = authority === host || isSocketPath(authority, host);
    if (!isSame && !this.#allowsHost(authority)) return hostRefused(authority);
    const origin = headers.get("origin");
    if (origin !== null && !this.#origins.has(origin)) {
      return `this Origin is not allowed: got ${shown(origin)}. Web pages may not call, ` +
        "unless SUPERVISE_ALLOWED_ORIGINS names their origin\n";
    }
    return undefined;
  }

  /** Some web pages may call, so that every answer depends on the Origin. */
  get letsOriginsIn(): boolean {
    return this.#origins.size > 0;
  }

  #checkHost(value: string): boolean {
    const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/i.exec(value);
    const name = match?.[1]?.toLowerCase();
    if (!name) return false;
    // A final dot says that a name is complete (RFC 1034, section 3.1), and so names the same.
    return name.startsWith("[") || isIPv4(name) || this.#hosts.has(name.replace(/\.$/, ""));
  }
}

function hostRefused(value: string): string {
  return `this Host is not allowed: got ${shown(value)}. Call by IP address or as 'supervise', ` +
    "or add the name to SUPERVISE_ALLOWED_HOSTS\n";
}

/** The client's own words, so that they can neither act nor fill the log. */
function shown(value: string): string {
  return asciiJson(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
}

/**
 * On a Unix socket the runtime puts the socket's path in the place of a Host that was not sent. No
 * host name begins like it.
 */
function isSocketPath(authority: string, host: string | null): boolean {
  return host === null && authority.startsWith("%2F");
}

function isIPv4(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
    text.split(".").every((part) => Number(part) < 256);
}
