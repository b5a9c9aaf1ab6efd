"""Which address a request comes from, for the pace of the doors; never for a log, and never kept.

Promises: an address is known here only as a hash under a key that dies with the process; a header that anybody
can write is believed only from a proxy of ours. Behind a proxy that says nothing, nobody is slowed by address.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

MOST_HOPS = 20


class Callers:
    """Tells callers apart. ``proxies`` are the addresses, or networks, of the proxies in front of the listener."""

    def __init__(self, proxies: Iterable[str]) -> None:
        named = frozenset(proxies)
        self._networks = tuple(ip_network(name) for name in named if "/" in name)
        self._proxies = frozenset(name for name in named if "/" not in name)
        self._key = secrets.token_bytes(32)

    def key(self, request: Request, *, wide: bool = False) -> str | None:
        """A name for where the request comes from, the same for the life of this process; None when it cannot be told.

        ``wide`` takes an IPv6 address for its whole /48, which one customer may have: 65,536 households to guess from.
        """
        hops = request.headers.get("x-forwarded-for", "").split(",")[-MOST_HOPS:]
        trail = [*(hop.strip() for hop in hops), request.client.host if request.client else ""]
        while trail and self._is_ours(trail[-1]):
            trail.pop()
        place = _place(trail[-1], wide) if trail else None
        return hashlib.blake2b(place.encode(), key=self._key, digest_size=16).hexdigest() if place else None

    def _is_ours(self, hop: str) -> bool:
        found = _read(hop)
        if hop in self._proxies or str(found) in self._proxies:
            return True
        return found is not None and any(found in network for network in self._networks)


def _place(address: str, wide: bool) -> str | None:
    """An address as one caller: whole for IPv4, the /64 that one household has for IPv6, or the /48 (RFC 6177)."""
    found = _read(address)
    return found.exploded[: 14 if wide else 19] if isinstance(found, IPv6Address) else str(found) if found else None


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 that a listener for both kinds writes as IPv6 is that of IPv4."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
