"""How many streams stay open: of one page, and from one address. In memory, per process; keeps no address.

Every stream reads the database whenever it is woken, from the same threads that take words in: without a limit one page
that opens thousands would make everybody wait. A page that opens one too many ends its oldest, which may be of a
connection that broke and has not noticed.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request

from bot.web.callers import Callers

MOST_OF_A_PAGE = 4
MOST_FROM_ONE = 2_500
"""All the groups of a big school behind one address, 2,000 pages, with room for those that open again."""


class OpenStreams:
    """Counts them while they are open."""

    def __init__(self, *, callers: Callers) -> None:
        self._callers = callers
        self._of_page: dict[str, deque[object]] = defaultdict(deque)
        self._from_one: Counter[str] = Counter()

    def may_open(self, request: Request) -> bool:
        """Whether one more may be opened from where this request comes."""
        caller = self._callers.key(request)
        return caller is None or self._from_one[caller] < MOST_FROM_ONE

    async def counted(self, request: Request, page: str, stream: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
        """The same stream, which ends at its next word when its ``page`` has opened too many after it."""
        caller, mine, open_ = self._callers.key(request), object(), self._of_page[page]
        open_.append(mine)
        self._from_one.update([caller] if caller else [])
        if len(open_) > MOST_OF_A_PAGE:
            open_.popleft()
        try:
            async with aclosing(stream):
                async for said in stream:
                    if mine not in open_:
                        return
                    yield said
        finally:
            if mine in open_:
                open_.remove(mine)
            if not open_ and self._of_page.get(page) is open_:
                del self._of_page[page]
            self._leaves(caller)

    def _leaves(self, caller: str | None) -> None:
        if caller:
            self._from_one[caller] -= 1
            if not self._from_one[caller]:
                del self._from_one[caller]
