"""Takes the pictures in docs/pictures from a running installation: ``make screenshots``.

The chat is shown in every state, at three sizes and in both themes; the desk and the phone once each.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser import test_group
from tests.browser.conftest import NAMES, QUIET
from tests.browser.people import PHONE, SOON, DemoPhone, Worker, YoungPerson
from tests.installation import Installation

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
CHAT = PICTURES / "chat"
DANGER = "my stepdad hits me and he's coming home now"
SIZES = {"320": (320, 640), "768": (768, 1024), "1280": (1280, 800)}
THEMES = ("light", "dark")
COLOURS = 128
"""Flat screens lose nothing in a palette, and the folder stays light."""


def picture(page: Page, name: str) -> None:
    """The page as it stands, saved small."""
    page.wait_for_timeout(600)
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file)
    with Image.open(file) as taken:
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def every_way(page: Page, state: str) -> None:
    """One state of the chat at three sizes, light and dark, seen where the newest words are."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate("() => { const log = document.querySelector('#log'); if (log) log.scrollTop = log.scrollHeight; }")
            picture(page, f"chat/{state}-{size}-{theme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)


def take(house: Installation) -> None:
    """The chat from the first screen to its end, the desk beside it, and the phone."""
    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        worker = Worker.signs_in(browser, house)
        young = YoungPerson.arrives(browser, house)
        picture(young.page, "chat-first")
        every_way(young.page, "first")
        young.is_about("13-15", "CA")
        young.goes("ask")
        young.says("what is grooming")
        young.sees("builds trust")
        picture(young.page, "chat-answer")
        young.says("lessons")
        young.taps("When trust feels off")
        for _ in range(2):
            young.taps("Next")
        young.sees("What stands out to you?")
        picture(young.page, "chat-lesson")
        every_way(young.page, "lesson")
        young.says(DANGER)
        young.sees("are you safe to text right now?")
        picture(young.page, "chat-danger")
        every_way(young.page, "disclosure")
        young.taps("Yes")
        worker.sees_a_case("Imminent")
        every_way(young.page, "waiting")
        worker.opens_the_first("Imminent")
        worker.sees("coming home now")
        worker.accepts()
        worker.says("Hi, I'm Sam. I'm a real person. Are you somewhere safe right now?")
        young.sees("I'm Sam")
        young.says("in the bathroom")
        worker.sees("in the bathroom")
        picture(young.page, "chat-person")
        every_way(young.page, "person")
        picture(worker.page, "desk")
        offline_and_ended(young, house)
        boss = Worker.signs_in(browser, house, "supervisor")
        waiting = YoungPerson.arrives(browser, house)
        waiting.goes("ask")
        waiting.says("person")
        waiting.sees("I can pass this on")
        picture(boss.page, "queue")
        boss.page.get_by_role("link", name="Board").click()
        picture(boss.page, "board")
        phone = DemoPhone.opens(browser, house)
        phone.texts("what is a red flag")
        phone.sees("delivered")
        picture(phone.page, "phone")
        hall = test_group.Hall(browser, house.url("public"), house.url("staff"), "facilitator", house.password)
        test_group.run(hall, test_group.texting(house.url("phone")), picture)
        browser.close()


def offline_and_ended(young: YoungPerson, house: Installation) -> None:
    """A dead network; then the chat goes on in another tab, and the old one says so."""
    way_back = young.keeps_a_way_back("otter")
    young.page.context.set_offline(True)
    young.says("is he still there")
    expect(young.page.locator("#connection")).to_be_visible(timeout=SOON)
    every_way(young.page, "offline")
    young.page.context.set_offline(False)
    expect(young.page.locator("#connection.off")).to_be_hidden(timeout=30_000)
    other = YoungPerson(young.page.context.new_page())
    other.page.goto(house.url("public"))
    other.comes_back(way_back)
    other.sees("in the bathroom")
    young.says("hello")
    young.sees("goes on in another tab")
    every_way(young.page, "ended")


if __name__ == "__main__":
    CHAT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Installation(Path(folder) / "var")
        try:
            made.starts()
            take(made)
        finally:
            made.stops()
