"""What a worker does to a case, each from a posted form. Blocks; the routes call it in a thread.

Promises: an empty or unknown answer is refused with a sentence before the desk is asked.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from bot.desk.closing import Closing
from bot.desk.views import DeskRefused
from bot.text import storable
from bot.web.desk_parts import Desk, Team
from bot.web.permissions import Doing, check_may
from bot.web.row_ids import row_id
from bot.web.staff_session import SignedIn

ALL_PARTS = ("strip", "queue", "rest", "head", "transcript", "work", "facts")
RAISE_TO = frozenset({"elevated", "high", "imminent"})


@dataclass(frozen=True)
class Fields:
    """A posted form, as plain trimmed text; a field that was not sent is empty."""

    values: dict[str, str]

    @classmethod
    async def of(cls, request: Request) -> Fields:
        """Read the form; anything that is not text is left out."""
        form = await request.form()
        return cls({storable(k): storable(v).strip() for k, v in form.items() if isinstance(v, str)})

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def number(self, name: str) -> int | None:
        """A field that holds the id of a row, or another small number; None when it holds none.

        Raises DeskRefused for a number that nothing here has, so that it is not taken for an empty field.
        """
        found = row_id(self[name])
        if found is None and self[name].isdecimal():
            raise DeskRefused("There is nothing with that number. Choose from the list.")
        return found

    def needed(self, name: str, sentence: str) -> str:
        """A field that must be filled; raises DeskRefused with the sentence."""
        if not self[name]:
            raise DeskRefused(sentence)
        return self[name]


@dataclass(frozen=True)
class Done:
    """What the worker is told. ``leaves`` names parts to leave as they are on the page."""

    told: str = ""
    revealed: str = ""
    leaves: tuple[str, ...] = ()


Act = Callable[[int, SignedIn, Fields], Done]


class Acts:
    """The verbs of the case screen. Each raises DeskRefused when it may not happen."""

    def __init__(self, desk: Desk, team: Team, closing: Closing) -> None:
        self._desk = desk
        self._team = team
        self._closing = closing

    def accept(self, case_id: int, found: SignedIn, _fields: Fields) -> Done:
        """Take the case."""
        self._desk.accept(case_id, found.staff)
        return Done("This case is yours.")

    def say(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Queue a message to the young person.

        The key is bound to the words: the same words sent again after a lost answer are one message, and
        words that were changed meanwhile are never taken for the old ones.
        """
        text = fields.needed("text", "There is nothing to send yet.")
        given = fields["once"] or secrets.token_hex(8)
        words = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._desk.say(case_id, found.staff, text, once=f"{found.staff.id}.{given[:64]}.{words}")
        return Done(leaves=("work",))  # the reply box may already hold the next sentence

    def raise_level(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Raise the level."""
        level = fields.needed("level", "Choose a level first.")
        if level not in RAISE_TO:
            raise DeskRefused("Choose one of the levels in the list.")
        self._desk.raise_level(case_id, found.staff, level)
        return Done(f"Raised to {level}.", leaves=("work",))

    def note(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Keep a note between staff."""
        self._desk.note(case_id, found.staff, fields.needed("text", "The note is empty."))
        return Done("Note kept.", leaves=("work",))

    def close(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Close the case with an outcome and a category from the list."""
        outcome = fields.needed("outcome", "Choose how it ended.")
        category = fields.needed("chi_category", "Choose a category.")
        if not self._closing.has_outcome(outcome) or not self._closing.has_category(category):
            raise DeskRefused("Choose an outcome and a category from the lists.")
        then = fields["then"] or None
        if then not in (None, "line", *self._closing.modules):
            raise DeskRefused("Choose what the bot brings from the list.")
        hours = fields.number("check_in")
        self._desk.close(case_id, found.staff, outcome, category, then=then, check_in_hours=hours)
        return Done("Closed. Thank you for being there.")

    def hand_back(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Hand the case to a colleague who is here, or back to the queue."""
        to = fields.number("to")
        if to is not None:
            name = self._team.offer(case_id, found.staff, to)
            return Done(f"{name} is asked. The case is yours until they take it.", leaves=("work",))
        self._desk.hand_back(case_id, found.staff)
        return Done("Back in the queue. Somebody else can take it now.")

    def take_over(self, case_id: int, found: SignedIn, _fields: Fields) -> Done:
        """Take what a colleague offers."""
        self._team.take_over(case_id, found.staff)
        return Done("This case is yours now.")

    def decline(self, case_id: int, found: SignedIn, _fields: Fields) -> Done:
        """Not now; the case stays with the colleague."""
        self._team.decline(case_id, found.staff)
        return Done("It stays with your colleague.")

    def typing(self, case_id: int, found: SignedIn, _fields: Fields) -> Done:
        """The worker types."""
        self._desk.types(case_id, found.staff)
        return Done(leaves=ALL_PARTS)

    def open_anyway(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """Read what the young person did not want passed on, for a reason."""
        self._desk.open_anyway(case_id, found.staff, fields.needed("reason", "Write the reason first."))
        return Done("Opened. Your name and the reason are kept with the case.", leaves=("work",))

    def reveal(self, case_id: int, found: SignedIn, fields: Fields) -> Done:
        """The number behind the case, for a reason."""
        check_may(found.staff, Doing.REVEAL)  # twice on purpose: a number must not slip past a route's table
        number = self._desk.reveal_number(case_id, found.staff, fields.needed("reason", "Write the reason first."))
        return Done(revealed=number, leaves=("work",))
