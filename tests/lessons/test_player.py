"""Every lesson can be played to its end on every path, and nothing skips a step."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.choices import as_text, intent_and_entities
from bot.lessons import player
from bot.lessons.catalog import BANDS, Catalog
from bot.lessons.player import Place, Turn
from bot.text import not_gsm, segments

CATALOG = Catalog.load(Path(__file__).resolve().parents[2] / "content" / "lessons")
LESSONS = [(m.id, lesson.id, band) for m in CATALOG.modules for lesson in m.lessons for band in BANDS]
ASIDES = {"SKIP", "ME", "FRIEND", "PERSON"}


def begin(lesson: tuple[str, str, str]) -> Turn:
    return player.begin(CATALOG, module=lesson[0], lesson=lesson[1], band=lesson[2], lang="en")


def choose(turn: Turn, payload: str) -> Turn:
    assert turn.place is not None
    intent, entities = intent_and_entities(payload)
    how = {"lesson_choice": "choose", "next": "next"}[intent]
    return player.move(CATALOG, turn.place, move=how, option=entities.get("option"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda part: str(part))
def test_every_path_comes_to_its_end_and_every_step_has_its_ways_out(lesson: tuple[str, str, str]) -> None:
    paths, seen = [begin(lesson)], set()
    while paths:
        turn = paths.pop()
        if turn.ended:
            continue
        assert turn.place is not None
        assert {c.key for c in turn.choices if c.aside} == ASIDES
        if (turn.place.step, turn.says) in seen:
            continue
        seen.add((turn.place.step, turn.says))
        paths += [choose(turn, c.payload) for c in turn.choices if not c.aside]
    steps = {s.id for s in CATALOG.steps(module=lesson[0], lesson=lesson[1], band=lesson[2])}
    assert {step for step, _ in seen} == steps
    assert 6 <= len(steps) <= 10


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda part: str(part))
def test_every_message_fits_two_segments_with_its_choices(lesson: tuple[str, str, str]) -> None:
    module, name, band = lesson
    for step in CATALOG.steps(module=module, lesson=name, band=band):
        turn = player.show(CATALOG, Place(module, name, band, "en", step.id))
        words = CATALOG.say(module=module, lesson=name, band=band, step=step.id, lang="en")
        for text in (as_text(turn.says[0], turn.choices), *(o.feedback for o in words.options.values())):
            assert segments(text) <= 2 and not not_gsm(text), text


def at(step: str) -> Place:
    return Place("grooming", "trust", "13-15", "en", step, ("hook", "scenario"))


def test_every_choice_has_its_own_feedback_before_the_next_step() -> None:
    said = {player.move(CATALOG, at("notice"), move="choose", option=o).says[0] for o in "abc"}
    assert len(said) == 3


@pytest.mark.parametrize(("move", "option"), [("choose", "z"), ("choose", None), ("next", None), ("repeat", None), ("text", None)])
def test_a_move_that_does_not_fit_shows_the_step_again(move: str, option: str | None) -> None:
    turn = player.move(CATALOG, at("notice"), move=move, option=option)
    assert turn.place == at("notice") and turn.says == player.show(CATALOG, at("notice")).says


def test_two_answers_within_a_second_do_not_skip_a_step() -> None:
    """A choice carries its step, so the second answer belongs to a step that is over."""
    turn = player.show(CATALOG, at("notice"))
    assert all('"step": "notice"' in c.payload for c in turn.choices if c.payload.startswith("/lesson_choice"))


def test_skip_goes_on_back_goes_back_and_back_at_the_start_stays() -> None:
    skipped = player.move(CATALOG, at("notice"), move="skip")
    assert skipped.place is not None and skipped.place.step == "stages"
    back = player.move(CATALOG, skipped.place, move="back")
    assert back.place == at("notice")
    start = begin(("grooming", "trust", "9-12"))
    assert start.place is not None and player.move(CATALOG, start.place, move="back").place == start.place


def test_a_practised_sentence_is_met_with_a_word_and_never_judged() -> None:
    turn = player.move(CATALOG, at("say_it"), move="text")
    assert turn.place is not None and turn.place.step == "who"
    assert turn.says[0].startswith("That sounds clear")


def test_the_branch_for_young_people_in_care_is_taken_by_them_alone() -> None:
    for option, step in (("a", "plan"), ("b", "care"), ("c", "plan")):
        turn = player.move(CATALOG, at("who"), move="choose", option=option)
        assert turn.place is not None and turn.place.step == step


def test_a_place_survives_storage_and_a_step_that_an_edit_removed_begins_again() -> None:
    assert Place.from_json(at("notice").to_json()) == at("notice")
    turn = player.show(CATALOG, at("gone"))
    assert turn.says == begin(("grooming", "trust", "13-15")).says


def test_a_language_without_words_falls_back_to_english() -> None:
    turn = player.begin(CATALOG, module="grooming", lesson="trust", band="13-15", lang="fr")
    assert turn.says == begin(("grooming", "trust", "13-15")).says


def test_a_lesson_that_does_not_exist_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        player.begin(CATALOG, module="grooming", lesson="none", band="13-15", lang="en")
