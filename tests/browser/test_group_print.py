"""A group's summary on paper: everything that was asked, on one sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route

from tests.talking import House
from tests.web.group_people import Facilitator, Young

pytestmark = pytest.mark.slow

STATIC = Path(__file__).resolve().parents[2] / "bot" / "web" / "static"


def whole_summary(house: House) -> str:
    """Of a group that was asked all that can be asked, and answered everything."""
    fay = Facilitator(house)
    fay.opens(also=["arrive", "one_word", "who_could_help", "leave", "questions"])
    fay.does("move", event="start")
    everybody = [Young(house, fay.code) for _ in range(12)]
    for step in house.app.group_lessons.steps(fay.subject):
        if step.counted:
            fay.goes_to(step.id)
            for number, young in enumerate(everybody):
                assert young.answers(step.id, step.options[0 if number < 7 else 1]).status_code == 200
    fay.does("move", event="end")
    return fay.page("/summary")


def on_paper(browser: Browser, html: str) -> bytes:
    """The page as a PDF, with the style sheets of this site."""

    def site(route: Route) -> None:
        name = route.request.url.partition("/static/")[2].partition("?")[0]
        if name:
            route.fulfill(path=STATIC / name)
        else:
            route.fulfill(body=html, content_type="text/html")

    page = browser.new_page()
    page.route("**/*", site)
    page.goto("http://handrail.test/summary")
    return page.pdf(format="A4")


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Made before the browser starts: while that runs, no other event loop can be started here."""
    house = House(tmp_path_factory.mktemp("summary"))
    made = whole_summary(house)
    house.app.store.close()
    return made


def test_a_whole_summary_is_one_or_two_pages_of_a4(html: str, chromium: Browser) -> None:
    assert html.count('class="poll"') >= 10, "else it is no whole one"
    pages = len(re.findall(rb"/Type\s*/Page\b", on_paper(chromium, html)))
    assert 1 <= pages <= 2, pages
