"""The staff of demo mode: made up, with a password that every demo makes for itself. Pure."""

from __future__ import annotations

import hashlib

DEMO_STAFF = (
    ("worker", "Sam", "worker"),
    ("worker2", "Noor", "worker"),
    ("supervisor", "Alex", "supervisor"),
    ("facilitator", "Mika", "facilitator"),
)
"""Username, first name, role."""


def demo_password(secret_key: str) -> str:
    """The demo's password: derived from the demo's own random key, so it can be printed at every start."""
    digest = hashlib.sha256(f"demo-password:{secret_key}".encode()).hexdigest()
    return "-".join((digest[:4], digest[4:8], digest[8:12]))
