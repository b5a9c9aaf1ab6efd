"""While one text is looked at, others can be kept; and what they change is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from bot.safety.verdict import Level, Verdict
from tests.talking import House, HouseApp, demo_settings, patterns_only


class Interrupted:
    """A screening in whose first look something else happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile: list[Callable[[], None]] = [meanwhile]

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        if self._meanwhile:
            self._meanwhile.pop()()
        return patterns_only().screen(text, recent, at_once=at_once)


def house_in_which(tmp_path: Path, meanwhile: Callable[[House], None]) -> House:
    app = HouseApp(demo_settings(tmp_path))
    house = House(tmp_path, app)
    app.__dict__["screening"] = Interrupted(lambda: meanwhile(house))
    return house


def test_others_are_answered_while_a_text_is_looked_at(tmp_path: Path) -> None:
    house = house_in_which(tmp_path, lambda house: house.phone("+15005550188").texts("hi"))
    house.phone().texts("what is grooming?")
    assert house.phone("+15005550188").everything() and house.phone().everything()


def test_a_text_that_came_in_between_is_looked_at_with_the_one_that_waited(tmp_path: Path) -> None:
    house = house_in_which(tmp_path, lambda house: house.phone().quickly_texts("i want"))
    house.phone().quickly_texts("to die")
    with house.app.store.read() as work:
        said = [m for m in work.messages.transcript(house.phone().thread_id) if m.who == "you"]
    assert [m.text for m in said] == ["i want", "to die"] and said[1].verdict.level is Level.HIGH
