"""Which address a request comes from, for the pace of the doors; never for a log, and never kept.

Promises: an address is known here only as a hash under a key that dies with the process; a header that anybody
can write is believed only from a proxy of ours. Behind a proxy that says nothing, nobody is slowed by address.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

MOST_HOPS = 20


class Callers:
    """Tells callers apart. ``proxies`` are the addresses of the proxies in front of the listener."""

    def __init__(self, proxies: Iterable[str]) -> None:
        self._proxies = frozenset(proxies)
        self._key = secrets.token_bytes(32)

    def key(self, request: Request) -> str | None:
        """A name for where the request comes from, the same for the life of this process; None when it cannot be told."""
        hops = request.headers.get("x-forwarded-for", "").split(",")[-MOST_HOPS:]
        trail = [*(hop.strip() for hop in hops), request.client.host if request.client else ""]
        while trail and trail[-1] in self._proxies:
            trail.pop()
        place = _place(trail[-1]) if trail else None
        return hashlib.blake2b(place.encode(), key=self._key, digest_size=16).hexdigest() if place else None


def _place(address: str) -> str | None:
    """An address as one caller: whole for IPv4, the /64 that one household has for IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return found.exploded[:19] if isinstance(found, IPv6Address) and not found.ipv4_mapped else str(found)
