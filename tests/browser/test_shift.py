"""A whole shift: two workers and a supervisor at real browsers, three young people on SMS and web at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.people import LAPTOP, SOON, DemoPhone, Worker, YoungPerson
from tests.installation import Installation

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("shift") / "var")
    made.starts()
    yield made
    if made.process and made.process.poll() is None:
        made.stops()


def test_a_whole_shift(house: Installation, chromium: Browser) -> None:
    sam, noor = Worker.signs_in(chromium, house), Worker.signs_in(chromium, house, "worker2")
    alex = Worker.signs_in(chromium, house, "supervisor")
    ari, kim = YoungPerson.arrives(chromium, house), YoungPerson.arrives(chromium, house)
    phone = DemoPhone.opens(chromium, house)

    # Three at once: danger now on the web, a person wanted on the web, thoughts of dying by text.
    ari.is_about("13-15", "CA")
    ari.goes("ask")
    ari.says("he has a knife and he's outside my door right now")
    ari.sees("call 911")
    kim.goes("ask")
    kim.says("person")
    kim.sees("I can pass this on")
    kim.taps("I'll write it myself")
    kim.says("my friends stopped talking to me and i feel so alone")
    kim.sees("your own words first")
    phone.texts("i want to die")
    phone.sees("safe to text right now")
    phone.texts("A")
    phone.sees("What would help most")
    phone.texts("A")
    phone.sees("I can pass this on")
    phone.texts("A")
    phone.sees("They see that first")

    # The list is by level, for everybody, without reloading.
    levels = alex.page.locator("#part-queue .card .level")
    expect(levels).to_have_count(3, timeout=SOON)
    assert [text.strip() for text in levels.all_inner_texts()] == ["Imminent", "High", "Elevated"]

    # Sam takes the first by keyboard alone; the second worker sees it go.
    sam.page.keyboard.press("j")
    sam.page.keyboard.press("Enter")
    sam.sees("outside my door")
    sam.accepts()
    ari.sees("Sam is here now")
    expect(noor.page.locator("#part-queue .card").filter(has_text="Imminent")).to_have_count(0, timeout=SOON)
    sam.says("I'm here. Can you lock the door?")
    ari.sees("Can you lock the door?")
    ari.page.get_by_label("Write here").press_sequentially("yes")
    expect(sam.page.locator(".typing")).to_be_visible(timeout=SOON)
    ari.page.keyboard.press("Enter")
    sam.sees("yes")

    # Noor takes the text message and reads the summary they agreed to.
    noor.opens_the_first("High")
    noor.sees("i want to die")
    noor.accepts()
    expect(noor.page.locator("#facts")).to_contain_text("You wrote about not wanting to live")
    phone.sees("Noor is here now")
    noor.says("Hi, I'm Noor. I'm glad you wrote.")
    phone.sees("glad you wrote")

    # Sam hands Ari over to Noor, who takes it; Ari is told both.
    sam.page.keyboard.press("Escape")
    sam.page.keyboard.press("h")
    sam.page.get_by_label("Noor (worker").check()
    sam.page.get_by_role("button", name="Hand it over").click()
    noor.page.get_by_role("button", name="Take over from Sam").click(timeout=SOON)
    ari.sees("Sam has to go now. Another person takes over")
    ari.sees("Noor is here now")

    # Sam takes Kim, whose own words stand first; Kim would rather have somebody else.
    sam.page.goto(house.url("staff"))
    sam.opens_the_first("Elevated")
    expect(sam.page.locator("#facts")).to_contain_text("my friends stopped talking to me", timeout=SOON)
    sam.accepts()
    kim.sees("Sam is here now")
    kim.says("can i have someone else please")
    kim.sees("I'm asking a different person")
    expect(alex.page.locator("#part-queue .card").filter(has_text="Elevated")).to_have_count(1, timeout=SOON)

    # The supervisor's board: who holds what, times, and the switch.
    alex.page.get_by_role("link", name="Board").click()
    expect(alex.page.locator("#board")).to_contain_text("Accepted, 24 h")
    expect(alex.page.get_by_role("row").filter(has_text="Noor")).to_contain_text("2")
    axe(alex)
    alex.page.get_by_role("button", name="Lines only, now").click()
    expect(alex.page.locator("#board")).to_contain_text("answers with lines only")
    alex.page.get_by_role("button", name="Let it talk again").click()

    # The rota: a shift, a number, a test page that reaches the phone.
    alex.page.get_by_role("link", name="Rota").click()
    alex.page.locator("#person").select_option(label="Sam (worker)")
    alex.page.locator("#starts").fill("00:00")
    alex.page.locator("#ends").fill("23:59")
    alex.page.get_by_role("button", name="Add the shift").click()
    alex.page.locator("#contact-person").select_option(label="Sam")
    alex.page.get_by_label("Number for texts").fill("+15005550177")
    alex.page.get_by_role("button", name="Keep").click()
    alex.page.locator("li").filter(has_text="Sam").get_by_role("button", name="Send a test page").click()
    expect(alex.page.locator("main")).to_contain_text("test, by text", timeout=SOON)
    axe(alex)

    # Noor closes the text with a check-in; the young person says yes and gives a word.
    noor.opens_the_first("High")
    noor.sees("glad you wrote")
    noor.page.keyboard.press("Escape")
    noor.page.keyboard.press("x")
    noor.page.keyboard.press("ArrowDown")
    noor.page.get_by_label("Text them again").select_option("24")
    noor.page.get_by_role("button", name="Close the case").click()
    phone.sees("bot again")
    phone.sees("names no topic")
    phone.texts("A")
    phone.sees("Pick a private word")
    phone.texts("blue kite")
    phone.sees("Kept. Next time we ask")

    # Noor goes away: Ari is told, and waits at the top again.
    noor.page.on("dialog", lambda dialog: dialog.accept())
    noor.page.locator("#part-strip").get_by_role("button", name="Away").click()
    ari.sees("Noor has to go now")
    sam.page.goto(house.url("staff"))
    sam.sees_a_case("Imminent")


def axe(worker: Worker) -> None:
    page = worker.page.context.browser.new_context(viewport=LAPTOP, bypass_csp=True).new_page()  # type: ignore[union-attr]
    page.context.add_cookies(worker.page.context.cookies())
    page.goto(worker.page.url)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    assert [(v["id"], [n["html"] for n in v["nodes"]]) for v in found] == []
    page.context.close()
