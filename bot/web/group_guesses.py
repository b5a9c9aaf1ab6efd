"""How many wrong join codes are taken from one address, by its chats and on /join, and from all. In memory, per process.

Promises: strangers who guess shut nobody else out: a right code is let through however many wrong ones came from other
addresses, and of IPv6 from another /48. Who shares one with too many wrong ones waits about a minute, or texts the code.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from bot.groups.codes import asked_to_join
from bot.text import normalise
from bot.web.callers import Callers
from bot.web.pace import Pace

MOST_FROM_ONE, MOST_FROM_A_SITE, MOST_OF_ALL, IN_SECONDS = 60, 240, 300, 60.0
"""A site is a /48 of IPv6; of IPv4 it is the one address."""


class CodeGuesses:
    """Counts wrong codes; a right one costs nothing."""

    def __init__(self, *, callers: Callers, clock: Callable[[], float]) -> None:
        self._callers = callers
        self._from_one = Pace(most=MOST_FROM_ONE, seconds=IN_SECONDS, clock=clock)
        self._from_site = Pace(most=MOST_FROM_A_SITE, seconds=IN_SECONDS, clock=clock)
        self._of_all = Pace(most=MOST_OF_ALL, seconds=IN_SECONDS, clock=clock)

    def may(self, request: Request) -> bool:
        """Whether one more code of this caller may be tried."""
        caller, site = self._who(request)
        return caller is None or site is None or (self._from_one.has(caller) and self._from_site.has(site))

    def too_many(self) -> bool:
        """Whether so many wrong ones came from all together that a wrong one hears only that."""
        return not self._of_all.has("all")

    def wrong(self, request: Request) -> None:
        """The code that was tried is none."""
        caller, site = self._who(request)
        if caller is not None and site is not None:
            if self._from_one.has(caller):  # one household alone cannot shut its neighbours out
                self._from_site.charge(site)
            self._from_one.charge(caller)  # below nothing too: many that were let in at once are each waited out
        self._of_all.takes("all")

    def _who(self, request: Request) -> tuple[str | None, str | None]:
        return self._callers.key(request), self._callers.key(request, wide=True)

    def may_say(self, request: Request, text: str) -> bool:
        """Whether a text of a chat is in time: each but a code, where too many of its address were wrong."""
        return _code(text) is None or self.may(request)

    async def said(self, request: Request, text: str, knows: Callable[[str], bool]) -> None:
        """A chat took a text: a code that ``knows`` does not know counts here too, for a chat costs nothing to open."""
        code = _code(text)
        if code and not await run_in_threadpool(knows, code):
            self.wrong(request)


def _code(text: str) -> str | None:
    return asked_to_join(normalise(text))  # as the spine reads it
