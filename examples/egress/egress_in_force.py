"""Exits with 0 when the running proxy enforces the routes file as it is now; says why when it does not.

A check of effect for supervisectl: `check: [docker, exec, "egress-{slug}", python3, /opt/egress/egress_in_force.py]`
"""

import json
import os
import sys
import urllib.request

from egress_routes import RoutesError, read_routes

PROXY = os.environ.get("EGRESS_PROXY", "http://127.0.0.1:9099")


def ask(path):
    """What the proxy says at its own address. Raises OSError."""
    # Docker hands a NO_PROXY of the host on to containers, which could hold this address.
    os.environ["no_proxy"] = ""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": PROXY}))
    with opener.open(f"http://_egress.local{path}", timeout=3) as answer:
        return json.load(answer)


def main():
    file = os.environ.get("EGRESS_ROUTES", "/etc/egress/routes.yaml")
    try:
        table = [route.as_json() for route in read_routes(file).values()]
        if ask("/allowlist")["routes"] == table:
            return 0
        print(f"the proxy has another table than {file}: {ask('/status')['error']}", file=sys.stderr)
    except (RoutesError, OSError, ValueError) as error:
        print(f"cannot compare the proxy with {file}: {error}", file=sys.stderr)
    return 1


sys.exit(main())
