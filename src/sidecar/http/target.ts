/** The parts of a request's URL as sent, for gate and endpoint alike. A junk Host makes no valid URL. */

/** The host a request names in its target (HTTP/2, absolute form); else the runtime's own address. */
export function authorityOf(url: string): string {
  return url.slice(authorityStart(url), authorityEnd(url));
}

/** Path and query: what follows the authority, up to a fragment. An absent path is "/". */
export function targetOf(url: string): string {
  const fragment = url.indexOf("#");
  const target = url.slice(authorityEnd(url), fragment < 0 ? undefined : fragment);
  return target.startsWith("/") ? target : `/${target}`;
}

function authorityStart(url: string): number {
  return url.indexOf("://") + 3;
}

/** RFC 3986, section 3.2: the first of these ends it. */
function authorityEnd(url: string): number {
  let end = authorityStart(url);
  while (end < url.length && !"/?#".includes(url[end]!)) end++;
  return end;
}
