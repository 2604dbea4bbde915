/** Host names: the one form that may stand in a route, and what an operator should know of one. */

import { domainToUnicode } from "node:url";
import type { Notice } from "./kind.ts";
import { sharedHostNotices } from "./shared_host.ts";

/** RFC 1123 labels, and underscores since real names have them. At most 253 characters. */
const HOST =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/** Returns the host in lower case, or undefined when a proxy might read another host from it. */
export function plainHost(text: string): string | undefined {
  const host = text.toLowerCase();
  return HOST.test(host) && URL.parse(`http://${host}`)?.hostname === host ? host : undefined;
}

/** Not for the internet: this machine, its network, or a cloud's metadata service. */
const LOCAL_ADDRESS =
  /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.|^\[(::1?\]|::ffff:|f[cd]|fe[89ab])/;
const LOCAL_NAME = /(^|\.)(localhost|local|internal|lan|home\.arpa)$/;

/** `host` as a URL parser gives it: lower case, IPv6 in brackets. */
export function hostNotices(host: string): Notice[] {
  const notices: Notice[] = [];
  const isAddress = host.startsWith("[") || /^[\d.]+$/.test(host);
  if (isAddress) {
    notices.push({
      label: "IP ADDRESS",
      text: `${host} names a machine, not a site: ask the agent for the name it wants`,
    });
  }
  if (LOCAL_ADDRESS.test(host) || LOCAL_NAME.test(host) || !isAddress && !host.includes(".")) {
    notices.push({
      label: "LOCAL",
      text: `${host} may be this machine, a neighbour on its network or a metadata service`,
    });
  }
  if (/(^|\.)xn--/.test(host)) {
    notices.push({
      label: "ENCODED NAME",
      text: `${host} is shown by browsers as "${
        domainToUnicode(host) || "nothing: it is not valid"
      }": letters of other scripts can look alike`,
    });
  }
  return [...notices, ...sharedHostNotices(host)];
}
