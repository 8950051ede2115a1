"""Which addresses may be connected to: public ones, and the private ones that ops named.

A listed name may one day resolve to the inside of the network (DNS rebinding, a forgotten record): the list alone
would not notice. So every connection checks the address that it is about to use.
"""

import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
# An address family, a kind of socket and so on, as `getaddrinfo` gives them.
Way: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]

_NAT64: Final = IPv6Network("64:ff9b::/96")
# Global unicast, all of it: `is_global` also says yes to what was never given out, IPv4 in old disguises among it.
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")
# For protocols, and a cloud's metadata service: not public, but `is_global` says so in Python 3.11.
_SPECIAL_IPV4: Final = IPv4Network("192.0.0.0/24")


class AddressRefused(OSError):  # noqa: N818 – it is a refusal
    """The name resolves to an address that may not be contacted."""


def ways(host: str, port: int, networks: Sequence[Network]) -> Sequence[Way]:
    """Where a host can be reached, resolved once. Raises AddressRefused when any of it is private and not named: a
    name that points inside and outside at once is not to be trusted.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    for way in found:
        if not may_connect(ip_address(str(way[4][0]).partition("%")[0]), host, networks):
            raise AddressRefused("the name resolves to a private address")
    return found


def may_connect(address: Address, host: str, networks: Sequence[Network]) -> bool:
    """Public; or the very address that was listed; or loopback under the name `localhost`; or in a network of
    PRIVATE_NETWORKS.
    """
    real = _inner(address)
    if _is_public(real):
        return True
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return real.is_loopback
    try:
        return ip_address(name) == address or any(real in network for network in networks)
    except ValueError:
        return any(real in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        return address.is_global and address in _PUBLIC_IPV6
    return address.is_global and not address.is_multicast and address not in _SPECIAL_IPV4


def _inner(address: Address) -> Address:
    """The IPv4 address inside of an IPv6 one that merely carries it: what packets would go to in the end."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
    return address
