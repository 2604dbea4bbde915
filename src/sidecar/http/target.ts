/** A request's URL in its parts, as sent, for gate and endpoint alike. A junk Host makes no valid URL. */

import { remembered } from "../remembered.ts";

export interface RequestTarget {
  /** The host that the target names (HTTP/2, absolute form); else the runtime's own address. */
  readonly authority: string;
  /**
   * Without query, fragment and final slash, which some clients add to every URL. An absent path is
   * "/".
   */
  readonly path: string;
  /** Without its "?"; empty when there is none. */
  readonly query: string;
}

export const readTarget = remembered(64, parse);

function parse(url: string): RequestTarget {
  const start = url.indexOf("://") + 3;
  // RFC 3986, section 3.2: the first of these ends the authority.
  const length = url.slice(start).search(/[/?#]/);
  const end = length < 0 ? url.length : start + length;
  const [target = ""] = url.slice(end).split("#", 1);
  const question = target.indexOf("?");
  const path = (question < 0 ? target : target.slice(0, question)) || "/";
  const isSlashed = path.length > 1 && path.endsWith("/") && !path.endsWith("//");
  return {
    authority: url.slice(start, end),
    path: isSlashed ? path.slice(0, -1) : path,
    query: question < 0 ? "" : target.slice(question + 1),
  };
}
