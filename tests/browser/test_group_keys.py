"""A group by keyboard and for the ear: nothing that is pressed loses its place, on a young person's page and a facilitator's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import test_group
from tests.browser.test_group_page import SOON, Hall, hall  # noqa: F401 - the fixture
from tests.browser.town import open_town
from tests.browser.walkthrough import heard, heard_written, stops, stops_written
from tests.talking import PASSWORD, House

pytestmark = pytest.mark.slow

FOCUSED = "() => document.activeElement.id || document.activeElement.textContent"
WATCH = """() => { window.changed = []; new MutationObserver((all) => all.forEach((one) => window.changed.push(
    ...[...one.addedNodes].map((node) => node.textContent)))).observe(document.querySelector('#card'), { childList: true, subtree: true }); }"""


def presses(page: Page, label: str) -> None:
    page.get_by_role("button", name=label).focus()
    page.keyboard.press("Enter")


def test_joining_puts_the_focus_on_the_step_and_an_answer_leaves_it_where_it_was(hall: Hall) -> None:  # noqa: F811
    page = hall.opens()
    page.locator("#code").fill(hall.room.code)
    page.keyboard.press("Enter")
    expect(page.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
    assert page.evaluate(FOCUSED) == "card"
    page.evaluate(WATCH)
    presses(page, "The gift")
    expect(page.locator("#card .after")).to_contain_text("Gifts can be kind", timeout=SOON)
    assert "The gift" in page.evaluate(FOCUSED), "the next Tab is the next option, and not the way out"
    changed = page.evaluate("() => window.changed")
    assert len(changed) == 1 and "Gifts can be kind" in changed[0], "the question is not read out again"


def test_when_the_group_moves_on_the_focus_waits_at_its_next_step(hall: Hall) -> None:  # noqa: F811
    page = hall.joins(hall.opens())
    page.get_by_role("button", name="The gift").focus()
    hall.elsewhere(lambda: hall.room.goes_to("lesson:pressure"))
    expect(page.locator("#card")).not_to_contain_text("What stands out to you?", timeout=SOON)
    assert page.evaluate(FOCUSED) == "card"


def test_leaving_by_keyboard_ends_at_the_top_of_the_page_that_is_left(hall: Hall) -> None:  # noqa: F811
    page = hall.joins(hall.opens())
    presses(page, "Leave the group")
    assert page.evaluate(FOCUSED) == "main"


@pytest.mark.parametrize("state", ["join", "seat"])
def test_the_stops_and_what_is_heard_on_the_page_of_a_group_are_written_down(hall: Hall, state: str) -> None:  # noqa: F811
    page = hall.opens()
    if state == "seat":
        hall.joins(page)
        assert page.evaluate(FOCUSED) == "card"
    else:
        expect(page.locator("#keep-part")).to_be_visible()
    assert (stops(page), re.sub(r"You are .+? here", "You are Otter 42 here", heard(page))) == (
        stops_written(state), heard_written(state),
    )  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_town(tmp_path) as made:
        yield made


def test_a_facilitators_button_keeps_the_focus_while_the_page_is_fresh_again_and_again(house: House, chromium: Browser) -> None:
    settings = house.app.settings
    room = test_group.Hall(
        chromium, settings.public.url, settings.staff.url, house.desk("Fay", "facilitator").me.username, PASSWORD
    )
    code = room.opens()
    room.presses("Start")
    young = room.joins(code)
    young.locator("#box-fold summary").click()
    young.locator("#box-text").fill("is it normal to be afraid")
    young.locator("#box-form button").click()
    expect(young.locator("#log")).to_contain_text("It's in the box", timeout=SOON)
    test_group.beside(lambda: house.app.clock.passes(minutes=3))
    show = room.room.get_by_role("button", name="Show it")
    expect(show).to_be_visible(timeout=SOON)
    show.focus()
    room.joins(code)
    expect(room.room.locator(".tiles")).to_contain_text("2", timeout=SOON)
    assert room.room.evaluate(FOCUSED).startswith("release-")
    room.room.keyboard.press("Enter")
    expect(room.room.get_by_role("button", name="Take it down")).to_be_visible(timeout=SOON)
    assert room.room.evaluate(FOCUSED) == "box-h", "its button is gone; the list is not"
