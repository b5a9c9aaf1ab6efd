"""Posters and wallet cards for staff: one form, a look at what comes out, and the files as PDF and PNG.

Promises: plain forms that work without script; nothing is kept, because all that is asked is public and stands in
the address; what cannot be printed is one sentence that says what to change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from bot.desk.closing import Closing
from bot.printed.order import KINDS, MOST_ADDRESS, MOST_NAME, MOST_NUMBER, PAPERS, Order, PrintRefused, checked
from bot.settings import Twilio
from bot.web.desk_pages import DeskPages
from bot.web.desk_parts import DeskSettings, Staff
from bot.web.permissions import Doing
from bot.web.staff_session import SignedIn, door
from bot.web.supervisor import PRIVATE
from bot.words import Words

LANGUAGES: Mapping[str, str] = {"en": "English", "fr": "Fran\u00e7ais", "es": "Espa\u00f1ol"}
ON_LETTER = frozenset({"CA", "US"})
LOOK_DOTS, POSTER_DOTS = 100, 200
"""Dots per inch of a poster as a look and as a file; a card, which is small, has three times as many."""


class PrintedSettings(DeskSettings, Protocol):
    """What a first poster is filled in with."""

    @property
    def public_url(self) -> str: ...
    @property
    def region(self) -> str | None: ...
    @property
    def twilio(self) -> Twilio: ...


class PrintedParts(Protocol):
    """The working parts that ``printed_routes`` is given."""

    @property
    def settings(self) -> PrintedSettings: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def words(self) -> Words: ...
    @property
    def regions(self) -> Sequence[tuple[str, str]]: ...

    def emergency(self, region: str | None) -> str | None: ...
    def now(self) -> datetime: ...


def printed_routes(app: PrintedParts) -> list[BaseRoute]:
    """The routes under /printed."""
    return _Routes(app).all()


class _Routes:
    def __init__(self, app: PrintedParts) -> None:
        self._app = app
        closing = Closing.load(app.settings.content / "desk" / "closing.yml")
        self._pages = DeskPages(service_name=app.settings.service_name, demo=app.settings.demo, closing=closing)

    def all(self) -> list[BaseRoute]:
        """Every route, with the right it needs."""
        found = {"/printed": self.form, "/printed/{kind}.{format}": self.file}
        return [
            Route(path, door(self._app, Doing.PRINT, page, self._forbidden), methods=["GET"], middleware=PRIVATE)  # type: ignore[arg-type]
            for path, page in found.items()
        ]

    async def form(self, request: Request, found: SignedIn) -> Response:
        """The form, and below it what it makes."""
        asked, region = self._asked(request, "poster")
        refusal = ""
        try:
            for kind in KINDS:
                await run_in_threadpool(self._pdf, replace(asked, kind=kind), single=True)
        except PrintRefused as refused:
            refusal = refused.sentence
        query = urlencode({
            "lang": asked.lang, "paper": asked.paper, "agency": asked.agency, "number": asked.number,
            "address": asked.address, "region": region or "",
        })  # fmt: skip
        most = {"agency": MOST_NAME, "number": MOST_NUMBER, "address": MOST_ADDRESS}
        return self._page(
            "printed.html", found, refusal=refusal, status=422 if refusal else 200, asked=asked, region=region,
            query=query, languages=LANGUAGES, papers=PAPERS, regions=self._app.regions, most=most,
        )  # fmt: skip

    async def file(self, request: Request, found: SignedIn) -> Response:
        """A poster or a card as PDF or PNG; a PNG of a card is one card."""
        kind, format_ = request.path_params["kind"], request.path_params["format"]
        if kind not in KINDS or format_ not in ("pdf", "png"):
            return self._refused(found, "There is no such file.", 404)
        order, _ = self._asked(request, kind)
        try:
            pdf = await run_in_threadpool(self._pdf, order, single=format_ == "png")
        except PrintRefused as refused:
            return self._refused(found, refused.sentence, 422)
        name = f'attachment; filename="{kind}-{order.lang}.{format_}"'
        if format_ == "pdf":
            return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": name})
        look = "look" in request.query_params
        from bot.printed.picture import picture  # only staff who print need it, so the gateway starts without it

        dots = LOOK_DOTS if look else POSTER_DOTS
        png = await run_in_threadpool(picture, pdf, dots_per_inch=dots * 3 if kind == "card" else dots)
        return Response(png, media_type="image/png", headers={} if look else {"Content-Disposition": name})

    def _pdf(self, order: Order, *, single: bool) -> bytes:
        from bot.printed.drawing import drawn  # as above

        good = checked(order)
        say = partial(self._say, good)
        return drawn(good, say, single=single)

    def _say(self, order: Order, word: str) -> str:
        return self._app.words.say(f"page_print_{word}", order.lang, emergency=order.emergency)

    def _asked(self, request: Request, kind: str) -> tuple[Order, str | None]:
        """What the address asks for, over what the settings know; and the region."""
        asked, settings = request.query_params, self._app.settings
        lang = asked.get("lang") if asked.get("lang") in LANGUAGES else "en"
        region = asked.get("region", settings.region)
        region = region if region in {code for code, _ in self._app.regions} else None
        sender = settings.twilio.sender
        order = Order(
            kind=kind,
            lang=lang or "en",
            paper=asked.get("paper") or ("letter" if region in ON_LETTER else "a4"),
            agency=asked.get("agency", ""),
            number=asked.get("number", sender if sender.startswith("+") else ""),
            address=asked.get("address") or f"{settings.public_url}/?lang={lang}",
            emergency=self._app.emergency(region) if region else None,
        )
        return order, region

    def _page(self, template: str, found: SignedIn, *, refusal: str = "", status: int = 200, **values: object) -> Response:
        html = self._pages.page(template, staff=found.staff, csrf=found.csrf, now=self._app.now(), refusal=refusal, **values)
        return HTMLResponse(html, status_code=status)

    def _refused(self, found: SignedIn, sentence: str, status: int) -> Response:
        html = self._pages.page("refused.html", sentence=sentence, csrf=found.csrf, desk_open=True)
        return HTMLResponse(html, status_code=status)

    def _forbidden(self, _request: Request, found: SignedIn, sentence: str) -> Response:
        return self._refused(found, sentence, 403)
