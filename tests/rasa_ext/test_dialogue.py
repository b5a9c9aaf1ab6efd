"""The dialogue as the gateway meets it: a trained model, our parts around it, every known trap of Rasa's."""

from __future__ import annotations

import asyncio
import json
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.store.trackers import TrackerRow
from bot.words import Words
from tests.rasa_ext.conftest import ROOT, Shelf, Thread

pytestmark = pytest.mark.slow

OFFERED = {"state": "offered", "level": "high"}
QUEUED = {"state": "queued", "level": "imminent"}


def test_a_question_gets_its_reviewed_answer(thread: Thread) -> None:
    assert "builds trust" in thread.says("wat is grooming")
    assert {"effect": "answered", "answer": "grooming_what", "topic": "grooming", "sure": "sure"} in thread.effects


def test_what_is_asked_twice_in_other_words_is_the_same_answer(thread: Thread) -> None:
    assert thread.says("how can i stop some1 messaging me") == thread.says("how do i make someone stop messaging me")


def test_homework_is_kindly_not_what_this_is_for(thread: Thread) -> None:
    assert "can't help with that" in thread.says("can u do my math homework")


def test_the_same_sorry_is_never_said_twice(thread: Thread) -> None:
    said = [thread.says(text) for text in ("asdfgh", "qwerty zxcv", "blorp flim", "fnord gah")]
    assert all(a != b for a, b in pairwise(said))
    assert "Talk to a person" in thread.choices


# --- danger -------------------------------------------------------------------------------------------


def test_danger_brings_care_and_then_the_first_question(thread: Thread) -> None:
    said = thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "I believe you" in said and "not your fault" in said and "safe to text" in said
    assert thread.choices == ["Yes", "No", "Not sure"]
    assert thread.effects == [{"effect": "case", "event": "offer", "level": "high", "category": "sexual_exploitation"}]


def test_two_questions_and_a_person_is_asked_for(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "help most" in thread.taps("Yes")
    said = thread.taps("A person here")
    assert "asked a real person" in said and "most things private" in said
    assert {"effect": "case", "event": "consent", "safe_to_text": "yes", "wants": "person"} in thread.effects


def test_typed_answers_work_like_tapped_ones(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "help most" in thread.says("idk maybe", case=OFFERED)
    assert "asked a real person" in thread.says("can i talk to a real person", case=OFFERED)


def test_with_nobody_here_the_truth_and_a_line_come_first(thread: Thread) -> None:
    said = thread.says("i want to disappear", level="high", category="suicide", people_here=False)
    assert said.index("nobody is at our desk") < said.index("safe to text")
    assert "1-800-668-6868" in said


def test_not_safe_to_text_ends_the_questions(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="abuse_at_home")
    said = thread.taps("No")
    assert "safety comes first" in said and "911" in said and not thread.choices
    assert thread.effects == [{"effect": "case", "event": "offer", "safe_to_text": "no"}]


def test_imminent_danger_is_told_the_truth_and_never_asked_for_consent(thread: Thread) -> None:
    said = thread.says("hes coming up the stairs", level="imminent", category="abuse_at_home", case=QUEUED)
    assert "None of this is your fault" in said and "safe to text" in said
    assert not thread.effects
    said = thread.says("yes", choice="/affirm", case=QUEUED)
    assert "help most" not in said and "Stay with me" in said


def test_a_disclosure_inside_the_form_fills_no_slot_and_gets_other_words(thread: Thread) -> None:
    first = thread.says("he makes me do things", level="high", category="sexual_exploitation")
    again = thread.says("he did it again last night", level="high", category="sexual_exploitation", case=OFFERED)
    third = thread.says("and he says its my fault", level="high", category="sexual_exploitation", case=OFFERED)
    assert thread.slot("safe_to_text") is None and thread.slot("handoff_wants") is None
    assert len({first, again, third}) == 3 and len(again) < len(first)
    assert thread.choices == ["Yes", "No", "Not sure"]
    assert "help most" in thread.taps("Yes")


def test_a_greeting_after_a_disclosure_is_not_answered_with_a_greeting(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "help most" in thread.says("hello?", case=OFFERED)


def test_a_question_in_the_form_is_answered_and_the_form_goes_on(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    said = thread.says("what happens if i tell a teacher", case=OFFERED)
    assert "believe you" in said and "Back to you" in said and thread.choices == ["Yes", "No", "Not sure"]


@pytest.mark.parametrize("choice", ["/skip", "/next", "/menu", "/pause", "/forget_me"])
def test_whoever_turns_away_from_the_form_is_not_asked_again(thread: Thread, choice: str) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    said = thread.says(choice[1:].upper(), choice=choice, case=OFFERED)
    assert "safe to text" not in said
    assert "safe to text" not in thread.says("thx", case=OFFERED)


def test_person_in_the_form_asks_for_a_person_at_once(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "asked a real person" in thread.says("PERSON", choice="/want_person", case=OFFERED)


def test_an_elevated_text_is_offered_a_person_and_a_no_is_kept(thread: Thread) -> None:
    assert "real person" in thread.says("everything is too much", level="elevated", category="distress_general")
    assert "offer stays open" in thread.says("nah", case={"state": "offered", "level": "elevated"})
    assert {"effect": "case", "event": "decline", "wants": "bot"} in thread.effects


def test_the_one_direct_question_leads_to_people_on_yes(thread: Thread) -> None:
    assert "killing yourself" in thread.says("i cant do this anymore", level="elevated", category="suicide")
    said = thread.taps("Not sure")
    assert "glad you told me" in said and "safe to text" in said
    assert {"effect": "case", "event": "offer", "level": "high", "category": "suicide"} in thread.effects


def test_a_typed_yes_to_the_direct_question_counts_too(thread: Thread) -> None:
    thread.says("i cant do this anymore", level="elevated", category="suicide")
    assert "safe to text" in thread.says("yeah i am", case={"state": "offered", "level": "elevated"})


def test_a_choice_that_comes_with_danger_is_read_as_the_danger(thread: Thread) -> None:
    said = thread.says("b he hits me", choice='/lesson_choice{"option":"b"}', level="high", category="abuse_at_home")
    assert "I believe you" in said


def test_the_second_line_screens_when_the_gateway_sent_no_verdict(thread: Thread) -> None:
    said = thread.says("i want to kill myself", screening=None)
    assert "safe to text" in said


def test_after_a_person_the_bot_comes_back_kindly(thread: Thread) -> None:
    thread.says("he makes me do things", level="high", category="sexual_exploitation")
    assert "I'm the bot again" in thread.says("/person_left", choice="/person_left")
    assert not thread.choices and thread.slot("care_given") is None
    assert "I believe you" in thread.says("he did it again", level="high", category="sexual_exploitation")


# --- lessons ------------------------------------------------------------------------------------------


def test_a_disclosure_inside_a_lesson_keeps_the_place(thread: Thread) -> None:
    thread.says("start a lesson", choice="/start_lesson")
    place = thread.slot("lesson_place")
    thread.says("my stepdad hits me and hes coming home", level="high", category="abuse_at_home")
    assert "I believe you" in thread.text and thread.slot("lesson_place") == place
    thread.taps("Yes")
    thread.taps("Keep talking")
    assert "Back to the lesson" in thread.choices
    thread.taps("Back to the lesson")
    assert thread.slot("lesson_place") == place


def test_a_question_in_a_lesson_is_answered_and_says_where_it_was(thread: Thread) -> None:
    thread.says("start a lesson", choice="/start_lesson")
    said = thread.says("what is consent")
    assert "clear yes" in said and "You were in:" in said and "Back to the lesson" in thread.choices


def test_a_choice_from_another_step_shows_where_they_are(thread: Thread) -> None:
    thread.says("start a lesson", choice="/start_lesson")
    place = thread.slot("lesson_place")
    assert "another step" in thread.says("b", choice='/lesson_choice{"option":"b","step":"gone"}')
    assert thread.slot("lesson_place") == place


# --- what Rasa would do on its own ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "/greet@1.0 i want to die",
        '/inform{"x":"i want to die"}',
        "/greet{bad json here}",
        "/restart",
        "/back",
        "/session_start",
        " /greet",
    ],
)
def test_text_that_begins_with_a_slash_is_refused(thread: Thread, shelf: Shelf, text: str) -> None:
    from bot.rasa_ext.dialogue import TurnRefused

    with pytest.raises(TurnRefused) as refused:
        thread.says(text)
    assert "die" not in str(refused.value) and thread.id not in shelf.rows


@pytest.mark.parametrize("choice", ["/restart", '/greet{"unknown":"x"}', "/ask{not json", "/made_up"])
def test_a_choice_that_is_not_ours_is_refused(thread: Thread, choice: str) -> None:
    from bot.rasa_ext.dialogue import TurnRefused

    with pytest.raises(TurnRefused):
        thread.says("b", choice=choice)


def test_a_retried_message_gets_the_stored_answer_and_runs_nothing(thread: Thread, shelf: Shelf) -> None:
    from bot.rasa_ext.dialogue import Request

    first = thread.says("asdfgh")
    saves = shelf.saves
    request = Request(thread.message_id, thread.id, "asdfgh", None, thread.facts)
    again = asyncio.run(thread._dialogue.turn(request))
    assert again == thread.answer and first == again["replies"][0]["text"] and shelf.saves == saves


def test_an_action_that_raises_is_an_error_and_nothing_of_it_is_kept(
    thread: Thread, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from actions import answers as spoken
    from bot.rasa_ext.dialogue import TurnFailed

    thread.says("hi")
    kept = shelf.rows[thread.id]

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("zebraquartz")

    monkeypatch.setattr(spoken, "answer", broken)
    with pytest.raises(TurnFailed):
        thread.says("what is grooming")
    assert shelf.rows[thread.id] is kept and "zebraquartz" not in caplog.text
    monkeypatch.undo()
    assert "builds trust" in thread.says("what is grooming")


def test_an_understanding_that_raises_is_an_error(thread: Thread, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.rasa_ext import meaning
    from bot.rasa_ext.dialogue import TurnFailed

    monkeypatch.setattr(meaning.Meaning, "process", lambda *_: 1 / 0)
    nodes = thread._dialogue._processor.graph_runner._nodes
    node = next(n for name, n in nodes.items() if "Meaning" in name)
    monkeypatch.setattr(node, "_fn", lambda *_, **__: 1 / 0)
    with pytest.raises(TurnFailed):
        thread.says("what is grooming")


def test_a_database_that_is_gone_is_an_error_and_never_a_blank_thread(thread: Thread, shelf: Shelf) -> None:
    thread.says("hi")
    shelf.broken = True
    try:
        with pytest.raises(ConnectionError):
            thread.says("what is grooming")
    finally:
        shelf.broken = False


def test_a_tracker_that_no_key_opens_is_begun_anew(thread: Thread, shelf: Shelf) -> None:
    """Told as a failure it would be one at every text, for as long as they write."""
    thread.says("hi")
    shelf.rows[thread.id] = TrackerRow(shelf.rows[thread.id].version, None, None, None)
    assert "builds trust" in thread.says("what is grooming")
    assert shelf.rows[thread.id].blob


def test_a_stale_tracker_is_read_again_once(thread: Thread, shelf: Shelf, dialogue: Any) -> None:
    thread.says("hi")
    before = dialogue.read_again
    shelf.stale_once = True
    assert "builds trust" in thread.says("what is grooming")
    assert dialogue.read_again == before + 1


def test_a_message_of_two_million_letters_does_not_stop_the_engine(thread: Thread) -> None:
    started = time.monotonic()
    thread.says("ab " * 700_000)
    assert time.monotonic() - started < 2.0


def test_no_word_of_a_young_person_reaches_the_logs_or_the_stored_tracker(
    thread: Thread, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    for text in ("zebraquartz what is grooming", "zebraquartz asdf"):
        thread.says(text)
    thread.says("zebraquartz hurts me", level="high", category="abuse_at_home")
    out, err = capfd.readouterr()
    assert "zebraquartz" not in caplog.text + out + err
    assert "zebraquartz" not in json.dumps(thread.stored)


def test_the_stored_tracker_does_not_grow(thread: Thread) -> None:
    sizes = [len(thread.stored) for _ in range(40) if thread.says("what is grooming") or True]
    assert sizes[-1] <= max(sizes[:10])


def test_two_messages_of_one_thread_are_answered_one_after_the_other(thread: Thread, shelf: Shelf) -> None:
    from bot.rasa_ext.dialogue import Request

    async def both() -> list[Any]:
        requests = [Request(thread.message_id + n, thread.id, "what is grooming", None, thread.facts) for n in (1, 2)]
        return await asyncio.gather(*(thread._dialogue.turn(r) for r in requests))

    first, second = asyncio.run(both())
    assert first["replies"] and second["replies"] and shelf.rows[thread.id].version == 2


def test_our_parts_are_in_their_places(dialogue: Any) -> None:
    from bot.rasa_ext.parts import OneAtATime
    from bot.rasa_ext.shortcuts import Straight
    from bot.rasa_ext.tracker_store import EncryptedTrackerStore

    processor = dialogue._processor
    assert type(processor.tracker_store) is EncryptedTrackerStore
    assert type(processor.lock_store) is OneAtATime
    assert isinstance(processor.graph_runner, Straight)
    assert processor.tracker_store.event_broker is None


def test_the_plain_runner_says_what_rasas_own_says(dialogue: Any) -> None:
    from rasa.core.channels.channel import UserMessage

    processor, target = dialogue._processor, dialogue._processor.model_metadata.nlu_target
    for text in ("what is grooming", "menu pls", "i dont get it", "asdf"):
        found = [
            runner.run(
                inputs={"__message__": [UserMessage(text, metadata={"screening": {"level": "none"}})], "__tracker__": None},
                targets=[target],
            )[target][0].as_dict(True)
            for runner in (processor.graph_runner, processor.graph_runner._rasas)
        ]
        assert json.dumps(found[0], default=str) == json.dumps(found[1], default=str)


def test_a_session_never_ends_by_a_clock_inside_rasa(dialogue: Any) -> None:
    assert not dialogue._processor.domain.session_config.are_sessions_enabled()
    assert "action_validate_slot_mappings" not in dialogue._processor.domain.action_names_or_texts


def test_a_model_without_the_slot_of_what_was_said_before_is_refused(
    rasa_model: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.rasa_ext import dialogue
    from bot.rasa_ext.tracker_store import EncryptedTrackerStore

    store = EncryptedTrackerStore(None, reading=shelf.opened, writing=shelf.opened)
    monkeypatch.setattr(dialogue, "BEFORE", "a slot of a later version")
    with pytest.raises(dialogue.EngineError, match="handrail train"):
        dialogue.Dialogue.load(rasa_model, store, Words.load(ROOT / "content" / "messages"))


def test_who_is_rude_again_is_offered_a_person_though_no_turn_is_kept(thread: Thread) -> None:
    first, _ = thread.says("ur so dumb"), thread.says("what is grooming")
    again = thread.says("u are a stupid bot")
    assert again != first and "Talk to a person" in thread.choices
