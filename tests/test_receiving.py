"""While one text is looked at, others can be kept; and what they change is seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from bot.choices import Choice
from bot.looks import Looked
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


class Counted:
    """A screening that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bool]] = []

    def screen(self, text: str, recent: Sequence[str] = (), *, at_once: bool = False) -> Verdict:
        self.asked.append((text, at_once))
        return patterns_only().screen(text, recent, at_once=at_once)


def counted_house(tmp_path: Path) -> tuple[House, Counted]:
    app = HouseApp(demo_settings(tmp_path))
    counted = app.__dict__["screening"] = Counted()
    return House(tmp_path, app), counted


def test_danger_is_looked_at_once_and_not_again_while_the_database_is_held(tmp_path: Path) -> None:
    house, counted = counted_house(tmp_path)
    house.phone().quickly_texts("i want to die")
    assert counted.asked == [("i want to die", False)]


def test_a_choice_that_is_no_longer_offered_when_it_is_kept_is_looked_at_as_words(tmp_path: Path) -> None:
    house, _ = counted_house(tmp_path)
    phone = house.phone()
    phone.quickly_texts("hi")
    offered = (Choice(label="i want to die", payload="/menu", key="A"),)
    with house.app.store.begin() as work:
        work.threads.offer(phone.thread_id, offered)
    look = house.app.conversation._looks.ahead

    def and_then_it_is_withdrawn(thread_id: str, text: str) -> Looked:
        ahead = look(thread_id, text)
        with house.app.store.begin() as work:
            work.threads.offer(thread_id, ())
        return ahead

    house.app.conversation._looks.ahead = and_then_it_is_withdrawn  # type: ignore[method-assign]
    house.app.clock.passes(minutes=10)
    phone.quickly_texts("i want to die")
    with house.app.store.read() as work:
        assert work.messages.transcript(phone.thread_id)[-1].verdict.level is Level.HIGH


def test_only_texts_of_phones_may_have_overtaken_each_other(tmp_path: Path) -> None:
    house, counted = counted_house(tmp_path)
    page = house.page()
    for text in ("hello there", "how are you"):
        house.phone().quickly_texts(text)
        page.quickly_texts(text)
    assert counted.asked == [("hello there", False), ("hello there", False), ("how are you", True), ("how are you", False)]


def test_a_letter_that_chose_our_words_does_not_come_between_the_parts_of_a_disclosure(tmp_path: Path) -> None:
    house, _ = counted_house(tmp_path)
    page = house.page()
    page.quickly_texts("i want")
    with house.app.store.begin() as work:
        work.threads.offer(page.thread_id, (Choice(label="Go on", payload="/next", key="A"),))
    page.quickly_texts("a")
    with house.app.store.read() as work:
        assert work.messages.recent_texts(page.thread_id, within=timedelta(minutes=3)) == ["i want"]
    page.quickly_texts("to die")
    with house.app.store.read() as work:
        assert work.messages.transcript(page.thread_id)[-1].verdict.level is Level.HIGH
