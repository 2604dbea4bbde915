"""Which addresses a bottle may be connected to: public ones, and those that the operator names."""

import ipaddress
import socket

#: Public by its number, but the wire server of every Azure machine.
_METADATA = {ipaddress.ip_address("168.63.129.16")}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: All that is given out. Python takes more for global, such as fec0::/10 and what embeds IPv4 elsewhere.
_PUBLIC6 = ipaddress.ip_network("2000::/3")


def read_networks(text):
    """Networks in CIDR form, separated by commas. Raises ValueError for anything else."""
    return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]


def is_allowed(address, networks):
    """Whether an address is public, or in one of `networks`. `address`: as text, without a port."""
    try:
        # A scope, as in fe80::1%eth0, says nothing of the address.
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    meant = _embedded(ip)
    if any(meant in network for network in networks if network.version == meant.version):
        return True
    if meant.version == 6 and meant not in _PUBLIC6:
        return False
    return meant.is_global and not meant.is_multicast and meant not in _METADATA


def _embedded(ip):
    """The IPv4 address that an IPv6 address stands for, where it stands for one."""
    if ip.version == 4:
        return ip
    if ip in _NAT64:
        return ipaddress.ip_address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or ip


def guard(loop, networks):
    """Makes `loop` resolve names to allowed addresses only.

    What is dialled is what was checked: there is no second resolution between the two.
    """
    resolve = loop.getaddrinfo

    async def getaddrinfo(host, port, *, family=0, type=0, proto=0, flags=0):
        found = await resolve(host, port, family=family, type=type, proto=proto, flags=flags)
        if flags & socket.AI_PASSIVE:
            # To listen, not to dial.
            return found
        allowed = [info for info in found if is_allowed(info[4][0], networks)]
        if not allowed:
            addresses = ", ".join(sorted({info[4][0] for info in found}))
            raise OSError(f"egress: {host} resolves to {addresses}, which is not a public address")
        return allowed

    loop.getaddrinfo = getaddrinfo
