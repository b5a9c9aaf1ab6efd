"""The people of the whole story, at real browsers: a young person, a worker, and the demo phone."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from tests.installation import Installation

PHONE = {"width": 390, "height": 780}
LAPTOP = {"width": 1440, "height": 900}
SOON = 15_000  # milliseconds that a reply may take on a busy machine


@dataclass
class YoungPerson:
    """At the web chat."""

    page: Page

    @classmethod
    def arrives(cls, browser: Browser, house: Installation, **options: object) -> YoungPerson:
        page = browser.new_context(viewport=PHONE, **options).new_page()
        page.goto(house.url("public"))
        return cls(page)

    def is_about(self, band: str, region: str) -> None:
        self.page.get_by_label(band).check()
        self.page.get_by_label("Where you live").select_option(region)

    def goes(self, way: str) -> None:
        self.page.locator(f".way-{way}").click()

    def says(self, text: str) -> None:
        self.page.get_by_label("Write here").fill(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text, timeout=SOON)

    def keeps_a_way_back(self, word: str) -> str:
        """Through the options; returns the way back as the page shows it."""
        self.page.locator("#menu > summary").click()
        self.page.get_by_text("Come back later").click()
        self.page.get_by_label("Your private word").fill(word)
        self.page.get_by_role("button", name="Keep a way back").click()
        shown = self.page.locator("#way-back")
        expect(shown).to_contain_text("Your way back: ", timeout=SOON)
        way_back = shown.inner_text().removeprefix("Your way back: ").partition(".")[0]
        self.page.keyboard.press("Escape")
        return way_back

    def comes_back(self, way_back: str) -> None:
        self.page.get_by_text("Come back to a chat").click()
        self.page.get_by_label("Your word and the number").fill(way_back)
        self.page.get_by_role("button", name="Open it").click()

    def taps(self, label: str) -> None:
        fresh = self.page.get_by_role("log").locator("button:not([aria-disabled='true'])")  # old choices rest
        fresh.filter(has_text=label).last.click(timeout=SOON)


@dataclass
class Worker:
    """At the desk."""

    page: Page

    @classmethod
    def signs_in(cls, browser: Browser, house: Installation, username: str = "worker") -> Worker:
        page = browser.new_context(viewport=LAPTOP).new_page()
        page.goto(house.url("staff"))
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(house.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=2, name="Waiting")).to_be_visible(timeout=SOON)
        expect(page.locator("html[data-desk=ready]")).to_be_attached(timeout=SOON)  # before that it hears no key
        return cls(page)

    def sees_a_case(self, level: str) -> None:
        expect(self.page.get_by_role("navigation").get_by_role("link").filter(has_text=level).first).to_be_visible(timeout=SOON)

    def opens_the_first(self, level: str) -> None:
        self.page.get_by_role("navigation").get_by_role("link").filter(has_text=level).first.click()

    def accepts(self) -> None:
        expect(self.page.get_by_role("button", name="Take this case")).to_be_visible(timeout=SOON)
        self.page.keyboard.press("a")
        expect(self.page.locator("#reply-text")).to_be_visible(timeout=SOON)

    def says(self, text: str) -> None:
        self.page.locator("#reply-text").fill(text)
        self.page.keyboard.press("Enter")

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("log")).to_contain_text(text, timeout=SOON)

    def closes(self) -> None:
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("x")
        self.page.keyboard.press("ArrowDown")
        self.page.get_by_role("button", name="Close the case").click()


@dataclass
class DemoPhone:
    """The make-believe phone's page."""

    page: Page

    @classmethod
    def opens(cls, browser: Browser, house: Installation) -> DemoPhone:
        page = browser.new_context(viewport=PHONE).new_page()
        page.goto(house.url("phone"))
        return cls(page)

    def texts(self, text: str) -> None:
        self.page.get_by_label("Text message").fill(text)
        self.page.get_by_role("button", name="Send").click()

    def sees(self, text: str) -> None:
        for _ in range(60):
            if text.lower() in self.page.get_by_label("Texts").inner_text().lower():
                return
            self.page.wait_for_timeout(300)
            self.page.reload()
        raise AssertionError(f"{text!r} did not come; the phone shows:\n{self.page.get_by_label('Texts').inner_text()}")
