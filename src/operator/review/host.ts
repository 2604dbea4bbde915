/** What an operator should know of a host. */

import { domainToUnicode } from "node:url";
import type { Notice } from "./kind.ts";
import { sharedHostNotices } from "./shared_host.ts";

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
