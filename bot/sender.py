"""The number that sends, which texts and pages share: its pace, its rests, and when what did not leave is tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from bot import deliveries
from bot.channels.base import SendRefused
from bot.channels.refusals import UNKNOWN
from bot.store.messages import LEASE
from bot.store.unit_of_work import UnitOfWork

TOO_FAST = "20429"
RESTS = timedelta(seconds=10)
"""How long a number rests when the provider says that it sends too fast and names no time."""

BURST = timedelta(seconds=1)
"""How far ahead of its pace a number may send: a reply of several texts leaves together."""

SEEN_AFTER = timedelta(seconds=20)
"""How long the provider gets to list what it took, before we conclude that it has nothing."""

SENDS_BY = LEASE / 2
"""So long after a claim a send may begin. Asking the provider takes 12 seconds at most (``bot.channels.sms.WAIT``, twice), and
so does sending: what begins by then has ended before the lease has. Whoever was stopped in between, by a busy machine or a
pause of its clock, leaves the text in doubt to whoever takes it up next."""

NO_ANSWER = SendRefused(UNKNOWN, "No answer came.", final=False)


class Named(Protocol):
    """What has a number, or messaging service, that sends."""

    sender: str


class Sender:
    """Keeps to the pace of the number that ``sms`` sends from."""

    def __init__(self, sms: Named, *, per_second: float) -> None:
        self._sms = sms
        self._each = timedelta(seconds=1 / per_second)

    def wait(self, work: UnitOfWork) -> timedelta:
        """How long it must rest; nothing when it may send now."""
        return work.sending.wait(self._sms.sender, burst=BURST)

    def sends(self, work: UnitOfWork) -> None:
        """One more text leaves it."""
        work.sending.sends(self._sms.sender, each=self._each)

    def refused(self, work: UnitOfWork, refusal: SendRefused) -> None:
        """Rest, where the provider asks for that."""
        if refusal.wait is not None or refusal.code == TOO_FAST:
            work.sending.rests(self._sms.sender, refusal.wait or RESTS)


def pause(tries: int, refusal: SendRefused, *, in_doubt: bool) -> timedelta:
    """How long to wait after that many tries: what is in doubt until the provider lists it, and as long as it asked for."""
    least = SEEN_AFTER if in_doubt else timedelta(0)
    return max(deliveries.pause(tries), refusal.wait or least, least)
