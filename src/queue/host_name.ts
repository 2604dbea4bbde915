/** Host names of a route: the one form that both planes let through. */

/** RFC 1123 labels, and underscores since real names have them. At most 253 characters. */
const HOST =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Returns the host in lower case, or undefined when `text` is none, or when a URL parser would read
 * another host from it (such as from the number form of an IPv4 address): what the operator sees is
 * what a proxy would match.
 */
export function parseHostName(text: string): string | undefined {
  // Lower case turns some other letters, such as the Kelvin sign, into ASCII ones.
  if (!/^[ -~]*$/.test(text)) return undefined;
  const host = text.toLowerCase();
  return HOST.test(host) && URL.parse(`http://${host}`)?.hostname === host ? host : undefined;
}
