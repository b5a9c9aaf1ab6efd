"""The desk in a real Chromium: each promise of the screen is a test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.desk_fakes import PASSWORD, FakeDeskParts, staff_site

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
LAPTOP = {"width": 1280, "height": 800}
TABLET = {"width": 820, "height": 1180}
REFUSED = ("Failed to load resource", "Response Status Error Code 409")  # what a browser and htmx log of a refusal


@dataclass
class Worker:
    """Somebody at the desk."""

    page: Page
    errors: list[str] = field(default_factory=list)

    def opens(self, name: str) -> None:
        self.finds_the_desk_ready()
        self.page.get_by_role("navigation").get_by_role("link", name=name).click()
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()

    def finds_the_desk_ready(self) -> None:
        """A page that is drawn may still be loading its script, and would not hear a key."""
        expect(self.page.locator("html[data-desk=ready]")).to_be_attached()

    def presses(self, *keys: str) -> None:
        self.finds_the_desk_ready()
        for key in keys:
            self.page.keyboard.press(key)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text)

    def is_told(self, text: str) -> None:
        expect(self.page.locator("#notice")).to_contain_text(text)

    @property
    def box(self):
        return self.page.locator("#reply-text")


@pytest.fixture
def parts() -> FakeDeskParts:
    return FakeDeskParts()


@pytest.fixture
def address(parts, serve) -> Iterator[str]:
    with serve(staff_site(parts)) as address:
        yield address


@pytest.fixture
def arrive(chromium: Browser, address: str) -> Iterator[Callable[..., Worker]]:
    opened = []

    def sign_in(username: str, viewport: dict[str, int] = LAPTOP, **options: object) -> Worker:
        context = chromium.new_context(viewport=viewport, **options)
        opened.append(context)
        worker = Worker(context.new_page())
        worker.page.on("console", lambda m: worker.errors.append(m.text) if m.type == "error" else None)
        worker.page.on("pageerror", lambda error: worker.errors.append(str(error)))
        worker.page.goto(address)
        worker.page.get_by_label("Username").fill(username)
        worker.page.get_by_label("Password").fill(PASSWORD)
        worker.page.keyboard.press("Enter")
        expect(worker.page.get_by_role("heading", level=2, name="Waiting")).to_be_visible()
        return worker

    yield sign_in
    for context in opened:
        context.close()


@pytest.fixture
def maya(arrive) -> Worker:
    return arrive("maya")


def test_a_whole_case_by_keyboard_alone_without_reloading(maya, parts):
    expect(maya.page.get_by_text("All is quiet.")).to_be_visible()
    case = parts.desk.opens("my stepdad hits me and he's coming home now")
    expect(maya.page.get_by_role("link", name="quiet heron")).to_be_visible()
    expect(maya.page).to_have_title("(1!) Imminent · Desk")
    maya.is_told("New and imminent: quiet heron.")

    maya.presses("j", "Enter")
    expect(maya.page.get_by_role("heading", level=1, name="quiet heron")).to_be_visible()
    maya.presses("a")
    expect(maya.box).to_be_focused()
    maya.page.keyboard.type("Hi, I am Maya.")
    maya.presses("Enter")
    maya.sees("Hi, I am Maya.")
    maya.sees("queued")
    expect(maya.box).to_have_value("")
    parts.desk.delivers(case, "delivered")
    maya.sees("delivered")
    parts.desk.writes(case, "he just parked")
    maya.sees("he just parked")

    maya.presses("Escape", "x", "ArrowDown")
    maya.page.get_by_role("button", name="Close the case").focus()
    maya.presses("Enter")
    expect(maya.page.get_by_text("The bot answers here again")).to_be_visible()
    assert parts.desk.closed_with == ("safety_plan", "Violence: Physical abuse")
    assert maya.errors == []


def test_two_workers_take_the_same_case_and_one_is_told_kindly(arrive, parts):
    case = parts.desk.opens("help")
    maya, jonas = arrive("maya"), arrive("jonas")
    for worker in (maya, jonas):
        worker.opens("quiet heron")
    jonas.page.route("**/accept", lambda route: (parts.desk.accept(case, parts.staff.people["maya"]), route.continue_()))
    jonas.presses("a")
    jonas.is_told("Maya was first and is with quiet heron now.")
    expect(jonas.box).to_have_count(0)
    expect(jonas.page.get_by_text("Maya is with this young person.")).to_be_visible()
    expect(maya.box).to_be_visible()
    assert [e for e in jonas.errors if not e.startswith(REFUSED)] == []


def test_what_is_being_typed_survives_everything_that_happens_meanwhile(maya, parts):
    case = parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    maya.box.fill("I was about to s")
    parts.desk.writes(case, "hello?")
    maya.sees("hello?")
    parts.desk.raise_level(
        parts.desk.opens("other", designation="silver otter", level="high"), parts.staff.people["ruth"], "imminent"
    )
    expect(maya.page.get_by_role("link", name="silver otter")).to_contain_text("Imminent")
    expect(maya.box).to_have_value("I was about to s")
    expect(maya.box).to_be_focused()
    maya.opens("silver otter")
    maya.opens("quiet heron")
    expect(maya.box).to_have_value("I was about to s")


def test_a_message_that_did_not_get_through_stays_in_the_box_and_is_sent_once(maya, parts):
    case = parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    maya.box.fill("I am here")
    maya.page.route("**/say", lambda route: (route.fetch(), route.abort()))  # it arrives, and the answer is lost
    maya.presses("Enter")
    maya.is_told("Nothing was lost")
    expect(maya.box).to_have_value("I am here")
    maya.page.unroute("**/say")
    maya.presses("Enter")
    expect(maya.box).to_have_value("")
    assert [line.text for line in parts.desk.views[case].transcript].count("I am here") == 1


def test_the_next_sentence_can_be_typed_while_the_last_is_on_its_way(maya, parts):
    case = parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    expect(maya.box).to_be_focused()
    slow, say = threading.Event(), parts.desk.say
    parts.desk.say = lambda *a, **k: (slow.wait(5), say(*a, **k))
    maya.box.press_sequentially("one")
    maya.presses("Enter")
    expect(maya.page.locator("#counter")).to_have_text("sending")
    maya.box.press_sequentially("two")
    maya.presses("Enter")
    maya.box.press_sequentially("thr")
    slow.set()
    maya.sees("two")
    expect(maya.box).to_have_value("thr")
    assert [line.text for line in parts.desk.views[case].transcript if line.who == "helper"] == ["one", "two"]


def test_ready_words_are_put_in_the_box_by_keyboard(maya, parts):
    parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    expect(maya.box).to_be_focused()
    maya.presses("Escape", "c", "j", "Enter")
    expect(maya.box).to_have_value("Before we go on: are you somewhere safe to text right now?")
    expect(maya.box).to_be_focused()


def test_a_new_line_does_not_send(maya, parts):
    parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    maya.box.press_sequentially("one")
    maya.presses("Shift+Enter")
    maya.box.press_sequentially("two")
    expect(maya.box).to_have_value("one\ntwo")
    assert parts.desk.said == {}


def test_letters_typed_in_the_box_are_never_taken_as_keys(maya, parts):
    parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    maya.box.press_sequentially("jkarcnuhxfm?")
    expect(maya.box).to_have_value("jkarcnuhxfm?")
    expect(maya.page.locator("dialog[open]")).to_have_count(0)


def test_single_keys_can_be_turned_off(maya, parts):
    parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("?")
    maya.page.get_by_label("Single keys do things").uncheck()
    maya.page.get_by_role("button", name="Done").click()
    maya.presses("a")
    expect(maya.page.get_by_role("button", name="Take this case")).to_be_visible()


def test_waiting_and_deadline_are_alive(maya, parts):
    parts.desk.opens("help", minutes_ago=1.15)
    card = maya.page.get_by_role("link", name="quiet heron")
    expect(card.locator(".count").first).to_have_text("1:11", timeout=8000)
    expect(card.locator(".deadline")).to_contain_text("late", timeout=8000)


def test_a_hostile_text_is_only_text(maya, parts):
    parts.desk.opens("<img src=x onerror=\"document.title='owned'\">", designation="swift lark")
    maya.opens("swift lark")
    maya.sees("<img src=x onerror=")
    expect(maya.page).not_to_have_title("owned")


def test_an_ended_session_clears_the_screen(maya, parts):
    parts.desk.opens("a private thing")
    maya.opens("quiet heron")
    parts.staff.sessions.clear()
    parts.live.tell("desk")
    expect(maya.page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(maya.page.get_by_text("a private thing")).to_have_count(0)


def test_the_screen_says_when_the_desk_is_gone_and_goes_on_when_it_is_back(chromium, parts, serve, free_port):
    page = chromium.new_page()
    worker = Worker(page)
    with serve(staff_site(parts), port=free_port) as address:
        page.goto(address)
        page.get_by_label("Username").fill("maya")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("All is quiet.")).to_be_visible()
        expect(page.locator("html[data-desk=ready]")).to_be_attached()  # a page without its script hears nothing
    expect(page.get_by_text("Connection lost. Trying again")).to_be_visible()
    case = parts.desk.opens("while you were away")
    with serve(staff_site(parts), port=free_port):
        expect(page.get_by_text("Connection lost. Trying again")).to_be_hidden(timeout=10000)
        worker.opens("quiet heron")
        parts.desk.writes(case, "are you there")
        worker.sees("are you there")
    page.close()


def test_the_number_goes_when_its_window_closes(maya, parts):
    parts.desk.opens("help")
    maya.opens("quiet heron")
    maya.presses("a")
    maya.page.get_by_role("button", name="Hidden. Show it").click()
    maya.page.locator("#reason").fill("ambulance asked")
    maya.presses("Enter")
    expect(maya.page.get_by_text("+15005550199")).to_be_visible()
    maya.presses("Escape")
    expect(maya.page.get_by_text("+15005550199")).to_have_count(0)


def test_the_browser_keeps_nothing_of_a_conversation(maya, parts):
    parts.desk.opens("a private thing")
    maya.opens("quiet heron")
    kept = maya.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "private" not in kept
    assert "heron" not in kept
    maya.page.go_back()
    expect(maya.page.get_by_text("One young person is waiting.")).to_be_visible()


def test_the_alarm_waits_for_a_click_and_is_remembered(maya):
    alarm = maya.page.locator("#alerts")
    expect(alarm).to_have_attribute("aria-pressed", "false")
    expect(maya.page.locator("html[data-desk=ready]")).to_be_attached()  # before that nothing hears the click
    alarm.click()
    expect(alarm).to_have_text("Alarm on")
    maya.page.reload()
    expect(maya.page.locator("#alerts")).to_have_attribute("aria-pressed", "true")


def test_on_a_tablet_the_facts_open_and_close_and_nothing_is_wider_than_the_screen(arrive, parts):
    parts.desk.opens("help")
    maya = arrive("maya", viewport=TABLET)
    maya.opens("quiet heron")
    expect(maya.page.get_by_role("complementary", name="Facts of this case")).to_be_hidden()
    maya.presses("f")
    expect(maya.page.get_by_text("Safe to text now?")).to_be_visible()
    maya.page.get_by_role("button", name="Back to the conversation").click()
    expect(maya.page.get_by_text("Safe to text now?")).to_be_hidden()
    assert maya.page.evaluate("document.documentElement.scrollWidth") <= TABLET["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(arrive, parts, theme):
    for level in ("imminent", "high", "elevated"):
        parts.desk.opens("help me", designation=f"the {level}", level=level)
    parts.desk.accept(parts.desk.opens("hello", designation="amber finch"), parts.staff.people["maya"])
    maya = arrive("maya", color_scheme=theme, bypass_csp=True)  # axe is put into the page by the test
    for state, keys in {"list": [], "case": ["j", "Enter"], "note": ["n"], "keys": ["Escape", "?"]}.items():
        maya.presses(*keys)
        check_axe(maya.page, state)
    maya.presses("Escape")
    maya.opens("amber finch")
    for state, keys in {"talk": ["r"], "ready words": ["Escape", "c"], "close": ["Escape", "Escape", "x"]}.items():
        maya.presses(*keys)
        check_axe(maya.page, state)


def check_axe(page: Page, state: str) -> None:
    page.wait_for_timeout(150)  # a window that is still opening has no settled colours
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    assert [(state, v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
