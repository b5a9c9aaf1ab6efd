"""The name of a group that only staff see, such as "Grade 8, Tuesday". Pure."""

from __future__ import annotations

from bot.groups.views import GroupRefused

LONGEST_NAME = 40


def read_name(given: str) -> str:
    """A name as it is kept: on one line, nothing invisible in it. Empty is no name. Raises GroupRefused."""
    name = " ".join("".join(c if c.isprintable() else " " for c in given).split())
    if len(name) > LONGEST_NAME:
        raise GroupRefused(f"A group's name has {LONGEST_NAME} letters at most, and this has {len(name)}. Nothing has changed.")
    return name
