/** What an operator should know of a host. */

import { domainToUnicode } from "node:url";
import { parseAddress } from "./address.ts";
import type { Notice } from "./kind.ts";
import { whatLocal } from "./local_host.ts";
import { sharedHostNotices } from "./shared_host.ts";

/** `host` as a URL parser gives it: lower case, IPv6 in brackets. */
export function hostNotices(host: string): Notice[] {
  const notices: Notice[] = [];
  if (parseAddress(host)) {
    notices.push({
      label: "IP ADDRESS",
      text: `${host} names a machine, not a site: ask the agent for the name it wants`,
    });
  }
  const local = whatLocal(host);
  if (local !== undefined) notices.push({ label: "LOCAL", text: `${host} is ${local}` });
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
