/** The one form of a host name that may stand in a route. */

export type HostCheck =
  | { readonly kind: "host"; readonly host: string }
  | { readonly kind: "wrong"; readonly message: string };

/** RFC 1123 labels, and underscores since real names have them. At most 253 characters. */
const HOST =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

const FORM =
  "must be a bare host name such as 'api.github.com': no scheme, port, path, wildcard, " +
  "space or final dot";

/**
 * Checks a host name and returns it in lower case. A name that a URL parser would read as another
 * host (such as the number form of an IPv4 address) is refused, so that what the operator sees is
 * what a proxy would match.
 */
export function checkHost(text: string): HostCheck {
  const host = text.toLowerCase();
  // Lower case turns some other letters, such as the Kelvin sign, into ASCII ones.
  if (/^[ -~]*$/.test(text) && HOST.test(host) && hostnameOf(host) === host) {
    return { kind: "host", host };
  }
  if (text.includes("*")) {
    return { kind: "wrong", message: `${FORM}; wildcards are not possible, name each host` };
  }
  const meant = hostnameOf(text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")).replace(/\.$/, "");
  const hint = HOST.test(meant) ? `; did you mean '${meant}'?` : "";
  return { kind: "wrong", message: FORM + hint };
}

/** The host a URL parser reads from `authority`, or "" when it reads none. */
function hostnameOf(authority: string): string {
  return URL.parse(`http://${authority}`)?.hostname ?? "";
}
