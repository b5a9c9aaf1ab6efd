"""The page of help lines that stands by itself: for a server that is down, a proxy, a print, a saved file.

Promises: one HTML file with nothing outside it, quick exit included, that asks for nothing and stores nothing; every
line of every region with its hours, because a page that stands still cannot know what is open now.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from bot.web.youth_page import YouthPage
from bot.web.youth_parts import YouthParts


def stand_alone(app: YouthParts, lang: str, *, address: str, today: date) -> str:
    """The page in a language. ``address`` is where it is in another one, with ``{lang}`` in it."""
    return YouthPage(app).now_html(lang, today=today, address=address)


def write(app: YouthParts, folder: Path, *, today: date) -> list[Path]:
    """Write the page in every language as ``now.<lang>.html`` and, in English, ``now.html``; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for lang in YouthPage(app).languages:
        html = stand_alone(app, lang, address="now.{lang}.html", today=today)
        names = [f"now.{lang}.html", "now.html"] if lang == "en" else [f"now.{lang}.html"]
        for name in names:
            (folder / name).write_text(html, encoding="utf-8")
            written.append(folder / name)
    return written


def policy_of(html: str) -> str:
    """The content policy that such a page carries in itself, as a header."""
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    if found is None:
        raise LookupError("The page has no content policy.")
    return found[1].replace("&#39;", "'") + "; frame-ancestors 'none'"
