"""The design tokens, for what is drawn where no style sheet reaches: print, and the buttons on another site's page.

Promises: the values of ``tokens.css`` and no second list of them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TOKENS = Path(__file__).parent / "web" / "static" / "tokens.css"
THEMES = ("light", "dark")

_BLOCK = re.compile(r"(?P<media>@media[^{]+\{\s*)?:root\s*\{(?P<inside>.*?)\}", re.DOTALL)
_TOKEN = re.compile(r"--(?P<name>[a-z0-9-]+):\s*(?P<value>[^;]+);")


@cache
def palette(theme: str) -> Mapping[str, str]:
    """Every token of a theme, ``light`` or ``dark``, by its name without dashes, as the style sheet writes it."""
    blocks = {(found["media"] or "light").strip(" {\n"): _read(found["inside"]) for found in _BLOCK.finditer(_css())}
    light = blocks["light"]
    return light if theme == "light" else {**light, **blocks["@media (prefers-color-scheme: dark)"]}


@cache
def changed_in_the_dark() -> tuple[str, ...]:
    """The names of the tokens that the dark theme sets anew."""
    light, dark = palette("light"), palette("dark")
    return tuple(name for name in light if light[name] != dark[name])


def _css() -> str:
    return re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.DOTALL)


def _read(inside: str) -> Mapping[str, str]:
    return {found["name"]: found["value"].strip() for found in _TOKEN.finditer(inside)}
