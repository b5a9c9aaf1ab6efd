"""Quick exit and shared devices in a real Chromium: what is left after somebody left."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import LAPTOP, PHONE, SMALL, comes, hold

pytestmark = pytest.mark.slow

KEPT = (
    "async () => [document.cookie, localStorage.length, sessionStorage.length, (await caches.keys()).length,"
    " (await indexedDB.databases()).length, (await navigator.serviceWorker.getRegistrations()).length]"
)
NOTHING = ["", 0, 0, 0, 0, 0]


def left_behind(page: Page, address: str) -> list[list[object]]:
    """What is kept on the device, as the tab that was left sees it and as a new one does."""
    page.goto(address)
    new = page.context.new_page()
    new.goto(address)
    return [page.evaluate(KEPT), new.evaluate(KEPT)]


def shift_three_times(page) -> None:
    for _ in range(3):
        page.keyboard.press("Shift")


@pytest.mark.parametrize("path", ["", "nothing-here", "now", "?lang=fr"])
def test_three_presses_of_shift_leave_every_page(visit, address, weather, path):
    visitor = visit()
    visitor.page.goto(address + path)
    expect(visitor.page.locator("#exit")).to_be_visible()
    visitor.page.wait_for_load_state("networkidle")
    shift_three_times(visitor.page)
    visitor.page.wait_for_url(weather)


@pytest.mark.parametrize("how", ["click", "shift"])
@pytest.mark.parametrize("path", ["", "now"])
def test_an_old_browser_leaves_too(visit, address, weather, path, how):
    """iOS 12 and 13 have no ``replaceChildren``."""
    visitor = visit()
    visitor.page.add_init_script(
        "for (const one of [Element, Document, DocumentFragment]) delete one.prototype.replaceChildren;"
    )
    visitor.page.goto(address + path)
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.locator("#exit").click() if how == "click" else shift_three_times(visitor.page)
    visitor.page.wait_for_url(weather)


@pytest.mark.parametrize("viewport", [SMALL, PHONE, LAPTOP], ids=["small", "phone", "laptop"])
def test_leaving_works_before_the_script_of_the_chat_has_come(visit, address, weather, viewport):
    visitor = visit(viewport)
    visitor.page.route("**/youth.js", lambda route: None)  # held back for ever
    visitor.page.goto(address, wait_until="commit")
    expect(visitor.page.locator("#exit")).to_be_visible()
    visitor.page.wait_for_function("() => performance.getEntriesByName(location.origin + '/static/exit.js').length")
    visitor.page.wait_for_timeout(100)
    shift_three_times(visitor.page)
    visitor.page.wait_for_url(weather)
    assert not [url for url in visitor.history() if url.startswith(address)]


def test_a_chat_of_plain_forms_whose_script_is_late_is_forgotten_too(visit, address, weather):
    visitor = visit()
    visitor.page.route("**/youth.js", lambda route: route.abort())
    visitor.page.goto(address)
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.locator("#exit").click()
    visitor.page.wait_for_url(weather)
    visitor.forgets()
    assert visitor.app.chat.forgotten == ["t1"]


def test_nothing_is_left_in_storage_cookies_cache_or_history(visit, address, weather):
    visitor = visit()
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    token = visitor.app.chat.threads["t1"].token
    visitor.page.locator("#exit").click()
    visitor.page.wait_for_url(weather)
    assert not [url for url in visitor.history() if url.startswith(address)]
    assert visitor.page.context.cookies() == []
    assert left_behind(visitor.page, address) == [NOTHING, NOTHING]
    visitor.forgets()
    assert visitor.app.chat.thread_of(token) is None
    assert visitor.page.evaluate(
        "() => performance.getEntriesByType('resource').every((one) => one.transferSize > 0)"
    )  # none cached


def test_leaving_while_the_chat_is_being_opened_sends_no_words_and_forgets_it(visitor, weather):
    visitor.page.route(weather, lambda route: None)  # slow: the page lives on until it answers
    held = hold(visitor.page, "**/chat/threads")
    visitor.starts()
    visitor.says("i am scared")
    opening = comes(visitor.page, held)
    visitor.page.locator("#exit").click(no_wait_after=True)
    opening.continue_()
    visitor.forgets()
    visitor.page.wait_for_timeout(300)
    assert visitor.said() == [] and visitor.app.chat.forgotten == ["t1"]


WALKS = {
    "lines, another language, first page": ("now", ["Français", "Aller à la première page"]),
    "wrong address, start again, a language": ("nothing-here", ["Start again", "Español"]),
    "a language, then the group": ("?lang=fr", ["English", "Join a group"]),
}


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_through_our_pages_is_one_line_of_history_and_leaving_takes_it(visit, address, weather, walk):
    path, links = WALKS[walk]
    visitor = visit()
    page = visitor.page
    page.goto(weather)
    page.goto(address + path)
    for link in links:
        page.wait_for_load_state("networkidle")
        was = page.url
        page.get_by_role("link", name=link).first.click()
        page.wait_for_url(lambda url, was=was: url != was)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    ours = [url for url in visitor.history() if url.startswith(address)]
    assert len(ours) == 2, "the first visit of this test, and the walk"
    if "group" in walk:
        return  # the group's page of this stand-in has no way out; the real one is in test_public_site.py
    page.wait_for_load_state("networkidle")
    shift_three_times(page)
    page.wait_for_url(weather)
    assert [url for url in visitor.history() if url.startswith(address)] == [address], "only the visit before the walk"


def test_the_words_are_gone_from_the_page_at_once_while_the_other_site_is_slow(visit, weather):
    visitor = visit()
    visitor.starts()
    visitor.says("i am scared")
    visitor.sees("I believe you")
    visitor.page.route(weather, lambda route: None)
    left = visitor.page.evaluate(
        "() => { const from = performance.now(); document.querySelector('#exit').click();"
        " return [document.documentElement.innerText, document.title, performance.now() - from]; }"
    )
    assert left[0].strip() == "" and left[1] == "Notes" and left[2] < 150


SHIFT_THREE_TIMES = """() => {
    const now = () => performance.timeOrigin + performance.now(), from = now();
    for (let n = 0; n < 3; n++) document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'Shift', bubbles: true }));
    return [from, document.body.childElementCount ? null : now()]; }"""


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_the_third_shift_empties_the_page_and_asks_for_the_other_site_within_150_ms(visit, weather, viewport):
    visitor = visit(viewport)
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    pressed, emptied = visitor.page.evaluate(SHIFT_THREE_TIMES)
    assert emptied and emptied - pressed < 150
    visitor.page.wait_for_url(weather)
    assert visitor.page.evaluate("() => performance.timeOrigin") - pressed < 150, "when the way to the other site began"


def test_without_scripts_one_line_a_message_stays_in_the_history_without_words(visit, address):
    """That this is said is in tests/web/test_youth_page.py: Chromium's switch for tests leaves <noscript> unread."""
    visitor = visit(java_script_enabled=False)
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    visitor.chooses("Notice it and slow down")
    visitor.sees("Kind people can wait")
    visitor.page.get_by_role("button", name="Quick exit").click()
    expect(visitor.page.get_by_role("heading", name="Sunny")).to_be_visible()
    ours = [url for url in visitor.history() if url.startswith(address)]
    assert ours == [address, address + "talk", address + "talk"]


def test_what_leaving_cannot_hide_is_said_on_the_first_screen_and_in_the_chat(visitor):
    fold = visitor.page.locator("#start").get_by_text("On a shared or watched phone?")
    fold.click()
    expect(visitor.page.locator("#start").get_by_text("It can't hide everything.")).to_be_visible()
    visitor.starts()
    visitor.page.locator("#menu > summary").click()
    visitor.page.locator("#menu").get_by_text("On a shared or watched phone?").click()
    expect(visitor.page.locator("#menu").get_by_text("It can't hide everything.")).to_be_visible()


def test_a_way_back_brings_the_chat_into_another_tab_and_the_old_tab_says_so(visitor, address):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    way_back = visitor.keeps_a_way_back("otter")
    assert way_back == "otter 482 716"
    other = visitor.in_another_tab(address)
    other.comes_back(way_back)
    other.sees("someone builds trust")
    other.says("lesson please")
    other.sees("lesson please")
    visitor.sees("goes on in another tab")
    expect(visitor.page.get_by_label("Write here")).to_be_hidden()
    assert visitor.errors == []


def test_whoever_kept_a_way_back_is_warned_first_and_leaving_keeps_the_chat(visitor, address, weather):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    way_back = visitor.keeps_a_way_back("otter")
    visitor.page.locator("#menu > summary").click()
    expect(visitor.page.get_by_text("Anyone who knows both can read this chat.")).to_be_visible()
    visitor.page.locator("#exit").click()
    visitor.page.wait_for_url(weather)
    assert left_behind(visitor.page, address) == [NOTHING, NOTHING]
    other = visitor.in_another_tab(address)
    other.comes_back(way_back)
    other.sees("someone builds trust")
    assert visitor.app.chat.forgotten == []


def test_a_way_back_that_leads_nowhere_and_a_word_that_does_not_fit_are_said(visitor):
    visitor.comes_back("otter 000 000")
    expect(visitor.page.get_by_text("No chat has that word and number.")).to_be_visible()
    visitor.starts()
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Come back later").click()
    visitor.page.get_by_label("Your private word").fill("two words")
    visitor.page.get_by_role("button", name="Keep a way back").click()
    expect(visitor.page.locator("#way-back")).to_have_text("Use one word of 3 to 20 letters.")


def test_a_way_back_without_a_network_says_what_did_not_work(visitor):
    visitor.page.route("**/chat/way-back", lambda route: route.abort())
    visitor.comes_back("otter 482 716")
    expect(visitor.page.locator("#notice")).to_have_text("That did not work. Check your connection and try again.")
    visitor.starts()
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Come back later").click()
    visitor.page.get_by_label("Your private word").fill("otter")
    visitor.page.get_by_role("button", name="Keep a way back").click()
    expect(visitor.page.locator("#way-back")).to_have_text("That did not work. Check your connection and try again.")


def test_a_way_back_works_without_scripts(visit):
    visitor = visit(java_script_enabled=False)
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Come back later").click()
    visitor.page.get_by_label("Your private word").fill("otter")
    visitor.page.get_by_role("button", name="Keep a way back").click()
    expect(visitor.page.locator("main .notice:not([hidden])")).to_contain_text("Your way back: otter 482 716.")
    visitor.page.locator("#exit").click()
    expect(visitor.page.get_by_role("heading", name="Sunny")).to_be_visible()
    assert visitor.app.chat.forgotten == []
