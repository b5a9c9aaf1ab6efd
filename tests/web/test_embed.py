"""The chat inside another site's page, as it looks from the wire: who may frame it, and what the script carries."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.settings import SettingsError, load
from bot.web.embed import embed_routes
from bot.web.embed_theme import contrast, rgb, theme_css
from bot.web.youth import youth_error_pages, youth_routes
from tests.web.fakes import FakeApp

SCHOOL, SHELTER = "https://www.school.example", "https://shelter.example:8443"


def client(*origins: str) -> TestClient:
    app = FakeApp(embed_origins=origins)
    youth = youth_routes(app)
    site = Starlette(routes=[*youth, *embed_routes(app, youth)], exception_handlers=dict(youth_error_pages(app)))
    return TestClient(site, base_url="https://chat.example")


@pytest.fixture
def chat() -> TestClient:
    return client(SCHOOL, SHELTER)


def ancestors(answer) -> str:
    return re.search(r"frame-ancestors ([^;]*)", answer.headers["content-security-policy"])[1]


def test_no_site_frames_the_chat_until_the_settings_name_one(tmp_path):
    nobody = client()
    assert nobody.get("/embed.js").status_code == 404
    assert nobody.get(f"/embed?host={SCHOOL}").status_code == 404
    assert load({"HANDRAIL_VAR": str(tmp_path)}).embed_origins == ("http://127.0.0.1:8083",)  # the demo's own example
    real = {
        "HANDRAIL_SECRET_KEY": "k9d8f7g6h5j4k3l2m1n0b9v8c7x6z5a4",
        "HANDRAIL_PUBLIC_URL": "https://chat.example",
        "HANDRAIL_TWILIO_ACCOUNT_SID": "a",
        "HANDRAIL_TWILIO_AUTH_TOKEN": "7f3a9c1e5b8d2046a1c3e5f708192b3d",
        "HANDRAIL_TWILIO_FROM": "c",
    }
    assert load(real).embed_origins == ()


@pytest.mark.parametrize("host", [SCHOOL, SHELTER])
def test_a_named_site_may_frame_the_chat_and_only_that_one(chat, host):
    answer = chat.get("/embed", params={"host": host})
    assert answer.status_code == 200
    assert ancestors(answer) == host
    assert "x-frame-options" not in answer.headers
    assert f'data-host="{host}"' in answer.text


@pytest.mark.parametrize(
    "host",
    [
        "",
        "https://evil.example",
        "https://www.school.example.evil.example",
        "https://www.school.example/",
        "null",
        "*",
        f"{SCHOOL} https://evil.example",
    ],
)
def test_a_site_that_is_not_named_gets_no_chat_and_no_leave_to_frame_it(chat, host):
    answer = chat.get("/embed", params={"host": host})
    assert answer.status_code == 404
    assert ancestors(answer) == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"


def test_the_page_itself_is_still_framed_by_nobody(chat):
    for answer in (chat.get("/"), chat.post("/talk", data={"do": "ask"})):
        assert ancestors(answer) == "'none'"
        assert answer.headers["x-frame-options"] == "DENY"


def test_every_address_of_the_framed_page_stays_in_the_frame(chat):
    for answer in (
        chat.get("/embed", params={"host": SCHOOL, "colour": "7a1f3d"}),
        chat.post("/embed/talk", params={"host": SCHOOL, "colour": "7a1f3d"}, data={"do": "lesson", "id": "1"}),
    ):
        assert set(re.findall(r'action="([^"]*)"', answer.text)) == {f"/embed/talk?{QUERY}"}
        links = set(re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text))
        assert 'target="_blank" rel="noopener" href="/join?' in answer.text or "/join" not in answer.text
        assert links and all(link.startswith((f"/embed?{QUERY}&amp;lang=", "/join?")) for link in links)
        assert 'href="/embed/theme.css?colour=7a1f3d"' in answer.text
        assert ancestors(answer) == SCHOOL


QUERY = "host=https%3A%2F%2Fwww.school.example&amp;colour=7a1f3d"


def test_the_forms_work_inside_the_frame_and_leaving_without_a_script_takes_the_whole_page(chat):
    first = chat.get("/embed", params={"host": SCHOOL})
    assert re.search(r'<a class="exit" id="exit" target="_top"', first.text)
    talk = chat.post("/embed/talk", params={"host": SCHOOL}, data={"do": "lesson", "id": "1"})
    assert "keep our chats between us" in talk.text
    assert re.search(r'<form class="exit-form" target="_top"', talk.text)
    assert (
        chat.post("/embed/talk", params={"host": "https://evil.example"}, data={"do": "lesson", "id": "2"}).status_code == 404
    )


def test_nothing_is_stored_and_nothing_is_set(chat):
    for answer in (
        chat.get("/embed", params={"host": SCHOOL}),
        chat.get("/embed.js"),
        chat.get("/embed/theme.css?colour=7a1f3d"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|caches\.", chat.get("/embed.js").text)


def test_the_script_can_be_taken_by_another_site_and_carries_words_and_the_exit_address(chat):
    script = chat.get("/embed.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert '"GIVEN"' not in script.text
    for word in ("https://www.example.org/weather", "Discuter", "Quick exit", "Ocultar"):
        assert word in script.text
    assert SCHOOL not in script.text  # no site learns which others have the chat


def test_a_site_may_choose_among_a_few_more_tokens_and_nothing_else(chat):
    page = chat.get("/embed", params={"host": SCHOOL, "theme": "dark", "corners": "round", "headings": "serif", "size": "9"})
    link = re.search(r'href="(/embed/theme.css[^"]+)"', page.text)[1]
    assert link == "/embed/theme.css?theme=dark&amp;corners=round&amp;headings=serif"
    css = chat.get(link.replace("&amp;", "&")).text
    assert "color-scheme: dark" in css and "--ground: #101818;" in css and "--corner: 1.25rem;" in css and "serif;" in css
    assert "@media" not in css
    for wrong in ({"theme": "neon"}, {"corners": "0;} * {display:none"}, {"headings": "url(x)"}):
        assert chat.get("/embed/theme.css", params=wrong).status_code == 404


def test_the_frame_offers_a_group_where_the_site_has_groups_and_opens_it_in_a_tab_of_its_own(chat):
    assert "way-group" not in chat.get("/embed", params={"host": SCHOOL}).text
    chat.app.routes.append(Route("/join", lambda _: Response("groups")))
    page = chat.get("/embed", params={"host": SCHOOL}).text
    assert re.search(r'class="way way-group" target="_blank" rel="noopener" href="/join', page)


def test_a_colour_that_is_no_colour_changes_nothing(chat):
    for wrong in ("chartreuse", "7a1f3", "7a1f3d}body{display:none", "</style><b>", "zzzzzz"):
        assert chat.get("/embed/theme.css", params={"colour": wrong}).status_code == 404
        page = chat.get("/embed", params={"host": SCHOOL, "colour": wrong})
        assert "theme.css" not in page.text and wrong not in page.text


@given(st.text("0123456789abcdef", min_size=6, max_size=6))
def test_letters_stay_readable_whatever_colour_a_site_gives(colour):
    light, dark = (dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", part)) for part in theme_css(colour).split("@media"))
    for theme, grounds in ((light, ("edf1f0", "fbfcfc")), (dark, ("182323",))):
        assert all(contrast(rgb(theme["rail"]), rgb(ground)) >= 4.5 for ground in grounds)
        assert contrast(rgb(theme["rail"]), rgb(theme["rail-ink"])) >= 4.5
    for theme, ink in ((light, "16282a"), (dark, "e6eeec")):
        assert contrast(rgb(theme["rail-soft"]), rgb(ink)) >= 4.5


@pytest.mark.parametrize(
    "wrong",
    [
        "http://www.school.example",
        "https://*.school.example",
        "www.school.example",
        "https://school.example/page",
        "https://school.example; script-src *",
        "*",
    ],
)
def test_a_site_written_wrongly_stops_the_start_with_one_sentence(wrong):
    real = {
        "HANDRAIL_DEMO": "0",
        "HANDRAIL_SECRET_KEY": "k9d8f7g6h5j4k3l2m1n0b9v8c7x6z5a4",
        "HANDRAIL_PUBLIC_URL": "https://chat.example",
        "HANDRAIL_TWILIO_ACCOUNT_SID": "a",
        "HANDRAIL_TWILIO_AUTH_TOKEN": "7f3a9c1e5b8d2046a1c3e5f708192b3d",
        "HANDRAIL_TWILIO_FROM": "c",
    }
    with pytest.raises(SettingsError, match="HANDRAIL_EMBED_ORIGINS has"):
        load({**real, "HANDRAIL_EMBED_ORIGINS": f"https://fine.example,{wrong}"})


def test_sites_are_read_as_written_but_for_spaces_letters_and_a_last_stroke(tmp_path):
    found = load(
        {"HANDRAIL_VAR": str(tmp_path), "HANDRAIL_EMBED_ORIGINS": " https://WWW.School.example/ , https://shelter.example:8443"}
    )
    assert found.embed_origins == ("https://www.school.example", "https://shelter.example:8443")


def test_the_script_carries_the_numbers_for_when_the_chat_does_not_come(chat):
    script = chat.get("/embed.js").text
    assert "In danger right now?" in script and '"tel:911"' in script and '"tel:999"' in script


def test_a_framed_page_of_plain_forms_that_comes_back_starts_anew(chat):
    answer = chat.get("/embed/talk", params={"host": SCHOOL}, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/embed?host=https%3A%2F%2Fwww.school.example"
    assert chat.get("/embed/talk", params={"host": "https://evil.example"}).status_code == 404
