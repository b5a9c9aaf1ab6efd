"""The private talk beside a group, on the smallest phone: an answer is seen where it begins, with as much of it as fits."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from bot.choices import Choice
from bot.engine import Answer, Reply
from tests.browser.test_group_page import SOON, Hall, hall

__all__ = ["hall"]
pytestmark = pytest.mark.slow

SMALLEST = {"width": 320, "height": 568}
NUMBER = Reply(
    "If you are in danger right now, call 911. I believe you. Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)."
)
ASKED = Reply("First: are you safe to text right now?", (Choice("Yes", "/yes", "A"), Choice("No", "/no", "B")))


def at_the_smallest(hall: Hall, *replies: Reply) -> Page:
    hall.house.app.engine.answers = lambda turn: Answer(replies)
    page = hall.joins(hall.opens(hall.browser.new_context(viewport=SMALLEST)))
    hall.writes(page, "my stepdad hits me")
    expect(page.locator("#log")).to_contain_text(replies[-1].text, timeout=SOON)
    return page


def in_sight(page: Page, selector: str, *, last: bool = False) -> tuple[bool, bool]:
    """Whether it begins below the bar, and whether it ends above the end of the screen."""
    found = page.locator(selector).last if last else page.locator(selector).first
    box, bar = found.bounding_box(), page.locator(".bar").bounding_box()
    assert box and bar
    return box["y"] >= bar["y"] + bar["height"], box["y"] + box["height"] <= SMALLEST["height"]


def test_an_answer_that_fits_is_seen_with_its_last_choice(hall: Hall) -> None:
    page = at_the_smallest(hall, ASKED)
    assert in_sight(page, "#log .bot") == (True, True)
    assert in_sight(page, "#log .choice", last=True) == (True, True)


def test_an_answer_that_does_not_fit_is_seen_from_where_its_number_stands(hall: Hall) -> None:
    page = at_the_smallest(hall, NUMBER, Reply("None of this is your fault, and you're not in trouble. " * 5), ASKED)
    assert in_sight(page, "#log .bot")[0], "the first words of it, not the last"
    assert in_sight(page, "#log .bot a[href='tel:911']") == (True, True)


def test_whoever_is_elsewhere_on_the_page_is_not_moved(hall: Hall) -> None:
    page = hall.joins(hall.opens(hall.browser.new_context(viewport=SMALLEST)))
    hall.house.app.engine.answers = lambda turn: Answer((ASKED,))
    page.locator("#me-text").fill("my stepdad hits me")
    page.locator("#me-text").press("Enter")
    page.locator("#card .choice").first.focus()
    before = page.evaluate("() => scrollY")
    hall.settles()
    expect(page.locator("#log .choice").last).to_be_attached(timeout=SOON)
    assert page.evaluate("() => scrollY") == before
