"""What waits on disk: whose texts are taken in first, and that no number, file or disk keeps the others waiting."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from bot.channels.base import Inbound
from bot.intake import A_FEW
from tests.talking import Desk, House, settle
from tests.test_intake import down, heard, text


def taken_in(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is taken in from now on, in its order."""
    taken: list[str] = []
    receive = house.app.conversation.receive
    monkeypatch.setattr(house.app.conversation, "receive", lambda inbound: (taken.append(inbound.text), receive(inbound))[1])
    return taken


def test_of_what_waits_on_disk_numbers_with_something_urgent_go_first_each_in_its_order(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        for number, words in (
            (1, "one"),
            (2, "two"),
            (3, "he said"),
            (1, "three"),
            (3, "i want to die"),
            (4, "STOP"),
            (5, "person"),
        ):
            house.app.intake.text(text(words, f"+1500555013{number}"))
    taken = taken_in(house, monkeypatch)
    assert house.app.intake.drain() == 7
    assert taken == ["he said", "i want to die", "STOP", "person", "one", "two", "three"]
    desk.sees_case(level="high")
    assert house.app.spool.waiting() == []


@pytest.mark.parametrize("first", ["STOP", "FORGET ME", "what is grooming?"])
def test_danger_on_disk_never_overtakes_what_the_same_phone_said_before(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("hello", "+15005550124"))
        house.app.intake.text(text(first))
        house.app.intake.text(text("i want to die"))
    taken = taken_in(house, monkeypatch)
    house.app.intake.drain()
    assert taken == [first, "i want to die", "hello"]
    settle(house.app)
    desk.sees_case(level="high")


def test_another_number_is_not_kept_waiting_by_what_lies_on_disk_once_the_database_is_well(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        house.app.intake.text(text("one"))
    house.app.intake.text(text("hello", "+15005550124"))
    assert len(house.app.spool.waiting()) == 2, "nothing was taken in since it failed"
    house.app.intake.drain()
    house.app.intake.late_text(text("two"), crowded=True)
    house.app.intake.text(text("hello again", "+15005550124"))
    house.app.intake.text(text("three"))
    assert heard(house, "+15005550124") == ["hello", "hello again"] and heard(house) == ["one"]
    house.app.intake.drain()
    assert heard(house) == ["one", "two", "three"]


def test_of_a_file_of_an_older_version_nobody_can_tell_whose_it_is(house: House) -> None:
    house.app.intake.late_text(text("one"), crowded=True)
    (file,) = house.app.spool.waiting()
    moment, _, token = file.name.split("-")
    file.rename(file.with_name(f"{moment}-{token}"))
    house.app.intake.text(text("hello", "+15005550124"))
    assert len(house.app.spool.waiting()) == 2
    house.app.intake.drain()
    assert heard(house) == ["one"] and heard(house, "+15005550124") == ["hello"]


def test_in_a_crowd_nobody_hears_that_something_is_broken(house: House) -> None:
    assert house.app.intake.late_text(text("hello"), crowded=True) is None
    assert house.app.intake.text(text("anyone?")) is None
    house.app.intake.drain()
    assert heard(house) == ["hello", "anyone?"]


def test_a_file_that_cannot_be_read_keeps_no_other_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        house.app.intake.late_text(text(str(number), f"+1500555013{number}"), crowded=True)
    broken, read = house.app.spool.waiting()[0], Path.read_bytes

    def reading(file: Path) -> bytes:
        if file == broken:
            raise OSError(errno.EIO, "Input/output error")
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", reading)
    assert house.app.intake.drain() == 2 and house.app.spool.waiting() == [broken]


def test_a_disk_that_gives_nothing_up_does_not_keep_the_drain_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.app.intake.late_text(text("hello"), crowded=True)

    def refuses(file: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(house.app.spool, "done", refuses)
    assert house.app.intake.drain() == 0 and heard(house) == ["hello"]


@pytest.mark.parametrize(("words", "urgency"), [("STOP", 2), ("person", 2), ("1", 1), ("on it", 1), ("i want to die", 2)])
def test_who_goes_first_where_many_wait(house: House, words: str, urgency: int) -> None:
    assert house.app.intake.urgency(text(words)) == urgency


def test_danger_that_comes_while_the_disk_is_emptied_is_taken_in_soon(
    house: House, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with down(house, monkeypatch):
        for number in range(3 * A_FEW):
            house.app.intake.text(text("hello", f"+150055502{number:02}", sid=str(number)))
    taken = taken_in(house, monkeypatch)
    receive = house.app.conversation.receive

    def receiving(inbound: Inbound) -> object:
        if len(taken) == 2:
            house.app.intake.late_text(text("i want to die"))
        return receive(inbound)

    monkeypatch.setattr(house.app.conversation, "receive", receiving)
    assert house.app.intake.drain() == 3 * A_FEW + 1
    assert taken.index("i want to die") == A_FEW


def test_a_text_that_cannot_be_glanced_at_is_urgent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.app.conversation._looks._screening, "_screening", None)
    assert house.app.intake.urgency(text("hello")) == 2
