"""For tests, after supervise_egress.py: every allowed request goes to EGRESS_SITE (address:port) over plain HTTP.

The names of the tests need no DNS then. EGRESS_NAMES, a JSON object of lists, makes the resolver answer
with one address after the other, and with the last one from then on.
"""

import json
import os
import socket

SITE = os.environ.get("EGRESS_SITE")
NAMES = json.loads(os.environ.get("EGRESS_NAMES", "{}"))


class Site:
    def requestheaders(self, flow):
        request = flow.request
        if flow.response is None and SITE and request.host != "_egress.local":
            named = request.host_header
            address, port = SITE.rsplit(":", 1)
            request.scheme, request.host, request.port = "http", address, int(port)
            request.host_header = named


resolve = socket.getaddrinfo


def getaddrinfo(host, port, *args, **kwargs):
    addresses = NAMES.get(host)
    if not addresses:
        return resolve(host, port, *args, **kwargs)
    address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
    return resolve(address, port, *args, **kwargs)


socket.getaddrinfo = getaddrinfo
addons = [Site()]
