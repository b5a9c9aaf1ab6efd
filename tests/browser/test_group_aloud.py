"""Reading aloud on the page of a group: what everybody in the room sees, and nothing that is one person's own."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.engine import Answer, Reply
from bot.groups.state import GroupState
from tests.browser.test_group_page import PHONE, SOON, Hall, hall
from tests.browser.test_reach import VOICE

__all__ = ["hall"]
pytestmark = pytest.mark.slow

LABEL = "Read messages aloud"
POLL = "What stands out to you? The gift. Nobody gets you like me. Nothing yet."


def opens_with_a_voice(hall: Hall, *, join: bool = True) -> Page:
    page = hall.browser.new_context(viewport=PHONE).new_page()
    page.add_init_script(f"({VOICE})()")
    page.goto(f"{hall.address}/join")
    return hall.joins(page) if join else page


def switches(page: Page, *, on: bool) -> None:
    page.locator("#menu > summary").click()
    page.get_by_label(LABEL).set_checked(on)
    page.keyboard.press("Escape")


def spoken(page: Page) -> list[str]:
    return list(page.evaluate("() => spoken"))


def test_the_step_is_read_with_its_options_when_it_is_switched_on_and_when_the_group_moves(hall: Hall) -> None:
    page = opens_with_a_voice(hall)
    assert spoken(page) == []
    switches(page, on=True)
    assert spoken(page)[0].endswith(POLL), spoken(page)
    hall.elsewhere(lambda: hall.room.is_(GroupState.CALM))
    expect(page.locator("#card")).to_contain_text("We stop for a moment", timeout=SOON)
    said = spoken(page)
    assert len(said) == 2 and said[1].startswith("We stop for a moment")
    switches(page, on=False)
    hall.elsewhere(lambda: hall.room.is_(GroupState.RUNNING))
    expect(page.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
    assert spoken(page) == said


def test_who_switches_it_on_before_joining_hears_the_first_step(hall: Hall) -> None:
    page = opens_with_a_voice(hall, join=False)
    switches(page, on=True)
    assert spoken(page) == []
    hall.joins(page)
    assert [text.endswith(POLL) for text in spoken(page)] == [True]


def test_an_answer_and_the_private_talk_are_never_read_out(hall: Hall) -> None:
    """The room would hear them."""
    page = opens_with_a_voice(hall)
    switches(page, on=True)
    page.locator("#card .choice").first.click()
    expect(page.locator("#card .after")).to_be_visible(timeout=SOON)
    hall.house.app.engine.answers = lambda turn: Answer((Reply("Thank you for telling me. Are you safe to text right now?"),))
    hall.writes(page, "my stepdad hits me")
    expect(page.locator("#log")).to_contain_text("Are you safe to text right now?", timeout=SOON)
    assert [text.endswith(POLL) for text in spoken(page)] == [True]
    page.locator("#menu > summary").click()
    expect(page.get_by_label(LABEL)).to_have_accessible_description(
        "What everybody sees is read out. What is only yours is not: others could hear it."
    )


def test_leaving_ends_the_voice_in_the_same_moment(hall: Hall, weather: str) -> None:
    page = opens_with_a_voice(hall)
    switches(page, on=True)
    page.route(weather, lambda route: None)
    before = page.evaluate("() => silenced")
    after = page.evaluate("() => { document.querySelector('#exit').click(); return silenced; }")
    assert after > before


def test_a_step_in_a_language_that_no_voice_here_speaks_is_left_to_the_eyes(hall: Hall) -> None:
    page = opens_with_a_voice(hall, join=False)
    page.evaluate("() => { speechSynthesis.getVoices = () => [{ localService: true, lang: 'fr-CA' }]; }")
    hall.joins(page)
    page.locator("#menu > summary").click()
    page.get_by_label(LABEL).click()
    expect(page.get_by_text("This browser has no voice of its own for this language.")).to_be_visible()
    expect(page.get_by_label(LABEL)).not_to_be_checked()
    assert spoken(page) == []
