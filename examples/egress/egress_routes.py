"""The route table of a bottle: reads routes.yaml, and says whether a request is allowed by it.

The form of the file is described in docs/routes.md. The rules for paths are the same as those of
`supervise` and `supervisectl`; tests/testdata/paths.json holds the cases that all of them pass.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from ruamel.yaml import YAML

MAX_FILE_BYTES = 1_048_576
MAX_PATHS = 1_000
MAX_PATH_LENGTH = 1_024
MAX_REQUEST_PATH_LENGTH = 8_192
MAX_DECODINGS = 4

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
_TOKEN_REF = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}\Z")
_SCHEMES = ("Bearer", "token")
_ROUTE_KEYS = {"host", "path_allowlist", "auth", "name", "description"}

# In the order in which they are told. What follows dots may be cut off by a server.
_PATH_RULES = [
    (re.compile(r"(?!/)"), "must start with '/'"),
    (re.compile(r".*[^!-~]", re.S), "must be printable ASCII without spaces: percent-encode the rest"),
    (re.compile(r".*[?#\\]"), "must be a path alone, without '?', '#' or '\\'"),
    (re.compile(r".*\*"), "must be a prefix without '*': every path below it is allowed"),
    (
        re.compile(r".*/(\.|%2e){1,2}($|[/;]|%(20|3b|3f|23))", re.I),
        "must not contain '.' or '..' segments",
    ),
    (re.compile(r".*//"), "must not contain '//'"),
    (
        re.compile(r".*(%(?![0-9a-f]{2})|%(2f|5c|25))", re.I),
        "must be percent-encoded correctly, and without an encoded '/', '\\' or '%'",
    ),
    (
        re.compile(r".*%(2d|2e|5f|7e|3[0-9]|[46][1-9a-f]|[57][0-9a])", re.I),
        "must not percent-encode letters, digits, '-', '.', '_' and '~'",
    ),
]


class RoutesError(Exception):
    """A routes file that must not be put in force; the message names the place."""


@dataclass(frozen=True)
class Route:
    host: str
    #: Prefixes by whole segments; empty allows every path.
    paths: tuple[str, ...]
    #: Scheme and name of the credential that the proxy puts in.
    auth: tuple[str, str] | None

    def as_json(self):
        """The route as the introspection address shows it."""
        entry = {"host": self.host, "path_allowlist": list(self.paths)}
        if self.auth:
            entry |= {"auth_scheme": self.auth[0], "token_env": self.auth[1]}
        return entry

    def allows(self, path):
        """Whether `path`, a request's path without its query, is below one of the prefixes.

        Servers read odd paths in different ways. It must be so in each of these readings.
        """
        if not self.paths:
            return True
        if len(path) > MAX_REQUEST_PATH_LENGTH:
            # The readings of a very long one take seconds, in which nothing else goes on.
            return False
        try:
            decodings = _decodings(path)
        except ValueError:
            return False
        as_sent, decoded = _prefix_views(self.paths)
        for times, text in enumerate(decodings):
            for view, prefixes in zip(_VIEWS, decoded if times else as_sent):
                if not _is_covered(_without_dots(view(text)), prefixes):
                    return False
        return True


def canonical_host(host):
    """The form in which hosts are compared: lower case, without one final dot."""
    return host.lower().removesuffix(".")


def read_routes(file):
    """Reads a routes file into a table by host. Raises RoutesError, or OSError."""
    with open(file, "rb") as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise RoutesError(f"must be at most {MAX_FILE_BYTES} bytes")
    try:
        document = YAML(typ="safe", pure=True).load(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RoutesError("must be UTF-8") from error
    except Exception as error:  # noqa: BLE001, the parser raises many kinds for a value that is none
        raise RoutesError(f"is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or set(document) != {"routes"}:
        raise RoutesError("must be a mapping with the one key 'routes'")
    entries = document["routes"]
    if entries is None:
        entries = []
    if not isinstance(entries, list):
        raise RoutesError("'routes' must be a list")
    table = {}
    for index, entry in enumerate(entries):
        route = _read_route(f"routes[{index}]", entry)
        if route.host in table:
            raise RoutesError(f"routes[{index}]: {route.host} must be listed once")
        table[route.host] = route
    return table


def _read_route(place, entry):
    if not isinstance(entry, dict):
        raise RoutesError(f"{place} must be a mapping")
    if unknown := [key for key in entry if key not in _ROUTE_KEYS]:
        raise RoutesError(f"{place}: unknown key {unknown[0]!r}; known are {sorted(_ROUTE_KEYS)}")
    host = entry.get("host")
    if not isinstance(host, str) or not _HOST.match(canonical_host(host)):
        raise RoutesError(f"{place}: host must be one host name without a pattern, got {host!r}")
    # Nothing behind the key is a list that was cut off, and no word for every path.
    paths = entry.get("path_allowlist", [])
    if not isinstance(paths, list) or len(paths) > MAX_PATHS:
        raise RoutesError(f"{place}: path_allowlist must be a list of at most {MAX_PATHS} paths")
    for path in paths:
        if why := why_not_prefix(path):
            raise RoutesError(f"{place}: path {path!r} {why}")
    return Route(canonical_host(host), tuple(paths), _read_auth(place, entry.get("auth")))


def _read_auth(place, auth):
    if auth is None:
        return None
    if not isinstance(auth, dict) or set(auth) != {"scheme", "token_ref"}:
        raise RoutesError(f"{place}: auth must be a mapping with 'scheme' and 'token_ref'")
    scheme, token_ref = auth["scheme"], auth["token_ref"]
    if scheme not in _SCHEMES:
        raise RoutesError(f"{place}: auth.scheme must be one of {_SCHEMES}, got {scheme!r}")
    if not isinstance(token_ref, str) or not _TOKEN_REF.match(token_ref):
        raise RoutesError(f"{place}: auth.token_ref must be the name of a variable")
    return scheme, token_ref


def why_not_prefix(path):
    """Why `path` may not be a prefix in a route; None when it may."""
    if not isinstance(path, str):
        return "must be a text"
    if len(path) > MAX_PATH_LENGTH:
        return f"must be at most {MAX_PATH_LENGTH} characters"
    for wrong, must in _PATH_RULES:
        if wrong.match(path):
            return must
    try:
        decoded = _decode(path)
    except ValueError:
        return "must be percent-encoded UTF-8"
    return "must not contain an encoded control character" if _has_control(decoded) else None


def _decodings(path):
    """The path as it is sent, decoded once, and again until nothing is left to decode.

    Raises ValueError for a path that has no reliable reading.
    """
    if not path.startswith("/") or re.search(r"[^!-~]|#|%(?![0-9a-fA-F]{2})", path):
        raise ValueError("not a path of printable ASCII, or with a fragment, which no request has")
    texts = [_normal(path)]
    text = path
    while len(texts) <= MAX_DECODINGS:
        decoded = _decode(text)
        if _has_control(decoded) or "\\" in _plain_letters(decoded):
            raise ValueError("a control character, or a second kind of slash")
        texts.append(decoded)
        if decoded == text:
            return texts
        text = decoded
    raise ValueError("encoded too often")


def _decode(text):
    """The text with its percent-encodings resolved once. Raises ValueError for what is not UTF-8."""
    return unquote_to_bytes(text).decode("utf-8")


def _normal(path):
    """RFC 3986, 6.2.2.2: the same path, with unreserved characters as they are."""

    def one(match):
        character = chr(int(match[1], 16))
        is_unreserved = character.isascii() and (character.isalnum() or character in "-._~")
        return character if is_unreserved else match[0]

    return re.sub(r"%([0-9a-fA-F]{2})", one, path)


def _plain_letters(path):
    """Letters of other widths are taken for plain ones."""
    return unicodedata.normalize("NFKC", path)


def _cut_segments(path):
    """What follows ';', '?', '#' or a space in a segment is cut off."""
    return "/".join(re.split(r"[;?#\s]|%(?:20|3[bBfF]|23)", part)[0] for part in path.split("/"))


def _one_slash(path):
    """Several slashes are one."""
    return re.sub(r"//+", "/", path)


def _both(first, second):
    return lambda path: second(first(path))


def _views():
    """Every combination of what lenient servers do, and nothing of it."""
    views = [lambda path: path]
    for habit in (_plain_letters, _cut_segments, _one_slash):
        views += [_both(view, habit) for view in views]
    return views


_VIEWS = _views()


def _without_dots(path):
    """RFC 3986, 5.2.4: the path that its '.' and '..' segments lead to."""
    kept = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


@lru_cache(maxsize=4096)
def _prefix_views(paths):
    """The prefixes as they are sent, and decoded: for each view a set."""
    return [
        [{view(read(path)) for path in paths} for view in _VIEWS] for read in (_normal, _decode)
    ]


def _is_covered(path, prefixes):
    """By whole segments: /a covers itself and what is below it, /a/ only what is below it."""
    if path in prefixes:
        return True
    ends = [index for index, character in enumerate(path) if character == "/"]
    return any(path[: end + 1] in prefixes or path[:end] in prefixes for end in ends)


def _has_control(text):
    return any(unicodedata.category(character) == "Cc" for character in text)
