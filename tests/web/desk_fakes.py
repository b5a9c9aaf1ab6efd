"""A desk in memory: real enough for pages, a browser and two workers; nothing is stored or sent."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import threading
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from starlette.applications import Starlette

from bot.desk.views import (
    CaseCard,
    CaseView,
    Colleague,
    Conflict,
    DeskRefused,
    Line,
    NoSuchCase,
    NotYours,
    SignInRefused,
    StaffMember,
)
from bot.web.desk import desk_routes

CONTENT = Path(__file__).parent.parent.parent / "content"
LEVELS = ("none", "elevated", "high", "imminent")
PASSWORD = "a long demo password"


class FakeLive:
    """Wakes whoever watches a topic, from any thread."""

    def __init__(self) -> None:
        self._watchers: list[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def watch(self, topic: str, *, beat: float) -> AsyncIterator[None]:
        woken = asyncio.Event()
        watcher = (topic, asyncio.get_running_loop(), woken)
        self._watchers.append(watcher)
        try:
            yield None
            while True:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(woken.wait(), beat)
                woken.clear()
                yield None
        finally:
            self._watchers.remove(watcher)

    def tell(self, *topics: str) -> None:
        for topic, loop, woken in list(self._watchers):
            if topic in topics and not loop.is_closed():
                loop.call_soon_threadsafe(woken.set)


@dataclass
class FakeStaff:
    """Four people, one password."""

    live: FakeLive
    needs_totp: bool = False
    sessions: dict[str, StaffMember] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)
    present: set[str] = field(default_factory=set)
    failures: Counter[str] = field(default_factory=Counter)

    people = {
        name.lower(): StaffMember(id=number, username=name.lower(), first_name=name, role=role)
        for number, (name, role) in enumerate(
            [
                ("Maya", "worker"),
                ("Jonas", "worker"),
                ("Ruth", "supervisor"),
                ("Femi", "facilitator"),
                ("Ada", "administrator"),
            ],
            1,
        )
    }

    def sign_in(self, username: str, password: str, totp: str | None) -> str:
        if self.failures[username] >= 5:
            raise SignInRefused("Too many tries. Wait 15 minutes, or ask an administrator.")
        if username not in self.people or password != PASSWORD or (self.needs_totp and totp != "123456"):
            self.failures[username] += 1
            raise SignInRefused("That username, password or code is not right. Try again.")
        token = secrets.token_urlsafe(16)
        self.sessions[token] = self.people[username]
        return token

    def by_session(self, token: str) -> StaffMember | None:
        return self.sessions.get(token)

    def touch(self, token: str) -> None:
        self.touched.append(token)

    def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)
        self.live.tell("desk")

    def seen(self, staff: StaffMember) -> None:
        self.present.add(staff.username)


class FakeDesk:
    """Cases as views that are replaced; one lock, so that two workers cannot both win."""

    def __init__(self, live: FakeLive) -> None:
        self.views: dict[int, CaseView] = {}
        self.said: dict[str, Line] = {}
        self.looks: list[tuple[str, int]] = []
        self.revealed: list[tuple[str, int, str]] = []
        self.closed_with: tuple[str, str] | None = None
        self.afterwards: tuple[str | None, int | None] = (None, None)
        self._live = live
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    # --- what a young person and the system do ---

    def opens(
        self, text: str, *, designation: str = "quiet heron", level: str = "imminent", minutes_ago: float = 0, **card: object
    ) -> int:
        """A case appears: a young person wrote ``text``."""
        at = now() - timedelta(minutes=minutes_ago)
        number = next(self._numbers)
        base = CaseCard(
            id=number,
            designation=designation,
            level=level,  # type: ignore[arg-type]
            category="abuse_at_home",
            subject="self",
            state="queued",
            channel="sms",
            opened_at=at,
            waiting_since=at,
            deadline_at=at + timedelta(seconds={"imminent": 60, "high": 300}.get(level, 900)),
            worker=None,
            band="13-15",
            region="CA",
            unread=1,
            not_delivered=False,
        )
        line = Line(seq=1, who="young person", name=None, text=text, at=at, delivery=None, delivery_note=None)
        self.views[number] = CaseView(
            card=replace(base, **card),  # type: ignore[arg-type]
            why=(("pattern:abuse_at_home.hits", text[:30]),),
            safe_to_text="yes",
            wants="person",
            consent="Yes: pass on what they wrote here, no name.",
            summary=None,
            asked_already=("Said it is not their fault", "Asked whether it is safe to text now"),
            lesson="Grooming, lesson 1, step 4",
            lines=("Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)",),
            emergency="911" if card.get("region", "CA") == "CA" else None,
            reporting="Under 16: report promptly when there are reasonable grounds. 16 and 17: may report.",
            transcript=(line,),
            log=((at, "bot", "opened, imminent"),),
        )
        self._live.tell("desk")
        return number

    def writes(self, case_id: int, text: str, *, who: str = "young person", **more: object) -> None:
        """The young person (or the bot) writes."""
        view = self.views[case_id]
        self._change(case_id, unread=view.card.unread + (who == "young person"))
        self._append(case_id, Line(self._next(case_id), who, None, text, now(), None, None), **more)  # type: ignore[arg-type]

    def delivers(self, case_id: int, delivery: str, note: str | None = None) -> None:
        """The last message by a helper changes its delivery."""
        lines = list(self.views[case_id].transcript)
        at = max(i for i, line in enumerate(lines) if line.who == "helper")
        lines[at] = replace(lines[at], delivery=delivery, delivery_note=note)  # type: ignore[arg-type]
        self.views[case_id] = replace(self.views[case_id], transcript=tuple(lines))
        self._change(case_id, not_delivered=delivery == "failed")

    # --- what the desk asks ---

    def queue(self, staff: StaffMember) -> Sequence[CaseCard]:
        return self._cards(lambda c: c.worker is None and c.state != "closed")

    def mine(self, staff: StaffMember) -> Sequence[CaseCard]:
        return self._cards(lambda c: c.worker == staff.first_name and c.state != "closed")

    def others(self, staff: StaffMember) -> Sequence[CaseCard]:
        if staff.role != "supervisor":
            return []
        return self._cards(lambda c: c.worker not in (None, staff.first_name) and c.state != "closed")

    def closed_today(self, staff: StaffMember) -> Sequence[CaseCard]:
        return self._cards(lambda c: c.state == "closed")

    def view(self, case_id: int, staff: StaffMember) -> CaseView:
        self.looks.append((staff.username, case_id))
        view = self._get(case_id)
        if view.card.worker == staff.first_name and view.card.unread:
            self.views[case_id] = replace(view, card=replace(view.card, unread=0))
        return self.views[case_id]

    def accept(self, case_id: int, staff: StaffMember) -> None:
        with self._lock:
            card = self._get(case_id).card
            if card.worker:
                raise Conflict(f"{card.worker} was first and is with {card.designation} now.")
            self._change(case_id, worker=staff.first_name, state="live", deadline_at=None)
        said = f"{staff.first_name} is here with you now."
        self._append(case_id, Line(self._next(case_id), "bot", None, said, now(), "delivered", None))
        self._log(case_id, staff, "accepted")

    def say(self, case_id: int, staff: StaffMember, text: str, *, once: str) -> None:
        self._held(case_id, staff)
        if once in self.said:
            return
        self.said[once] = Line(self._next(case_id), "helper", staff.first_name, text, now(), "queued", None)
        self._append(case_id, self.said[once])

    def raise_level(self, case_id: int, staff: StaffMember, level: str) -> None:
        card = self._get(case_id).card
        if LEVELS.index(level) <= LEVELS.index(card.level):
            raise DeskRefused(f"The level is already {card.level}, and it never falls.")
        self._change(case_id, level=level)
        self._log(case_id, staff, f"level raised to {level}")

    def note(self, case_id: int, staff: StaffMember, text: str) -> None:
        self._get(case_id)
        self._append(case_id, Line(self._next(case_id), "note", staff.first_name, text, now(), None, None))

    def close(
        self,
        case_id: int,
        staff: StaffMember,
        outcome: str,
        chi_category: str,
        *,
        then: str | None = None,
        check_in_hours: int | None = None,
    ) -> None:
        self._held(case_id, staff)
        self.closed_with = (outcome, chi_category)
        self.afterwards = (then, check_in_hours)
        self._change(case_id, state="closed", deadline_at=None)
        self._log(case_id, staff, f"closed: {outcome}")

    def hand_back(self, case_id: int, staff: StaffMember) -> None:
        self._held(case_id, staff)
        self._change(case_id, state="queued", worker=None, waiting_since=now(), deadline_at=now() + timedelta(seconds=60))
        self._log(case_id, staff, "handed back")

    def types(self, case_id: int, staff: StaffMember) -> None:
        self._held(case_id, staff)

    def open_anyway(self, case_id: int, staff: StaffMember, reason: str) -> None:
        self.views[case_id] = replace(self._get(case_id), passed_on="opened")
        self._log(case_id, staff, f"opened: {reason}")

    def canned(self, case_id: int, staff: StaffMember) -> Sequence[tuple[str, str]]:
        return [
            ("Hello", "Hi, I am really glad you wrote. I am here and I have time."),
            ("Safe right now?", "Before we go on: are you somewhere safe to text right now?"),
            ("Still here", "I am still here. Take all the time you need."),
            ("Not your fault", "What happened is not your fault. Thank you for telling me."),
        ]

    def reveal_number(self, case_id: int, staff: StaffMember, reason: str) -> str:
        self._held(case_id, staff)
        self.revealed.append((staff.username, case_id, reason))
        return "+15005550199"

    # --- inside ---

    def _cards(self, wanted: object) -> list[CaseCard]:
        cards = [view.card for view in self.views.values() if wanted(view.card)]  # type: ignore[operator]
        return sorted(cards, key=lambda c: (-LEVELS.index(c.level), c.waiting_since))

    def _get(self, case_id: int) -> CaseView:
        if case_id not in self.views:
            raise NoSuchCase("There is no such case, or its words are already deleted.")
        return self.views[case_id]

    def _held(self, case_id: int, staff: StaffMember) -> CaseCard:
        card = self._get(case_id).card
        if card.state == "closed":
            raise DeskRefused("This case is closed, so nothing more can be done here.")
        if card.worker != staff.first_name:
            raise NotYours("Take the case first: only who holds it can do this.")
        return card

    def _next(self, case_id: int) -> int:
        return len(self.views[case_id].transcript) + 1

    def _append(self, case_id: int, line: Line, **view: object) -> None:
        found = self.views[case_id]
        self.views[case_id] = replace(found, transcript=(*found.transcript, line), **view)  # type: ignore[arg-type]
        self._live.tell("desk", f"case:{case_id}")

    def _change(self, case_id: int, **card: object) -> None:
        view = self.views[case_id]
        self.views[case_id] = replace(view, card=replace(view.card, **card))  # type: ignore[arg-type]
        self._live.tell("desk", f"case:{case_id}")

    def _log(self, case_id: int, staff: StaffMember, what: str) -> None:
        view = self.views[case_id]
        self.views[case_id] = replace(view, log=(*view.log, (now(), staff.first_name, what)))
        self._live.tell("desk", f"case:{case_id}")


class FakeTeam:
    """Colleagues, being away and handing over."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        self.away: set[str] = set()
        self.asked: dict[int, int] = {}

    def colleagues(self, staff: StaffMember) -> Sequence[Colleague]:
        others = [p for p in FakeStaff.people.values() if p.id != staff.id and p.role in ("worker", "supervisor")]
        return [Colleague(p.id, p.first_name, p.role, 0, 3) for p in others]

    def is_away(self, staff: StaffMember) -> bool:
        return staff.username in self.away

    def go_away(self, staff: StaffMember) -> int:
        held = self._desk.mine(staff)
        for card in held:
            self._desk.hand_back(card.id, staff)
        self.away.add(staff.username)
        return len(held)

    def come_back(self, staff: StaffMember) -> None:
        self.away.discard(staff.username)

    def offers(self, staff: StaffMember) -> Sequence[CaseCard]:
        return [self._desk.views[case_id].card for case_id, to in self.asked.items() if to == staff.id]

    def offer(self, case_id: int, staff: StaffMember, to: int) -> str:
        self.asked[case_id] = to
        self._desk._live.tell("desk", f"case:{case_id}")
        return next(p.first_name for p in FakeStaff.people.values() if p.id == to)

    def take_over(self, case_id: int, staff: StaffMember) -> None:
        if self.asked.pop(case_id, None) != staff.id:
            raise DeskRefused("This is not offered to you any more.")
        self._desk._change(case_id, worker=staff.first_name)

    def decline(self, case_id: int, staff: StaffMember) -> None:
        self.asked.pop(case_id, None)


@dataclass(frozen=True)
class FakeSettings:
    """What the desk reads of the settings."""

    demo: bool = True
    service_name: str = "Handrail"
    content: Path = CONTENT
    proxies: tuple[str, ...] = ("127.0.0.1",)


class FakeDeskParts:
    """Everything ``desk_routes`` needs, in memory."""

    def __init__(self, *, demo: bool = True, needs_totp: bool = False, proxies: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self.settings = FakeSettings(demo=demo, proxies=proxies)
        self.live = FakeLive()
        self.staff = FakeStaff(self.live, needs_totp=needs_totp)
        self.desk = FakeDesk(self.live)
        self.team = FakeTeam(self.desk)
        self.modules = {"grooming": "When trust feels off"}

    def now(self) -> datetime:
        return now()


def now() -> datetime:
    """The real clock: a browser counts against it."""
    return datetime.now(timezone.utc)


def staff_site(parts: FakeDeskParts) -> Starlette:
    """The staff listener over the fakes."""
    return Starlette(routes=desk_routes(parts))
