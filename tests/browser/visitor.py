"""A young person at a browser, and what looks over their shoulder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.web.fakes import FakeApp

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SMALL = {"width": 320, "height": 568}
PHONE = {"width": 360, "height": 740}
TABLET = {"width": 768, "height": 1024}
LAPTOP = {"width": 1280, "height": 800}
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Milliseconds, bytes a second: what Chromium's own tools call "Slow 3G"."""


@dataclass
class Visitor:
    """A young person at a browser."""

    page: Page
    app: FakeApp
    errors: list[str] = field(default_factory=list)

    def starts(self, way: str = "ask") -> None:
        self.page.locator(f".way-{way}").click()

    def says(self, text: str) -> None:
        self.page.get_by_label("Write here").fill(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text)

    def chooses(self, label: str) -> None:
        self.page.get_by_role("log").get_by_role("button", name=label).last.click()

    def said(self, thread: str = "t1") -> list[str]:
        opened = self.app.chat.threads.get(thread)
        return [line.text for line in opened.said if line.who == "you"] if opened else []

    def said_soon(self, text: str, thread: str = "t1") -> None:
        """Wait until the server has this as the young person's newest words."""
        for _ in range(150):
            if self.said(thread) and self.said(thread)[-1] == text:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{text!r} did not arrive; there is {self.said(thread)}")

    def comes_to(self, question: str, answer: object) -> None:
        """Wait until the page, asked this, answers that: what moves is measured when it has arrived."""
        for _ in range(100):
            if self.page.evaluate(question) == answer:
                return
            self.page.wait_for_timeout(20)
        assert self.page.evaluate(question) == answer

    def forgets(self) -> None:
        """Wait until the server has heard that the page was left."""
        for _ in range(150):
            if self.app.chat.forgotten:
                return
            self.page.wait_for_timeout(20)

    def keeps_a_way_back(self, word: str) -> str:
        self.page.locator("#menu > summary").click()
        self.page.get_by_text("Come back later").click()
        self.page.get_by_label("Your private word").fill(word)
        self.page.get_by_role("button", name="Keep a way back").click()
        shown = self.page.locator("#way-back")
        expect(shown).to_contain_text("Your way back: ")
        self.page.keyboard.press("Escape")
        return shown.text_content().removeprefix("Your way back: ").partition(".")[0]

    def comes_back(self, way_back: str) -> None:
        self.page.get_by_text("Come back to a chat").click()
        self.page.get_by_label("Your word and the number").fill(way_back)
        self.page.get_by_role("button", name="Open it").click()

    def in_another_tab(self, address: str) -> Visitor:
        other = Visitor(self.page.context.new_page(), self.app)
        other.page.goto(address)
        return other

    def history(self) -> list[str]:
        session = self.page.context.new_cdp_session(self.page)
        return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]


def hold(page: Page, door: str, method: str = "POST") -> list[Route]:
    """Requests to a door that stay without an answer until the test gives one."""
    held: list[Route] = []
    page.route(door, lambda route: held.append(route) if route.request.method == method else route.continue_())
    return held


def comes(page: Page, held: list[Route]) -> Route:
    """The first request that is held, as soon as it is there."""
    for _ in range(150):
        if held:
            break
        page.wait_for_timeout(20)
    return held[0]


def clean(page: Page, state: str) -> None:
    found = page.evaluate(
        "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
        ".map((v) => [v.id, v.help, v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 4)])"
    )
    assert found == [], state
