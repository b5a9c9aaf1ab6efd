"""Carrying a lesson, action by action; the lesson itself is tested in tests/lessons."""

from __future__ import annotations

from typing import Any

from actions.answers import ActionAnswer, ActionFallback
from actions.lessons import (
    ActionBackStep,
    ActionKeepTalking,
    ActionLessonChoice,
    ActionMenu,
    ActionNext,
    ActionPause,
    ActionRepeat,
    ActionSkip,
    ActionStartLesson,
    offered,
)
from actions.parts import lessons
from actions.yes_no import ActionDeny
from bot.choices import Choice, as_text
from tests.actions.speaking import Said, run

MODULE, LESSON = offered()[0]
FORM = "handoff_form"


def at(step: str, band: str = "13-15") -> dict[str, Any]:
    place = {"module": MODULE, "lesson": LESSON, "band": band, "lang": "en", "step": step, "trail": []}
    return {"lesson_place": place}


def steps(kind: str, band: str = "13-15") -> list[str]:
    return [s.id for s in lessons().steps(module=MODULE, lesson=LESSON, band=band) if s.kind == kind]


def where(said: Said) -> str | None:
    place = said.slots["lesson_place"]
    return place["step"] if place else None


def test_the_menu_offers_every_lesson_page_by_page_and_each_page_fits_a_phone() -> None:
    titles = [lessons().title(module, lesson, "en") for module, lesson in offered()]
    seen: list[str] = []
    for page in range(len(titles)):
        said = run(ActionMenu(), entities={"page": str(page)})
        assert len(as_text(said.texts[-1], [Choice(c, "/x", "A") for c in said.choices])) <= 306
        seen += [c for c in said.choices if c != "More lessons"]
        if "More lessons" not in said.choices:
            break
    assert seen == titles


def test_a_page_of_the_menu_that_is_not_there_still_shows_lessons() -> None:
    assert run(ActionMenu(), entities={"page": "999"}).texts
    assert run(ActionMenu(), entities={"page": "x"}).choices


def test_the_first_lesson_of_every_module_comes_before_any_second() -> None:
    firsts = [(module.id, module.lessons[0].id) for module in lessons().modules]
    assert offered()[: len(firsts)] == firsts


def test_after_a_lesson_the_next_of_its_module_is_offered() -> None:
    module = next(m for m in lessons().modules if len(m.lessons) > 1)
    steps_of = lessons().steps(module=module.id, lesson=module.lessons[0].id, band="13-15")
    place = {"module": module.id, "lesson": module.lessons[0].id, "band": "13-15", "lang": "en", "trail": []}
    said = run(ActionNext(), slots={"lesson_place": {**place, "step": steps_of[-1].id}})
    assert lessons().title(module.id, module.lessons[1].id, "en") in said.choices and "See the lessons" in said.choices


def test_a_lesson_begins_in_the_band_that_is_known() -> None:
    said = run(ActionStartLesson(), entities={"module": MODULE, "lesson": LESSON}, band="9-12")
    assert said.slots["lesson_place"]["band"] == "9-12"
    assert {"effect": "set", "lesson": MODULE} in said.effects
    assert {"Skip", "Talk to a person"} <= set(said.choices)


def test_somebody_who_skipped_the_band_gets_the_middle_one() -> None:
    assert run(ActionStartLesson(), band=None).slots["lesson_place"]["band"] == "13-15"


def test_every_step_can_be_walked_to_the_end_and_fits_a_text_message() -> None:
    for band in ("9-12", "13-15", "16-18"):
        said, seen = run(ActionStartLesson(), band=band), 0
        while said.slots["lesson_place"]:
            seen += 1
            assert all(len(text) <= 306 for text in said.texts) and seen < 20
            said = run(ActionSkip(), slots={"lesson_place": said.slots["lesson_place"]})
        assert 5 <= seen <= 12 and "That was the lesson" in said.text


def test_a_choice_gets_its_feedback_and_moves_on() -> None:
    step = steps("choose")[0]
    said = run(ActionLessonChoice(), entities={"option": "a", "step": step}, slots=at(step))
    assert len(said.texts) >= 2 and where(said) != step


def test_a_second_tap_on_an_old_choice_skips_nothing() -> None:
    old, now = steps("choose")[:2]
    said = run(ActionLessonChoice(), entities={"option": "a", "step": old}, slots=at(now))
    assert where(said) == now and "another step" in said.text


def test_back_repeat_and_next_move_as_they_say() -> None:
    hook, scenario = steps("hook")[0], steps("scenario")[0]
    assert where(run(ActionNext(), slots=at(hook))) == scenario
    assert where(run(ActionRepeat(), slots=at(scenario))) == scenario
    place = {"lesson_place": {**at(scenario)["lesson_place"], "trail": [hook]}}
    assert where(run(ActionBackStep(), slots=place)) == hook


def test_a_practised_sentence_is_taken_as_one_whatever_it_says() -> None:
    step = steps("practise")[0]
    for action, intent in ((ActionFallback(), "nlu_fallback"), (ActionDeny(), "deny"), (ActionAnswer(), "ask")):
        said = run(
            action, intent=intent, text="no. i dont keep secrets", entities={"answer": "grooming_secret"}, slots=at(step)
        )
        assert where(said) != step, intent


def test_a_question_is_answered_even_on_a_practice_step() -> None:
    said = run(ActionAnswer(), text="what is consent", entities={"answer": "consent_what"}, slots=at(steps("practise")[0]))
    assert "You were in" in said.text and said.choices == ["Back to the lesson"]


def test_turning_to_the_lesson_ends_the_form_and_leaves_the_door_open() -> None:
    said = run(ActionNext(), slots=at(steps("hook")[0]), loop=FORM)
    assert said.left_form and "offer stays open" in said.texts[0]


def test_a_lesson_that_an_edit_took_away_is_no_dead_end() -> None:
    gone = {"lesson_place": {**at("hook")["lesson_place"], "lesson": "gone"}}
    assert "not in a lesson" in run(ActionNext(), slots=gone).text


def test_pause_keeps_the_place_and_keep_talking_returns_to_it() -> None:
    hook = steps("hook")[0]
    assert "lesson_place" not in run(ActionPause(), slots=at(hook)).slots
    assert where(run(ActionKeepTalking(), slots=at(hook))) == hook


def test_every_step_with_its_choices_fits_a_text_message() -> None:
    from bot.lessons import player
    from bot.lessons.player import Place

    for band in ("9-12", "13-15", "16-18"):
        for step in lessons().steps(module=MODULE, lesson=LESSON, band=band):
            turn = player.show(lessons(), Place(MODULE, LESSON, band, "en", step.id))
            choices = [Choice(c.label, c.payload, c.key, c.aside) for c in turn.choices]
            assert len(as_text(turn.says[-1], choices)) <= 306, (band, step.id)


def test_a_lesson_goes_on_in_the_language_they_have_changed_to() -> None:
    said = run(ActionRepeat(), slots=at(steps("hook")[0]), lang="fr")
    assert said.slots["lesson_place"]["lang"] == "fr"
