"""Care and the way to a person, action by action."""

from __future__ import annotations

from itertools import pairwise

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.afterwards import AskPrivateWord, ValidateWordForm
from actions.handoff import (
    ActionCare,
    ActionHandoffDone,
    ActionHappeningToMe,
    ActionWantPerson,
    ActionWorriedAboutFriend,
    AskHandoffWants,
    AskSafeToText,
    ValidateHandoffForm,
)
from actions.lessons import ActionPause
from actions.passing_on import AskOwnSummary
from actions.yes_no import ActionAffirm, ActionDeny, ActionUnsure
from bot.effects import LISTEN
from bot.safety.verdict import CATEGORIES
from bot.text import for_sms, segments
from tests.actions.speaking import FACTS, Said, run

FORM = "handoff_form"


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("level", ["elevated", "high", "imminent"])
@pytest.mark.parametrize("subject", ["self", "other"])
@pytest.mark.parametrize("people_here", [True, False])
def test_every_kind_of_danger_has_words_that_fit_a_text_message(
    category: str, level: str, subject: str, people_here: bool
) -> None:
    said = run(ActionCare(), level=level, category=category, subject=subject, people_here=people_here)
    assert said.texts and all(len(t) <= 306 and t.isascii() for t in said.texts)
    assert not any(word in said.text.lower() for word in ("calm down", "at least", "should have", "why did", "promise"))
    assert "?" not in said.text or said.text.count("?") == 1 or level == "imminent"


@pytest.mark.parametrize("asks", [AskOwnSummary, AskPrivateWord])
def test_the_gateway_is_told_when_any_words_are_an_answer(asks: type[Action]) -> None:
    """Else a group at its word cloud would take them for its own."""
    assert run(asks()).effects == [{"effect": LISTEN}]


def test_high_starts_the_form_and_elevated_does_not() -> None:
    assert run(ActionCare(), level="high", category="suicide").followup == FORM
    assert run(ActionCare(), level="elevated", category="suicide").followup is None


def test_the_form_is_not_started_inside_the_form() -> None:
    said = run(ActionCare(), level="imminent", category="suicide", loop=FORM, slots={"requested_slot": "safe_to_text"})
    assert said.followup is None and said.choices == ["Yes", "No", "Not sure"]


def test_a_rising_level_gets_its_own_words() -> None:
    given = {"care_given": {"times": 1, "level": "elevated"}}
    assert "glad you told me" in run(ActionCare(), level="high", category="suicide", slots=given).text


def test_a_case_just_opened_begins_care_anew() -> None:
    given = {"care_given": {"times": 3, "level": "high"}}
    said = run(ActionCare(), level="high", category="abuse_at_home", slots=given, case={"state": "detected", "level": "high"})
    assert "I believe you" in said.text and said.followup == FORM


def test_the_same_words_never_come_twice_in_a_row() -> None:
    texts, times = [], 1
    for _ in range(6):
        texts.append(
            run(ActionCare(), level="high", category="suicide", slots={"care_given": {"times": times, "level": "high"}}).text
        )
        times += 1
    assert all(a != b for a, b in pairwise(texts))


def test_with_a_person_on_the_way_nothing_is_offered_again() -> None:
    said = run(ActionCare(), level="high", category="suicide", case={"state": "queued", "level": "high"})
    assert not said.effects


def test_a_friend_in_danger_is_about_the_friend() -> None:
    assert "friend" in run(ActionCare(), level="high", category="suicide", subject="other").text


def test_questions_come_in_other_words_when_asked_again() -> None:
    first, again = run(AskSafeToText()), run(AskSafeToText(), slots={"handoff_asked": "safe_to_text"})
    assert first.text != again.text and first.choices == again.choices
    first, again = run(AskHandoffWants()), run(AskHandoffWants(), slots={"handoff_asked": "handoff_wants"})
    assert first.text != again.text and first.choices == again.choices


def done(safe: str | None, wants: str | None, **more: object) -> Said:
    return run(ActionHandoffDone(), slots={"safe_to_text": safe, "handoff_wants": wants}, **more)  # type: ignore[arg-type]


def test_a_person_means_consent_and_the_limits_before_details() -> None:
    said = done("yes", "person")
    assert said.effects == [{"effect": "case", "event": "consent", "safe_to_text": "yes", "wants": "person"}]
    assert "may have to tell someone" in said.text.replace("\n", " ")


def test_with_nobody_here_a_person_is_asked_for_truthfully() -> None:
    said = done("yes", "person", people_here=False)
    assert "nobody is at our desk" in said.text and "1-800-668-6868" in said.text


def test_a_line_gives_numbers_and_keeps_the_offer_open() -> None:
    said = done("yes", "line")
    assert "686868" in said.text and said.effects[0]["event"] == "offer" and said.effects[0]["wants"] == "line"


@pytest.mark.parametrize("wants", ["bot", "stop"])
def test_a_refusal_is_kept_with_the_door_open(wants: str) -> None:
    said = done("yes", wants)
    assert said.effects[0]["event"] == "decline" and "PERSON" in said.text


def test_the_form_leaves_nothing_behind() -> None:
    assert {s: None for s in ("safe_to_text", "handoff_wants", "handoff_asked", "requested_slot")}.items() <= done(
        "yes", "bot"
    ).slots.items()


def test_nobody_knows_a_line_without_a_region() -> None:
    assert "where you live" in done("yes", "line", lines=[]).text


def test_asking_for_a_person_without_danger() -> None:
    said = run(ActionWantPerson(), intent="want_person")
    asked = {"effect": "answered", "topic": "getting_help"}
    assert said.effects == [asked, {"effect": "case", "event": "consent", "wants": "person"}]


def test_asking_again_while_waiting_asks_nothing_new() -> None:
    said = run(ActionWantPerson(), case={"state": "queued", "level": "elevated"})
    assert "told them again" in said.text and len(said.texts) == 1


def test_happening_to_me_offers_a_person_and_asks_for_no_story() -> None:
    said = run(ActionHappeningToMe())
    assert "don't have to tell me what happened" in said.text.lower() and said.followup == FORM


def test_worry_about_a_friend_brings_ideas_and_a_person() -> None:
    assert run(ActionWorriedAboutFriend()).choices == ["Ideas for what to say", "Talk to a person"]


def test_yes_and_not_sure_to_the_direct_question_lead_to_people() -> None:
    for action in (ActionAffirm(), ActionUnsure()):
        assert run(action, slots={"question": "suicide"}).followup == FORM


def test_no_is_kept() -> None:
    said = run(ActionDeny(), slots={"question": "person"})
    assert said.effects == [{"effect": "case", "event": "decline", "wants": "bot"}] and "offer stays open" in said.text


def test_yes_to_the_offer_of_a_person_is_consent() -> None:
    assert run(ActionAffirm(), slots={"question": "person"}).effects[0]["event"] == "consent"


# --- a question that also discloses ------------------------------------------------------------------

ASKED_TOO = {"answer": "red_flags_phone", "sure": "likely"}


def test_a_question_that_also_discloses_gets_care_first_and_then_its_answer() -> None:
    said = run(
        ActionCare(), level="elevated", category="dating_violence", entities=ASKED_TOO, text="he checks my phone, is that ok"
    )
    assert "free and safe" in said.texts[0] and "phone" in said.texts[1].lower()
    assert (
        said.choices
        and {"effect": "answered", "answer": "red_flags_phone", "topic": "red_flags", "sure": "likely"} in said.effects
    )


SURE = {"answer": "red_flags_phone", "sure": "sure"}
UNSURE = {"answer": "red_flags_phone", "answer_2": "healthy_what", "sure": "unsure"}


def test_an_unsure_question_beside_mild_danger_brings_the_two_nearest_after_care() -> None:
    said = run(ActionCare(), level="elevated", category="dating_violence", entities=UNSURE, text="is it ok that he checks it")
    assert len(said.texts) == 1 and len(said.choices) == 4
    assert {"effect": "answered", "topic": "red_flags", "or_topic": "healthy_relationships", "sure": "unsure"} in said.effects


def test_mild_danger_that_is_told_brings_two_to_choose_from_however_near_they_are() -> None:
    for found in (UNSURE, {**UNSURE, "sure": "likely"}):
        told = run(
            ActionCare(), level="elevated", category="dating_violence", entities=found, text="he checks my phone every day"
        )
        assert len(told.texts) == 1 and len(told.choices) == 4
    sure = run(ActionCare(), level="elevated", category="dating_violence", entities=SURE, text="he checks my phone every day")
    assert len(sure.texts) == 1 and len(sure.choices) == 3


def test_at_high_a_guess_is_not_said_and_nothing_told_is_answered() -> None:
    for found, text in ((UNSURE, "is it ok that he hurts me"), (SURE, "he checks my phone every day and hurts me")):
        grave = run(ActionCare(), level="high", category="dating_violence", entities=found, text=text)
        assert not [e for e in grave.effects if e["effect"] == "answered"] and grave.followup == "handoff_form"


def test_beside_hurting_oneself_nothing_is_told_but_something_may_be_chosen() -> None:
    asked = {"answer": "feelings_urge_hurt", "sure": "sure"}
    said = run(
        ActionCare(), level="elevated", category="self_harm", entities=asked, text="what helps when i want to hurt myself"
    )
    assert len(said.texts) == 1 and len(said.choices) == 3


def test_at_high_the_answer_comes_before_the_form_asks() -> None:
    said = run(ActionCare(), level="high", category="dating_violence", entities=ASKED_TOO, text="is it normal he hits me")
    assert len(said.texts) == 2 and said.followup == "handoff_form"


@pytest.mark.parametrize(
    ("level", "category", "entities"),
    [
        ("high", "suicide", {"answer": "feelings_suicidal_q", "sure": "sure"}),
        ("high", "self_harm", {"answer": "feelings_urge_hurt", "sure": "sure"}),
        ("elevated", "suicide", {"answer": "feelings_suicidal_q", "sure": "sure"}),
        ("imminent", "dating_violence", ASKED_TOO),
        ("elevated", "dating_violence", {}),
    ],
)
def test_care_alone_where_information_would_be_cold_or_a_guess(level: str, category: str, entities: dict[str, str]) -> None:
    said = run(ActionCare(), level=level, category=category, entities=entities, text="is that ok")
    assert not any(effect["effect"] == "answered" for effect in said.effects)


@pytest.mark.parametrize("lang", ["en", "fr", "es"])
def test_another_word_is_asked_for_where_the_one_they_picked_is_an_everyday_answer(lang: str) -> None:
    form = ValidateWordForm()
    assert form.validate_own_words("no") == {"own_words": None}
    assert form.validate_own_words("blue kite") == {"own_words": "blue kite"}
    first = run(AskPrivateWord(), lang=lang)
    again = run(AskPrivateWord(), text="no", loop="word_form", slots={"requested_slot": "own_words"}, lang=lang)
    assert again.texts != first.texts and "3" in again.text and segments(for_sms(again.text)) == 1
    assert again.effects == [{"effect": LISTEN}]


@pytest.mark.parametrize(("certain", "kept"), [(0.84, None), (1.0, "stop")])
def test_in_danger_a_guess_at_a_goodbye_ends_nothing(certain: float, kept: str | None) -> None:
    message = {
        "text": "im outside now",
        "intent": {"name": "goodbye", "confidence": certain},
        "entities": [],
        "metadata": FACTS,
    }
    tracker = Tracker("t", {}, message, [], False, None, {"name": FORM}, "action_listen")
    dispatcher = CollectingDispatcher()
    assert ValidateHandoffForm().validate_handoff_wants("stop", dispatcher, tracker, {}) == {"handoff_wants": kept}
    assert bool(dispatcher.messages) == (kept is None)  # they are heard, and the form asks again


def test_in_danger_a_guess_at_a_pause_ends_nothing() -> None:
    assert not run(ActionPause(), text="hes here", intent="pause", loop=FORM, certain=0.7).left_form
    assert run(ActionPause(), text="brb", intent="pause", loop=FORM).left_form


@pytest.mark.parametrize("given", [None, {"times": 2, "level": "high"}])
def test_who_waits_for_a_person_is_offered_none_and_a_stray_no_declines_nothing(given: dict[str, object] | None) -> None:
    said = run(
        ActionCare(), level="elevated", category="distress_general", case={"state": "queued", "level": "high"},
        slots={"care_given": given},
    )  # fmt: skip
    assert said.slots["question"] is None and "Keep going here" not in said.choices and "?" not in said.text
