"""The public listener as it is served: the real words, lines, routes and groups, not a stand-in for them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.web.sites import public_site
from tests.browser.visitor import LAPTOP, PHONE, SLOW_3G
from tests.talking import House

pytestmark = pytest.mark.slow


@pytest.fixture
def public(tmp_path, serve, weather) -> Iterator[str]:
    house = House(tmp_path, HANDRAIL_EXIT_URL=weather)
    with serve(public_site(house.app)) as address:
        yield address + "/"
    house.app.store.close()


@pytest.fixture
def page(chromium: Browser, public: str, request) -> Iterator[Page]:
    context = chromium.new_context(viewport=getattr(request, "param", PHONE))
    opened = context.new_page()
    opened.goto(public)
    yield opened
    context.close()


def history(page: Page) -> list[str]:
    session = page.context.new_cdp_session(page)
    return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]


@pytest.mark.parametrize("page", [PHONE, LAPTOP], ids=["phone", "laptop"], indirect=True)
def test_there_are_four_ways_in_and_one_of_them_leads_to_a_group(page):
    ways = page.locator("#begin .ways > *")
    expect(ways).to_have_count(4)
    assert [name.strip() for name in page.locator("#begin .ways b").all_inner_texts()] == [
        "Ask something", "Take a lesson", "Something's wrong", "Join a group",
    ]  # fmt: skip
    expect(page.locator("#start a[href^='/join']")).to_have_count(1)


@pytest.mark.parametrize("how", ["click", "shift"])
@pytest.mark.parametrize("way", ["ask", "group"])
def test_leaving_leaves_nothing_of_this_site_in_the_history(page, public, weather, way, how):
    page.locator(f".way-{way}").click()
    if way == "group":
        page.wait_for_url("**/join?lang=en")
        expect(page.locator("#exit")).to_be_visible()
        page.wait_for_load_state("networkidle")
    if how == "click":
        page.locator("#exit").click()
    else:
        for _ in range(3):
            page.keyboard.press("Shift")
    page.wait_for_url(weather)
    assert [url for url in history(page) if url.startswith(public)] == []
    page.go_back()
    assert not page.url.startswith(public)


def test_a_deleted_chat_leads_back_to_all_ways_in_without_scripts_too(chromium, public):
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(public)
    page.locator(".way-ask").click()
    page.locator("#menu > summary").click()
    page.get_by_text("Delete this chat").click()
    page.get_by_role("button", name="Yes, delete").click()
    expect(page.locator(".way-group")).to_be_visible()
    context.close()


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_the_first_load_is_light_and_quick_on_slow_3g(page, public, lang):
    """With every region's lines and laws, and the group's way in, that the page really has.

    What the wire takes is reckoned from the bytes that Chromium received, so that a busy machine changes nothing: the rest
    of the page itself, one more round trip, and every file beside it. slow_line.py takes the time by the clock.
    """
    page.goto(f"{public}?lang={lang}", wait_until="load")
    entries = page.evaluate(
        "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map((one) => [one.initiatorType, one.transferSize])"
    )
    assert {kind for kind, _ in entries} <= {"navigation", "link", "script", "other"}, "no file is asked for by another file"
    total = sum(size for _, size in entries)
    assert len(entries) >= 5 and 10_000 < total <= 100_000
    took = SLOW_3G["latency"] + 1000 * total / SLOW_3G["downloadThroughput"]
    assert took <= 1000, f"{took:.0f} ms"


@pytest.mark.parametrize("region", ["CA", "US"])
def test_help_now_names_no_topic_to_somebody_who_has_asked_nothing(page, region):
    shown = page.locator(f"#help [data-region={region}] li").all_text_contents()
    assert len(shown) == 3 and "Trafficking" not in " ".join(shown)


def test_help_now_has_the_lines_of_every_region_that_the_directory_knows(page):
    page.locator("#help > summary").click()
    assert page.locator("#help .region").count() >= 7
    page.locator("#help .region summary", has_text="Canada").click()
    expect(page.get_by_role("link", name="Call 911").first).to_be_visible()
