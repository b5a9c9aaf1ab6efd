"""Chatter, insults, stray letters and other languages get a decent reply."""

from __future__ import annotations

import pytest

from actions.answers import ActionAnswer, ActionFallback
from actions.elsewhere import SAID_TO, ActionChangeLanguage, ActionElsewhere, ActionSlower, ActionStrayChoice, language_named
from actions.lessons import ActionNext, ActionRepeat
from actions.parts import answers, words
from actions.privacy import ActionIsThisABot
from bot.answers.catalog import Answers
from tests.actions.speaking import run


@pytest.fixture
def at_a_choice() -> dict[str, object]:
    """A place in a real lesson at a step with options."""
    from actions.lessons import lessons, offered

    module, lesson = offered()[0]
    step = next(s for s in lessons().steps(module=module, lesson=lesson, band="13-15") if s.options)
    return {"module": module, "lesson": lesson, "band": "13-15", "lang": "en", "step": step.id, "trail": []}


@pytest.mark.parametrize("intent", sorted(SAID_TO))
def test_each_kind_of_chatter_has_words_and_is_outside(intent: str) -> None:
    said = run(ActionElsewhere(), intent=intent)
    assert len(said.texts) == 1 and said.choices == ["See the lessons"]
    assert said.effects == [{"effect": "answered", "topic": "out_of_scope"}]


def test_medicine_is_never_dosed_and_names_the_emergency_number() -> None:
    said = run(ActionElsewhere(), intent="medicine", text="how many advil")
    assert "pharmacist" in said.text and "911" in said.text


def test_in_a_lesson_chatter_shows_the_way_back(at_a_choice: dict[str, object]) -> None:
    assert run(ActionElsewhere(), intent="small_talk", slots={"lesson_place": at_a_choice}).choices == ["Back to the lesson"]


def test_a_letter_that_is_not_on_offer_shows_the_step_again(at_a_choice: dict[str, object]) -> None:
    said = run(ActionStrayChoice(), intent="stray_choice", text="g", slots={"lesson_place": at_a_choice})
    assert said.texts[0] == words().say("not_a_choice_here") and len(said.texts) == 2 and "Skip" in said.choices


def test_a_letter_with_nothing_on_offer_is_met_kindly() -> None:
    assert run(ActionStrayChoice(), intent="stray_choice", text="b").texts == [words().say("no_choice_now")]


def test_next_alone_chooses_nothing_and_says_so(at_a_choice: dict[str, object]) -> None:
    said = run(ActionNext(), intent="next", text="next", slots={"lesson_place": at_a_choice})
    assert said.texts[0] == words().say("choose_or_skip")
    assert said.slots["lesson_place"]["step"] == at_a_choice["step"]


def test_slower_is_heard_and_the_step_shown_again(at_a_choice: dict[str, object]) -> None:
    assert len(run(ActionSlower(), intent="slower", slots={"lesson_place": at_a_choice}).texts) == 2
    assert run(ActionSlower(), intent="slower").texts == [words().say("slower")]


def test_what_was_not_understood_is_said_again_outside_a_lesson() -> None:
    said = run(ActionRepeat(), intent="repeat", text="huh", slots={"last_answer": "grooming_what"})
    assert "PERSON" in said.texts[0] and said.texts[1].startswith("Grooming is")


@pytest.mark.parametrize(
    ("text", "lang"),
    [("french please", "fr"), ("en español por favor", "es"), ("in english", "en"), ("anglais", "en"), ("en inglés", "en"),
     ("je voudrais changer de langue", "fr"), ("change language", None), ("french or spanish", None),
     ("do u speak other languages", None)],
)  # fmt: skip
def test_a_language_is_asked_for_by_name_or_by_using_it(text: str, lang: str | None) -> None:
    assert language_named(text, spoken="en") == lang


def test_a_language_is_kept_and_spoken_at_once() -> None:
    said = run(ActionChangeLanguage(), intent="change_language", text="french please")
    assert {"effect": "set", "lang": "fr"} in said.effects and said.texts == [words().say("language_kept", "fr")]


def test_without_a_name_the_languages_are_offered() -> None:
    assert run(ActionChangeLanguage(), intent="change_language", text="change language").choices == [
        "English",
        "Français",
        "Español",
    ]


def test_an_answer_without_words_in_their_language_is_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    english = answers("en")
    french = Answers(answer for answer in answers("fr") if answer.id != "grooming_love").over(english)
    monkeypatch.setattr("actions.answers.answers", lambda lang: french if lang == "fr" else english)
    there = run(ActionAnswer(), entities={"answer": "grooming_what"}, lang="fr")
    missing = run(ActionAnswer(), entities={"answer": "grooming_love"}, lang="fr")
    assert "confiance" in there.texts[0] and missing.texts[0] == words().say("answer_in_english", "fr")


def test_a_question_in_another_language_is_answered_in_it() -> None:
    said = run(ActionAnswer(), text="c'est quoi le grooming", entities={"answer": "grooming_what", "lang": "fr"})
    assert "confiance" in said.text and {"effect": "set", "lang": "fr"} in said.effects


def test_a_likely_answer_is_said_and_the_next_nearest_offered_with_it() -> None:
    said = run(ActionAnswer(), entities={"answer": "grooming_what", "answer_2": "online_age", "sure": "likely"})
    assert len(said.texts) == 1 and said.choices[0] == "When someone lies about age"
    assert said.effects[0]["sure"] == "likely" and said.effects[0]["or_topic"] == "online_safety"


def test_emoji_alone_and_other_scripts_are_met_with_words() -> None:
    assert "read words" in run(ActionFallback(), intent="out_of_scope", text="😭😭").text
    assert "English, French and Spanish" in run(ActionFallback(), intent="out_of_scope", text="我需要帮助").text


def test_what_it_is_counts_as_an_answer() -> None:
    assert run(ActionIsThisABot(), intent="is_this_a_bot").effects[0]["topic"] == "about_the_bot_privacy"
