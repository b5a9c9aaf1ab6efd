"""What the youth page shows, as one rendering of its templates.

Promises: one page for every state, the same markup with and without JavaScript, every word from
``content/messages``, and lines of help on every rendering. Refuses to know: how a message is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from bot.choices import read_choice
from bot.threads import BANDS
from bot.web.phone_numbers import dial, parts
from bot.web.youth_parts import Said, YouthParts

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Fran\u00e7ais", "es": "Espa\u00f1ol"}
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
SITUATIONS = ("question", "online", "home", "dying", "friend", "nobody")
WAYS: Mapping[str, str] = {"ask": "", "lesson": "LESSONS", "wrong": "ME"}
"""The ways in, and the keyword of the gateway's table that each sends for the young person."""


@dataclass(frozen=True)
class Line:
    """A line of the transcript, ready for the template."""

    said: Said
    shown: str
    parts: Sequence[tuple[str, str | None]]
    open_choices: bool


@dataclass(frozen=True)
class View:
    """One state of the page. ``token`` is None before the chat has begun."""

    lang: str
    region: str | None = None
    band: str | None = None
    token: str | None = None
    said: Sequence[Said] = ()
    notice: str = ""
    draft: str = ""


class YouthPage:
    """Renders the youth page for the parts it is given."""

    def __init__(self, app: YouthParts) -> None:
        self._app = app
        loader = FileSystemLoader(TEMPLATES)
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._templates.filters.update(parts=parts, dial=dial)

    def language(self, request: Request, *, asked: str | None = None) -> str:
        """The page language: what the form or address asks for, else the browser's, else English."""
        wished = [asked or request.query_params.get("lang") or ""]
        wished += [piece.split(";")[0].strip()[:2] for piece in request.headers.get("accept-language", "").split(",")]
        return next((lang for lang in wished if lang in self.languages), "en")

    @property
    def languages(self) -> dict[str, str]:
        """The languages somebody has written this page in, with their own names."""
        return {code: name for code, name in LANGUAGES.items() if "page_hello" in self._app.words.ids(code)}

    def region(self, asked: str | None) -> str | None:
        """A region we know, or None."""
        return asked if asked in {region for region, _ in self._app.regions} else None

    def html(self, view: View) -> str:
        """The whole page for a view."""
        return self._templates.get_template("youth/page.html").render(
            view=view,
            lines=transcript(view.said, self._say(view.lang)),
            person=person_here(view.said),
            client_id=uuid4().hex,
            **self._every_page(view.lang, view.region),
        )

    def lines_now(self) -> dict[str, list[Sequence[Any]]]:
        """The lines of every region as pieces, under "" where the region is unknown."""
        places: list[str | None] = [None, *(region for region, _ in self._app.regions)]
        return {place or "": [parts(sentence) for sentence in self._app.page_lines(place)] for place in places}

    def left_html(self, lang: str) -> str:
        """An empty page that goes straight on to the exit site."""
        context = {"say": self._say(lang), "lang": lang, "settings": self._app.settings}
        return self._templates.get_template("youth/left.html").render(context)

    def trouble_html(self, lang: str, sentence_id: str) -> str:
        """A page that says what went wrong, with the lines of help on it."""
        context = self._every_page(lang, None)
        return self._templates.get_template("youth/trouble.html").render(context, sentence_id=sentence_id)

    def group_html(self, lang: str, code: str) -> str:
        """The page of a group, with a join code filled in where the address had one."""
        context = self._every_page(lang, None)
        return self._templates.get_template("youth/group.html").render(context, code=code)

    def _say(self, lang: str) -> Any:
        return partial(self._app.words.say, lang=lang)

    def _every_page(self, lang: str, region: str | None) -> dict[str, Any]:
        return {
            "say": self._say(lang),
            "lang": lang,
            "dir": "rtl" if lang in RIGHT_TO_LEFT else "ltr",
            "languages": self.languages,
            "settings": self._app.settings,
            "bands": BANDS,
            "situations": SITUATIONS,
            "ways": WAYS,
            "regions": self._app.regions,
            "here": self._help_of(region, ""),
            "help_regions": [self._help_of(region_id, name) for region_id, name in self._app.regions],
        }

    def _help_of(self, region: str | None, name: str) -> dict[str, Any]:
        lines = [parts(sentence) for sentence in self._app.page_lines(region)]
        return {"id": region, "name": name, "emergency": self._app.emergency(region), "lines": lines}


def transcript(said: Sequence[Said], say: Any) -> list[Line]:
    """The lines as shown: a chosen key is shown as the words of its choice, and only the newest
    choices can still be chosen."""
    newest = max((line.seq for line in said if line.choices), default=0)
    offered: Sequence[Any] = ()
    shown = []
    for line in said:
        offered = line.choices or offered
        text = _as_chosen(line.text, offered, say) if line.who == "you" else line.text
        pieces = parts(text) if line.who != "you" else ((text, None),)
        shown.append(Line(line, text, pieces, open_choices=line.seq == newest))
    return shown


def person_here(said: Sequence[Said]) -> str | None:
    """The first name of the person who holds the chat, as the transcript tells it; None for the bot."""
    for line in reversed(said):
        if line.who == "bot":
            return None
        if line.who in ("helper", "note") and line.name:
            return line.name
    return None


def _as_chosen(text: str, offered: Sequence[Any], say: Any) -> str:
    way = next((name for name, keyword in WAYS.items() if keyword and keyword == text), None)
    chosen = read_choice(text, offered)
    if chosen:
        return chosen.label
    return str(say(f"page_way_{way}")) if way else text
