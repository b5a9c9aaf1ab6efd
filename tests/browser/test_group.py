"""A group in real browsers: a facilitator, a projector, two young people on the page and ten phones.

The pictures of docs/facilitators.md are taken from the same session (tests/browser/pictures.py).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.engine import Answer, Reply
from tests.browser.town import open_town
from tests.talking import PASSWORD

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE, LAPTOP, WALL = {"width": 390, "height": 844}, {"width": 1280, "height": 900}, {"width": 1600, "height": 900}
DANGER = "my stepdad hits me"
SOON = 30_000  # milliseconds, on a busy machine


def axe_finds(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


class Hall:
    """The people and pages of one group."""

    def __init__(self, browser: Browser, public: str, staff: str, username: str, password: str) -> None:
        self.browser, self.public, self.staff = browser, public, staff
        self.troubles: list[str] = []
        self.room = browser.new_context(viewport=LAPTOP).new_page()
        self.room.goto(staff)
        self.room.get_by_label("Username").fill(username)
        self.room.get_by_label("Password").fill(password)
        self.room.keyboard.press("Enter")
        expect(self.room.get_by_role("heading", name="Groups", exact=True)).to_be_visible(timeout=SOON)

    def opens(self) -> str:
        self.room.locator("#lesson").select_option("grooming/trust")
        for label in ("One or two words", "Who could a young person tell"):
            self.room.get_by_label(label).check()
        self.room.locator("#name").fill("Grade 8, Tuesday")
        self.room.get_by_role("button", name="Open the group").click()
        expect(self.room.get_by_role("heading", name="When trust feels off")).to_be_visible(timeout=SOON)
        self.address = self.room.url
        self.screen = self.room.context.new_page()
        self.screen.set_viewport_size(WALL)
        self.screen.goto(self.address + "/screen")
        return str(self.room.locator(".code-small b").inner_text()).replace(" ", "")

    def joins(self, code: str, *, keep: bool = False) -> Page:
        page = self.browser.new_context(viewport=PHONE).new_page()
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("console", lambda said: self.troubles.append(said.text) if said.type == "error" else None)
        page.goto(f"{self.public}/join?c={code}")
        if keep:
            page.get_by_label("Keep my seat on this device").check()
        page.get_by_role("button", name="Join").click()
        expect(page.locator("#nick")).to_contain_text("Only you see that", timeout=SOON)
        return page

    def presses(self, name: str) -> None:
        self.room.get_by_role("button", name=name, exact=True).click()

    def goes_to(self, words: str) -> None:
        steps = self.room.locator(".all-steps")
        if not steps.evaluate("d => d.open"):
            steps.locator("summary").click()
        steps.get_by_role("button", name=words).first.click()
        expect(self.screen.locator("#live")).to_contain_text(words, timeout=SOON)


def run(hall: Hall, text: Callable[[str, str], None], picture: Callable[[Page, str], None], rest: Callable[[], None]) -> None:
    """The whole session by hand; every expectation is what somebody in the room would look for. ``rest`` lets three
    minutes pass."""
    code = hall.opens()
    join = hall.room.context.new_page()
    join.set_viewport_size(WALL)
    join.goto(hall.address + "/join")
    picture(join, "group-join")
    first, second = hall.joins(code, keep=True), hall.joins(code)
    expect(first.locator("#card")).to_contain_text("It starts soon")
    numbers = [f"+1500555{n:04}" for n in range(200, 210)]
    for number in numbers:
        text(number, f"join {code}")
    expect(hall.room.locator(".tiles")).to_contain_text("12", timeout=SOON)
    hall.presses("Start")
    expect(first.locator("#card")).to_contain_text("How are you today?", timeout=SOON)
    hall.goes_to("What stands out to you?")
    expect(first.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
    for number, page in ((0, first), (1, second)):
        page.locator("#card .choice").nth(number).click()
        expect(page.locator("#card .after")).to_be_visible(timeout=SOON)
    for number, phone in enumerate(numbers):
        text(phone, "a" if number < 7 else "c")
    expect(hall.screen.locator("#live")).to_contain_text("10 or more have answered", timeout=SOON)
    picture(hall.screen, "group-screen")
    picture(first, "group-phone")
    first.locator("#card .choice").nth(2).click()
    expect(first.locator("#card .choice").nth(2)).to_have_attribute("aria-pressed", "true")
    second.locator("#box-fold summary").click()
    second.locator("#box-text").fill("what if Kevin texts me at night")
    second.locator("#box-form button").click()
    expect(second.locator("#log")).to_contain_text("It's in the box", timeout=SOON)
    rest()
    expect(hall.room.locator("#live")).to_contain_text("what if [name] texts me at night", timeout=SOON)
    expect(hall.screen.locator("#live")).not_to_contain_text("texts me at night")
    hall.room.evaluate("() => scrollTo(0, 0)")
    picture(hall.room, "group-room")
    hall.room.get_by_role("button", name="Show it").first.click()
    expect(hall.screen.locator("#live")).to_contain_text("what if [name] texts me at night", timeout=SOON)
    for page in (hall.room, hall.screen, join, first):
        assert not axe_finds(page), (page.url, axe_finds(page))
    before = [hall.room.locator("#live").inner_html(), hall.screen.locator("#live").inner_html()]
    second.locator("#me-text").fill(DANGER)
    second.locator("#me-form button").click()
    expect(second.locator("#log")).to_contain_text("are you safe to text right now?", timeout=SOON)
    text(numbers[0], DANGER)
    hall.room.wait_for_timeout(1500)
    assert [hall.room.locator("#live").inner_html(), hall.screen.locator("#live").inner_html()] == before
    hall.presses("Calm screen")
    expect(first.locator("#card")).to_contain_text("We stop for a moment", timeout=SOON)
    expect(hall.screen.locator("#live")).to_contain_text("feet flat on the floor", timeout=SOON)
    picture(first, "group-calm")
    hall.presses("Go on")
    expect(first.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
    address, state = first.url, first.context.storage_state()
    first.close()
    again = hall.browser.new_context(viewport=PHONE, storage_state=state).new_page()
    again.goto(address)
    again.get_by_role("button", name="Go on there").click()
    expect(again.locator("#card .choice").nth(2)).to_have_attribute("aria-pressed", "true", timeout=SOON)
    again.get_by_role("button", name="Leave the group").click()
    expect(again.locator("#notice")).to_contain_text("You have left the group")
    assert not axe_finds(again), axe_finds(again)
    hall.room.locator(".end summary").click()
    hall.presses("End it now")
    expect(second.locator("#card")).to_contain_text("That's the end", timeout=SOON)
    hall.room.get_by_role("link", name="What is left of it").click()
    expect(hall.room.get_by_role("heading", name="Answers")).to_be_visible(timeout=SOON)
    assert not axe_finds(hall.room), axe_finds(hall.room)
    picture(hall.room, "group-summary")
    assert not hall.troubles, hall.troubles


def texting(url: str) -> Callable[[str, str], None]:
    """A make-believe phone of the demo texts."""

    def text(number: str, body: str) -> None:
        assert httpx.post(f"{url}/text", data={"number": number, "body": body}, timeout=60).status_code == 303

    return text


def beside(what: Callable[[], object]) -> None:
    """In a thread without the browser's loop."""
    thread = threading.Thread(target=what)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a_group_from_the_code_on_the_wall_to_the_page_that_is_printed(tmp_path: Path, chromium: Browser) -> None:
    with open_town(tmp_path) as house:
        asked = Answer((Reply("Thank you for telling me. First, are you safe to text right now?"),))
        house.app.engine.answers = lambda turn: asked if turn.text == DANGER else Answer((Reply("I hear you."),))
        fay = house.desk("Fay", "facilitator")
        settings = house.app.settings

        def text(number: str, body: str) -> None:
            beside(lambda: house.phone(number).quickly_texts(body))

        hall = Hall(chromium, settings.public.url, settings.staff.url, fay.me.username, PASSWORD)
        run(hall, text, lambda page, name: None, lambda: house.app.clock.passes(minutes=3))
