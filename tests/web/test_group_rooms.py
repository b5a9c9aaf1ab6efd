"""What facilitator, projector, summary and export show of one group: the same numbers, and help for whoever leads."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from tests.talking import House
from tests.web.group_people import Facilitator, Young


def fay_at(house: House, step: str, **more: object) -> Facilitator:
    fay = Facilitator(house)
    fay.opens(also=["one_word", "who_could_help", "questions"], **more)
    fay.does("move", event="start")
    fay.goes_to(step)
    return fay


def numbers_in(page: str) -> list[int]:
    """Every number that a view says of people."""
    return sorted({int(n) for n in re.findall(r"(\d+) or more", page)})


def test_every_view_of_a_group_carries_the_same_numbers_and_nothing_finer(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    for number in range(23):
        Young(house, fay.code).answers("lesson:notice", "a" if number < 13 else "b" if number < 22 else "c")
    with house.app.store.read() as work:
        told = work.group_answers.published(fay.group)["lesson:notice"]
    assert (told.answered, dict(told.counts)) == (20, {"a": 10, "b": 5, "c": 0})
    bars = {path: re.findall(r'bar-count">([^<]+)<', fay.page(path)) for path in ("", "/screen")}
    assert bars[""] == bars["/screen"] == ["10 or more", "5 or more", "fewer than 5"]
    fay.does("close")
    fay.does("move", event="end")
    assert re.findall(r'bar-count">([^<]+)<', fay.page("/summary")) == bars["/screen"]
    rows = [r for r in csv.DictReader(io.StringIO(fay.page("/export.csv"))) if r["step"] == "lesson:notice"]
    assert [r["count"] for r in rows] == bars["/screen"] and {r["answered"] for r in rows} == {"20 or more"}
    for path in ("/screen", "/summary", "/export.csv"):
        assert all(n % 5 == 0 for n in numbers_in(fay.page(path))), path
        assert not re.search(r"\b(13|22|23)\b (?:have )?answer", fay.page(path)), path


def test_the_duty_card_the_guide_and_what_comes_next_are_beside_the_room(house: House) -> None:
    page = html.unescape(fay_at(house, "lesson:notice").page())
    assert "Duty card (CA)" in page and house.app.directory.reporting("CA") in page
    assert f"In danger now: <strong>{house.app.directory.emergency('CA')}" in page
    guide = page.partition("For you:")[2].partition("</p>")[0]
    assert len(guide) > 40
    coming = page.partition("<b>Next:</b>")[2].partition("</p>")[0]
    assert len(coming.strip()) > 10
    steps = page.partition("<ol>")[2].partition("</ol>")[0]
    assert coming.strip() in steps and 'aria-current="step"' in steps


def test_who_has_not_answered_may_be_stuck_only_after_the_steps_own_minutes(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    for _ in range(7):
        Young(house, fay.code)
    page = fay.page()
    assert "Have not answered yet</dt><dd>5 or more" in page and "May be stuck" not in page
    house.app.clock.passes(minutes=5)
    page = fay.page()
    assert "May be stuck</dt><dd>5 or more" in page and "Have not answered yet" not in page


def test_a_pause_is_shown_on_the_wall_and_stops_answers_on_the_page(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    young = Young(house, fay.code)
    fay.does("move", event="pause")
    assert "Small break" in fay.page("/screen")
    assert young.answers("lesson:notice", "a").status_code == 409
    fay.does("move", event="go on")
    assert young.answers("lesson:notice", "a").status_code == 200


def test_who_joins_late_by_page_lands_on_the_step_the_group_is_on(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    young = Young(house, fay.code)
    screen = house.app.group_seats.screen(fay.group, young.seat["token"], "en")
    assert (screen["state"], screen["step"]) == ("running", "lesson:notice")


def test_at_their_own_pace_everybody_goes_on_alone_to_the_last_step_and_no_further(house: House) -> None:
    fay = Facilitator(house)
    fay.opens(pace="free")
    fay.does("move", event="start")
    quick, slow = Young(house, fay.code), Young(house, fay.code)
    steps = house.app.group_lessons.steps(fay.subject)
    went = [quick.goes_on(number + 1)["step"] for number in range(len(steps) + 2)]
    assert went[: len(steps) - 1] == [s.id for s in steps[1:]] and set(went[len(steps) - 1 :]) == {steps[-1].id}
    assert house.app.group_seats.screen(fay.group, slow.seat["token"], "en")["step"] == steps[0].id
    assert [slow.goes_on(1)["number"] for _ in range(3)] == [2, 2, 2], "what is sent again skips nothing"
    fay.does("move", event="calm")
    slow.goes_on(2)
    fay.does("move", event="go on")
    assert house.app.group_seats.screen(fay.group, slow.seat["token"], "en")["number"] == 2
    assert slow.client.post("/group/next", json={"from": "2"}).status_code == 400


def test_leave_typed_where_it_is_private_leaves_the_seat_too(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    young = Young(house, fay.code)
    young.writes("LEAVE", "me")
    assert young.client.get("/group/seat").status_code == 401
    with house.app.store.read() as work:
        assert work.groups.here(fay.group) == 0


@pytest.mark.parametrize(
    ("lang", "joins", "calm", "few", "nobody"),
    [
        ("fr", "Rejoindre", "On s'arrête", "moins de 5", "Ni nom, ni compte"),
        ("es", "Entrar", "Paramos un momento", "menos de 5", "Sin nombre y sin cuenta"),
    ],
)
def test_the_wall_speaks_the_groups_language(house: House, lang: str, joins: str, calm: str, few: str, nobody: str) -> None:
    fay = Facilitator(house)
    fay.opens(lang=lang)
    for path in ("/join", "/screen"):
        page = html.unescape(fay.page(path))
        assert joins in page and nobody in page and f'lang="{lang}"' in page and "No name" not in page
    fay.does("move", event="start")
    fay.goes_to("lesson:notice")
    for number in range(12):
        Young(house, fay.code).answers("lesson:notice", "a" if number < 7 else "b")
    assert few in html.unescape(fay.page("/screen"))
    assert "fewer than 5" in fay.page(), "the facilitator's own page is for staff, in English"
    fay.does("move", event="calm")
    assert calm in html.unescape(fay.page("/screen"))


def test_a_lesson_in_another_language_than_the_groups_says_so(house: House) -> None:
    fay = fay_at(house, "lesson:notice", lang="fr")
    spoken = house.app.group_lessons.lesson_language(fay.subject)
    assert "Nobody has written" in fay.page() if spoken != "fr" else "Nobody has written" not in fay.page()
    assert f'<h1 class="say" lang="{spoken}">' in fay.page(
        "/screen"
    ) and '<main id="main" class="projected" lang="fr"' in fay.page("/screen")
    young = Young(house, fay.code)
    assert house.app.group_seats.screen(fay.group, young.seat["token"], "fr")["lang"] == spoken
    listed = html.unescape(fay.client.get("/groups").text)
    assert f"Grooming ({', '.join(house.app.group_lessons.languages('grooming'))})" in listed


def test_the_qr_code_has_the_white_around_it_that_a_camera_needs(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    drawn = fay.client.get(f"/groups/{fay.group}/qr.svg").text
    left, top = re.findall(r'd="M(\d+) (\d+)\.5h7', drawn)[0]  # where the first dark row begins, in modules
    assert (left, top) == ("4", "4")
