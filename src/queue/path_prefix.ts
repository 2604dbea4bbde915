/** Path prefixes of a route: the one form that both planes let through, and which paths one covers. */

/** The most paths of one route, and the most characters of one of them. */
export const MAX_PATHS = 100;
export const MAX_PATH_LENGTH = 1_024;

/** In the order in which they are told: what is said of one may be the cause of the next. */
const RULES: readonly (readonly [isRight: (text: string) => boolean, must: string])[] = [
  [(text) => text.startsWith("/"), "must start with '/'"],
  [(text) => text.length <= MAX_PATH_LENGTH, `must be at most ${MAX_PATH_LENGTH} characters`],
  [
    (text) => /^[!-~]*$/.test(text),
    "must be a URL path prefix in printable ASCII without spaces: percent-encode the rest",
  ],
  [(text) => !/[?#\\]/.test(text), "must be a path alone, without '?', '#' or '\\'"],
  [(text) => !text.includes("*"), "must be a prefix without '*': every path below it is meant"],
  [
    // What follows the dots may be cut off by who reads it, and then they climb.
    (text) => !/\/(\.|%2e){1,2}($|[/;]|%(20|3b|3f|23))/i.test(text),
    "must not contain '.' or '..' segments: write the path they lead to",
  ],
  [(text) => !text.includes("//"), "must not contain '//'"],
  [
    (text) => !/%(?![0-9a-f]{2})|%(2f|5c|25)/i.test(text),
    "must be percent-encoded correctly, and without an encoded '/', '\\' or '%'",
  ],
  [
    (text) => !/%(2d|2e|5f|7e|3\d|[46][1-9a-f]|[57][\da])/i.test(text),
    "must have letters, digits, '-', '.', '_' and '~' as they are: do not percent-encode them",
  ],
  [
    (text) => decoded(text) !== undefined,
    "must be percent-encoded UTF-8: a sequence is incomplete, overlong or no character",
  ],
  [
    (text) => !/\p{Cc}/u.test(decoded(text) ?? ""),
    "must not contain an encoded control character, such as %00 or %0a",
  ],
];

/**
 * Why `text` may not be asked for or allowed, as words that go on from its name; undefined when it
 * may. A proxy or a site may read another path from each form that is refused.
 */
export function whyNotPathPrefix(text: string): string | undefined {
  return RULES.find(([isRight]) => !isRight(text))?.[1];
}

/**
 * Whether one of `prefixes` covers `path`, by whole segments: `/a` covers itself and what is below
 * `/a/`, `/a/` only what is below it, and neither `/ab`. An empty prefix covers nothing. What is
 * covered by segments is so too where plain text is compared. Only the prefixes that `path` can have
 * are looked up, so the work grows with it and not with their number.
 */
export function isCovered(path: string, prefixes: ReadonlySet<string>): boolean {
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    const above = path.slice(0, slash);
    if (above !== "" && prefixes.has(above) || prefixes.has(`${above}/`)) return true;
  }
  return path !== "" && prefixes.has(path);
}

/** The text with its encodings resolved; undefined for what is no UTF-8. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}
