"""The states that are easily missed: a choice just pressed, a chat that ended, a person asked for, very little room."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import Locator, expect

from bot.web.embed_theme import Rgb, contrast
from tests.browser.visitor import AXE, LAPTOP, PHONE, SMALL, Visitor, clean, comes, hold

pytestmark = pytest.mark.slow

GROUND = """(one) => { for (let at = one; at; at = at.parentElement) {
    const ground = getComputedStyle(at).backgroundColor; if (!/, 0\\)$|transparent/.test(ground)) return ground; } }"""


def contrast_of(text: Locator) -> float:
    """The contrast of a text with the ground it is on, as it is drawn now."""
    ink = text.evaluate("(one) => getComputedStyle(one).color")
    return contrast(_rgb(ink), _rgb(text.evaluate(GROUND)))


def _rgb(css: str) -> Rgb:
    red, green, blue = (float(part) / 255 for part in re.findall(r"[\d.]+", css)[:3])
    return (red, green, blue)


def ended(visitor: Visitor) -> Visitor:
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.app.chat.forget("t1")
    visitor.sees("This chat was deleted")
    return visitor


def test_a_first_text_that_meets_a_full_door_is_shown_to_it(visit):
    visitor, shown = visit(PHONE), []

    def door(route):
        text = (route.request.post_data_json or {}).get("text")
        shown.append(text)
        if text is None:
            route.fulfill(status=429, headers={"Retry-After": "60"}, json={"error": "busy"})
        else:
            route.continue_()

    visitor.page.route("**/chat/threads", door)
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    assert len(shown) == 2 and shown[0] is None and shown[1]


def deletes(visitor: Visitor) -> None:
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Delete this chat").click()
    visitor.page.get_by_role("button", name="Yes, delete").click()
    expect(visitor.page.get_by_text("This chat is gone from here.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("label", ["Notice it and slow down", "Skip"])
def test_a_choice_just_pressed_can_be_read_under_the_pointer(visit, theme, label):
    visitor = visit(LAPTOP, color_scheme=theme, bypass_csp=True)
    visitor.page.add_script_tag(path=AXE)
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    visitor.app.chat.silent = True
    choices = visitor.page.get_by_role("log").get_by_role("button", name=label)
    choices.hover()
    assert contrast_of(choices.locator("span").last) >= 4.5
    choices.click()
    pressed = visitor.page.locator("[aria-pressed=true]")
    pressed.hover()
    assert contrast_of(pressed.locator("span").last) >= 4.5
    clean(visitor.page, "pressed, under the pointer")


def test_when_a_chat_ends_whoever_was_writing_is_at_the_next_step(visitor):
    ended(visitor)
    expect(visitor.page.locator("#again")).to_be_focused()


def test_a_chat_that_ended_offers_nothing_that_only_a_chat_can_do(visitor):
    ended(visitor)
    visitor.page.locator("#menu > summary").click()
    for gone in ("Delete this chat", "Come back later"):
        expect(visitor.page.locator("#menu").get_by_text(gone)).to_be_hidden()
    expect(visitor.page.locator("#menu").get_by_text("On a shared or watched phone?")).to_be_visible()


@pytest.mark.parametrize(
    ("why", "says"),
    [("forgotten", "This chat was deleted."), ("over", "This chat is over."), ("moved", "goes on in another tab")],
)
def test_an_old_tab_says_why_its_chat_is_gone_and_keeps_no_words_of_a_deleted_one(visitor, why, says):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    chat = visitor.app.chat
    if why == "forgotten":
        chat.forget("t1")
    elif why == "over":
        chat.threads["t1"].token = ""
        chat.live.changed()
    else:
        chat.come_back(chat.keep_way_back("t1", "otter"))
    visitor.sees(says)
    expect(visitor.page.get_by_text("Grooming is when")).to_have_count(0 if why == "forgotten" else 1)
    expect(visitor.page.locator(".said.you")).to_have_count(0 if why == "forgotten" else 1)


def test_asking_for_a_way_back_in_a_chat_that_ended_meanwhile_opens_no_other(visitor):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Come back later").click()
    visitor.page.get_by_label("Your private word").fill("otter")
    visitor.page.route("**/chat/events", lambda route: route.abort())
    visitor.app.chat.threads["t1"].token = "moved"  # in another tab, and this one has not heard of it
    visitor.page.get_by_role("button", name="Keep a way back").click()
    visitor.sees("This chat is over, was deleted")
    assert visitor.app.chat.ways_back == {} and list(visitor.app.chat.threads) == ["t1"]
    expect(visitor.page.locator("#way-back")).to_be_hidden()


def test_after_deleting_a_new_chat_has_its_box_and_its_answers(visitor):
    """The stream says that the chat is gone before the answer to the deleting has come."""

    def answer_late(route):
        if route.request.method != "DELETE":
            route.continue_()
            return
        answer = route.fetch()
        time.sleep(0.5)
        route.fulfill(response=answer)

    visitor.page.route("**/chat/threads", answer_late)
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    deletes(visitor)
    visitor.starts()
    visitor.says("are you still there")
    visitor.sees("someone builds trust")
    assert visitor.said("t2") == ["are you still there"]
    expect(visitor.page.locator("#with")).to_be_visible()
    expect(visitor.page.get_by_label("Write here")).to_be_visible()
    expect(visitor.page.locator("#connection")).to_be_hidden()
    visitor.page.wait_for_timeout(2500)  # longer than a lost connection needs to be told
    expect(visitor.page.locator("#connection")).to_be_hidden()
    assert [e for e in visitor.errors if "Failed to load resource" not in e] == []  # the old stream may be refused once more


def test_what_was_on_its_way_when_the_chat_was_deleted_ends_no_other_chat(visitor):
    """The answer to it comes late, and is a refusal: its chat is over."""
    held = []

    def hold_the_first(route):
        if held:
            route.continue_()
        else:
            held.append(route)

    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.page.route("**/chat/messages", hold_the_first)
    visitor.says("one more")
    for _ in range(100):
        if held:
            break
        visitor.page.wait_for_timeout(20)
    deletes(visitor)
    visitor.starts()
    visitor.says("a new start")
    visitor.sees("someone builds trust")
    held[0].fulfill(status=401, body='{"error": "over"}')
    visitor.page.wait_for_timeout(300)
    visitor.says("and more")
    visitor.said_soon("and more", "t2")
    expect(visitor.page.get_by_label("Write here")).to_be_visible()


def test_deleting_while_the_chat_is_being_opened_sends_no_words_and_the_next_chat_is_a_new_one(visitor):
    held = hold(visitor.page, "**/chat/threads")
    visitor.starts()
    visitor.says("i am scared")
    opening = comes(visitor.page, held)
    deletes(visitor)
    opening.continue_()
    visitor.forgets()
    assert visitor.said() == [] and visitor.app.chat.forgotten == ["t1"]
    visitor.page.unroute("**/chat/threads")
    visitor.starts()
    visitor.says("a new start")
    visitor.said_soon("a new start", "t2")


def test_a_way_back_that_is_asked_for_while_the_chat_is_being_opened_is_to_that_chat(visitor):
    held = hold(visitor.page, "**/chat/threads")
    visitor.starts()
    visitor.says("hello")
    opening = comes(visitor.page, held)
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Come back later").click()
    visitor.page.get_by_label("Your private word").fill("otter")
    visitor.page.get_by_role("button", name="Keep a way back").click()
    visitor.page.wait_for_timeout(200)
    assert len(held) == 1
    opening.continue_()
    expect(visitor.page.locator("#way-back")).to_contain_text("otter 482 716")
    visitor.said_soon("hello")
    assert visitor.app.chat.ways_back == {"otter 482 716": "t1"}


def test_a_chat_that_could_not_be_deleted_goes_on(visitor):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.page.route(
        "**/chat/threads", lambda route: route.abort() if route.request.method == "DELETE" else route.continue_()
    )
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_text("Delete this chat").click()
    visitor.page.get_by_role("button", name="Yes, delete").click()
    expect(visitor.page.get_by_text("It could not be deleted.")).to_be_visible()
    visitor.app.chat.add("t1", "bot", "Said later.")
    visitor.sees("Said later.")


def test_words_that_wait_for_an_answer_stop_saying_so_when_the_chat_ended(visitor):
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("is anybody there")
    visitor.sees("Sent. Waiting for an answer.")
    visitor.app.chat.threads["t1"].token = ""
    visitor.app.chat.live.changed()
    visitor.sees("This chat is over.")
    expect(visitor.page.get_by_role("log")).not_to_contain_text("Waiting for an answer")


def test_only_the_newest_words_wait_for_an_answer(visitor):
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("is anybody there")
    visitor.sees("Sent. Waiting for an answer.")
    visitor.says("hello?")
    expect(visitor.page.locator(".fate")).to_have_count(1)
    expect(visitor.page.locator(".said.you").last).to_contain_text("Sent")


def test_while_a_person_is_asked_for_the_page_says_so(visitor):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    here = visitor.page.locator("#with")
    expect(here).to_have_text("You're talking with the bot")
    visitor.app.chat.asked = True
    visitor.app.chat.add("t1", "bot", "I've asked a real person to join you here.")
    expect(here).to_have_text("You're with the bot. A person was asked for.")
    visitor.app.chat.asked = False
    visitor.app.chat.add("t1", "note", "Sam is here now.", name="Sam")
    expect(here).to_have_text("Sam is here. A real person.")
    visitor.app.chat.add("t1", "bot", "I'm the bot again.")
    expect(here).to_have_text("You're talking with the bot")


def test_a_pull_down_does_not_load_a_chat_away(visitor):
    pulled = "() => getComputedStyle(document.documentElement).overscrollBehaviorY"
    assert visitor.page.evaluate(pulled) == "auto"
    visitor.starts()
    assert visitor.page.evaluate(pulled) == "none"


def test_without_scripts_the_page_says_too_that_a_person_is_asked_for(visit):
    visitor = visit(java_script_enabled=False)
    visitor.app.chat.asked = True
    visitor.starts("wrong")
    expect(visitor.page.locator("#with")).to_have_text("You're with the bot. A person was asked for.")


def test_without_a_connection_nobody_is_shown_as_here(visitor):
    visitor.starts("wrong")
    visitor.sees("I believe you")
    visitor.chooses("Yes")
    here = visitor.page.locator("#with")
    expect(here).to_have_text("Sam is here. A real person.")
    visitor.app.chat.silent = True
    warm = here.evaluate("(one) => getComputedStyle(one).backgroundColor")
    visitor.page.context.set_offline(True)
    visitor.says("are you there")
    expect(visitor.page.locator("#connection.off")).to_be_visible()
    expect(here).not_to_have_css("background-color", warm)
    expect(here).to_have_text("No connection just now.")
    visitor.page.context.set_offline(False)
    expect(visitor.page.locator("#connection.off")).to_be_hidden(timeout=20_000)
    expect(here).to_have_css("background-color", warm)
    expect(here).to_have_text("Sam is here. A real person.")


LONG = (
    "None of this is your fault, and you're not in trouble. You don't have to tell me the whole story. "
    "A real person can listen better than I can, and you choose what to share with them. "
)


@pytest.mark.parametrize("viewport", [SMALL, {"width": 320, "height": 256}, PHONE], ids=["small", "zoomed", "phone"])
def test_the_number_to_call_is_on_the_screen_when_danger_was_told(visit, viewport):
    visitor = visit(viewport)
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("hello")
    visitor.says("he is coming now")
    visitor.said_soon("he is coming now")
    visitor.app.chat.add("t1", "bot", "If you are in danger right now, call 911. I believe you.")
    visitor.app.chat.add("t1", "bot", LONG * 3)
    visitor.sees("you choose what to share")
    expect(visitor.page.get_by_role("link", name="911").last).to_be_in_viewport(ratio=1)
    visitor.page.wait_for_timeout(300)
    expect(visitor.page.get_by_role("link", name="911").last).to_be_in_viewport(ratio=1)


def test_what_comes_much_later_is_shown_and_not_what_was_read_before(visitor):
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("hello")
    visitor.said_soon("hello")
    visitor.app.chat.add("t1", "bot", LONG * 4)
    visitor.sees("you choose what to share")
    visitor.page.evaluate("() => { const log = document.querySelector('#log'); log.scrollTop = log.scrollHeight; }")
    visitor.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 10_500; }")
    visitor.app.chat.add("t1", "bot", "Still here with you.")
    expect(visitor.page.get_by_text("Still here with you.")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(
    "viewport", [{"width": 320, "height": 256}, {"width": 740, "height": 360}], ids=["zoomed", "on its side"]
)
def test_with_very_little_height_the_page_scrolls_and_the_words_have_the_room(visit, viewport):
    visitor = visit(viewport)
    page = visitor.page
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    assert page.evaluate(
        "() => document.documentElement.scrollHeight > innerHeight && getComputedStyle(document.body).overflowY !== 'hidden'"
    )
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    for line in (".demo", ".careful"):
        expect(page.locator(line)).to_be_hidden()
    expect(page.get_by_text("This one is about people who seem kind")).to_be_in_viewport(ratio=1)
    for _ in range(30):  # every choice can be reached by scrolling alone
        page.mouse.wheel(0, 60)
    page.wait_for_timeout(200)
    expect(page.get_by_label("Write here")).to_be_in_viewport(ratio=1)
    expect(page.locator("#exit")).to_be_in_viewport(ratio=1)
    visitor.says("is this normal")
    visitor.sees("someone builds trust")
    expect(page.get_by_text("someone builds trust")).to_be_in_viewport()


def reads(visitor: Visitor, size: str) -> None:
    """Choose a text size under Options."""
    visitor.page.locator("#menu > summary").click()
    visitor.page.locator("#menu").get_by_label(size, exact=True).check()
    visitor.page.keyboard.press("Escape")


@pytest.mark.parametrize("when", ["before", "in the chat"])
@pytest.mark.parametrize("size", ["Normal", "Large", "Largest"])
@pytest.mark.parametrize("viewport", [{"width": 360, "height": 440}, {"width": 320, "height": 450}], ids=["360", "320"])
def test_large_letters_on_a_small_phone_leave_room_for_the_newest_words(visit, viewport, size, when):
    visitor = visit(viewport)
    if when == "before":
        reads(visitor, size)
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    if when != "before":
        reads(visitor, size)
    line = visitor.page.get_by_text("This one is about people who seem kind")
    bar = visitor.page.locator(".bar").bounding_box()
    visitor.page.wait_for_timeout(300)
    box = line.bounding_box()
    assert bar["y"] + bar["height"] <= box["y"] and box["y"] + 24 <= viewport["height"], (box, bar)
    assert not visitor.page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    for _ in range(40):
        visitor.page.mouse.wheel(0, 60)
    visitor.page.wait_for_timeout(200)
    expect(visitor.page.get_by_label("Write here")).to_be_in_viewport(ratio=1)
    expect(visitor.page.locator("#exit")).to_be_in_viewport(ratio=1)


def test_with_little_room_for_their_letters_the_page_scrolls_and_with_enough_the_log(visit):
    visitor = visit({"width": 360, "height": 480})
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    scrolls = "() => getComputedStyle(document.querySelector('#log')).overflowY"
    assert visitor.page.evaluate(scrolls) == "auto"
    reads(visitor, "Largest")
    assert visitor.page.evaluate(scrolls) == "visible"
    visitor.page.set_viewport_size({"width": 360, "height": 780})
    visitor.comes_to(scrolls, "auto")


LETTERS = """(selector) => { const one = getComputedStyle(document.querySelector(selector));
    return [parseFloat(one.fontSize), one.fontFamily, one.letterSpacing]; }"""


@pytest.mark.parametrize("width", [390, 1920])
def test_larger_and_easier_letters_really_are_that(visit, width):
    visitor = visit({"width": width, "height": 900})
    sizes = []
    for size in ("Normal", "Large", "Largest"):
        reads(visitor, size)
        sizes.append(visitor.page.evaluate(LETTERS, ".promises li")[0])
    assert sizes[1] >= 1.15 * sizes[0] and sizes[2] >= 1.4 * sizes[0]
    before = {one: visitor.page.evaluate(LETTERS, one) for one in ("h1", ".way b", ".way span", "#region", ".promises li")}
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_label("Easier letters").check()
    for one, (_, face, gap) in before.items():
        _, easy, wider = visitor.page.evaluate(LETTERS, one)
        assert easy != face and easy.startswith('"Atkinson Hyperlegible"') and wider != gap, one


@pytest.mark.parametrize("path", ["", "nothing-here"])
def test_the_letters_chosen_go_along_to_the_other_languages_and_to_a_new_start(visitor, address, path):
    visitor.page.goto(address + path)
    reads(visitor, "Largest")
    visitor.page.locator("#menu > summary").click()
    visitor.page.get_by_label("Easier letters").check()
    visitor.page.locator("#menu").get_by_role("link", name="Français").click()
    expect(visitor.page.locator("html[lang=fr][data-size='3'].easy")).to_be_attached()
    visitor.page.locator("#menu > summary").click()
    expect(visitor.page.get_by_label("Très grand")).to_be_checked()
    assert visitor.page.evaluate("() => localStorage.length + sessionStorage.length") == 0


def test_on_a_small_phone_the_line_of_care_makes_room_for_open_choices(visit):
    visitor = visit(SMALL)
    visitor.starts()
    expect(visitor.page.locator("#careful")).to_be_visible()
    visitor.says("LESSONS")
    visitor.sees("keep our chats")
    expect(visitor.page.locator("#careful")).to_be_hidden()
