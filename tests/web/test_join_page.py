"""The page where a group is joined: what it says before anything is written, and in which place it is read."""

from __future__ import annotations

import html
import re

import pytest
from starlette.testclient import TestClient

from bot.web.sites import public_site
from tests.talking import House


def page(house: House, **query: str) -> str:
    return html.unescape(TestClient(public_site(house.app)).get("/join", params=query).text)


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_who_answers_and_what_is_private_is_said_before_any_box_for_words(house: House, lang: str) -> None:
    shown = page(house, lang=lang)
    for sentence in ("page_who", "page_limits"):
        said = house.app.words.say(sentence, lang)
        assert shown.index(said) < shown.index('id="code"'), "a class begins here, and not on the first page"
        assert shown.index('id="me-fold"') < shown.rindex(said) < shown.index('id="me-text"'), "beside the private talk as well"


@pytest.mark.parametrize("sentence", ["page_what_if", "page_watched", "page_watched_not", "page_then_home"])
def test_what_telling_leads_to_and_what_leaving_cannot_hide_stand_before_the_seat_and_beside_it(
    house: House, sentence: str
) -> None:
    shown, said = page(house), house.app.words.say(sentence)
    menu, join = re.search(r'<details class="drop menu".*?</header>', shown, re.S), shown[shown.index('id="join"') :]
    assert menu and said in menu[0] and said in join[: join.index('id="seat"')]


def test_who_has_no_scripts_is_told_what_their_browser_lists(house: House) -> None:
    assert re.search(r"<noscript>.*?" + re.escape(house.app.words.say("page_noscript")), page(house))
