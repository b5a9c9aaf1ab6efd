"""What a facilitator reads first: the box and the cloud show nothing before it was released, and no name then."""

from __future__ import annotations

import re

import pytest

from tests.talking import House
from tests.web.group_people import Facilitator, Young, leading

DANGER = "my stepdad hits me"


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


def test_the_box_shows_nothing_before_it_is_released_and_then_no_name(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("what if Kevin texts me from 416 555 0133", "box")
    assert "texts me from" not in fay.page("/screen")
    room = fay.page()
    assert "texts me from" not in room, "what came just now rests"
    room = fay.reads_first()
    assert "what if [name] texts me from [phone]" in room and "Kevin" not in room and "0133" not in room
    text_id = re.findall(r'name="text" value="(\d+)"', room)[0]
    fay.does("text", text=text_id, do="release")
    assert "what if [name] texts me from [phone]" in fay.page("/screen")
    fay.does("text", text=text_id, do="drop")
    assert "texts me from" not in fay.page("/screen")


def test_what_still_rests_cannot_be_released_by_guessing_its_number(house: House, fay: Facilitator) -> None:
    Young(house, fay.code).writes("how do you know who to trust", "box")
    with house.app.store.read() as work:
        waiting = work.group_answers.texts(fay.group, "held")[0]
    fay.does("text", text=waiting.id, do="release")
    assert waiting.text not in fay.page("/screen")


def test_what_was_read_before_stays_when_its_writer_shows_danger_later(house: House, fay: Facilitator) -> None:
    """Else the page would change by it."""
    young = Young(house, fay.code)
    young.writes("how do you know who to trust", "box")
    before = fay.reads_first()
    assert "how do you know who to trust" in before
    young.writes(DANGER, "me", "2")
    assert fay.page() == before


def test_words_for_the_cloud_are_shown_after_they_were_read(house: House, fay: Facilitator) -> None:
    fay.goes_to("also:one_word")
    young = Young(house, fay.code)
    young.writes("They listen", "step")
    assert "they listen" not in fay.page("/screen")
    fay.does("text", text=re.findall(r'name="text" value="(\d+)"', fay.reads_first())[0], do="release")
    assert "<li>they listen</li>" in fay.page("/screen")


def test_a_text_is_released_once_and_one_that_was_dropped_never_comes_back(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("how do you know who to trust", "box")
    text_id = re.findall(r'name="text" value="(\d+)"', fay.reads_first())[0]
    for do in ("release", "release", "drop"):
        fay.does("text", text=text_id, do=do)
    assert "From the box" not in fay.page("/screen")
    fay.does("text", text=text_id, do="release")
    assert "From the box" not in fay.page("/screen")


def test_one_seat_cannot_bury_the_box(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    for number in range(13):
        young.writes(f"how do you know who to trust {'so' * number}", "box", str(number))
    assert fay.reads_first().count('value="release"') == 10
    assert "waiting to be read" in young.lines()[-1].text
