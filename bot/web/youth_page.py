"""What the youth page shows, as one rendering of its templates.

Promises: one page for every state, the same markup with and without JavaScript, every word from
``content/messages``, and lines of help on every rendering. Refuses to know: how a message is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

from bot.choices import Choice, read_choice
from bot.threads import BANDS
from bot.web.phone_numbers import dial, parts
from bot.web.security_headers import hash_of
from bot.web.youth_choices import how_far, with_steering
from bot.web.youth_parts import Said, YouthParts

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Fran\u00e7ais", "es": "Espa\u00f1ol"}
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})
SITUATIONS = ("question", "kept", "online", "pictures", "home", "care", "dying", "friend", "who", "nobody")
WAYS: Mapping[str, str] = {"ask": "", "lesson": "LESSONS", "wrong": "ME"}
"""The ways in, and the keyword of the gateway's table that each sends for the young person."""
JOIN = "/join"
"""The fourth way in: the page where a group is joined by its code. It is offered where the site has that address."""


@dataclass(frozen=True)
class Line:
    """A line of the transcript, ready for the template."""

    said: Said
    shown: str
    parts: Sequence[tuple[str, str | None]]
    choices: Sequence[Choice]
    """What can still be chosen under it."""


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
    way_back: str = ""
    asked: bool = False
    """A person was asked for and has not come yet."""
    joins: bool = False
    """This site has the address where groups are joined."""


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

    @cached_property
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
            place=place_in_lesson(view.said),
            client_id=uuid4().hex,
            join=JOIN if view.joins else None,
            **self._every_page(view.lang, view.region),
        )

    def lines_now(self, lang: str) -> dict[str, list[Sequence[Any]]]:
        """The lines of every region as pieces, under "" where the region is unknown."""
        places: list[str | None] = [None, *(region for region, _ in self._app.regions)]
        return {place or "": [parts(sentence) for sentence in self._app.page_lines(place, lang)] for place in places}

    def now_html(self, lang: str, *, today: date, address: str) -> str:
        """The page of help lines that stands by itself: no file besides it, and nothing to be up but the browser.

        ``today`` is the day it is made; ``address`` is that of the other languages, with ``{lang}`` in it.
        """
        places = [
            self._help_of(region, self._region_name(region, name, lang), lang, every=True) for region, name in self._app.regions
        ]
        style = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("tokens.css", "now.css"))
        script = "".join((STATIC / name).read_text(encoding="utf-8") for name in ("exit.js", "now.js"))
        inside = {"style": style, "script": script, "style_hash": hash_of(style), "script_hash": hash_of(script)}
        say = self._say(lang)
        context = {**self._every_page(lang, None), **inside, "places": places, "address": address}
        context["made_on"] = say(
            "page_now_date", day=today.day, month=say("page_months").split()[today.month - 1], year=today.year
        )
        return self._templates.get_template("youth/now.html").render(context)

    def left_html(self, lang: str) -> str:
        """An empty page that goes straight on to the exit site."""
        context = {"say": self._say(lang), "lang": lang, "settings": self._app.settings}
        return self._templates.get_template("youth/left.html").render(context)

    def trouble_html(self, lang: str, sentence_id: str, region: str | None = None) -> str:
        """A page that says what went wrong, with the lines of help on it."""
        context = self._every_page(lang, region)
        return self._templates.get_template("youth/trouble.html").render(context, sentence_id=sentence_id)

    def group_html(self, lang: str, code: str, region: str | None = None) -> str:
        """The page of a group, with a join code filled in where the address had one."""
        context = self._every_page(lang, region, f"{JOIN}?{urlencode({'c': code})}&" if code else f"{JOIN}?")
        return self._templates.get_template("youth/group.html").render(context, code=code, client_id=uuid4().hex)

    def _say(self, lang: str) -> Any:
        return partial(self._app.words.say, lang=lang)

    def _every_page(self, lang: str, region: str | None, address: str = "/?") -> dict[str, Any]:
        """What every template may name; ``address`` is that of the page itself, ready for what goes along in it."""
        along = f"{urlencode({'region': region})}&" if region else ""
        regions = [(region_id, self._region_name(region_id, name, lang)) for region_id, name in self._app.regions]
        return {
            "say": self._say(lang),
            "lang": lang,
            "dir": "rtl" if lang in RIGHT_TO_LEFT else "ltr",
            "languages": self.languages,
            "along": along,
            "address": address + along,
            "settings": self._app.settings,
            "bands": BANDS,
            "situations": SITUATIONS,
            "ways": WAYS,
            "regions": regions,
            "laws": {region_id: name for region_id, name in regions if f"page_law_{region_id}" in self._app.words.ids()},
            "here": self._help_of(region, "", lang),
            "help_regions": [self._help_of(region_id, name, lang) for region_id, name in regions],
        }

    def _region_name(self, region: str, name: str, lang: str) -> str:
        written = f"page_region_{region}"
        return self._app.words.say(written, lang) if written in self._app.words.ids() else name

    def _help_of(self, region: str | None, name: str, lang: str, *, every: bool = False) -> dict[str, Any]:
        said = self._app.every_line(region, lang) if every and region else self._app.page_lines(region, lang)
        return {"id": region, "name": name, "emergency": self._app.emergency(region), "lines": [parts(line) for line in said]}


def joins(request: Request) -> bool:
    """Whether this site has the address where groups are joined."""
    return any(getattr(route, "path", None) == JOIN for route in request.app.routes)


def transcript(said: Sequence[Said], say: Any) -> list[Line]:
    """The lines as shown: a chosen key is shown as the words of its choice, and only the newest
    choices can still be chosen."""
    newest = max((line.seq for line in said if line.choices), default=0)
    offered: Sequence[Any] = ()
    shown = []
    for line in said:
        line_choices = with_steering(line.choices, say)
        offered = line_choices or offered
        text = _as_chosen(line.text, offered, say) if line.who == "you" else line.text
        pieces = parts(text) if line.who != "you" else ((text, None),)
        shown.append(Line(line, text, pieces, line_choices if line.seq == newest else ()))
    return shown


def place_in_lesson(said: Sequence[Said]) -> tuple[int, int] | None:
    """Which part of how many the newest choices belong to; None outside a lesson."""
    return next((how_far(line.choices) for line in reversed(said) if line.choices), None)


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
