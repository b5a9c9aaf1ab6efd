"""Friendly names that only their owner sees: an animal and a number, so that no language needs grammar. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Sequence


def nickname(animals: Sequence[str]) -> str:
    """A new one, such as ``Otter 27``. Two people may have the same: nobody sees another's."""
    return f"{secrets.choice(animals)} {secrets.randbelow(90) + 10}"
