"""Phones in a group that nobody has texted from for long: somebody else may hold them by now, at home. Pure.

Such a phone hears one line that names no topic, and no step until its owner has texted again.
"""

from __future__ import annotations

from bot.groups.reading import Matter, Reading

_QUIET = "quiet "
COMES_BACK = "go"
"""The word of that line, the same in every language, so that no carrier's word nor a lesson's is like it."""

OPEN_TO_ALL = (Matter.WORD, Matter.PRACTISED)
"""What nearly every text may be read as. Of a phone that was silent it may be somebody who asks what this is."""


def quiet(marker: str) -> str:
    """What a silent phone has been told instead of a marker."""
    return f"{_QUIET}{marker}"


def is_quiet(told: str) -> bool:
    """Whether the last that a phone was told is the one line."""
    return told.startswith(_QUIET)


def comes_back(text: str) -> bool:
    """Whether a text is the word of that line."""
    return text.strip().strip(".!\"'").strip().casefold() == COMES_BACK


def plainly(reading: Reading | None) -> Reading | None:
    """What a text of a silent phone is to the group: only what nobody else would text."""
    return None if reading is None or reading.matter in OPEN_TO_ALL else reading
