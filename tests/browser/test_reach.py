"""The page for every body, device and network: sizes, themes, keys, directions, letters, slow lines, no server."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest
from playwright.sync_api import expect

from bot.web.youth_now import write
from tests.browser.visitor import AXE, LAPTOP, PHONE, SMALL, TABLET, Visitor, clean
from tests.browser.walkthrough import heard, heard_written, stops, stops_written
from tests.web.fakes import FakeApp, site
from tests.web.test_youth_now import TODAY

pytestmark = pytest.mark.slow

WALL = {"width": 1920, "height": 1080}
SIZES = {"small": SMALL, "tablet": TABLET, "laptop": LAPTOP}
NO_SIDEWAYS = "() => document.documentElement.scrollWidth <= innerWidth"
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, summary, select, textarea, input:not([type=hidden])')]
    .filter((one) => one.checkVisibility() && !one.closest('.chip') && !one.closest('.text, .lines') && one.className !== 'skip')
    .map((one) => [one.closest('label') || one, one])
    .filter(([box, one]) => Math.min(box.getBoundingClientRect().height, box.getBoundingClientRect().width) < (one.className === 'aside' ? 36 : 44))
    .map(([box, one]) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_the_states_of_a_chat_that_goes_wrong(visit, size, theme):
    visitor = visit(SIZES[size], color_scheme=theme, bypass_csp=True)
    page = visitor.page
    page.add_script_tag(path=AXE)
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("is anybody there")
    visitor.sees("Sent. Waiting for an answer.")
    clean(page, "waiting")
    page.context.set_offline(True)
    visitor.says("hello")
    expect(page.locator("#connection")).to_be_visible()
    clean(page, "offline")
    page.context.set_offline(False)
    visitor.keeps_a_way_back("otter")
    page.locator("#menu > summary").click()
    clean(page, "way back")
    page.keyboard.press("Escape")
    visitor.app.chat.forget("t1")
    visitor.sees("This chat was deleted")
    clean(page, "ended")


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_axe_finds_nothing_in_a_chat_in_the_largest_and_easiest_letters(visit, address, lang):
    visitor = visit(SMALL, bypass_csp=True)
    visitor.page.goto(f"{address}?lang={lang}&size=3&easy=1")
    expect(visitor.page.locator("html[data-size='3'].easy")).to_be_attached()
    visitor.page.add_script_tag(path=AXE)
    clean(visitor.page, "first")
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    clean(visitor.page, "lesson")
    visitor.page.locator("#menu > summary").click()
    clean(visitor.page, "options")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["nothing-here", "now", "now?lang=fr", "?lang=es"])
def test_axe_finds_nothing_on_the_other_pages(visit, address, path, theme):
    visitor = visit(color_scheme=theme, bypass_csp=True)
    visitor.page.goto(address + path)
    visitor.page.add_script_tag(path=AXE)
    clean(visitor.page, path)


@pytest.mark.parametrize("viewport", [SMALL, TABLET, LAPTOP, WALL], ids=["small", "tablet", "laptop", "wall"])
def test_nothing_is_wider_than_the_screen_and_a_thumb_hits_everything(visit, viewport):
    visitor = visit(viewport)
    for fold in visitor.page.locator("#start .fold > summary").all():
        fold.click()
    assert visitor.page.evaluate(NO_SIDEWAYS)
    assert visitor.page.evaluate(SMALL_TARGETS) == []
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    assert visitor.page.evaluate(NO_SIDEWAYS)
    visitor.comes_to(SMALL_TARGETS, [])  # the newest line glides in, and is smaller on its way


def test_letters_are_larger_on_a_wall(visit):
    size = "() => parseFloat(getComputedStyle(document.querySelector('.promises li')).fontSize)"
    assert visit({"width": 3840, "height": 2160}).page.evaluate(size) >= 1.5 * visit(WALL).page.evaluate(size)
    assert visit(WALL).page.evaluate(size) >= 1.2 * visit(LAPTOP).page.evaluate(size)


def test_the_page_turns_round_for_a_language_that_is_written_from_the_right(visit):
    visitor = visit({"width": 390, "height": 780})
    turn = "() => { document.documentElement.dir = 'rtl'; }"
    visitor.page.evaluate(turn)
    exit_at = visitor.page.locator("#exit").bounding_box()
    assert exit_at["x"] < 60, "the way out is at the end of the row, which is left now"
    assert visitor.page.evaluate(NO_SIDEWAYS)
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    mine, theirs = (
        visitor.page.locator(".said.you .text").bounding_box(),
        visitor.page.locator(".said.bot .text").last.bounding_box(),
    )
    assert mine["x"] < 60 and theirs["x"] + theirs["width"] > 330
    assert visitor.page.evaluate(NO_SIDEWAYS)


def test_a_number_in_words_written_from_the_right_keeps_its_digits_in_order(visit, address):
    visitor = visit()
    visitor.page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    visitor.starts()
    visitor.says("مرحبا")
    visitor.sees("Grooming is when")
    visitor.app.chat.add("t1", "bot", "إذا كنت في خطر (call) اتصل على 1-800-668-6868 الآن")
    visitor.sees("اتصل")
    first, last = visitor.page.locator(".said .number").last.evaluate(
        "(link) => [0, link.textContent.length - 1].map((at) => { const one = document.createRange();"
        " one.setStart(link.firstChild, at); one.setEnd(link.firstChild, at + 1); return one.getBoundingClientRect().x; })"
    )
    assert first < last
    direction = "(one) => getComputedStyle(one).direction"
    assert visitor.page.locator(".said.bot .text").last.evaluate(direction) == "rtl"
    assert visitor.page.locator(".said.bot .text").first.evaluate(direction) == "ltr", "English words stay English"
    visitor.page.get_by_label("Write here").fill("مرحبا")
    assert visitor.page.get_by_label("Write here").evaluate(direction) == "rtl"


def test_with_forced_colours_every_way_and_the_exit_keep_an_edge(visit):
    visitor = visit(forced_colors="active")
    for selector in ("#exit", ".way-ask", ".chip span"):
        width = visitor.page.locator(selector).first.evaluate("(one) => parseFloat(getComputedStyle(one).borderTopWidth)")
        assert width >= 2, selector


def test_nothing_moves_for_somebody_who_asked_for_less_motion(visit):
    visitor = visit(reduced_motion="reduce")
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    running = visitor.page.evaluate("() => document.getAnimations().length")
    assert running == 0


def test_typing_is_shown_only_while_a_person_really_types(visitor):
    visitor.starts()
    visitor.app.chat.silent = True
    visitor.says("hello")
    visitor.sees("hello")
    visitor.page.wait_for_timeout(600)
    typing = visitor.page.locator("#typing")
    expect(typing).to_be_hidden()  # the bot never pretends to
    visitor.app.chat.helper_until = datetime.now(timezone.utc) + timedelta(seconds=6)
    visitor.app.chat.live.changed()
    expect(typing).to_be_visible()
    visitor.app.chat.helper_until = None
    visitor.app.chat.live.changed()
    expect(typing).to_be_hidden(timeout=9000)  # nobody says that they stopped: it ends by itself
    visitor.app.chat.helper_until = datetime.now(timezone.utc) + timedelta(seconds=6)
    visitor.app.chat.live.changed()
    expect(typing).to_be_visible()
    visitor.app.chat.add("t1", "helper", "Hi, I'm Sam.", name="Sam")
    visitor.sees("I'm Sam")
    expect(typing).to_be_hidden(timeout=500)  # their words are there


def test_words_of_safety_come_as_fast_as_they_are_known(visitor):
    visitor.starts()
    visitor.says("hello")
    visitor.sees("Grooming is when")
    visitor.page.evaluate(
        "() => { window.at = 0; new MutationObserver(() => { window.at = window.at || performance.now(); })"
        ".observe(document.querySelector('#log'), { childList: true }); window.from = performance.now(); }"
    )
    visitor.app.chat.add("t1", "bot", "In danger right now? Call 911.")
    visitor.sees("Call 911")
    assert visitor.page.evaluate("() => window.at - window.from") < 1000


def test_a_lesson_can_be_gone_back_in_skipped_and_said_again_and_says_how_far_it_is(visitor):
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    place = visitor.page.locator("#place")
    expect(place).to_have_text("Part 3 of 6")
    for label, keyword in (("Say it again", "REPEAT"), ("Back", "BACK"), ("Skip", "SKIP")):
        visitor.chooses(label)
        visitor.said_soon(keyword)
        expect(visitor.page.locator(".said.you .text").last).to_have_text(label)
        visitor.app.chat.send("t1", keyword, "LESSONS")  # the step is shown again
        expect(visitor.page.locator(".choices:not(.spent) .aside")).to_have_count(6)
    assert not re.search(r"score|point|right|wrong|correct", place.inner_text(), re.IGNORECASE)


def test_an_answer_can_be_said_differently(visitor):
    visitor.starts()
    visitor.says("what is grooming")
    visitor.sees("someone builds trust")
    visitor.chooses("Say it differently")
    visitor.said_soon("REPEAT")


def test_what_happens_if_i_tell_you_gives_the_rules_of_the_region_that_was_picked(visitor):
    visitor.page.locator("#start").get_by_text("What happens if I tell you?").click()
    here = visitor.page.locator("#start .what-if")
    expect(here.get_by_text("They differ from place to place.")).to_be_visible()
    visitor.page.get_by_label("Where you live").select_option("CA")
    expect(here.get_by_text("In Ontario that is under 16")).to_be_visible()
    expect(here.get_by_text("They differ from place to place.")).to_be_hidden()
    visitor.page.get_by_label("Where you live").select_option("US")
    expect(here.get_by_text("In Ontario that is under 16")).to_be_hidden()


def test_help_now_works_when_the_server_is_gone(chromium, serve, free_port):
    app = FakeApp()
    page = chromium.new_page(viewport=PHONE)
    with serve(site(app), port=free_port) as address:
        page.goto(address)
        Visitor(page, app).starts()
    page.locator("#help > summary").click()
    page.locator("#help .region summary", has_text="Canada").click()
    expect(page.get_by_role("link", name="Call 911")).to_be_visible()
    expect(page.get_by_role("link", name="1-800-668-6868")).to_have_attribute("href", "tel:18006686868")
    page.close()


def test_the_page_of_lines_works_from_a_file_without_any_network(chromium, tmp_path):
    write(FakeApp(), tmp_path, today=TODAY)
    context = chromium.new_context(viewport=SMALL, offline=True)
    page, errors = context.new_page(), []
    page.on("console", lambda message: errors.append(message.text))
    page.goto((tmp_path / "now.html").as_uri())
    expect(page.get_by_role("heading", name="Help now")).to_be_visible()
    expect(page.get_by_role("link", name="Call 999")).to_have_attribute("href", "tel:999")
    expect(page.get_by_role("link", name="To the first page")).to_have_count(0)  # a file has none
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_role("heading", name="Royaume-Uni")).to_be_visible()
    assert page.evaluate(NO_SIDEWAYS)
    page.evaluate("() => { document.querySelector('#exit').href = 'about:blank'; }")
    for _ in range(3):
        page.keyboard.press("Shift")
    page.wait_for_url("about:blank")
    assert errors == []
    context.close()


def test_on_a_slow_line_the_first_screen_stands_still_and_is_painted_early(visitor, address):
    session = visitor.page.context.new_cdp_session(visitor.page)
    slow = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", slow)
    visitor.page.goto(address, wait_until="load")
    shift, paint = visitor.page.evaluate(
        "() => new Promise((done) => { let shift = 0, paint = 0;"
        " new PerformanceObserver((all) => all.getEntries().forEach((one) => { shift += one.value; }))"
        ".observe({ type: 'layout-shift', buffered: true });"
        " new PerformanceObserver((all) => all.getEntries().forEach((one) => { paint = one.startTime; }))"
        ".observe({ type: 'largest-contentful-paint', buffered: true });"
        " setTimeout(() => done([shift, paint]), 500); })"
    )
    assert shift <= 0.02, shift
    assert 0 < paint <= 2500, paint
    assert visitor.errors == []


@pytest.mark.parametrize("state", ["first", "lesson"])
def test_the_stops_of_the_keyboard_are_those_written_down(visit, state):
    visitor = visit(LAPTOP)
    if state == "lesson":
        visitor.starts("lesson")
        visitor.sees("keep our chats")
        expect(visitor.page.get_by_role("log")).to_be_focused()
    assert stops(visitor.page) == stops_written(state)


@pytest.mark.parametrize("state", ["first", "lesson", "person"])
def test_a_screen_reader_hears_what_is_written_down_in_that_order(visit, state):
    visitor = visit(LAPTOP)
    if state != "first":
        visitor.starts("lesson" if state == "lesson" else "wrong")
        visitor.sees("keep our chats" if state == "lesson" else "I believe you")
    if state == "person":
        visitor.chooses("Yes")
        visitor.sees("no need to say it twice")
    expect(visitor.page.locator(".fate")).to_have_count(0)
    assert heard(visitor.page) == heard_written(state)


def test_what_is_announced_is_announced_once(visitor):
    """The log and the two status lines are live; nothing inside them is, and what repeats every second is in none of them."""
    visitor.starts("lesson")
    visitor.sees("keep our chats")
    live = visitor.page.evaluate(
        "() => [...document.querySelectorAll('[aria-live], [role=status], [role=alert], [role=log]')]"
        ".map((one) => [one.id, one.parentElement.closest('[aria-live], [role=status], [role=log]')?.id || ''])"
    )
    assert sorted(live) == [["aloud-none", ""], ["connection", ""], ["log", ""], ["notice", ""], ["way-back", ""], ["with", ""]]
    assert visitor.page.locator("#typing, .fate").evaluate_all("(all) => all.every((one) => one.ariaHidden === 'true')")
    added = visitor.page.evaluate(
        "() => { window.added = []; new MutationObserver((all) => all.forEach((one) => one.addedNodes.forEach((node) =>"
        " window.added.push(node.textContent)))).observe(document.querySelector('#log'), { childList: true }); return 0; }"
    )
    visitor.app.chat.add("t1", "bot", "Said later.")
    visitor.sees("Said later.")
    visitor.page.wait_for_timeout(300)
    added = visitor.page.evaluate("() => window.added")
    assert added == ["BotSaid later."], "one addition: the name, then the words"


VOICE = """() => {
    window.spoken = []; window.silenced = 0;
    window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
    const stub = { getVoices: () => [{ localService: true, lang: 'en-GB' }], speak: (one) => spoken.push(one.text), cancel: () => { silenced += 1; } };
    Object.defineProperty(window, 'speechSynthesis', { value: stub }); }"""


def test_a_message_is_read_aloud_with_its_choices_and_not_after_leaving(visit, address, weather):
    visitor = visit()
    page = visitor.page
    page.add_init_script(f"({VOICE})()")
    page.goto(address)
    page.locator("#menu > summary").click()
    page.get_by_label("Read messages aloud").check()
    page.keyboard.press("Escape")
    visitor.starts("lesson")
    visitor.sees("keep our chats between us")
    spoken = page.evaluate("() => spoken")
    assert spoken == [
        "This one is about people who seem kind at first. About 4 minutes.",
        "A new friend online says: you're not like the others, keep our chats between us. What would you do?"
        " Feel flattered, nothing more. Notice it and slow down. Tell someone I trust.",
    ]
    page.route(weather, lambda route: None)
    left = page.evaluate("() => { document.querySelector('#exit').click(); return [silenced, spoken.length]; }")
    assert left == [1, 2], "the voice stops in the same moment, and says nothing more"
