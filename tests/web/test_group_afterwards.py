"""What is left of a group when it is over: aggregates that stay the same, and nothing else."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest
from sqlalchemy import text

from tests.talking import START, Clock, House, Phone, settle
from tests.web.group_people import Facilitator, Young, leading

DANGER = "my stepdad hits me"


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


def test_the_summary_tells_what_changed_and_the_export_holds_only_fives(house: House, fay: Facilitator) -> None:
    everybody = [Young(house, fay.code) for _ in range(25)]
    for when, much in (("before", 6), ("after", 19)):
        fay.goes_to(f"{when}:seen")
        for number, young in enumerate(everybody):
            young.answers(f"{when}:seen", "c" if number < much else "a")
    fay.does("move", event="end")
    summary = fay.page("/summary")
    assert "Before and after" in summary and "change +" in summary
    made = fay.page("/export.csv")
    assert made.startswith("\ufeff"), "so that a spreadsheet reads every letter right"
    rows = list(csv.DictReader(io.StringIO(made[1:])))
    assert {(r["date"], r["took part"]) for r in rows} == {("2026-11-23", "25 or more")}
    changed = [r for r in rows if r["percent"]]
    assert [r["step"] for r in changed] == ["before:seen", "after:seen", "change:seen"] and int(changed[2]["percent"]) > 0
    for row in changed:
        assert f"{row['low']} to {row['high']}" in summary.replace("+", ""), "the same as on the page"
    assert {r["count"] for r in rows if r not in changed} <= {
        "not shown",
        "fewer than 5",
        *(f"{n} or more" for n in range(5, 30, 5)),
    }
    assert [r["count"] for r in rows if r["step"] == "after:seen" and r["option"] == "c"] == ["15 or more"]


def test_the_whole_summary_is_the_same_when_everybody_who_took_part_is_gone(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    fay.goes_to("lesson:notice")
    for number in range(12):
        Young(house, fay.code).answers("lesson:notice", "a" if number < 7 else "b")
    fay.does("move", event="end")
    before = fay.page("/summary"), fay.page("/export.csv")
    assert "10 or more took part" in before[0]
    clock.passes(days=31)
    house.app.outbox.expire()
    with house.app.store.read() as work:
        assert work.seats.ever(fay.group) == 0
    fay.signs_in()
    assert (without_token(fay.page("/summary")), fay.page("/export.csv")) == (without_token(before[0]), before[1])


def without_token(page: str) -> str:
    """The form's token is another in every session."""
    return re.sub(r'name="csrf" value="[^"]+"', "", page)


def test_a_group_that_goes_on_for_days_keeps_count_of_those_whose_threads_are_gone(
    house: House, fay: Facilitator, clock: Clock
) -> None:
    for _ in range(6):
        Young(house, fay.code)
    clock.passes(days=4)
    house.app.outbox.expire()
    fay.signs_in()
    fay.does("move", event="end")
    assert "5 or more took part" in fay.page("/summary")


def test_a_group_that_was_forgotten_ends_by_itself(house: House, fay: Facilitator, clock: Clock) -> None:
    fay.goes_to("lesson:notice")
    phone, young, in_danger = house.phone(), Young(house, fay.code), Young(house, fay.code)
    phone.texts(f"JOIN {fay.code}")
    in_danger.writes(DANGER, "me")
    phone.new()
    clock.passes(hours=11)
    young.answers("lesson:notice", "a")
    clock.passes(hours=11)
    house.app.outbox.sweep()
    assert young.client.get("/group/seat").status_code == 200, "somebody answered eleven hours ago"
    clock.passes(hours=2)
    house.app.outbox.sweep()
    while house.app.group_telling.tell_some():
        pass
    settle(house.app)
    phone.sees_nothing()
    assert young.client.get("/group/seat").status_code == 401
    assert in_danger.client.get("/group/seat").status_code == 200, "people have their case"
    with house.app.store.read() as work:
        assert work.groups.get(fay.group).state.value == "ended" and work.group_answers.is_closed(fay.group, "lesson:notice")
        assert work.seats.now_of(phone.thread_id) is None
        assert "group ended untouched" in [e.what for e in work.audit.since(START, ["group ended untouched"])]


# --- a lesson that was renamed or taken away -----------------------------------------------------------


def loses_its_lesson(house: House, fay: Facilitator, **values: str) -> None:
    with house.app.store.begin() as work:
        work.groups.change(fay.group, **({"lesson": "another_name"} | values))


def answered_by_ten(house: House, fay: Facilitator) -> None:
    fay.goes_to("lesson:notice")
    for number in range(12):
        Young(house, fay.code).answers("lesson:notice", "a" if number < 7 else "b")


@pytest.mark.parametrize("values", [{}, {"module": "another_module"}], ids=["lesson", "module"])
def test_what_was_counted_of_a_lesson_that_is_gone_is_still_read_and_exported(
    house: House, fay: Facilitator, values: dict[str, str]
) -> None:
    answered_by_ten(house, fay)
    fay.does("move", event="end")
    loses_its_lesson(house, fay, **values)
    summary = fay.page("/summary")
    assert "renamed or taken away" in summary and "10 or more answered" in summary and "10 or more took part" in summary
    rows = list(csv.DictReader(io.StringIO(fay.page("/export.csv")[1:])))
    assert [(r["step"], r["option"], r["count"]) for r in rows if r["step"] == "lesson:notice"] == [
        ("lesson:notice", "a", "5 or more"), ("lesson:notice", "b", "fewer than 5"), ("lesson:notice", "c", "fewer than 5")
    ]  # fmt: skip


@pytest.mark.parametrize("pace", ["facilitator", "free"])
def test_a_running_group_whose_lesson_is_gone_says_so_kindly_and_can_be_ended(house: House, pace: str) -> None:
    fay = Facilitator(house)
    fay.opens(pace=pace, lang="fr")
    fay.does("move", event="start")
    Young(house, fay.code)
    loses_its_lesson(house, fay)
    page = fay.page()
    assert "Please end the group" in page and "End it now" in page and "Next step" not in page
    assert "Cette leçon ne peut pas continuer" in html.unescape(fay.page("/screen")) and fay.code[:3] in fay.page("/join")
    for event in ("calm", "go on", "pause"):
        fay.does("move", event=event)
    refused = fay.client.post(f"/groups/{fay.group}/close", data={"csrf": fay.csrf})
    assert refused.status_code == 409 and "Please end the group" in refused.text
    fay.does("move", event="end")
    assert "renamed or taken away" in fay.page("/summary")


def test_who_joins_a_group_whose_lesson_is_gone_hears_so_and_its_pages_stay_open(
    house: House, fay: Facilitator, phone: Phone
) -> None:
    fay.goes_to("lesson:notice")
    young = Young(house, fay.code)
    loses_its_lesson(house, fay)
    phone.texts(f"JOIN {fay.code}")
    phone.sees("can't go on just now")
    screen = house.app.group_seats.screen(fay.group, young.seat["token"], "en")
    assert (screen["state"], "step" in screen) == ("paused", False)


def test_a_forgotten_group_whose_lesson_is_gone_ends_by_itself_too(house: House, fay: Facilitator, clock: Clock) -> None:
    answered_by_ten(house, fay)
    loses_its_lesson(house, fay)
    clock.passes(hours=13)
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert work.groups.get(fay.group).state.value == "ended" and work.group_answers.is_closed(fay.group, "lesson:notice")


def test_a_poll_that_was_renamed_in_its_lesson_keeps_its_result(house: House, fay: Facilitator) -> None:
    answered_by_ten(house, fay)
    fay.does("move", event="end")
    with house.app.store.begin() as work:
        work.group_answers._connection.execute(text("UPDATE poll_result SET step = 'lesson:old_name' WHERE shown"))
    assert "old name" in fay.page("/summary") and "10 or more answered" in fay.page("/summary")
