"""Takes the pictures in docs/pictures from a running installation: ``make screenshots``."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser import test_group
from tests.browser.conftest import NAMES, QUIET
from tests.browser.people import DemoPhone, Worker, YoungPerson
from tests.installation import Installation

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
DANGER = "my stepdad hits me and he's coming home now"


def picture(page: Page, name: str) -> None:
    page.wait_for_timeout(600)
    page.screenshot(path=PICTURES / f"{name}.png")


def take(house: Installation) -> None:
    """The chat from the first screen to a person, the desk beside it, and the phone."""
    path = next(filter(None, map(shutil.which, NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        worker = Worker.signs_in(browser, house)
        young = YoungPerson.arrives(browser, house)
        picture(young.page, "chat-first")
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
        young.says(DANGER)
        young.sees("are you safe to text right now?")
        picture(young.page, "chat-danger")
        young.taps("Yes")
        worker.sees_a_case("Imminent")
        worker.opens_the_first("Imminent")
        worker.sees("coming home now")
        worker.accepts()
        worker.says("Hi, I'm Sam. I'm a real person. Are you somewhere safe right now?")
        young.sees("I'm Sam")
        young.says("in the bathroom")
        worker.sees("in the bathroom")
        picture(young.page, "chat-person")
        picture(worker.page, "desk")
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


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = Installation(Path(folder) / "var")
        made.starts()
        try:
            take(made)
        finally:
            made.stops()
