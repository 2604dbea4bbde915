"""The egress proxy of a bottle: mitmproxy lets through what routes.yaml allows, and nothing else.

    mitmdump --listen-port 9099 --set confdir=/var/lib/egress --scripts supervise_egress.py

README.md beside this file says how to run it; its settings are the variables read below.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import sys
import time

from mitmproxy import ctx, exceptions, http
from mitmproxy.proxy.layers.http import _http1

from egress_addresses import guard, is_allowed, read_networks
from egress_routes import RoutesError, canonical_host, read_routes, why_not_prefix

INTROSPECTION = "_egress.local"
#: A refused request with a larger body, or one of unknown size, is cut off instead of answered.
MAX_REFUSED_BODY = 1_048_576
#: Request line and headers, and whatever else is held until it is whole.
MAX_HEAD = 262_144
#: Some servers take the path from these.
PATH_HEADERS = {b"x-original-url", b"x-rewrite-url"}

#: Nothing is dialled before its request is allowed; no host is left out; the real host's certificate is
#: verified; one connection carries one request at a time, so that cutting it ends nothing else.
FIXED_OPTIONS = {
    "connection_strategy": "lazy",
    "upstream_cert": False,
    "rawtcp": False,
    "http2": False,
    "ignore_hosts": [],
    "allow_hosts": [],
    "tcp_hosts": [],
    "ssl_insecure": False,
    "validate_inbound_headers": True,
    "onboarding": False,
}


class Settings:
    """The environment. A value that is wrong ends the program."""

    def __init__(self, env):
        self.routes = env.get("EGRESS_ROUTES", "/etc/egress/routes.yaml")
        self.secrets = env.get("EGRESS_SECRETS", "/run/secrets")
        self.ca_file = env.get("EGRESS_CA_FILE")
        tls = env.get("EGRESS_TLS", "intercept")
        if tls not in ("intercept", "passthrough"):
            raise ValueError(f"EGRESS_TLS must be intercept or passthrough, got {tls!r}")
        self.intercepts = tls == "intercept"
        self.ports = {int(port) for port in env.get("EGRESS_PORTS", "80,443").split(",")}
        self.watch_seconds = float(env.get("EGRESS_WATCH_SECONDS", "1"))
        self.networks = read_networks(env.get("EGRESS_ALLOW_NETWORKS", ""))


class Refused(Exception):
    """Why a request is not let through, and whether asking the operator could change that."""

    def __init__(self, reason, ask=None):
        super().__init__(reason)
        self.ask = ask


class Uses:
    """How often each host was used, and when last."""

    def __init__(self):
        self._by_host = {}

    def count(self, host):
        requests = self._by_host.get(host, {"requests": 0})["requests"]
        self._by_host[host] = {"requests": requests + 1, "last_used": now()}

    def as_json(self, table):
        return {host: use for host, use in self._by_host.items() if host in table}


class Egress:
    def __init__(self, settings):
        self.settings = settings
        self.table = read_routes(settings.routes)
        self.seen = self.look()
        self.loaded_at = now()
        self.fault = None
        self.reloads = 0
        self.cut = 0
        self.uses = Uses()
        #: What is under way, by flow or connection: the client, the host, and the path if it is known.
        self.live = {}
        self.watcher = None

    def load(self, loader):
        # Now, before the port is open.
        try:
            # Another mode resolves names elsewhere, or takes hosts from elsewhere. A list since mitmproxy 9.
            if ctx.options.mode not in ("regular", ["regular"]):
                raise ValueError(f"mode must be regular, got {ctx.options.mode}")
            guard(asyncio.get_running_loop(), self.settings.networks)
            _http1.ReceiveBuffer = bounded(_http1.ReceiveBuffer)
            ctx.options.update(**FIXED_OPTIONS)
        except Exception as error:  # noqa: BLE001, whatever it is
            give_up(error)

    def configure(self, updated):
        for name, value in FIXED_OPTIONS.items():
            if getattr(ctx.options, name) != value:
                raise exceptions.OptionsError(f"egress: {name} must be {value}")

    def done(self):
        # mitmproxy goes on without a script that was removed, or changed to one that does not load.
        if not ctx.master.should_exit.is_set():
            say("ends, since nothing may pass without its script")
            os._exit(1)

    async def running(self):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        if self.settings.watch_seconds > 0:
            self.watcher = asyncio.create_task(self.watch())
        if self.settings.ca_file:
            publish(os.path.join(ctx.options.confdir, "mitmproxy-ca-cert.pem"), self.settings.ca_file)
        say(f"enforces {len(self.table)} routes")

    def look(self):
        """What tells one state of the file from another."""
        try:
            stat = os.stat(self.settings.routes)
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    async def watch(self):
        """Reads the file again when it has changed and then stayed the same: it may be half-written."""
        last = self.seen
        while True:
            await asyncio.sleep(self.settings.watch_seconds)
            found = self.look()
            if found == last and found != self.seen:
                self.reload()
            last = found

    def reload(self):
        """Puts the file in force, and cuts what it no longer allows; keeps the old table if it is wrong."""
        self.seen = self.look()
        try:
            self.table = read_routes(self.settings.routes)
        except (RoutesError, OSError) as error:
            self.fault = str(error)
            say(f"keeps the old table: {self.settings.routes}: {error}")
            return
        self.loaded_at, self.fault = now(), None
        self.reloads += 1
        ended = {
            client for client, host, path in self.live.values() if not self.still_allows(host, path)
        }
        for client in ended:
            self.end(client)
        self.cut += len(ended)
        say(f"enforces {len(self.table)} routes, connections cut: {len(ended)}")

    def still_allows(self, host, path):
        route = self.table.get(host)
        if route is None:
            return False
        return is_plain(route) if path is None else route.allows(path)

    def end(self, client):
        """Ends a client's connection and those that were made for it."""
        server = ctx.master.addons.get("proxyserver")
        handlers = getattr(server, "connections", None) or getattr(server, "_connections", {})
        for handler in list(handlers.values()):
            if handler.client is client and client in handler.transports:
                handler.transports[client].handler.cancel("no longer allowed")

    def http_connect(self, flow):
        request, client = flow.request, flow.client_conn
        if self.settings.intercepts:
            # What is inside is looked at, so that a client can read why it is refused.
            return
        try:
            route = self.route_to(request)
            if not is_plain(route):
                raise Refused(
                    f"{route.host} has paths or a credential in its route, and this proxy does not "
                    "look inside of TLS"
                )
        except Refused as refused:
            flow.response = self.refusal(request, None, refused)
            return
        self.uses.count(route.host)
        self.live[client.id] = (client, route.host, None)

    def tls_clienthello(self, data):
        if self.settings.intercepts:
            return
        if not data.context.server.address:
            # TLS to the proxy itself; a tunnel comes inside of it.
            return
        host = sent_host(data.context.server.address[0])
        if canonical_host(data.client_hello.sni or "") == host:
            data.ignore_connection = True
        else:
            say(f"ends a tunnel to {host!r}, which names another host in TLS")
            self.end(data.context.client)

    def requestheaders(self, flow):
        request = flow.request
        path = request.path.split("?", 1)[0]
        try:
            if request.host == INTROSPECTION:
                self.limit_body(flow)
                return
            route = self.route_to(request)
            check_form(request, route)
            self.check_names(request, flow.client_conn.sni)
            if not route.allows(path):
                raise Refused(f"{path} is not among the paths of {route.host}", ask_for(route.host, path))
            secret = self.credential(route, request)
        except Refused as refused:
            flow.response = self.refusal(request, path, refused)
            self.limit_body(flow)
            return
        for name in ("Proxy-Authorization", "Proxy-Connection"):
            request.headers.pop(name, None)
        if secret:
            request.headers["Authorization"] = secret
        # A whole address in the request line would count more than the Host header.
        request.authority = ""
        self.uses.count(route.host)
        self.live[flow.id] = (flow.client_conn, route.host, path)
        # A large body is passed on while it comes.
        request.stream = True

    def limit_body(self, flow):
        """What is not passed on is held until it is whole, so it must be small."""
        headers = flow.request.headers
        length = headers.get("content-length", "0")
        is_small = length.isdigit() and int(length) <= MAX_REFUSED_BODY
        if "transfer-encoding" in headers or not is_small:
            flow.kill()

    def request(self, flow):
        if flow.id in self.live:
            if flow.response and flow.response.timestamp_end and not flow.websocket:
                # The answer was there before the request was whole.
                self.live.pop(flow.id)
            return
        refused, flow.response = flow.response, None
        if flow.request.host == INTROSPECTION:
            flow.response = self.introspection(flow.request)
        else:
            # Also where the decision above has failed.
            flow.response = refused or answer(500, {"error": "the proxy could not decide"})

    def responseheaders(self, flow):
        # Otherwise an answer would be held back until it is whole.
        flow.response.stream = flow.id in self.live

    def response(self, flow):
        # A server may answer while the request's body is still on its way.
        if flow.request.timestamp_end and not flow.websocket:
            self.live.pop(flow.id, None)

    def websocket_message(self, flow):
        # mitmproxy keeps every message until the end.
        del flow.websocket.messages[:-1]

    def error(self, flow):
        self.live.pop(flow.id, None)

    def websocket_end(self, flow):
        self.live.pop(flow.id, None)

    def client_disconnected(self, client):
        self.live = {key: use for key, use in self.live.items() if use[0] is not client}

    def server_connect(self, data):
        # Names are checked where they are resolved; an address has no name.
        host = data.server.address[0]
        if is_literal(host) and not is_allowed(host, self.settings.networks):
            data.server.error = f"egress: {host} is not a public address"

    def route_to(self, request):
        host = sent_host(request.host)
        route = self.table.get(host)
        if route is None:
            hint = "" if "." in host else "; hosts of the bottle itself belong in NO_PROXY"
            path = None if request.method == "CONNECT" else request.path.split("?", 1)[0]
            raise Refused(f"{host} is not in the routes{hint}", ask_for(host, path))
        if request.port not in self.settings.ports:
            raise Refused(f"port {request.port} is not open: only {sorted(self.settings.ports)} are")
        return route

    def check_names(self, request, sni):
        """A server must not be told another host than the one that is allowed."""
        host = sent_host(request.host)
        named = request.headers.get_all("host")
        if len(named) != 1 or without_port(named[0], request) != host:
            raise Refused(f"the Host header must be {host}, got {', '.join(named) or 'none'}")
        if request.authority and without_port(request.authority, request) != host:
            raise Refused(f"the host in the request line must be {host}, got {request.authority}")
        if request.scheme == "https" and sni and canonical_host(sni) != host:
            raise Refused(f"the name in TLS must be {host}, got {sni}")

    def credential(self, route, request):
        if route.auth is None:
            return None
        if request.scheme != "https":
            raise Refused(f"{route.host} has a credential, which is sent over https only")
        if request.method == "TRACE":
            raise Refused(f"{route.host} has a credential, which TRACE could show")
        kind, name = route.auth
        try:
            with open(os.path.join(self.settings.secrets, name), encoding="ascii") as file:
                token = file.read(65_536).strip()
        except (OSError, ValueError):
            token = os.environ.get(name, "").strip()
        if not token or not token.isprintable():
            raise Refused(f"the credential {name} of {route.host} is not known to the proxy")
        return f"{kind} {token}"

    def introspection(self, request):
        if request.method not in ("GET", "HEAD") or request.scheme != "http":
            return answer(405, {"error": "only GET over http is answered here"})
        if request.path == "/allowlist":
            return answer(200, {"routes": [route.as_json() for route in self.table.values()]})
        if request.path == "/status":
            return answer(200, {
                "tls": "intercept" if self.settings.intercepts else "passthrough",
                "routes": len(self.table),
                "loaded_at": self.loaded_at,
                "error": self.fault,
                "reloads": self.reloads,
                "connections_cut": self.cut,
                "uses": self.uses.as_json(self.table),
            })
        return answer(404, {"error": "only /allowlist and /status are here"})

    def refusal(self, request, path, refused):
        reason, ask, host = str(refused), refused.ask, sent_host(request.host)
        what = request.method if path is None else f"{request.method} {path}"
        text = f"egress: refused {what} at {host}: {reason}."
        if ask:
            text += (
                " A person can allow it: call the tool 'egress-block' of the MCP server 'supervise' "
                f"with {json.dumps(ask)}, then try again."
            )
        say(f"refuses {json.dumps({'request': what, 'host': host, 'reason': reason})}")
        if request.method == "HEAD":
            return http.Response.make(403, b"", {"Content-Type": "text/plain"})
        accept = request.headers.get("accept", "*/*")
        if "text/" in accept and "json" not in accept and "*/*" not in accept:
            return http.Response.make(403, f"{text}\n", {"Content-Type": "text/plain; charset=utf-8"})
        return answer(403, {
            "error": "egress-refused",
            "method": request.method,
            "host": host,
            "path": path,
            "reason": reason,
            "tool": "egress-block" if ask else None,
            "arguments": ask,
            "message": text,
        })


def check_form(request, route):
    """A server must not take one request for two, or see another header than the ones checked here."""
    if request.http_version not in ("HTTP/1.0", "HTTP/1.1"):
        raise Refused(f"the version must be HTTP/1.0 or HTTP/1.1, got {request.http_version}")
    if not re.fullmatch("[A-Z-]+", request.method) or re.search("[\0- \x7f]", request.path):
        raise Refused("the request line must be without control characters, and its method a name")
    for name, value in request.headers.fields:
        if re.search(rb"[\0\r\n]", value):
            raise Refused(f"the header {name.decode()} must be one line without control characters")
        if route.paths and name.lower() in PATH_HEADERS:
            raise Refused(f"the header {name.decode()} names a path of its own to some servers")
    lengths = request.headers.get_all("content-length")
    if lengths and not (len(lengths) == 1 and re.fullmatch("[0-9]+", lengths[0])):
        raise Refused(f"Content-Length must be one number in digits, got {', '.join(lengths)}")
    codings = request.headers.get_all("transfer-encoding")
    is_chunked = [coding.lower() for coding in codings] == ["chunked"]
    if codings and not (is_chunked and request.http_version == "HTTP/1.1"):
        raise Refused(f"Transfer-Encoding must be chunked in HTTP/1.1, got {', '.join(codings)}")


def bounded(buffer):
    """mitmproxy's buffer, which makes of what is too long a line that is refused as no HTTP."""

    class Bounded(buffer):
        def __iadd__(self, data):
            if len(self) + len(data) > MAX_HEAD:
                self.maybe_extract_at_most(len(self))
                data = b"too-long\r\n\r\n"
            return super().__iadd__(data)

    return Bounded


def sent_host(host):
    """mitmproxy shows `xn--` names as the letters they stand for; here they count as they are sent."""
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            # It is in no table.
            pass
    return canonical_host(host)


def without_port(authority, request):
    return canonical_host(authority.removesuffix(f":{request.port}"))


def is_plain(route):
    """Whether a route can be enforced without looking inside of TLS."""
    return not route.paths and route.auth is None


def ask_for(host, path):
    """The arguments with which an agent can ask for what was refused."""
    paths = {} if path is None or why_not_prefix(path) else {"path_allowlist": [path]}
    return {"host": host, **paths, "justification": "<what you need it for>"}


def is_literal(host):
    return ":" in host or host.replace(".", "").isdigit()


def answer(status, content):
    body = json.dumps(content, indent=2) + "\n"
    return http.Response.make(status, body, {"Content-Type": "application/json"})


def give_up(error):
    """mitmproxy goes on without a script that ends by itself, and would then let everything through."""
    print(f"egress: cannot start: {error}", file=sys.stderr, flush=True)
    os._exit(1)


def say(text):
    print(f"egress: {text}", flush=True)


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def publish(source, target):
    """Copies the certificate, and nothing secret, to where agents can read it. The last step is atomic."""
    temporary = f"{target}.new"
    shutil.copyfile(source, temporary)
    os.chmod(temporary, 0o644)
    os.replace(temporary, target)


try:
    addons = [Egress(Settings(os.environ))]
except Exception as error:  # noqa: BLE001, whatever it is
    give_up(error)
