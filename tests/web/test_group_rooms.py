"""What facilitator, projector, summary and export show of one group: the same numbers, and help for whoever leads."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import re

import pytest

from bot.chat import ChatRefused
from tests.talking import Desk, House
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


def test_who_has_left_is_not_counted_among_those_who_answered(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    youngs = [Young(house, fay.code) for _ in range(15)]
    for young in youngs[:10]:
        young.answers("lesson:notice", "a")
    for young in youngs[:8]:
        young.client.delete("/group/seats")
    room = house.app.group_sights.room(fay.group, fay.desk.me)
    assert (room.here, room.to_answer) == (7, 5)


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


def test_at_their_own_pace_the_facilitator_sees_in_fives_where_they_are_and_how_many_may_be_stuck(house: House) -> None:
    fay = Facilitator(house)
    fay.opens(pace="free")
    fay.does("move", event="start")
    youngs = [Young(house, fay.code) for _ in range(17)]
    for young in youngs[:7]:
        young.goes_on(1)
    room = house.app.group_sights.room(fay.group, fay.desk.me)
    assert (room.at[0], room.at[1], room.at[2]) == (10, 5, 0) and room.stuck == 0
    assert "10 or more are here" in fay.page()
    notice = [step.id for step in house.app.group_lessons.steps(fay.subject)].index("lesson:notice")
    for young in youngs:
        for number in range(notice):
            young.goes_on(number + 1)
    house.app.clock.passes(minutes=30)
    for young in youngs[:6]:
        young.answers("lesson:notice", "a")
    youngs[6].writes("is it normal that he buys me things", "me")
    youngs[7].writes("my stepdad hits me", "me")
    room = house.app.group_sights.room(fay.group, fay.desk.me)
    assert room.stuck == 10, "eleven have answered nothing for half an hour, and what is private moves no count"


@pytest.mark.asyncio
async def test_a_lesson_that_is_renamed_costs_no_other_group_an_answer(house: House) -> None:
    """Answers that come together are kept together: those of the other room, too."""
    gone, other = fay_at(house, "lesson:notice"), Facilitator(house, "Ola")
    other.opens(pace="free")
    other.does("move", event="start")
    young, late = Young(house, gone.code), Young(house, other.code)
    for number in range(1 + [s.id for s in house.app.group_lessons.steps(other.subject)].index("lesson:notice")):
        late.goes_on(number)
    with house.app.store.begin() as work:
        work.groups.change(gone.group, lesson="another_name", pace="free")
    answers = (house.app.group_seats.answer(each.seat["token"], "lesson:notice", ["a"]) for each in (young, late))
    refused, kept = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(refused, ChatRefused) and (refused.status, "can't go on just now" in str(refused)) == (409, True)
    assert kept["kept"] == ["a"]
    assert young.client.post("/group/next", json={"from": 1}).status_code == 409


def test_leave_typed_where_it_is_private_leaves_the_seat_too(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    young = Young(house, fay.code)
    young.writes("LEAVE", "me")
    assert young.client.get("/group/seat").status_code == 401
    with house.app.store.read() as work:
        assert work.seats.here(fay.group) == 0


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
    assert f'<h1 class="say" lang="{spoken}">' in fay.page("/screen") and '<main id="main" lang="fr"' in fay.page("/screen")
    young = Young(house, fay.code)
    assert house.app.group_seats.screen(fay.group, young.seat["token"], "fr")["lang"] == spoken
    listed = html.unescape(fay.client.get("/groups").text)
    assert f"Grooming ({', '.join(house.app.group_lessons.languages('grooming'))})" in listed


def test_the_qr_code_has_the_white_around_it_that_a_camera_needs(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    drawn = fay.client.get(f"/groups/{fay.group}/qr.svg").text
    left, top = re.findall(r'd="M(\d+) (\d+)\.5h7', drawn)[0]  # where the first dark row begins, in modules
    assert (left, top) == ("4", "4")


def test_a_code_that_lets_nobody_in_stands_on_no_wall(house: House) -> None:
    fay = fay_at(house, "lesson:notice")
    shown = f"{fay.code[:3]} {fay.code[3:]}"
    assert shown in fay.page("/screen") and shown in fay.page("/join")
    fay.does("move", event="calm")
    assert shown not in fay.page("/screen"), "one calm sentence and a breath, and nothing else"
    fay.does("move", event="go on")
    fay.does("door", open="0")
    assert shown not in fay.page("/screen") + fay.page("/join") and "not letting anyone in" in fay.page("/join")
    fay.does("door", open="1")
    assert shown in fay.page("/screen") and shown in fay.page("/join")
    fay.does("move", event="end")
    assert shown not in fay.page("/screen") + fay.page("/join")


def test_before_it_begins_and_after_its_end_the_room_counts_no_answers_and_says_what_is_on_the_screen(house: House) -> None:
    fay = Facilitator(house)
    fay.opens(also=["arrive"])
    assert "First, once you start" in fay.page() and "Have answered" not in fay.page()
    fay.does("move", event="start")
    assert "On the screen now" in fay.page() and "Have answered" in fay.page()
    fay.does("move", event="pause")
    assert "The step that waits" in fay.page()
    fay.does("move", event="end")
    assert "The last step" in fay.page() and "Have answered" not in fay.page()


def tile(page: str, name: str) -> str:
    """What one tile of the facilitator's page says."""
    return re.findall(rf"<dt>{name}</dt><dd>(.*?)</dd>", page)[0]


def test_how_many_have_answered_is_told_with_the_result_and_never_falsely(house: House) -> None:
    fay = fay_at(house, "before:seen")
    everybody = [Young(house, fay.code) for _ in range(11)]
    for young in everybody[:9]:
        young.answers("before:seen", "a")
    assert tile(fay.page(), "Have answered") == "not told yet", "nine have, and fewer than five would be a lie"
    assert tile(fay.page(), "Have not answered yet") == "fewer than 5"
    for young in everybody[9:]:
        young.answers("before:seen", "b")
    assert tile(fay.page(), "Have answered") == "10 or more"


def test_a_poll_that_three_answered_says_fewer_than_five_once_it_is_closed(house: House) -> None:
    fay = fay_at(house, "before:seen")
    for _ in range(3):
        Young(house, fay.code).answers("before:seen", "a")
    assert tile(fay.page(), "Have answered") == "not told yet"
    fay.does("close")
    assert tile(fay.page(), "Have answered") == "fewer than 5"


def test_what_is_left_of_a_group_leads_back_to_the_desks_answers_and_the_duty_card(house: House, desk: Desk) -> None:
    fay = Facilitator(house)
    fay.opens()
    fay.does("move", event="start")
    fay.does("worry", words="Two of them have gone quiet", how_soon="soon")
    fay.does("move", event="end")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.says(card, "I can call you at four.")
    back = f"/groups/{fay.group}"
    assert f'href="{back}"' in fay.page("/summary")
    assert "I can call you at four." in fay.page() and "Duty card" in fay.page()


def test_the_summary_says_of_equal_questions_which_was_asked_before_and_which_after(house: House) -> None:
    fay = fay_at(house, "before:seen")
    for _ in range(7):
        Young(house, fay.code).answers("before:seen", "a")
    fay.does("close")
    fay.does("move", event="end")
    page = fay.page("/summary")
    assert re.search(r'<h3 lang="en"><span class="tag" lang="en">before</span> ', page)
    assert re.search(r'<li lang="en"><span class="tag" lang="en">after</span> ', page)
