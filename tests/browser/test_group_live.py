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
    beside(lambda: house.app.clock.passes(hours=13))
    hall.presses("Start")
    expect(hall.room.locator("#told")).to_contain_text("You are signed out", timeout=SOON)
