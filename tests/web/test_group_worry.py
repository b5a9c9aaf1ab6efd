"""A facilitator who is worried about the group: the desk has it, and answers on their page."""

from __future__ import annotations

import html
import re

import pytest

from bot.safety.verdict import Level
from tests.talking import Clock, Desk, House, settle
from tests.web.group_people import Facilitator, leading


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


def test_a_worry_about_the_group_reaches_the_desk_and_the_desk_answers_on_the_page(
    house: House, fay: Facilitator, desk: Desk
) -> None:
    fay.does("worry", words="Two of them have gone quiet after the story", how_soon="soon")
    card = desk.sees_case(level="high", state="queued")
    assert "gone quiet" in desk.opens(card).transcript[0].text
    desk.accepts(card)
    desk.says(card, "I can come to your room in ten minutes.")
    assert "I can come to your room in ten minutes." in fay.page()
    fay.does("worry", words="Thank you", how_soon="soon")
    assert len(house.desk("Kit").queue()) == 0


def test_who_waits_for_the_desk_reads_where_it_stands_and_no_words_for_young_people(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    assert "nobody was on shift" in fay.page()
    house.desk("Kit").is_here()
    assert "somebody was on shift" in fay.page()
    clock.passes(minutes=30)
    fay.signs_in()
    fay.does("worry", words="Two of them have gone quiet", how_soon="soon")
    said = talk_of(fay)
    assert said[-1] == (house.app.settings.service_name, "The desk has this. Nobody has taken it yet.")
    for _ in range(30):
        clock.passes(minutes=1)
        house.app.outbox.sweep()
        settle(house.app)
    fay.signs_in()
    said = talk_of(fay)
    assert [who for who, _ in said] == ["You", house.app.settings.service_name]
    assert "Nobody has come yet. Use the duty card" in said[-1][1]


def talk_of(fay: Facilitator) -> list[tuple[str, str]]:
    """Who said what, under "You and the desk"."""
    talk = re.findall(r'worry-talk">(.*?)</ul>', fay.page(), re.DOTALL)[0]
    return [(who, html.unescape(text)) for who, text in re.findall(r"<b>(.*?):</b> (.*?)</li>", talk)]


def test_a_worry_counts_as_what_its_words_show_where_less_was_chosen(house: House, fay: Facilitator, desk: Desk) -> None:
    fay.does("worry", words="One of them says she is going to kill herself tonight, she has the pills", how_soon="soon")
    desk.sees_case(level="imminent")


@pytest.mark.parametrize("accepted", [False, True])
def test_a_worry_that_grows_raises_the_case_that_is_open(house: House, fay: Facilitator, desk: Desk, accepted: bool) -> None:
    fay.does("worry", words="Two of them have gone quiet after the story", how_soon="soon")
    card = desk.sees_case(level="high", state="queued")
    if accepted:
        desk.accepts(card)
    fay.does("worry", words="One of them has run out and left a note", how_soon="now")
    with house.app.store.read() as work:
        case = work.cases.get(card.id)
        assert case.level is Level.IMMINENT and case.state.value == ("accepted" if accepted else "queued")
        assert accepted or case.deadline_at == work.now, "whoever is on call is told at once"
