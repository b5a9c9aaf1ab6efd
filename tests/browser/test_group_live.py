"""The facilitator's page in a real Chromium when the network or the server fails: it comes back, and says what did nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.test_group import LAPTOP, SOON, Hall, beside
from tests.browser.town import open_town
from tests.talking import PASSWORD, House

pytestmark = pytest.mark.slow


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_town(tmp_path) as made:
        yield made


@pytest.fixture
def hall(house: House, chromium: Browser) -> Hall:
    settings = house.app.settings
    made = Hall(chromium, settings.public.url, settings.staff.url, house.desk("Fay", "facilitator").me.username, PASSWORD)
    made.opens()
    return made


def test_a_bad_gateway_in_between_ends_no_page(hall: Hall) -> None:
    troubles = [502, 502]

    def door(route: Route) -> None:
        route.fulfill(status=troubles.pop(), body="bad gateway") if troubles else route.continue_()

    hall.room.route("**/events?*", door)
    hall.room.reload()
    expect(hall.room.locator("#lost")).to_be_visible(timeout=SOON)
    expect(hall.room.locator("#lost")).to_be_hidden(timeout=SOON)
    assert not troubles
    hall.presses("Start")
    expect(hall.room.locator(".tiles")).to_contain_text("running", timeout=SOON)


def test_what_the_server_refuses_is_said_and_what_never_reached_it_loads_no_page_anew(hall: Hall) -> None:
    stale = hall.room.context.new_page()
    stale.set_viewport_size(LAPTOP)
    stale.route("**/events?*", lambda route: route.abort())
    stale.goto(hall.address)
    stale.evaluate("() => { window.sameSince = true }")
    stale.route("**/move", lambda route: route.abort())
    stale.get_by_role("button", name="Start", exact=True).click()
    expect(stale.locator("#told")).to_contain_text("did not reach the server", timeout=SOON)
    hall.presses("Start")
    expect(hall.room.locator(".tiles")).to_contain_text("running", timeout=SOON)
    stale.unroute("**/move")
    stale.get_by_role("button", name="Start", exact=True).click()
    expect(stale.locator("#told")).to_contain_text("This group is running, so it cannot start now.", timeout=SOON)
    assert stale.evaluate("() => window.sameSince")


def test_a_facilitator_whose_session_is_over_is_told_so(hall: Hall, house: House) -> None:
    beside(lambda: house.app.clock.passes(hours=14))
    hall.presses("Start")
    expect(hall.room.locator("#told")).to_contain_text("You are signed out", timeout=SOON)


def test_a_colleague_whose_link_is_ended_sees_nothing_of_the_group_any_more_on_page_and_projector(
    hall: Hall, house: House, chromium: Browser
) -> None:
    settings = house.app.settings
    username = house.desk("Ola", "facilitator").me.username
    ola = Hall(chromium, settings.public.url, settings.staff.url, username, PASSWORD)
    hall.room.get_by_text("Lead it together").click()
    ola.room.goto(hall.room.locator(".link-text").inner_text())
    ola.room.get_by_role("button", name="Come in").click()
    expect(ola.room.locator(".tiles")).to_contain_text("gathering", timeout=SOON)
    wall = ola.room.context.new_page()
    wall.goto(hall.address + "/screen")
    expect(wall.locator("#live")).to_contain_text("No name", timeout=SOON)
    hall.presses("End this link")
    for page in (ola.room, wall):
        expect(page.locator("#told")).to_contain_text("Thank you for leading it.", timeout=SOON)
        expect(page.locator("#live")).to_be_empty()
        expect(page.locator("#lost")).to_be_hidden()
    ola.room.reload()
    expect(ola.room.get_by_role("alert")).to_contain_text("has ended, so it is closed to you now")
    hall.room.get_by_text("Lead it together").click()
    hall.presses("Make a new link")
    hall.presses("Start")
    expect(hall.room.locator(".tiles")).to_contain_text("running", timeout=SOON)
