"""The same chat as plain forms, for a browser without JavaScript or before it has run.

Promises: the token travels in a hidden field of a page that is never stored; a form sent twice is one
message; the page comes back with the answer in it when the answer comes within a few seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

from anyio import move_on_after
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.chat import ChatRefused, TooManyReturns
from bot.threads import BANDS
from bot.web.group_guesses import CodeGuesses
from bot.web.pace import YouthPaces
from bot.web.youth_doors import MOST_ID, from_other_site, shows_danger, small_body
from bot.web.youth_page import WAYS, View, YouthPage, joins
from bot.web.youth_parts import YouthParts

ANSWER_SECONDS = 5.0
MOST_FIELDS = 20


class TalkForms:
    """POST /talk: start, join a group, send, look for news, keep a way back, come back, delete, leave."""

    def __init__(self, app: YouthParts, page: YouthPage, *, paces: YouthPaces, guesses: CodeGuesses) -> None:
        self._app = app
        self._page = page
        self._paces = paces
        self._guesses = guesses

    async def talk(self, request: Request) -> Response:
        """One form; ``do`` names the button that sent it."""
        form = await _form(request)
        if form is None:
            return self._html(View(lang=self._page.language(request)), "page_error_long", 413)
        view = self._view(request, form)
        if from_other_site(request):
            return self._html(replace(view, token=None), "page_error_unreadable", 403)
        thread = await run_in_threadpool(self._app.chat.thread_of, view.token) if view.token else None
        do = form.get("do", "")
        if do == "return":
            return await self._come_back(request, form, view)
        if do in ("leave", "forget"):
            return await self._end(do, view, thread)
        if view.token and thread is None:
            return self._html(replace(view, token=None, draft=form.get("text", "").strip()), "page_gone", 401)
        return await self._go_on(request, form, view, thread)

    async def _end(self, do: str, view: View, thread: str | None) -> Response:
        if thread:
            chat = self._app.chat
            await run_in_threadpool(chat.leave if do == "leave" else chat.forget, thread)
        if do == "leave":
            return HTMLResponse(self._page.left_html(view.lang))
        return self._html(replace(view, token=None), "page_forgotten")

    async def _go_on(self, request: Request, form: Mapping[str, str], view: View, thread: str | None) -> Response:
        text = form.get("text", "").strip() or _code(form) or WAYS.get(form.get("do", ""), "")
        try:
            if thread is None:
                view, thread = await self._opened(request, view, text)
            if form.get("do") == "keep":
                if not self._paces.may_keep(thread):
                    raise self._refused("page_error_fast", 429, view.lang)
                made = await run_in_threadpool(self._app.chat.keep_way_back, thread, form.get("word", ""))
                view = replace(view, way_back=made)
            elif text:
                await self._send(request, thread, form.get("id", ""), text, view.lang)
        except ChatRefused as refused:
            here = await self._now(view, thread) if thread else view
            return self._html(replace(here, draft=text, notice=refused.sentence), status=refused.status)
        return self._html(await self._now(view, thread))

    async def _now(self, view: View, thread: str) -> View:
        """The view with what was said so far, and whether a person was asked for."""
        said = await run_in_threadpool(self._app.chat.since, thread, 0)
        return replace(view, said=said, asked=await run_in_threadpool(self._app.chat.person_asked, thread))

    async def _come_back(self, request: Request, form: Mapping[str, str], view: View) -> Response:
        typed = form.get("word", "")[:MOST_ID]
        try:
            if not self._paces.may_return(request):
                raise TooManyReturns
            token = await run_in_threadpool(self._app.chat.come_back, typed)
        except TooManyReturns:
            return self._html(view, "page_word_slow", 429)
        thread = await run_in_threadpool(self._app.chat.thread_of, token) if token else None
        if thread is None:
            return self._html(view, "page_word_wrong", 404)
        return self._html(await self._now(replace(view, token=token), thread))

    async def _opened(self, request: Request, view: View, text: str) -> tuple[View, str]:
        is_danger = partial(shows_danger, self._app, text, None)
        if not self._paces.may_open(request) and not (text and await self._paces.opens_late(request, is_danger)):
            raise self._refused("page_error_busy", 429, view.lang)
        chat = self._app.chat
        token = await run_in_threadpool(chat.open, view.band, view.region, view.lang)
        thread = await run_in_threadpool(chat.thread_of, token)
        if thread is None:
            raise self._refused("page_gone", 401, view.lang)
        return replace(view, token=token), thread

    async def _send(self, request: Request, thread: str, client_id: str, text: str, lang: str) -> None:
        if not client_id or len(client_id) > MOST_ID:
            raise self._refused("page_error_unreadable", 400, lang)
        in_time, is_danger = self._guesses.may_say(request, text), partial(shows_danger, self._app, text, thread)
        if not await self._paces.may_say(request, thread, is_danger, in_time=in_time):
            raise self._refused("page_error_fast", 429, lang)
        await run_in_threadpool(self._app.chat.send, thread, client_id, text)
        await self._guesses.said(request, text, self._app.chat.knows_code)
        await self._answered(thread)

    async def _answered(self, thread: str) -> None:
        """Wait a little until the last word is not the young person's own; the page has a button for later."""
        with move_on_after(ANSWER_SECONDS):
            async with aclosing(self._app.live.watch(f"thread:{thread}", beat=0.5)) as watch:
                async for _ in watch:
                    said = await run_in_threadpool(self._app.chat.since, thread, 0)
                    if said and said[-1].who != "you":
                        return

    def _view(self, request: Request, form: Mapping[str, str]) -> View:
        band = form.get("band", "")
        return View(
            lang=self._page.language(request, asked=form.get("lang")),
            region=self._page.region(form.get("region")),
            band=band if band in BANDS else None,
            token=form.get("token") or None,
            draft=form.get("draft", ""),
            joins=joins(request),
        )

    def _refused(self, words_id: str, status: int, lang: str) -> ChatRefused:
        return ChatRefused(self._app.words.say(words_id, lang), status=status)

    def _html(self, view: View, notice_id: str = "", status: int = 200) -> Response:
        notice = self._app.words.say(notice_id, view.lang) if notice_id else view.notice
        return HTMLResponse(self._page.html(replace(view, notice=notice)), status_code=status)


def _code(form: Mapping[str, str]) -> str:
    """What the form of a group's page says: the same words as on a phone."""
    code = form.get("code", "").strip() if form.get("do") == "join" else ""
    return f"JOIN {code}" if code else ""


async def _form(request: Request) -> dict[str, str] | None:
    body = await small_body(request)
    if body is None:
        return None
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS))
    except ValueError:  # more fields than any form of ours has
        return None
