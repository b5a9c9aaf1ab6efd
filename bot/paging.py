"""Paging: calls the people on call, by text and e-mail, and hears that they are on it.

A page names no young person and holds none of their words: a level, and where the desk is. Nothing is promised
to a young person because a page went out; the clocks go on until somebody takes the case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog

from bot import deliveries
from bot.channels.base import Inbound, SendRefused, SendUnknown
from bot.handoff.rota import ON_CALL, SUPERVISOR
from bot.safety.verdict import Level
from bot.sender import NO_ANSWER, SENDS_BY, Sender, pause
from bot.store.cases import Case
from bot.store.database import Store
from bot.store.rota import Page
from bot.store.staff import StaffRow
from bot.store.unit_of_work import UnitOfWork

log = structlog.get_logger()

MOST_ATTEMPTS = 8
"""After so many tries, some four minutes by growing pauses, a page is failed: others are being called by then."""

ASKED_IN_VAIN = 2
"""After so many tries a page whose outcome is unknown goes out although the provider cannot be asked: for an adult on duty
twice is better than never."""

ANSWERS = timedelta(hours=2)
"""How long a reply to a page by text is understood as one."""

ON_IT = frozenset({"1", "yes", "ok", "on it"})
TEXT, MAIL = "sms", "email"


def may_be_answer(text: str) -> bool:
    """Whether a text would answer a page, if a member of staff sent it."""
    return text.strip().strip(".!").casefold() in ON_IT


class Texts(Protocol):
    """What paging needs of the SMS channel."""

    def send(self, *, to: str, body: str) -> str:
        """Send a text; raises SendRefused or SendUnknown."""
        ...

    def find_sent(self, *, to: str, body: str, since: datetime) -> list[str]:
        """The provider's ids of texts it already took that could be this one."""
        ...


class Mails(Protocol):
    """What paging needs of e-mail."""

    def send(self, *, to: str, subject: str, body: str) -> None:
        """Send an e-mail; raises SendRefused."""
        ...


@dataclass(frozen=True)
class _Letter:
    to: str | None
    subject: str
    body: str


class Pager:
    """Pages people and takes in their answers."""

    def __init__(
        self,
        *,
        store: Store,
        sms: Texts,
        sender: Sender,
        mail: Mails | None,
        service: str,
        public_url: str,
        staff_url: str,
    ) -> None:
        self._store = store
        self._sms = sms
        self._sender = sender
        self._mail = mail
        self._service = service
        self._public_url = public_url
        self._staff_url = staff_url

    def page(self, work: UnitOfWork, case: Case, place: str) -> int:
        """Queue pages for a place of the rota, in the transaction that moves the clock; returns how many people."""
        people = self._people(work, case, place)
        for person in people:
            self._queue(work, person, case_id=case.id, place=place)
        reached = [p for p in people if self._ways(p)]
        detail = ", ".join(p.username for p in reached) or "nobody"
        work.audit.add(actor="bot", what="paged", case_id=case.id, detail=f"{place}: {detail}"[:200])
        return len(reached)

    def test_page(self, work: UnitOfWork, staff_id: int) -> bool:
        """Queue a test page to somebody; False when no way to reach them is known."""
        person = work.staff.get(staff_id)
        if person is None or not self._ways(person):
            return False
        self._queue(work, person, case_id=None, place=ON_CALL)
        return True

    def send_next(self) -> bool:
        """Send the next page that is due; False when there is none. While our number must rest, e-mails go on."""
        claimed = monotonic()
        with self._store.begin() as work:
            page = work.pages.claim(but=TEXT if self._sender.wait(work) else None)
            person = work.staff.get(page.staff_id) if page else None
            case = work.cases.find(page.case_id) if page and page.case_id else None
            if page is None:
                return False
            if person is None:
                deliveries.page_failed(work, page)
                return True
            if page.case_id and (case is None or case.staff_id is not None):
                work.pages.settle(page.id, "not needed")
                return True
            if page.way == TEXT:
                self._sender.sends(work)
        self._send(page, self._letter(page, person, case), claimed=claimed)
        return True

    def heard(self, inbound: Inbound) -> bool:
        """Whether a text is a member of staff answering their page; anything else is nobody's answer."""
        if inbound.number is None or not may_be_answer(inbound.text):
            return False
        with self._store.begin() as work:
            if work.sending.taken_in(inbound.provider_id):
                return False
            person = work.staff.by_phone(inbound.number)
            page = work.pages.newest_of(person.id, within=ANSWERS) if person else None
            if person is None or page is None or (inbound.at is not None and inbound.at < page.at):
                return False  # also an answer that comes late, to a page before this one
            work.sending.is_first(inbound.provider_id)
            self._acknowledge(work, page, person)
        return True

    def opened(self, token: str) -> tuple[str, str] | None:
        """First name and state of the page that a link opens; None for a link that is not one of ours."""
        with self._store.read() as work:
            page = work.pages.by_token(token)
            person = work.staff.get(page.staff_id) if page else None
            return (person.first_name, page.state) if page and person else None

    def acknowledge(self, token: str) -> bool:
        """The link's button was pressed; False for a link that is not one of ours, which takes no turn at writing."""
        if self.opened(token) is None:
            return False
        with self._store.begin() as work:
            page = work.pages.by_token(token)
            person = work.staff.get(page.staff_id) if page else None
            if page is None or person is None:
                return False
            self._acknowledge(work, page, person)
            return True

    def _acknowledge(self, work: UnitOfWork, page: Page, person: StaffRow) -> None:
        if page.state != "acknowledged":
            work.pages.acknowledge(page)
            what = "page acknowledged" if page.case_id else "test page acknowledged"
            work.audit.add(actor=person.username, what=what, case_id=page.case_id)

    def _people(self, work: UnitOfWork, case: Case, place: str) -> list[StaffRow]:
        """Who has the place now. Without any rota, everybody; in danger now never nobody, if there is anybody."""
        rota = work.rota.now()
        working = {s.id: s for s in work.staff.everyone() if not s.disabled and s.role in ("worker", "supervisor")}
        on_call = [working[n] for n in rota.on_call(place, work.now) if n in working]
        if on_call or (rota.shifts and case.level < Level.IMMINENT):
            return on_call
        wanted = working.values() if not rota.shifts else [s for s in working.values() if s.role == SUPERVISOR]
        return [s for s in wanted if place != SUPERVISOR or s.role == SUPERVISOR]

    def _queue(self, work: UnitOfWork, person: StaffRow, *, case_id: int | None, place: str) -> None:
        for way in self._ways(person):
            work.pages.queue(case_id=case_id, staff_id=person.id, place=place, way=way)

    def _ways(self, person: StaffRow) -> list[str]:
        ways = [(TEXT, person.phone), (MAIL, person.email if self._mail else None)]
        return [way for way, address in ways if address]

    def _letter(self, page: Page, person: StaffRow, case: Case | None) -> _Letter:
        """What a page says, and where it goes."""
        link = f"{self._public_url}/page/{page.token}"
        subject = f"{self._service} desk: {f'{case.level.word}, waiting now' if case else 'a test page, nobody is waiting'}"
        if page.way == TEXT:
            return _Letter(person.phone, subject, f"{subject}. Reply 1 if you take it, or {link}")
        email = person.email if self._mail else None
        return _Letter(email, subject, f"{subject}.\n\nOn it: {link}\nThe desk: {self._staff_url}\n")

    def _send(self, page: Page, letter: _Letter, *, claimed: float) -> None:
        """As a text to a young person is sent: of one that may have left already the provider is asked first."""
        in_doubt = page.state == "sending" and page.way == TEXT
        try:
            provider_id = self._gone_out(page, letter) if in_doubt else None
            if provider_id is None and monotonic() - claimed > SENDS_BY.total_seconds():
                log.warning("too late to page", page_id=page.id)
                return  # its lease may be over before the send is: whoever claims it next asks first
            if provider_id is None:
                in_doubt = False
                provider_id = self._by_its_way(page.way, letter)
        except SendRefused as refusal:
            self._not_sent(page, refusal, in_doubt=in_doubt or refusal.unsure)
        except SendUnknown:
            self._not_sent(page, NO_ANSWER, in_doubt=True)
        except Exception as error:  # noqa: BLE001 - a fault of ours, after which it may have gone out all the same
            log.error("paging failed", page_id=page.id, kind=type(error).__name__)
            self._not_sent(page, NO_ANSWER, in_doubt=True)
        else:
            with self._store.begin() as work:
                deliveries.page_sent(work, page, provider_id)

    def _gone_out(self, page: Page, letter: _Letter) -> str | None:
        """The provider's id of a page that left already; its link makes it no other's. Raises SendRefused or SendUnknown."""
        try:
            taken = self._sms.find_sent(to=letter.to or "", body=letter.body, since=page.at)
        except (SendRefused, SendUnknown) as error:
            asks_for_rest = isinstance(error, SendRefused) and error.wait is not None
            if asks_for_rest or page.attempts < ASKED_IN_VAIN:
                raise
            return None
        return f"sms:{taken[0]}" if taken else None

    def _by_its_way(self, way: str, letter: _Letter) -> str | None:
        """Send it; returns the provider's id of a text. Raises SendRefused or SendUnknown."""
        if letter.to and way == TEXT:
            return f"sms:{self._sms.send(to=letter.to, body=letter.body)}"
        if letter.to and self._mail:
            self._mail.send(to=letter.to, subject=letter.subject, body=letter.body)
            return None
        raise SendRefused("no address", "They left no address for this way.", final=True)

    def _not_sent(self, page: Page, refusal: SendRefused, *, in_doubt: bool) -> None:
        """Again later, or failed, with the provider's code and why."""
        log.warning("page not sent", page_id=page.id, way=page.way, code=refusal.code)
        tries = page.attempts + 1
        with self._store.begin() as work:
            if page.way == TEXT:
                self._sender.refused(work, refusal)
            if not work.pages.is_still_mine(page):
                return
            if refusal.final or tries >= MOST_ATTEMPTS:
                deliveries.page_failed(work, page, refusal.code, str(refusal))
                return
            wait = pause(tries, refusal, in_doubt=in_doubt)
            work.pages.settle(page.id, "sending" if in_doubt else "queued", again=wait)
