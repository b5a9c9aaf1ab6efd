"""A free port on loopback, for the servers that tests start."""

from __future__ import annotations

import contextlib
import random
import socket

OURS = range(10_000, 32_000)
"""Below those that a connection may be given by itself: a server that is restarted must find its port free again."""


def free_port() -> int:
    dice = random.SystemRandom()
    for _ in range(1000):
        port = dice.choice(OURS)
        with contextlib.suppress(OSError), socket.socket() as found:
            found.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("No port is free.")
