"""Asks the provider what became of texts of ours, and of pages, of which it never told: it brings a report once, and not
again when nobody was there to take it.

It promises: what did not arrive is noticed all the same, first pages and texts of threads in danger; nobody is asked without
end.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import structlog

from bot.channels.base import Delivery, SendRefused, SendUnknown
from bot.intake import Intake
from bot.paging import ANSWERS
from bot.store.database import Store
from bot.store.sending import REPORTS_BY, Unreported

log = structlog.get_logger()

LOOKS_BACK = timedelta(hours=72)
"""After so long nobody asks any more: carriers report no later, and ordinary words are gone by then."""

MOST_ASKED = 50
"""Questions of one look: some ten seconds, and no number that makes Twilio say that we ask too fast."""

MOST_UNANSWERED = 3
"""So many questions without an answer end a look: it is Twilio that is away, and not one text it stumbles over."""


class Reports(Protocol):
    """What is needed of the provider."""

    def report_of(self, provider_id: str) -> Delivery | None:
        """What became of a text by now; None for a state we do not know. Raises SendRefused or SendUnknown."""
        ...


class MissedReports:
    """Looks for reports that never came; any number may, with the same result."""

    def __init__(self, *, store: Store, sms: Reports, intake: Intake) -> None:
        self._store = store
        self._sms = sms
        self._intake = intake

    def look(self) -> int:
        """Ask about everything whose time has come, one after the other; returns of how many the last word was missed."""
        missed = unanswered = 0
        for _ in range(MOST_ASKED):
            with self._store.begin() as work:
                page = work.pages.claim_unreported(within=ANSWERS)
                text = page or work.sending.claim_unreported(within=LOOKS_BACK)
            if text is None:
                break
            try:
                missed += self._ask(text, is_page=page is not None)
            except (SendRefused, SendUnknown) as error:
                log.warning("report not asked for", row_id=text.row_id, kind=type(error).__name__)
                unanswered += 1
                if unanswered == MOST_UNANSWERED or (isinstance(error, SendRefused) and error.wait is not None):
                    break
        if missed:
            log.warning("missed reports taken in", count=missed)
        return missed

    def _ask(self, text: Unreported, *, is_page: bool) -> bool:
        """Whether there is a last word. Without one it is asked again when twice as much time has passed since it was written:
        a text whose carrier never tells is asked about ten times and no more."""
        try:
            said = self._sms.report_of(text.provider_id)
        except SendRefused as refusal:
            if not refusal.final:
                raise
            said = None  # Twilio has no such text: of another account, or deleted there
        if said is not None and said.state != "sent":
            self._intake.report(said)
            return True
        with self._store.begin() as work:
            rows = work.pages if is_page else work.sending
            rows.ask_later(text.row_id, max(REPORTS_BY, work.now - text.written_at))
        return False
