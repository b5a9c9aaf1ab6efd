"""The chat in a school's page, in a real Chromium and on two origins: each promise of the embedding is a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route

from bot.web.embed import embed_routes
from bot.web.embed_example import example_routes
from bot.web.youth import youth_error_pages, youth_routes
from tests.web.fakes import FakeApp

pytestmark = pytest.mark.slow

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SMALL, PHONE, LAPTOP = {"width": 320, "height": 568}, {"width": 390, "height": 780}, {"width": 1280, "height": 800}
KEPT = """async () => [localStorage.length, sessionStorage.length, document.cookie, (await indexedDB.databases()).length,
                       (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"""
NOTHING = [0, 0, "", 0, 0, 0]


@dataclass
class Where:
    """The addresses of one try: the chat's, the school's and another site's, each an origin of its own."""

    chat: str = ""
    school: str = ""
    stranger: str = ""
    bare: str = ""
    public_url: str = ""


@pytest.fixture
def where(app, serve, free_port) -> Iterator[Where]:
    found = Where(public_url=f"http://127.0.0.1:{free_port}")
    example = Starlette(routes=[*example_routes(found), Route("/bare", lambda _: HTMLResponse(found.bare))])
    with serve(example) as school, serve(example) as stranger:
        app.settings.embed_origins = (school,)
        youth = youth_routes(app)
        chat = Starlette(routes=[*youth, *embed_routes(app, youth)], exception_handlers=dict(youth_error_pages(app)))
        with serve(chat, port=free_port) as address:
            found.chat, found.school, found.stranger = address, school, stranger
            yield found


@dataclass
class Pupil:
    """A young person on a school's page."""

    page: Page
    app: FakeApp
    errors: list[str] = field(default_factory=list)

    @property
    def frame(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def inner(self) -> Frame:
        """The frame itself, to look into."""
        return next(frame for frame in self.page.frames if "/embed?" in frame.url)

    def opens(self) -> None:
        self.page.get_by_role("button", name="Chat", exact=True).click()
        expect(self.frame.locator("#start")).to_be_visible()
        expect(self.frame.locator("html.js")).to_be_attached()  # before its script ran, a press would send the plain form

    def starts(self, way: str = "ask") -> None:
        self.frame.locator(f".way-{way}").click()

    def says(self, text: str) -> None:
        self.frame.get_by_label("Write here").fill(text)
        self.frame.get_by_label("Write here").press("Enter")

    def sees(self, text: str) -> None:
        expect(self.frame.get_by_role("log")).to_contain_text(text)

    def history(self) -> list[str]:
        session = self.page.context.new_cdp_session(self.page)
        return [entry["url"] for entry in session.send("Page.getNavigationHistory")["entries"]]

    def has_left_to(self, address: str) -> None:
        self.page.wait_for_url(address)
        expect(self.page.get_by_role("heading", name="Sunny")).to_be_visible()


@pytest.fixture
def visit(chromium: Browser, app: FakeApp, where: Where) -> Iterator[Callable[..., Pupil]]:
    opened = []

    def open_page(viewport: dict[str, int] = PHONE, path: str = "/school", site: str = "", **options: object) -> Pupil:
        context = chromium.new_context(viewport=viewport, **options)
        opened.append(context)
        context.set_default_timeout(6000)
        pupil = Pupil(context.new_page(), app)
        pupil.page.on("pageerror", lambda error: pupil.errors.append(str(error)))
        pupil.page.on("console", lambda m: pupil.errors.append(m.text) if m.type == "error" else None)
        pupil.page.goto((site or where.school) + path)
        return pupil

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def pupil(visit) -> Pupil:
    return visit()


def test_a_whole_talk_works_inside_the_schools_page(pupil):
    pupil.opens()
    pupil.starts("lesson")
    pupil.sees("keep our chats between us")
    pupil.says("i am scared")
    pupil.sees("I believe you")
    assert pupil.errors == []


def test_nothing_is_asked_of_the_chat_but_its_script_until_somebody_opens_it(visit, where):
    asked = []
    pupil = visit(path="/school.css")
    pupil.page.on("request", lambda request: asked.append(request.url))
    pupil.page.goto(where.school + "/school")
    pupil.page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(where.chat)] == [where.chat + "/embed.js"]
    assert pupil.page.locator("iframe").count() == 0


@pytest.mark.parametrize("viewport", [SMALL, PHONE, LAPTOP], ids=("320", "phone", "laptop"))
def test_the_exit_inside_the_frame_takes_the_whole_page_away(visit, weather, where, viewport):
    pupil = visit(viewport)
    pupil.opens()
    pupil.starts()
    pupil.says("i am scared")
    pupil.sees("I believe you")
    pupil.frame.locator("#exit").click()
    pupil.has_left_to(weather)
    assert not [url for url in pupil.history() if url.startswith((where.school, where.chat))]
    assert pupil.app.chat.forgotten == ["t1"]


@pytest.mark.parametrize("viewport", [SMALL, PHONE, LAPTOP], ids=("320", "phone", "laptop"))
def test_the_leave_button_outside_the_frame_takes_the_whole_page_away_and_the_chat_is_forgotten(
    visit, weather, where, viewport
):
    pupil = visit(viewport)
    pupil.opens()
    pupil.starts()
    pupil.says("i am scared")
    pupil.sees("I believe you")
    pupil.page.locator("button.leave").click()
    pupil.has_left_to(weather)
    assert not [url for url in pupil.history() if url.startswith((where.school, where.chat))]
    assert pupil.app.chat.forgotten == ["t1"]


def test_the_leave_button_works_before_the_chat_is_opened(pupil, weather):
    pupil.page.locator("button.leave").click()
    pupil.has_left_to(weather)


def test_three_presses_of_shift_leave_from_the_schools_page_and_from_inside_the_frame(visit, weather):
    outside = visit()
    outside.opens()
    outside.page.locator("h1").evaluate(
        "(heading) => { document.activeElement.blur(); heading.tabIndex = -1; heading.focus(); }"
    )
    for _ in range(3):
        outside.page.keyboard.press("Shift")
    outside.has_left_to(weather)
    inside = visit()
    inside.opens()
    inside.starts()
    inside.frame.get_by_label("Write here").focus()
    for _ in range(3):
        inside.page.keyboard.press("Shift")
    inside.has_left_to(weather)


def test_letters_between_the_presses_of_shift_are_only_writing(pupil, where):
    for key in ("Shift", "a", "Shift", "b", "Shift", "c"):
        pupil.page.keyboard.press(key)
    pupil.page.wait_for_timeout(300)
    assert pupil.page.url == where.school + "/school"


def test_the_page_is_empty_within_150_ms_even_when_the_chats_server_and_the_other_site_are_slow(pupil, where, weather):
    pupil.opens()
    pupil.starts()
    pupil.says("i am scared")
    pupil.sees("I believe you")
    pupil.page.route(where.chat + "/**", lambda route: None)
    pupil.page.route(weather, lambda route: None)
    seen = pupil.page.evaluate(
        "() => new Promise((done) => { const seen = [], from = performance.now(), outer = document.body.firstElementChild;"
        " navigation.addEventListener('navigate', (event) => done([...seen, event.destination.url]));"
        " outer.shadowRoot.querySelector('.leave').click();"
        " seen.push(document.body.innerText.trim(), document.title, outer.getClientRects().length, performance.now() - from); })"
    )
    assert seen[:3] == ["", "", 0] and seen[3] < 150 and seen[4] == weather, seen


def test_a_message_that_does_not_come_from_the_chat_moves_nobody(pupil, where):
    pupil.opens()
    pupil.page.evaluate(
        "() => { postMessage('handrail:leave', '*'); const frame = document.createElement('iframe'); frame.name = 'rogue'; frame.srcdoc = '<p>rogue</p>'; document.body.append(frame); }"
    )
    expect(pupil.page.frame_locator("iframe[name=rogue]").locator("p")).to_be_visible()
    pupil.page.frame(name="rogue").evaluate("() => parent.postMessage('handrail:leave', '*')")
    pupil.page.wait_for_timeout(400)
    assert pupil.page.url == where.school + "/school"
    expect(pupil.inner.locator("#start")).to_be_visible()


def test_a_site_that_is_not_named_sees_a_plain_sentence_and_a_way_to_the_chats_own_page(visit, where):
    stranger = visit(site=where.stranger)
    stranger.page.get_by_role("button", name="Chat", exact=True).click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("The chat did not open here.", timeout=15000)
    assert stranger.page.get_by_role("link", name="Open it on its own page").get_attribute("href") == where.chat
    assert stranger.page.locator("iframe").count() == 0


def test_when_the_chat_does_not_come_the_numbers_to_call_are_there(visit, where):
    where.bare = f"<!doctype html><html lang=en><body><script src='{where.chat}/embed.js' data-region=GB></script>"
    pupil = visit(path="/bare")
    pupil.page.route(where.chat + "/**", lambda route: route.abort())  # gone since the page was loaded
    pupil.page.get_by_role("button", name="Chat", exact=True).click()
    said = pupil.page.get_by_role("alert")
    expect(said).to_contain_text("Childline", timeout=15000)
    expect(said.get_by_role("link", name="999")).to_have_attribute("href", "tel:999")


def test_a_stranger_who_claims_to_be_the_school_is_refused_by_the_browser(visit, where):
    where.bare = f"<iframe name=stolen src='{where.chat}/embed?host={where.school}'></iframe>"
    stranger = visit(site=where.stranger, path="/bare")
    stranger.page.wait_for_timeout(500)
    assert any("frame-ancestors" in error for error in stranger.errors)
    assert stranger.page.frame(name="stolen").url.startswith("chrome-error:")


def test_the_school_cannot_read_the_chat_and_the_chat_cannot_read_the_school(pupil):
    pupil.opens()
    reach = "document.body.firstElementChild.shadowRoot.querySelector('iframe').contentWindow.document.body.innerText"
    assert (
        pupil.page.evaluate(f"() => {{ try {{ return {reach}; }} catch (error) {{ return error.name; }} }}") == "SecurityError"
    )
    assert (
        pupil.inner.evaluate("() => { try { return parent.document.body.innerText; } catch (error) { return error.name; } }")
        == "SecurityError"
    )
    assert pupil.inner.evaluate("() => document.referrer") == ""


def test_nothing_is_kept_on_the_device_by_the_page_or_the_frame(pupil):
    pupil.opens()
    pupil.starts()
    pupil.says("i am scared")
    pupil.sees("I believe you")
    for place in (pupil.page, pupil.inner):
        assert place.evaluate(KEPT) == NOTHING
    assert pupil.page.context.cookies() == []


@pytest.mark.parametrize("viewport", [SMALL, PHONE, LAPTOP], ids=("320", "phone", "laptop"))
def test_the_leave_button_is_visible_whole_and_never_covered(visit, viewport):
    pupil = visit(viewport)
    for _ in range(2):
        box = pupil.page.locator("button.leave").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= viewport["width"] and box["y"] + box["height"] <= viewport["height"]
        assert box["height"] >= 44
        pupil.page.locator("button.leave").click(trial=True)  # fails where anything lies over it
        assert pupil.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
        if pupil.page.locator("iframe").count() == 0:
            pupil.opens()
    frame = pupil.page.locator("iframe").bounding_box()
    assert frame["width"] >= min(320, viewport["width"]) - 2 and frame["height"] >= 400


def test_the_keyboard_reaches_leaving_first_then_the_chat_and_goes_into_the_frame(pupil):
    pupil.page.keyboard.press("Tab")
    focused = pupil.page.locator("button:focus")
    expect(focused).to_have_text("Quick exit")
    pupil.page.keyboard.press("Tab")
    expect(focused).to_have_text("Chat")
    pupil.page.keyboard.press("Enter")
    expect(pupil.frame.locator("#start")).to_be_visible()
    pupil.page.keyboard.press("Tab")
    expect(pupil.frame.locator("#exit")).to_be_focused()
    pupil.page.get_by_role("button", name="Hide").click()
    expect(pupil.page.locator("iframe")).to_be_hidden()
    expect(focused).to_have_text("Chat")


def test_hiding_keeps_the_talk(pupil):
    pupil.opens()
    pupil.starts()
    pupil.says("i am scared")
    pupil.sees("I believe you")
    pupil.page.get_by_role("button", name="Hide").click()
    pupil.page.get_by_role("button", name="Chat", exact=True).click()
    pupil.sees("I believe you")


def test_the_schools_colour_and_corner_are_taken(visit):
    pupil = visit(LAPTOP, path="/school?colour=7a1f3d&position=left")
    pupil.opens()
    expect(pupil.frame.locator("html")).to_have_css("--rail", "#7a1f3d")
    assert pupil.page.locator("iframe").bounding_box()["x"] < 30
    assert (
        pupil.page.locator("button.open").evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(122, 31, 61)"
    )
    assert pupil.errors == []


def test_a_label_is_only_ever_text(visit, where):
    where.bare = f"<!doctype html><html lang=fr><link rel=icon href=data:,><body><script src='{where.chat}/embed.js' data-label='<img src=x onerror=hit()>' data-colour='red;}} *{{display:none' async></script>"
    pupil = visit(path="/bare")
    expect(pupil.page.locator("button.open")).to_have_text("<img src=x onerror=hit()")
    expect(pupil.page.locator("button.leave")).to_have_text("Sortie rapide")
    assert (
        pupil.page.locator("button.open").evaluate("(button) => getComputedStyle(button).backgroundColor") == "rgb(29, 90, 85)"
    )
    assert not pupil.errors


def test_the_language_is_the_schools_and_can_be_changed_inside_the_frame(visit, where):
    pupil = visit()
    pupil.opens()
    pupil.frame.locator("nav.first-languages a[lang=fr]").click()
    expect(pupil.frame.locator("html")).to_have_attribute("lang", "fr")
    expect(pupil.frame.locator("#start")).to_be_visible()
    pupil.page.wait_for_timeout(1500)  # longer than the page waits for a word from its frame
    expect(pupil.frame.locator("#start")).to_be_visible()


def test_axe_finds_nothing_in_the_page_with_the_chat_open(pupil):
    pupil.opens()
    for place in pupil.page.frames:
        place.evaluate(f"() => {{ {AXE.read_text(encoding='utf-8')} }}")
    found = pupil.page.evaluate(
        "async () => (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })).violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' '))"
    )
    assert found == []
