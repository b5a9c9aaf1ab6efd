"""Where listeners bind and where engines are asked: reads what a setting says, and refuses what would be open by mistake."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

HERE = ("127.0.0.1", "localhost", "::1")
"""The names of this machine alone."""


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which one and what to do."""


@dataclass(frozen=True)
class Address:
    """Where a listener binds."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address as something to open."""
        return f"http://{self.host}:{self.port}"


def address(given: str, *, name: str, default: str) -> Address:
    """``host:port``; raises SettingsError that names the setting."""
    host, _, port = (given or default).rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise SettingsError(f"{name} is {given!r}: write it as host:port, such as {default}.")
    return Address(host=host, port=int(port))


def loopback(found: Address) -> Address:
    """An address that only this machine reaches. Raises SettingsError."""
    if found.host not in HERE:
        raise SettingsError(f"{found.host}:{found.port} must stay on this machine: bind it to 127.0.0.1.")
    return found


def private(found: Address, *, name: str) -> Address:
    """An address that no route of the internet leads to, or every one of this machine: a container has no other way to
    name its network's. Raises SettingsError."""
    try:
        ip = ip_address(found.host.strip("[]"))
    except ValueError:
        ip = None
    if ip is None or not (ip.is_private or ip.is_unspecified):
        raise SettingsError(f"{name} is {found.host}:{found.port}: on a private network write its private address, or 0.0.0.0.")
    return found


def plain_urls(given: str, *, name: str) -> tuple[str, ...]:
    """``http://host:port`` after commas; raises SettingsError."""
    urls = tuple(url.strip().rstrip("/") for url in given.split(",") if url.strip())
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path or parts.query:
            raise SettingsError(f"{name} has {url!r}: write each as http://host:port.")
    return urls
