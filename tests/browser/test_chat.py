"""The youth page in a real Chromium: each promise of the page is a test."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import AXE, LAPTOP, PHONE, Visitor, clean, comes, hold
from tests.web.fakes import site

pytestmark = pytest.mark.slow

BUSY = "Failed to load resource"


@pytest.mark.parametrize("viewport", [PHONE, {"width": 320, "height": 568}, LAPTOP], ids=["phone", "small", "laptop"])
def test_who_this_is_and_what_is_private_is_on_the_first_screen_before_any_box(visit, viewport):
    page = visit(viewport).page
    for words in ("I'm a bot with real people behind me", "We don't ask your name"):
        expect(page.locator("#start .promises").get_by_text(words)).to_be_in_viewport(ratio=1)
    expect(page.get_by_label("Write here")).to_be_hidden()
    expect(page).to_have_title("Notes")


def test_a_message_gets_its_answer_and_band_and_region_travel_with_it(visitor):
    visitor.page.get_by_label("13-15").check()
    visitor.page.get_by_label("Where you live").select_option("CA")
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    assert visitor.app.chat.threads["t1"].opened_with == ("13-15", "CA", "en")
    assert visitor.said() == ["what is grooming"]
    assert visitor.errors == []


def test_a_lesson_is_taken_by_buttons_and_old_buttons_rest(visitor):
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    visitor.chooses("Notice it and slow down")
    visitor.sees("Kind people can wait")
    assert visitor.said() == ["LESSONS", "B"]
    mine = visitor.page.locator(".said.you .text")
    expect(mine.last).to_have_text("Notice it and slow down")
    first = visitor.page.locator(".choices").first
    expect(first.get_by_role("button", name="Tell someone I trust")).to_be_disabled()
    expect(first.get_by_role("button", name="Notice it and slow down")).to_have_attribute("aria-pressed", "true")
    visitor.says("c")
    visitor.sees("Grooming is when")
    assert visitor.errors == []


def test_a_person_who_joins_is_announced_by_first_name_and_the_bot_line_returns(visitor):
    visitor.starts("wrong")
    visitor.sees("I believe you")
    visitor.chooses("Yes")
    here = visitor.page.locator("#with")
    expect(here).to_have_text("Sam is here. A real person.")
    visitor.sees("Sam, a person")
    visitor.app.chat.add("t1", "bot", "Sam has gone. I'm the bot again.")
    expect(here).to_have_text("You're talking with the bot")


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
@pytest.mark.parametrize("how", ["click", "shift"])
def test_quick_exit_leaves_no_way_back_and_the_server_forgets(visit, viewport, how, weather, address):
    visitor = visit(viewport)
    visitor.starts()
    visitor.says("i am scared")
    visitor.sees("I believe you")
    if how == "click":
        visitor.page.get_by_role("link", name="Quick exit").click()
    else:
        for _ in range(3):
            visitor.page.keyboard.press("Shift")
    visitor.page.wait_for_url(weather)
    assert not [url for url in visitor.history() if url.startswith(address)]
    visitor.page.go_back()
    assert not visitor.page.url.startswith(address)
    for _ in range(50):
        if visitor.app.chat.forgotten:
            break
        visitor.page.wait_for_timeout(20)
    assert visitor.app.chat.forgotten == ["t1"]


def test_quick_exit_empties_the_page_within_150_ms_even_when_the_other_site_is_slow(visit, weather):
    visitor = visit()
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    visitor.page.route(weather, lambda route: None)  # the other site never answers
    took = visitor.page.evaluate(
        "() => { const from = performance.now(); document.querySelector('#exit').click();"
        " return document.body.childElementCount === 0 ? performance.now() - from : 9999; }"
    )
    assert took < 150


def test_typing_capitals_never_leaves(visitor):
    visitor.starts()
    visitor.page.get_by_label("Write here").focus()
    for key in ("Shift+A", "Shift+B", "Shift+C"):
        visitor.page.keyboard.press(key)
    expect(visitor.page.get_by_label("Write here")).to_have_value("ABC")


@pytest.mark.parametrize("panel", ["Help now", "Options"])
def test_nothing_ever_covers_quick_exit(visit, panel):
    page = visit({"width": 320, "height": 568}).page
    page.locator("summary", has_text="Aa" if panel == "Options" else panel).first.click()
    assert page.evaluate(
        "() => { const box = document.querySelector('#exit').getBoundingClientRect();"
        " const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);"
        " return top.id === 'exit' && box.right <= innerWidth && box.top >= 0; }"
    )


def test_quick_exit_is_the_first_stop_of_the_keyboard(visitor):
    visitor.page.keyboard.press("Tab")
    expect(visitor.page.locator("#exit")).to_be_focused()


def test_a_message_written_without_a_network_waits_and_is_sent_once(visitor):
    visitor.starts()
    visitor.says("first")
    visitor.sees("Grooming is when")
    visitor.page.context.set_offline(True)
    visitor.says("second")
    expect(visitor.page.locator("#connection")).to_contain_text("No connection.")
    visitor.sees("Not sent yet. I keep trying.")
    assert visitor.said() == ["first"]
    visitor.page.context.set_offline(False)
    expect(visitor.page.locator(".said.you[data-seq]")).to_have_count(2, timeout=20_000)
    assert visitor.said() == ["first", "second"]
    assert [e for e in visitor.errors if BUSY not in e] == []


def test_an_answer_that_is_lost_on_the_way_does_not_double_the_message(visitor):
    lost = []

    def lose_the_first(route):
        route.fetch()
        if not lost:
            lost.append(route.request.post_data_json["id"])
            route.abort()
        else:
            assert route.request.post_data_json["id"] == lost[0]
            route.fulfill(status=202, body="{}")

    visitor.page.route("**/chat/messages", lose_the_first)
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.page.wait_for_timeout(1500)
    assert visitor.said() == ["hello"] and len(lost) == 1
    expect(visitor.page.locator(".said.you")).to_have_count(1)


def test_the_stream_goes_on_after_the_server_was_away(chromium, app, serve, free_port):
    page = chromium.new_page()
    with serve(site(app), port=free_port) as address:
        page.goto(address)
        visitor = Visitor(page, app)
        visitor.starts()
        visitor.says("hello")
        visitor.sees("Grooming is when")
    expect(page.locator("#connection")).to_contain_text("No connection.")
    app.chat.add("t1", "bot", "Said while you were away.")
    with serve(site(app), port=free_port):
        expect(page.get_by_role("log")).to_contain_text("Said while you were away.", timeout=20_000)
        expect(page.locator(".said.bot", has_text="Grooming is when")).to_have_count(1)
        page.close()


def test_a_message_that_is_too_long_comes_back_into_the_box_with_the_reason(visitor):
    visitor.starts()
    visitor.says("a" * 1500)
    expect(visitor.page.get_by_text("Please send it in parts.")).to_be_visible()
    expect(visitor.page.get_by_label("Write here")).to_have_value("a" * 1500)


def test_a_message_that_is_refused_stands_before_what_was_begun_since(visitor):
    visitor.starts()
    held = hold(visitor.page, "**/chat/messages")
    visitor.says("a" * 1500)
    refused = comes(visitor.page, held)
    visitor.page.get_by_label("Write here").fill("and then")
    refused.continue_()
    expect(visitor.page.get_by_label("Write here")).to_have_value("a" * 1500 + "\nand then")


def test_a_chat_that_is_over_says_so_and_offers_a_new_one(visitor, address):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.app.chat.forget("t1")
    visitor.sees("This chat was deleted")
    visitor.page.get_by_role("link", name="Start again").click()
    expect(visitor.page.get_by_role("heading", name="Hi. You can talk here.")).to_be_visible()


def test_deleting_the_chat_clears_page_and_server(visitor):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("Grooming is when")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Delete this chat").click()
    visitor.page.get_by_role("button", name="Yes, delete").click()
    expect(visitor.page.get_by_text("This chat is gone from here.")).to_be_visible()
    assert visitor.app.chat.forgotten == ["t1"]
    assert "what is grooming" not in visitor.page.content()


def test_nothing_is_stored_and_nobody_else_is_asked(visit, address):
    asked: list[str] = []
    visitor = visit()
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.page.reload()
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    kept = visitor.page.evaluate(
        "async () => [document.cookie, localStorage.length, sessionStorage.length, (await caches.keys()).length,"
        " (await indexedDB.databases()).length, (await navigator.serviceWorker.getRegistrations()).length]"
    )
    assert kept == ["", 0, 0, 0, 0, 0]
    assert visitor.page.context.cookies() == []
    assert {url for url in asked if not url.startswith(address)} == set()
    token = visitor.app.chat.threads["t1"].token
    assert not [url for url in asked if token in url]
    assert len([url for url in visitor.history() if url.startswith(address)]) == 1


def test_help_now_shows_the_lines_of_the_region_first(visitor):
    visitor.page.get_by_label("Where you live").select_option("GB")
    visitor.page.locator("#help > summary").click()
    expect(visitor.page.locator("#help .region").first).to_contain_text("Childline")
    expect(visitor.page.get_by_role("link", name="Call 999")).to_have_attribute("href", "tel:999")
    visitor.page.keyboard.press("Escape")
    expect(visitor.page.get_by_role("link", name="Call 999")).to_be_hidden()


def test_large_letters_and_easier_letters_keep_everything_within_320_px(visit):
    visitor = visit({"width": 320, "height": 568})
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_label("Largest").check()
    visitor.page.get_by_label("Easier letters").check()
    visitor.page.keyboard.press("Escape")
    assert visitor.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(visitor.page.locator("#exit")).to_be_in_viewport(ratio=1)


def test_reading_aloud_uses_only_a_voice_of_this_device(visitor):
    """Chromium without voices here; a network voice would send the chat to a stranger."""
    visitor.page.evaluate("() => { speechSynthesis.getVoices = () => [{ lang: 'en-GB', localService: false }]; }")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_label("Read messages aloud").click()
    expect(visitor.page.get_by_text("This browser has no voice of its own for this language.")).to_be_visible()
    expect(visitor.page.get_by_label("Read messages aloud")).not_to_be_checked()


def test_a_whole_chat_by_keyboard_alone(visitor):
    page, keys = visitor.page, visitor.page.keyboard
    for _ in range(60):
        keys.press("Tab")
        if page.evaluate("() => document.activeElement.classList.contains('way-lesson')"):
            break
    keys.press("Enter")
    visitor.sees("keep our chats between us")
    expect(page.get_by_role("log")).to_be_focused()
    keys.press("Tab")  # from the log to the first choice under it
    keys.press("Tab")
    keys.press("Enter")
    visitor.sees("Kind people can wait")
    assert visitor.said() == ["LESSONS", "B"]
    keys.press("Tab")  # focus stayed on the pressed choice: the next stop is the new question
    keys.press("Space")
    expect(page.locator(".said.you[data-seq]")).to_have_count(3)  # come back from the server
    assert visitor.said() == ["LESSONS", "B", "A"]


def test_a_server_that_is_too_busy_is_asked_again_and_the_words_are_not_lost(visitor):
    answers = iter([429, 503])

    def busy_at_first(route):
        status = next(answers, None)
        route.fulfill(status=status, body='{"error": "busy"}') if status else route.continue_()

    visitor.page.route("**/chat/threads", busy_at_first)
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("Not sent yet. I keep trying.")
    expect(visitor.page.locator("#connection")).to_be_hidden()
    expect(visitor.page.get_by_role("log")).to_contain_text("someone builds trust", timeout=15_000)
    assert visitor.said() == ["what is grooming"]


def test_words_that_never_left_an_old_page_are_marked_as_not_sent(visitor):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    visitor.page.context.set_offline(True)
    visitor.says("are you there")
    visitor.sees("Not sent yet.")
    visitor.app.chat.threads["t1"].token = ""
    visitor.page.context.set_offline(False)
    expect(visitor.page.get_by_role("log")).to_contain_text("This chat is over", timeout=15_000)
    expect(visitor.page.locator(".said.you").last).to_contain_text("Not sent")
    expect(visitor.page.get_by_label("Write here")).to_be_hidden()


def test_a_second_tab_is_a_chat_of_its_own(visitor, address):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    other = visitor.page.context.new_page()
    other.goto(address)
    expect(other.get_by_role("heading", name="Hi. You can talk here.")).to_be_visible()
    assert "what is grooming" not in other.content()


def test_a_page_the_browser_kept_does_not_bring_the_chat_back(visitor, weather):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    visitor.page.goto(weather)
    visitor.page.go_back()
    expect(visitor.page.get_by_role("heading", name="Hi. You can talk here.")).to_be_visible()
    expect(visitor.page.get_by_text("someone builds trust")).to_have_count(0)


def test_the_page_works_with_scripts_off(visit):
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.locator("#help > summary").click()
    page.locator("#help .region summary", has_text="Canada").click()
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    page.locator("#help > summary").click()
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    visitor.chooses("Notice it and slow down")
    visitor.sees("Kind people can wait")
    page.get_by_label("Write here").fill("what is grooming")
    page.get_by_role("button", name="Send").click()
    visitor.sees("someone builds trust")
    page.get_by_role("button", name="Quick exit").click()
    expect(page.get_by_role("heading", name="Sunny")).to_be_visible()
    assert visitor.app.chat.forgotten == ["t1"]


@pytest.mark.parametrize("missing", ["SubmitEvent.prototype.submitter", "HTMLFormElement.prototype.requestSubmit"])
def test_a_browser_that_does_not_know_which_button_was_pressed_gets_plain_forms(visit, address, missing):
    visitor = visit()
    visitor.page.add_init_script(f"delete {missing};")
    visitor.page.goto(address)
    expect(visitor.page.locator("html.js")).to_have_count(0)
    visitor.starts("wrong")
    visitor.sees("Are you safe to text right now?")
    visitor.chooses("Not sure")
    visitor.said_soon("U")
    assert visitor.said() == ["ME", "U"]


def test_a_page_begun_without_scripts_goes_on_live_when_they_arrive(visit, address):
    visitor = visit()
    visitor.page.route("**/youth.js", lambda route: route.abort())
    visitor.page.goto(address)
    visitor.page.unroute("**/youth.js")
    visitor.starts("lesson")  # a plain form; the page it leads to has its scripts
    visitor.sees("keep our chats between us")
    visitor.app.chat.add("t1", "bot", "Said later.")
    visitor.sees("Said later.")
    visitor.chooses("Tell someone I trust")
    visitor.sees("Kind people can wait")
    assert visitor.said() == ["LESSONS", "C"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_axe_finds_nothing_in_any_state(visit, theme, viewport):
    visitor = visit(viewport, color_scheme=theme, bypass_csp=True)  # axe is put into the page by the test
    visitor.page.add_script_tag(path=AXE)
    clean(visitor.page, "first")
    for fold in visitor.page.locator("#start .fold > summary").all():
        fold.click()
    visitor.page.locator("#help > summary").click()
    clean(visitor.page, "help")
    visitor.page.keyboard.press("Escape")
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    clean(visitor.page, "lesson")
    visitor.says("i am scared")
    visitor.sees("I believe you")
    visitor.chooses("Yes")
    visitor.sees("Sam, a person")
    clean(visitor.page, "person")
    visitor.page.locator("#menu > summary").click()
    clean(visitor.page, "options")
