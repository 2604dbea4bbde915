/** Tells an agent what is wrong with a host name, and which one may be meant. */

import { parseHostName } from "../../queue/host_name.ts";

export type HostCheck =
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "wrong"; readonly message: string };

const FORM =
  "must be a bare host name such as 'api.github.com': no scheme, port, path, wildcard, " +
  "space or final dot";

/** Checks a host name and returns it in lower case. */
export function checkHost(text: string): HostCheck {
  const host = parseHostName(text);
  if (host !== undefined) return { kind: "host", host };
  if (text.includes("*")) {
    return { kind: "wrong", message: `${FORM}; wildcards are not possible, name each host` };
  }
  const meant = hostnameOf(text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")).replace(/\.$/, "");
  const hint = parseHostName(meant) ? `; did you mean '${meant}'?` : "";
  return { kind: "wrong", message: FORM + hint };
}

/** The host a URL parser reads from `authority`, or "" when it reads none. */
function hostnameOf(authority: string): string {
  return URL.parse(`http://${authority}`)?.hostname ?? "";
}
