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

/** The path alone. A final slash makes no other one: some clients add it to every URL. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  const isSlashed = path.length > 1 && path.endsWith("/") && !path.endsWith("//");
  return isSlashed ? path.slice(0, -1) : path;
}

/** The query, without its "?"; empty when there is none. */
export function queryOf(target: string): string {
  const query = target.indexOf("?");
  return query < 0 ? "" : target.slice(query + 1);
}

function authorityStart(url: string): number {
  return url.indexOf("://") + 3;
}

const [SLASH, QUESTION_MARK, NUMBER_SIGN] = [0x2f, 0x3f, 0x23];

/** RFC 3986, section 3.2: the first of these ends it. Every request comes by here. */
function authorityEnd(url: string): number {
  for (let end = authorityStart(url); end < url.length; end++) {
    const unit = url.charCodeAt(end);
    if (unit === SLASH || unit === QUESTION_MARK || unit === NUMBER_SIGN) return end;
  }
  return url.length;
}
