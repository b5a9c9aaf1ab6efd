"""Answers in a group: each counts once, shown in fives, until its poll is closed."""

from __future__ import annotations

import pytest

from tests.talking import House
from tests.web.group_people import Facilitator, Young, leading


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


def test_the_answers_of_a_group_are_counted_once_each_and_shown_in_fives(house: House, fay: Facilitator) -> None:
    fay.goes_to("lesson:notice")
    for number in range(12):
        young = Young(house, fay.code)
        first = young.answers("lesson:notice", "c")
        assert first.status_code == 200 and "Each step looks small" in first.json()["said"]
        assert young.answers("lesson:notice", "a" if number < 7 else "b").status_code == 200
    screen = fay.page("/screen")
    assert "5 or more" in screen and "10 or more have answered" in screen and "fewer than 5" in screen
    with house.app.store.read() as work:
        assert work.group_answers.answered(fay.group, "lesson:notice") == 12


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"step": "lesson:notice", "options": ["z"]}, 400),
        ({"step": "lesson:notice", "options": ["a", "b"]}, 400),
        ({"step": "lesson:notice", "options": []}, 400),
        ({"step": "lesson:notice", "options": "a"}, 400),
        ({"step": "lesson:pressure", "options": ["a"]}, 409),
        ([], 400),
    ],
)
def test_an_answer_that_is_not_on_the_screen_is_refused(house: House, fay: Facilitator, body: object, status: int) -> None:
    fay.goes_to("lesson:notice")
    young = Young(house, fay.code)
    assert young.client.post("/group/answers", json=body).status_code == status


def test_a_small_group_sees_its_result_when_the_poll_is_closed_and_no_answer_comes_after(
    house: House, fay: Facilitator
) -> None:
    fay.goes_to("lesson:notice")
    everybody = [Young(house, fay.code) for _ in range(7)]
    for number, young in enumerate(everybody):
        young.answers("lesson:notice", "a" if number < 6 else "b")
    assert "5 or more" not in fay.page("/screen")
    fay.does("close")
    assert "5 or more" in fay.page("/screen")
    assert everybody[0].answers("lesson:notice", "c").status_code == 409


def test_a_poll_closed_by_a_slip_takes_answers_again_until_closing_has_told_its_result(house: House, fay: Facilitator) -> None:
    fay.goes_to("lesson:notice")
    youngs = [Young(house, fay.code) for _ in range(6)]
    youngs[0].answers("lesson:notice", "a")
    fay.does("step", number=0)
    fay.goes_to("lesson:notice")
    assert youngs[1].answers("lesson:notice", "a").status_code == 409
    assert "Take answers again" in fay.page()
    fay.does("reopen")
    assert {young.answers("lesson:notice", "a").status_code for young in youngs} == {200}
    fay.does("close")
    assert "Take answers again" not in fay.page()
    refused = fay.client.post(f"/groups/{fay.group}/reopen", data={"csrf": fay.csrf})
    assert refused.status_code == 409 and "its result is told" in refused.text


def test_at_their_own_pace_a_poll_is_closed_and_who_comes_late_goes_on(house: House, fay: Facilitator) -> None:
    fay.opens(pace="free")
    fay.does("move", event="start")
    steps = house.app.group_lessons.steps(fay.subject)
    number = next(n for n, step in enumerate(steps) if step.id == "lesson:notice")
    fay.goes_to("lesson:notice")
    youngs = [Young(house, fay.code) for _ in range(7)]
    for young in youngs:
        for before in range(number):
            young.goes_on(before + 1)
        young.answers("lesson:notice", "a")
    fay.does("close")
    assert "5 or more" in fay.page("/screen")
    phone = house.phone()
    phone.texts(f"JOIN {fay.code}")
    with house.app.store.begin() as work:
        seat = work.seats.find(fay.group, phone.thread_id)
        work.seats.change(seat.id, step=number)
    phone.texts("a")
    with house.app.store.read() as work:
        assert work.seats.find(fay.group, phone.thread_id).step == number + 1


CLOSED = "The group has moved on"


def counted(house: House, fay: Facilitator, step: str) -> int:
    with house.app.store.read() as work:
        return work.group_answers.answered(fay.group, step)


@pytest.mark.parametrize(("to_step", "on"), [("also:one_word", "also:who_could_help"), ("also:one_word", "lesson:say_it")])
def test_a_word_that_arrives_when_another_step_is_on_counts_to_neither(
    house: House, fay: Facilitator, to_step: str, on: str
) -> None:
    """Written at the cloud, where the page waited for its connection: it is no vote, and no practised sentence."""
    young = Young(house, fay.code)
    fay.goes_to(on)
    young.writes("a friend", "step", step=to_step)
    assert young.lines()[-1].text.startswith(CLOSED)
    assert counted(house, fay, on) == counted(house, fay, to_step) == 0
    with house.app.store.read() as work:
        assert work.group_answers.texts(fay.group, "held") == []


def test_a_word_for_the_step_that_is_on_counts_and_so_does_one_that_names_none(house: House, fay: Facilitator) -> None:
    fay.goes_to("also:one_word")
    for number, more in enumerate(({"step": "also:one_word"}, {})):
        Young(house, fay.code).writes("kind", "step", str(number), **more)
    assert counted(house, fay, "also:one_word") == 2


def test_what_was_private_at_the_step_that_is_over_stays_private(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    fay.goes_to("also:who_could_help")
    young.writes("is it normal that he buys me things", "step", step="also:one_word")
    assert not young.lines()[-1].text.startswith(CLOSED)
    young.writes("PERSON", "step", "2", step="also:one_word")
    assert not young.lines()[-1].text.startswith(CLOSED)
