"""The lessons for staff: every message on both channels side by side, and a sheet to print. Nothing can be changed here.

Promises: what is shown is made by the lesson player and the senders' own rules, so that it is what a young
person would get; and every page works without script.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import yaml
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.closing import Closing
from bot.directory import Directory
from bot.lessons.catalog import Catalog
from bot.lessons.model import Module
from bot.lessons.preview import every_step, size
from bot.lessons.translating import standings
from bot.web.desk_pages import DeskPages
from bot.web.desk_parts import DeskSettings, Staff
from bot.web.permissions import Doing
from bot.web.staff_session import SignedIn, door
from bot.web.supervisor import PRIVATE
from bot.yaml_files import plain

LANGUAGES = ("en", "es", "fr")
SHEET_KEYS = {"before", "during", "disclosure_say", "disclosure_never", "after"}


class SheetError(Exception):
    """The words of the printable sheet cannot be used; the sentence names the file and the mend."""


class LessonParts(Protocol):
    """The working parts that ``lesson_routes`` is given."""

    @property
    def settings(self) -> DeskSettings: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def directory(self) -> Directory: ...
    @property
    def lessons(self) -> Catalog: ...

    def now(self) -> datetime: ...


@dataclass(frozen=True)
class ShownStep:
    """One step on both channels: the message, its size as a text, and what is said after each option."""

    name: str
    sms: str
    size: str
    web: str
    after: tuple[str, ...]


def lesson_routes(app: LessonParts) -> list[BaseRoute]:
    """The routes under /lessons."""
    return _Routes(app).all()


def read_sheet(file: Path) -> Mapping[str, list[str]]:
    """The words of the printable sheet; raises SheetError."""
    try:
        data = plain(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise SheetError(f"{file} cannot be read: restore it from the repository.") from error
    if not isinstance(data, dict) or set(data) != SHEET_KEYS or not all(isinstance(rows, list) for rows in data.values()):
        raise SheetError(f"{file} must hold lists named {', '.join(sorted(SHEET_KEYS))}, and no more.")
    return {name: [str(row) for row in rows] for name, rows in data.items()}


class _Routes:
    def __init__(self, app: LessonParts) -> None:
        self._app = app
        content = app.settings.content
        self._catalog = app.lessons
        self._sheet = read_sheet(content / "desk" / "sheet.yml")
        closing = Closing.load(content / "desk" / "closing.yml")
        self._pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)

    def all(self) -> list[BaseRoute]:
        """Every route, with the right it needs."""
        found = {"/lessons": self.list, "/lessons/{module}": self.module, "/lessons/{module}/sheet": self.sheet}
        return [
            Route(path, door(self._app, Doing.READ_LESSONS, page, self._forbidden), methods=["GET"], middleware=PRIVATE)  # type: ignore[arg-type]
            for path, page in found.items()
        ]

    async def list(self, _request: Request, found: SignedIn) -> Response:
        """Every module: its lessons, who has read it, until when it stands."""
        modules = (*self._catalog.modules, *self._catalog.for_adults)
        titles = {(m.id, each.id): self._catalog.title(m.id, each.id, "en") for m in modules for each in m.lessons}
        return self._page("lessons.html", found, modules=modules, titles=titles, standing=self._standing())

    async def module(self, request: Request, found: SignedIn) -> Response:
        """One module in a band and a language, every step on both channels."""
        module = self._module(request)
        if module is None:
            return self._missing(found)
        band = _one_of(request.query_params.get("band"), module.bands)
        lang = _one_of(request.query_params.get("lang"), LANGUAGES)
        lessons = [
            (self._catalog.title(module.id, each.id, lang), self._catalog.language(module=module.id, lesson=each.id, lang=lang),
             list(self._steps(module.id, each.id, band, lang)))
            for each in module.lessons
        ]  # fmt: skip
        return self._page("lesson.html", found, module=module, band=band, lang=lang, lessons=lessons, languages=LANGUAGES)

    async def sheet(self, request: Request, found: SignedIn) -> Response:
        """What a facilitator prints: aim, guide, what to say to a disclosure, the duty of a region."""
        module = self._module(request)
        if module is None:
            return self._missing(found)
        regions = self._app.directory.regions()
        region = request.query_params.get("region")
        region = region if region in {code for code, _ in regions} else None
        now = self._app.now()
        return self._page(
            "lesson_sheet.html", found, module=module, sheet=self._sheet, regions=regions, region=region,
            duty=self._app.directory.reporting(region), emergency=self._app.directory.emergency(region),
            lines=self._app.directory.lines(region, now=now, limit=4), items=self._catalog.items(module.id, "en"),
            titles=[self._catalog.title(module.id, each.id, "en") for each in module.lessons],
        )  # fmt: skip

    def _standing(self) -> Mapping[str, Mapping[str, str]]:
        """For each module and other language, how many lessons are fresh, stale, unmarked or missing."""
        found: dict[str, dict[str, list[str]]] = {}
        for row in standings(self._catalog, LANGUAGES[1:]):
            found.setdefault(row.module, {}).setdefault(row.lang, []).append(row.state)
        return {
            module: {lang: ", ".join(f"{states.count(s)} {s}" for s in dict.fromkeys(states)) for lang, states in langs.items()}
            for module, langs in found.items()
        }

    def _steps(self, module: str, lesson: str, band: str, lang: str) -> Iterator[ShownStep]:
        values = {"service": self._app.settings.service_name}
        on = {
            channel: every_step(
                self._catalog, module=module, lesson=lesson, band=band, lang=lang, channel=channel, values=values
            )
            for channel in ("sms", "web")
        }
        for (name, sms, after), (_, web, _) in zip(on["sms"], on["web"], strict=True):
            yield ShownStep(name, sms, size(sms), web, after)

    def _module(self, request: Request) -> Module | None:
        wanted = request.path_params["module"]
        return next((m for m in (*self._catalog.modules, *self._catalog.for_adults) if m.id == wanted), None)

    def _page(self, template: str, found: SignedIn, *, status: int = 200, **values: Any) -> Response:
        html = self._pages.page(template, staff=found.staff, csrf=found.csrf, now=self._app.now(), refusal="", **values)
        return HTMLResponse(html, status_code=status)

    def _missing(self, found: SignedIn) -> Response:
        html = self._pages.page("refused.html", sentence="There is no such module.", csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=404)

    def _forbidden(self, _request: Request, found: SignedIn, sentence: str) -> Response:
        html = self._pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=403)


def _one_of(wanted: str | None, known: tuple[str, ...]) -> str:
    return wanted if wanted in known else known[0]
