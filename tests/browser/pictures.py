"""Takes the pictures in docs/pictures from a running installation: ``make screenshots``.

The chat is shown in every state, at three sizes and in both themes; the desk and the other pages once or twice each. ``python -m tests.browser.pictures story pages printed groups`` takes the parts that are named; none means all.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.printed.drawing import drawn
from bot.printed.order import Order, checked
from bot.printed.picture import picture as as_png
from bot.words import Words
from tests.browser import test_group
from tests.browser.conftest import NAMES, QUIET
from tests.browser.people import PHONE, SOON, Worker, YoungPerson
from tests.installation import Installation

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
CHAT = PICTURES / "chat"
DANGER = "my stepdad hits me and he's coming home now"
SIZES = {"320": (320, 640), "768": (768, 1024), "1280": (1280, 800)}
THEMES = ("light", "dark")
COLOURS = 256
"""Flat screens lose nothing in a palette, and the folder stays light."""


def picture(page: Page, name: str) -> None:
    """The page as it stands, saved small."""
    page.mouse.move(0, 0)  # nothing lights up under a pointer that nobody sees
    page.wait_for_timeout(600)
    file = PICTURES / f"{name}.png"
    page.screenshot(path=file)
    small(file)


def small(file: Path) -> None:
    """The same picture in fewer bytes."""
    with Image.open(file) as taken:
        few = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


NEWEST = """() => { // where the page itself would stand: at the first message after their own newest words
    const log = document.querySelector('#log');
    if (!log) return;
    log.scrollTop = log.scrollHeight;
    const first = [...log.querySelectorAll('.you')].pop()?.nextElementSibling;
    if (first) log.scrollTop += Math.min(0, first.getBoundingClientRect().top - log.getBoundingClientRect().top - 12);
}"""


def every_way(page: Page, state: str) -> None:
    """One state of the chat at three sizes, light and dark, seen where the newest words are."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)
            page.evaluate(NEWEST)
            picture(page, f"chat/{state}-{size}-{theme}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)


def story(browser: Browser, house: Installation) -> None:
    """The chat from the first screen to its end, and the desk beside it."""
    worker = Worker.signs_in(browser, house)
    young = YoungPerson.arrives(browser, house)
    picture(young.page, "chat-first")
    every_way(young.page, "first")
    young.is_about("13-15", "CA")
    young.goes("ask")
    young.says("what is grooming")
    young.sees("builds trust")
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
    boss.page.get_by_role("link", name="Board").click()
    picture(boss.page, "board")


def groups(browser: Browser, house: Installation) -> None:
    """A group from its opening to its end."""
    hall = test_group.Hall(browser, house.url("public"), house.url("staff"), "facilitator", house.password)
    test_group.run(hall, test_group.texting(house.url("phone")), picture, lambda: time.sleep(185))


def twice(page: Page, name: str) -> None:
    """A page on a small phone in the light, and on a laptop in the dark."""
    for size, theme in (("320", "light"), ("1280", "dark")):
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        picture(page, f"chat/{name}-{size}-{theme}")
    page.emulate_media(color_scheme="light")


def pages(browser: Browser, house: Installation) -> None:
    """What is one tap away, the other languages, the other direction, the other pages, and a school's page."""
    public = house.url("public")
    page = browser.new_context().new_page()
    page.goto(f"{public}/?region=CA")
    page.locator("#help > summary").click()
    twice(page, "help")
    page.keyboard.press("Escape")
    page.locator("#menu > summary").click()
    twice(page, "options")
    for name, path in (("now", "/now"), ("lost", "/nothing-here"), ("french", "/?lang=fr"), ("spanish", "/?lang=es")):
        page.goto(public + path)
        twice(page, name)
    page.goto(public)
    page.evaluate("() => { document.documentElement.dir = 'rtl'; }")
    young = YoungPerson(page)
    young.goes("lesson")
    young.sees("These are the lessons")
    twice(page, "turned")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{house.url('phone')}/school?colour=7a1f3d")
    page.get_by_role("button", name="Chat").click()
    expect(page.frame_locator("iframe").locator("#hello")).to_be_visible(timeout=SOON)
    picture(page, "embed")


def printed(_browser: Browser, _house: Installation) -> None:
    """A poster and a card of a make-believe agency."""
    words = Words.load(PICTURES.parents[1] / "content" / "messages")
    for kind, dots in (("poster", 60), ("card", 220)):
        order = checked(
            Order(kind, "en", "letter", "Riverside Youth Centre", "+1 613 555 0100", "https://chat.riverside.example", "911")
        )
        pdf = drawn(order, partial(_said, words), single=True)
        (PICTURES / f"{kind}.png").write_bytes(as_png(pdf, dots_per_inch=dots))
        small(PICTURES / f"{kind}.png")


def _said(words: Words, name: str) -> str:
    return words.say(f"page_print_{name}", "en", emergency="911")


PARTS: dict[str, Callable[[Browser, Installation], None]] = {
    "story": story, "pages": pages, "printed": printed, "groups": groups,
}  # fmt: skip


def take(house: Installation, parts: list[str]) -> None:
    """The parts that are named, or all of them."""
    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        for part in parts or PARTS:
            PARTS[part](browser, house)
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
    young.sees("goes on in another tab")
    every_way(young.page, "ended")


if __name__ == "__main__":
    CHAT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Installation(Path(folder) / "var")
        made.more["HANDRAIL_EMBED_ORIGINS"] = made.url("phone")
        try:
            made.starts()
            take(made, sys.argv[1:])
        finally:
            made.stops()
