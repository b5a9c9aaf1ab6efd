"""A young person's page of a group in a real Chromium: leaving, a shared phone, taps that must arrive, and no script."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.choices import Choice
from bot.engine import Answer, Reply
from bot.groups.state import GroupState
from bot.web.sites import public_site
from tests.browser.test_leaving import KEPT, NOTHING, left_behind, shift_three_times
from tests.browser.visitor import comes, hold
from tests.talking import House, settle
from tests.test_group_talks import Room

pytestmark = pytest.mark.slow

PHONE = {"width": 360, "height": 740}
SOON = 15_000


class Lively:
    """A site whose open pages hear of news, as in a gateway."""

    def __init__(self, house: House) -> None:
        self._live = house.app.live
        self._site: ASGIApp = public_site(house.app)
        self._running: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._running is None:
            self._running = asyncio.create_task(self._live.run())
        await self._site(scope, receive, send)


class Hall:
    """A group at its poll, and young people at its page."""

    def __init__(self, browser: Browser, house: House, address: str) -> None:
        self.browser, self.house, self.address = browser, house, address
        self.room = Room(house)
        self.elsewhere(lambda: self.room.goes_to("lesson:notice"))

    def elsewhere(self, what: Callable[[], object]) -> None:
        """In a thread without the browser's loop."""
        thread = threading.Thread(target=what)
        thread.start()
        thread.join(30)

    def settles(self) -> None:
        self.elsewhere(lambda: settle(self.house.app))

    def opens(self, context: BrowserContext | None = None, **options: object) -> Page:
        page = (context or self.browser.new_context(viewport=PHONE, **options)).new_page()  # type: ignore[arg-type]
        page.goto(f"{self.address}/join")
        return page

    def joins(self, page: Page, *, keep: bool = False) -> Page:
        page.locator("#code").fill(self.room.code)
        if keep:
            page.locator("#keep").check()
        page.locator("#go").click()
        expect(page.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
        return page

    def writes(self, page: Page, text: str) -> None:
        self.says(page, text)
        self.settles()

    def says(self, page: Page, text: str) -> None:
        """Until it came back as kept: the words themselves stand there at once."""
        page.locator("#me-text").fill(text)
        page.locator("#me-form button").click()
        expect(page.locator("#log .you[data-seq]").filter(has_text=text)).to_be_visible(timeout=SOON)

    def is_empty(self, page: Page) -> None:
        """Wait until nobody has a seat."""
        for _ in range(100):
            if self.room.here() == 0:
                break
            page.wait_for_timeout(50)
        assert self.room.here() == 0, "the seat was left"

    def said(self) -> list[str]:
        """What young people wrote, in all threads of this house."""
        with self.house.app.store.read() as work:
            threads = {thread_id for _, thread_id in work.messages.newest()}
            return [m.text for t in threads for m in work.messages.transcript(t) if m.who == "you"]


@pytest.fixture
def hall(chromium: Browser, tmp_path: Path, serve, weather: str) -> Iterator[Hall]:
    house = House(tmp_path, HANDRAIL_EXIT_URL=weather)
    house.app.staff.add(username="fay", first_name="Fay", role="facilitator", password="correct-horse-battery")
    with serve(Lively(house)) as address:
        yield Hall(chromium, house, address)
    house.app.store.close()


def urls(page: Page) -> list[str]:
    session = page.context.new_cdp_session(page)
    return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]


@pytest.mark.parametrize("seated", [False, True], ids=["before", "seated"])
@pytest.mark.parametrize("leave", ["click", "shift"])
def test_quick_exit_leaves_nothing_of_a_group(hall: Hall, weather: str, seated: bool, leave: str) -> None:
    page = hall.opens()
    if seated:
        hall.joins(page, keep=True)
        hall.writes(page, "is it normal that he buys me things")
    page.wait_for_function("() => window.whenLeaving && window.whenLeaving.length")
    page.locator("#exit").click() if leave == "click" else shift_three_times(page)
    page.wait_for_url(weather)
    assert not [url for url in urls(page) if url.startswith(hall.address)]
    assert left_behind(page, hall.address) == [NOTHING, NOTHING]
    hall.is_empty(page)


@pytest.mark.parametrize("path", ["/", "/now", "/join"])
def test_quick_exit_on_any_page_takes_the_seat_off_the_device(hall: Hall, weather: str, path: str) -> None:
    """On the page of the group too, before its own script has come."""
    page = hall.joins(hall.opens(), keep=True)
    page.route("**/group.js", lambda route: route.abort())
    page.goto(hall.address + path)
    page.wait_for_load_state("networkidle")
    page.locator("#exit").click()
    page.wait_for_url(weather)
    assert left_behind(page, hall.address) == [NOTHING, NOTHING]


def test_who_leaves_while_their_seat_is_looked_for_leaves_no_key_of_it(hall: Hall, weather: str) -> None:
    page = hall.joins(hall.opens())
    slow = hold(page, weather, "GET")  # the page lives on until it answers
    held = hold(page, "**/group/seat", "GET")
    page.reload()
    looked_for = comes(page, held)
    page.locator("#exit").click(no_wait_after=True)
    looked_for.continue_()
    hall.is_empty(page)
    page.wait_for_timeout(300)
    comes(page, slow).continue_()
    page.wait_for_url(weather)
    assert left_behind(page, hall.address) == [NOTHING, NOTHING]


def test_a_seat_that_is_given_after_they_left_goes_back(hall: Hall, weather: str) -> None:
    page = hall.opens()
    slow = hold(page, weather, "GET")
    held = hold(page, "**/group/seats")
    page.locator("#code").fill(hall.room.code)
    page.locator("#go").click()
    asked_for = comes(page, held)
    page.locator("#exit").click(no_wait_after=True)
    with page.expect_request(lambda request: request.method == "DELETE"):
        asked_for.continue_()
    hall.is_empty(page)
    comes(page, slow).continue_()
    page.wait_for_url(weather)
    assert left_behind(page, hall.address) == [NOTHING, NOTHING]


def test_leaving_works_before_the_script_of_the_group_has_come(hall: Hall, weather: str) -> None:
    page = hall.browser.new_context(viewport=PHONE).new_page()
    page.route("**/group.js", lambda route: None)  # held back for ever
    page.goto(f"{hall.address}/join", wait_until="commit")
    page.wait_for_function("() => performance.getEntriesByName(location.origin + '/static/exit.js').length")
    page.wait_for_timeout(100)
    shift_three_times(page)
    page.wait_for_url(weather)


def test_the_seat_is_kept_over_a_reload_and_in_no_other_tab(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    page.reload()
    expect(page.locator("#card")).to_contain_text("What stands out to you?", timeout=SOON)
    assert page.evaluate("() => localStorage.length") == 0
    other = hall.opens(page.context)
    other.wait_for_load_state("networkidle")
    expect(other.locator("#back")).to_be_hidden()
    assert hall.room.here() == 1


def test_the_seat_stays_on_the_device_only_for_who_asked_and_misses_nothing(hall: Hall) -> None:
    page = hall.opens()
    expect(page.locator("#keep-part")).to_contain_text("Only on your own phone")
    hall.joins(page, keep=True)
    hall.house.app.engine.answers = lambda turn: Answer((Reply("Here is a line you can call."),))
    hall.says(page, "who can i call")
    context = page.context
    page.close()
    hall.settles()  # the answer comes while no page is open
    again = hall.opens(context)
    again.locator("#back-yes").click()
    expect(again.locator("#log")).to_contain_text("Here is a line you can call.", timeout=SOON)
    again.get_by_role("button", name="Leave the group").click()
    expect(again.locator("#notice")).to_contain_text("You have left the group", timeout=SOON)
    assert again.evaluate(KEPT) == NOTHING
    assert again.locator("#log").inner_html() == "", "for whoever has this phone next"


@pytest.mark.parametrize("trouble", [500, 429, 0], ids=["broken", "busy", "no network"])
def test_a_tap_is_sent_until_it_is_kept_and_its_buttons_stay_so_long(hall: Hall, trouble: int) -> None:
    page = hall.joins(hall.opens())
    yes = Choice("Yes, a person", "/person", "YES")
    hall.house.app.engine.answers = lambda turn: Answer((Reply("Do you want a person?", (yes,)),))
    hall.writes(page, "can somebody help")
    button = page.locator("#log").get_by_role("button", name="Yes, a person")
    expect(button).to_be_visible(timeout=SOON)
    fails = [trouble]

    def door(route: Route) -> None:
        if not fails:
            route.continue_()
        elif fails.pop():
            route.fulfill(status=trouble, body="{}")
        else:
            route.abort()

    page.route("**/group/texts", door)
    button.click()
    expect(button).to_be_hidden(timeout=SOON)
    assert not fails
    assert hall.said().count("YES") == 1, hall.said()


def test_a_tap_that_is_refused_can_be_made_again(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    yes = Choice("Yes, a person", "/person", "YES")
    hall.house.app.engine.answers = lambda turn: Answer((Reply("Do you want a person?", (yes,)),))
    hall.writes(page, "can somebody help")
    button = page.locator("#log").get_by_role("button", name="Yes, a person")
    expect(button).to_be_visible(timeout=SOON)
    page.route("**/group/texts", lambda route: route.fulfill(status=413, json={"error": "Too long."}))
    button.click()
    expect(page.locator("#notice")).to_contain_text("Too long.")
    expect(button).to_be_visible()


def test_words_that_are_refused_stand_before_what_was_begun_since(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    held = hold(page, "**/group/texts")
    page.locator("#me-text").fill("my first words")
    page.locator("#me-form button").click()
    refused = comes(page, held)
    page.locator("#me-text").fill("and then")
    refused.fulfill(status=413, json={"error": "Too long."})
    expect(page.locator("#me-text")).to_have_value("my first words and then")


def test_a_reply_that_came_while_the_stream_was_down_is_shown_after_it(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    hall.writes(page, "hello there")
    expect(page.locator("#log")).to_contain_text("You said: hello there", timeout=SOON)
    hall.says(page, "are you still there")
    page.route("**/group/events", lambda route: route.abort())
    page.context.set_offline(True)
    hall.settles()
    page.wait_for_timeout(500)
    page.unroute("**/group/events")
    page.context.set_offline(False)
    expect(page.locator("#log")).to_contain_text("You said: are you still there", timeout=60_000)
    assert page.locator("#log .said").count() == 4, "nothing is shown twice"


@pytest.mark.parametrize("how", ["no script", "late script"])
def test_without_script_a_code_opens_the_chat_and_comes_into_no_address(hall: Hall, how: str) -> None:
    page = hall.browser.new_context(viewport=PHONE, java_script_enabled=how != "no script").new_page()
    page.route("**/group.js", lambda route: route.abort())
    page.goto(f"{hall.address}/join")
    page.locator("#code").fill(hall.room.code)
    page.locator("#go").click()
    expect(page.locator("#log")).to_contain_text("What stands out to you?", timeout=SOON)
    assert not [url for url in urls(page) if hall.room.code in url]
    page.locator("#log").get_by_role("button", name="The gift").click()
    expect(page.locator("#log")).to_contain_text("Gifts can be kind", timeout=SOON)
    assert hall.room.answers("lesson:notice") == 1


def test_after_the_end_a_page_that_is_loaded_again_has_its_seat_and_the_device_does_not(hall: Hall) -> None:
    page = hall.joins(hall.opens(), keep=True)
    hall.writes(page, "hello there")
    hall.elsewhere(lambda: hall.room.is_(GroupState.ENDED))
    expect(page.locator("#card")).to_contain_text("That's the end", timeout=SOON)
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 1]
    page.reload()
    expect(page.locator("#card")).to_contain_text("That's the end", timeout=SOON)
    hall.writes(page, "are you still there")
    expect(page.locator("#log")).to_contain_text("You said: are you still there", timeout=SOON)
    page.get_by_role("button", name="Leave the group").click()
    assert page.evaluate(KEPT) == NOTHING


def test_a_number_in_the_private_talk_can_be_called_and_everybody_has_a_name(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    hall.house.app.engine.answers = lambda turn: Answer((Reply("If you are in danger, call 911 now."),))
    hall.writes(page, "who can i call")
    expect(page.locator("#log a[href='tel:911']")).to_be_visible(timeout=SOON)
    assert page.locator("#log .name").all_text_contents() == ["You", "Bot"]
    assert page.locator("#log .text").evaluate_all("(all) => all.every((one) => one.dir === 'auto')")


def test_words_written_without_a_network_stay_in_sight_and_go_out_in_their_order(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    page.context.set_offline(True)
    for text in ("first words", "second words"):
        page.locator("#me-text").fill(text)
        page.locator("#me-form button").click()
    expect(page.locator("#log .you").first).to_contain_text("Not sent yet", timeout=SOON)
    expect(page.locator("#log .you").last).to_contain_text("second words")
    page.context.set_offline(False)
    for text in ("first words", "second words"):
        expect(page.locator("#log .you[data-seq]").filter(has_text=text)).to_be_visible(timeout=SOON)
    expect(page.locator("#log .fate")).to_have_count(0)
    assert hall.said() == ["first words", "second words"]


def test_a_word_for_the_cloud_that_goes_out_after_the_next_step_is_on_is_no_vote(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    hall.elsewhere(lambda: hall.room.goes_to("also:one_word"))
    expect(page.locator("#step-text")).to_be_visible(timeout=SOON)
    page.context.set_offline(True)
    page.locator("#step-text").fill("a friend")
    page.locator("#step-text").press("Enter")
    hall.elsewhere(lambda: hall.room.goes_to("also:who_could_help"))
    page.context.set_offline(False)
    expect(page.locator("#log .bot").last).to_contain_text("The group has moved on", timeout=30_000)
    assert hall.room.answers("also:who_could_help") == hall.room.answers("also:one_word") == 0


def test_who_leaves_without_a_network_is_gone_from_the_page_at_once_and_from_the_group_later(hall: Hall) -> None:
    page = hall.joins(hall.opens())
    hall.writes(page, "my uncle is weird with me")
    page.context.set_offline(True)
    page.get_by_role("button", name="Leave the group").click()
    assert "You have left the group" in page.locator("#notice").inner_text()
    assert page.locator("#log").inner_html() == "" and page.evaluate(KEPT) == NOTHING
    assert hall.room.here() == 1
    page.context.set_offline(False)
    for _ in range(200):
        if hall.room.here() == 0:
            break
        page.wait_for_timeout(50)
    assert hall.room.here() == 0


def test_skipping_to_the_main_part_leaves_nothing_in_the_history(hall: Hall, weather: str) -> None:
    page = hall.opens()
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
    page.locator("#exit").click()
    page.wait_for_url(weather)
    assert not [url for url in urls(page) if url.startswith(hall.address)]
