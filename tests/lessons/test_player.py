"""A lesson is played step by step, on, back and aside, and never skips one by accident."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.choices import intent_and_entities
from bot.lessons import player
from bot.lessons.catalog import Catalog
from bot.lessons.player import Place, Turn
from tests.lessons.writing import LESSONS, written

REAL = Catalog.load(LESSONS)


@pytest.fixture
def small(tmp_path: Path) -> Catalog:
    return Catalog.load(written(tmp_path))


def begun(catalog: Catalog, **more: str) -> Turn:
    return player.begin(catalog, module="small", lesson="one", band="9-12", **{"lang": "en", **more})


def at(turn: Turn) -> str:
    assert turn.place is not None
    return turn.place.step


def after(catalog: Catalog, *moves: str) -> Turn:
    """The turn after some moves; "a", "b" and "c" are options."""
    turn = begun(catalog)
    for move in moves:
        assert turn.place is not None
        option = move if move in "abc" else None
        turn = player.move(catalog, turn.place, move="choose" if option else move, option=option)
    return turn


def test_a_lesson_begins_with_its_hook_and_the_name_of_the_service(small: Catalog) -> None:
    turn = player.begin(small, module="small", lesson="one", band="9-12", lang="en", values={"service": "Harbour"})
    assert turn.says == ("Hello there. This is Harbour.",) and at(turn) == "hook" and not turn.ended


def test_every_step_offers_past_it_me_a_friend_and_a_person(small: Catalog) -> None:
    for moves in ((), ("next",), ("next", "next"), ("next", "next", "b"), ("next", "next", "a"), ("next", "next", "a", "next")):
        asides = {c.key: c.payload.partition("{")[0] for c in after(small, *moves).choices if c.aside}
        assert asides == {
            "SKIP": "/skip",
            "ME": "/happening_to_me",
            "FRIEND": "/worried_about_friend",
            "PERSON": "/want_person",
        }


def test_a_choice_is_lettered_and_carries_its_option_and_step(small: Catalog) -> None:
    mains = [c for c in after(small, "next", "next").choices if not c.aside]
    assert [(c.key, c.label) for c in mains] == [("A", "Wait"), ("B", "Go"), ("C", "Rest")]
    assert intent_and_entities(mains[1].payload) == ("lesson_choice", {"option": "b", "step": "pick"})


def test_going_on_and_skipping_carry_the_step_too(small: Catalog) -> None:
    carried = {c.key: intent_and_entities(c.payload)[1] for c in begun(small).choices if c.key in ("NEXT", "SKIP")}
    assert carried == {"NEXT": {"step": "hook"}, "SKIP": {"step": "hook", "at": "1/6"}}


def test_feedback_and_the_next_step_are_two_messages(small: Catalog) -> None:
    turn = after(small, "next", "next", "a")
    assert turn.says == ("You can wait.", "Try to say: not now.") and at(turn) == "line"


def test_an_option_can_lead_to_a_step_of_its_own_or_to_the_end(small: Catalog) -> None:
    assert at(after(small, "next", "next", "b")) == "aside"
    ended = after(small, "next", "next", "c")
    assert ended == Turn(None, ("You can rest.",), (), ended=True)


def test_skipping_a_choice_says_no_feedback_and_leaves_out_the_branch(small: Catalog) -> None:
    turn = after(small, "next", "next", "skip")
    assert turn.says == ("Try to say: not now.",) and at(turn) == "line"


@pytest.mark.parametrize("move", ["next", "text", "repeat", "back_flip"])
def test_a_choice_is_not_passed_by_anything_but_a_choice_or_skip(small: Catalog, move: str) -> None:
    place = after(small, "next", "next").place
    assert place is not None
    assert player.move(small, place, move=move, text="no idea") == player.show(small, place)


def test_an_option_that_is_not_there_shows_the_step_again(small: Catalog) -> None:
    place = after(small, "next", "next").place
    assert place is not None
    assert player.move(small, place, move="choose", option="z") == player.show(small, place)
    assert player.move(small, place, move="choose") == player.show(small, place)


@pytest.mark.parametrize("move", ["next", "text"])
def test_a_practised_sentence_typed_or_read_gets_a_kind_word_and_is_not_kept(small: Catalog, move: str) -> None:
    place = after(small, "next", "next", "a").place
    assert place is not None
    turn = player.move(small, place, move=move, text="zebra")
    assert turn.says == ("Thanks for that.", "Keep this.") and "zebra" not in repr(turn)


@pytest.mark.parametrize("move", ["choose", "next", "skip"])
def test_two_answers_within_a_second_never_skip_a_step(small: Catalog, move: str) -> None:
    first = after(small, "next", "next") if move == "choose" else begun(small)
    assert first.place is not None
    once = player.move(small, first.place, move=move, option="a", step=at(first))
    assert once.place is not None
    twice = player.move(small, once.place, move=move, option="a", step=at(first))
    assert twice.place == once.place and twice.says == (once.says[-1],)


def test_back_goes_the_way_one_came_and_stays_at_the_first(small: Catalog) -> None:
    assert at(after(small, "next", "next", "b", "back")) == "pick"
    assert at(after(small, "next", "next", "b", "next", "back", "back")) == "pick"
    assert at(after(small, "back", "back")) == "hook"


def test_repeat_says_the_same_again_in_the_lowest_band(small: Catalog) -> None:
    assert after(small, "next", "repeat") == after(small, "next")


def offers_other_words(turn: Turn) -> bool:
    skip = next(c for c in turn.choices if c.key == "SKIP")
    return intent_and_entities(skip.payload)[1]["at"].endswith("/differently")


def test_repeat_says_a_general_step_in_the_words_of_the_band_below_and_stays_where_it_is() -> None:
    opened = player.begin(REAL, module="grooming", lesson="trust", band="13-15", lang="en")
    assert opened.place is not None and offers_other_words(opened)
    again = player.move(REAL, opened.place, move="repeat")
    below = player.begin(REAL, module="grooming", lesson="trust", band="9-12", lang="en")
    assert again.says == below.says != opened.says
    assert again.place == opened.place and not offers_other_words(again)


def test_repeat_never_tells_another_story_in_the_middle_of_one() -> None:
    """Below, the same step of a story is about somebody else."""
    opened = player.begin(REAL, module="boundaries", lesson="lines", band="13-15", lang="en").place
    assert opened is not None
    for step in ("scenario", "feel"):
        place = replace(opened, step=step)
        assert player.move(REAL, place, move="repeat") == player.show(REAL, place)
        assert not offers_other_words(player.show(REAL, place))


def test_a_place_goes_to_json_and_back_and_the_lesson_goes_on_from_it(small: Catalog) -> None:
    turn = after(small, "next", "next", "b")
    assert turn.place is not None
    kept = Place.from_json(json.loads(json.dumps(turn.place.to_json())))
    assert kept == turn.place and player.show(small, kept) == Turn(kept, ("A word more.",), turn.choices)


def test_when_an_edit_took_the_step_away_the_lesson_begins_again_and_goes_on(small: Catalog) -> None:
    turn = player.show(small, Place("small", "one", "9-12", "en", "gone", ("hook", "also_gone")))
    assert at(turn) == "hook"
    assert turn.place is not None
    assert at(player.move(small, turn.place, move="next", step="hook")) == "story"
    still = player.show(small, Place("small", "one", "9-12", "en", "story", ("hook", "also_gone")))
    assert still.place is not None and still.place.trail == ("hook",)


def test_a_line_that_is_open_is_named_and_without_one_there_is_no_gap(small: Catalog) -> None:
    place = Place("small", "one", "9-12", "en", "keep")
    assert player.show(small, place, values={"line": "One: call 1 (24/7)."}).says == ("Keep this. One: call 1 (24/7).",)
    assert player.show(small, place).says == ("Keep this.",)


# --- the real lessons ---------------------------------------------------------------------------------

LESSONS_AND_BANDS = [
    (module.id, lesson.id, band)
    for module in (*REAL.modules, *REAL.for_adults)
    for lesson in module.lessons
    for band in module.bands
]


def ways(catalog: Catalog, turn: Turn) -> list[list[str]]:
    """Every path from here to the end, as what is said; by options, by going on, by a typed sentence and by skipping."""
    if turn.place is None:
        assert turn.ended
        return [list(turn.says)]
    mains = [c for c in turn.choices if not c.aside or c.key == "SKIP"]
    paths = []
    for choice in mains:
        intent, entities = intent_and_entities(choice.payload)
        how = {"lesson_choice": "choose"}.get(intent, intent)
        onward = player.move(catalog, turn.place, move=how, option=entities.get("option"), step=entities["step"])
        assert onward.place is None or onward.place.step != turn.place.step, f"{choice.label} leads nowhere from {turn.place}"
        paths += [[*turn.says, *rest] for rest in (ways(catalog, onward) if choice.key != "SKIP" else [[]])]
    return paths


@pytest.mark.parametrize(("module", "lesson", "band"), LESSONS_AND_BANDS)
def test_every_path_of_every_lesson_comes_to_its_end(module: str, lesson: str, band: str) -> None:
    paths = ways(REAL, player.begin(REAL, module=module, lesson=lesson, band=band, lang="en"))
    ended = [path for path in paths if path[-1].startswith("One thing to keep")]
    assert len(ended) >= 9, "two choices of three options each make 9 ways"
    assert all(6 <= len(path) <= 20 for path in ended)


@pytest.mark.parametrize(("module", "lesson", "band"), LESSONS_AND_BANDS)
def test_skipping_every_step_comes_to_the_end_too(module: str, lesson: str, band: str) -> None:
    turn, seen = player.begin(REAL, module=module, lesson=lesson, band=band, lang="en"), 0
    while turn.place is not None:
        turn, seen = player.move(REAL, turn.place, move="skip"), seen + 1
    assert turn.ended and seen >= 6


@pytest.mark.parametrize(("module", "lesson", "band"), [which for which in LESSONS_AND_BANDS if which[2] != "adult"])
def test_somebody_in_care_meets_words_of_their_own_and_others_need_not(module: str, lesson: str, band: str) -> None:
    paths = ways(REAL, player.begin(REAL, module=module, lesson=lesson, band=band, lang="en"))
    words = REAL.say(module=module, lesson=lesson, band=band, step="care", lang="en").say
    with_care = [path for path in paths if words in path]
    assert with_care and len(with_care) < len(paths)
    assert any(word in words.lower() for word in ("care", "foster", "group home"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    which=st.sampled_from(LESSONS_AND_BANDS),
    moves=st.lists(
        st.tuples(
            st.sampled_from(["choose", "next", "back", "repeat", "skip", "text", "nonsense"]),
            st.sampled_from([None, "a", "b", "c", "z"]),
            st.sampled_from([None, "hook", "keep", "gone"]),
        ),
        max_size=40,
    ),
)
def test_whatever_is_pressed_there_is_something_to_read_and_a_way_out(
    which: tuple[str, str, str], moves: list[tuple[str, str | None, str | None]]
) -> None:
    turn = player.begin(REAL, module=which[0], lesson=which[1], band=which[2], lang="en")
    for move, option, step in moves:
        if turn.place is None:
            break
        turn = player.move(REAL, turn.place, move=move, option=option, step=step, text="x")
        assert turn.ended or (all(turn.says) and {c.key for c in turn.choices} >= {"SKIP", "ME", "FRIEND", "PERSON"})
        assert turn.place is None or len(turn.place.trail) < 10
