"""Makes mitmproxy the egress proxy of a bottle, for the end-to-end tests: it enforces a routes file.

EGRESS_ROUTES names the file, which SIGHUP reads again. EGRESS_UPSTREAM (address:port) stands for
every host, over plain HTTP, so that names need no DNS; without it the hosts themselves are asked.
"""

import asyncio
import json
import os
import signal

from mitmproxy import ctx, http
from ruamel.yaml import YAML

ROUTES = os.environ["EGRESS_ROUTES"]
UPSTREAM = os.environ.get("EGRESS_UPSTREAM")
INTROSPECTION = "http://_egress.local/allowlist"


def read_routes():
    """The table by host, of which an entry without paths allows every path."""
    with open(ROUTES, encoding="utf-8") as file:
        content = YAML(typ="safe", pure=True).load(file) or {}
    table = {}
    for route in content.get("routes") or []:
        host, paths = canonical(route["host"]), route.get("path_allowlist") or []
        if host in table or not isinstance(paths, list) or not all(type(p) is str for p in paths):
            raise ValueError(f"{host} is wanted once, with a list of paths")
        entry = table[host] = {"host": host, "path_allowlist": paths}
        if auth := route.get("auth"):
            entry |= {"auth_scheme": auth["scheme"], "token_env": auth["token_ref"]}
    return table


def canonical(host):
    return host.lower().rstrip(".")


def covers(prefix, path):
    """By whole segments: /a covers itself and what is below it, but not /ab."""
    below = prefix if prefix.endswith("/") else prefix + "/"
    return prefix != "" and (path == prefix or path.startswith(below))


def answer(status, kind, body):
    return http.Response.make(status, body, {"Content-Type": kind})


def refusal(reason):
    return answer(403, "text/plain", f"egress: {reason}\n")


class Egress:
    def __init__(self):
        # A file that is wrong here stops the start.
        self.table = read_routes()

    def running(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.reload)
        ctx.log.info(f"egress: enforces {len(self.table)} routes")

    def reload(self):
        try:
            self.table = read_routes()
            ctx.log.info(f"egress: read again, {len(self.table)} routes")
        except Exception as error:
            ctx.log.warn(f"egress: keeps the old table, {ROUTES} is wrong: {error}")

    def http_connect(self, flow):
        # Paths are seen only inside of TLS, where `request` looks at them.
        host = flow.request.host
        if canonical(host) not in self.table:
            flow.response = refusal(f"{host} is not in the routes")

    def request(self, flow):
        request = flow.request
        if request.pretty_url == INTROSPECTION:
            body = json.dumps({"routes": list(self.table.values())})
            flow.response = answer(200, "application/json", body)
            return
        host, path = request.host, request.path
        route = self.table.get(canonical(host))
        if route is None:
            flow.response = refusal(f"{host} is not in the routes, for {path}")
            return
        paths, plain = route["path_allowlist"], path.split("?", 1)[0]
        if paths and not any(covers(prefix, plain) for prefix in paths):
            flow.response = refusal(f"{path} is not among the paths of {host}")
        else:
            self.forward(request, route)

    def forward(self, request, route):
        if "token_env" in route:
            secret = os.environ.get(route["token_env"], "")
            request.headers["Authorization"] = f"{route['auth_scheme']} {secret}"
        if UPSTREAM:
            named = request.host_header
            address, port = UPSTREAM.rsplit(":", 1)
            request.scheme, request.host, request.port = "http", address, int(port)
            request.host_header = named

    def responseheaders(self, flow):
        # Otherwise an answer would be held back until it is whole.
        flow.response.stream = True


addons = [Egress()]
