"""The pieces around the model, one by one."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import yaml

from tests.rasa_ext.conftest import ROOT

pytestmark = pytest.mark.slow


def tracker(*events: Any) -> Any:
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.trackers import DialogueStateTracker

    return DialogueStateTracker.from_events("t", list(events), Domain.load(str(ROOT / "domain")).slots)


def user(level: str | None = None, intent: str = "greet") -> Any:
    from rasa.shared.core.events import UserUttered

    parsed: dict[str, Any] = {"text": "x", "intent": {"name": intent, "confidence": 1.0}, "entities": []}
    if level:
        parsed["screening"] = {"level": level, "category": "suicide", "subject": "self"}
    return UserUttered("x", parsed["intent"], [], parsed)


def predicted(*events: Any) -> tuple[str, bool]:
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.shared.core.domain import Domain

    from bot.rasa_ext.safety_policy import SafetyPolicy

    domain = Domain.load(str(ROOT / "domain"))
    context = ExecutionContext(GraphSchema({}), "policy")
    policy = SafetyPolicy.create(SafetyPolicy.get_default_config(), None, None, context)  # type: ignore[arg-type]
    prediction = policy.predict_action_probabilities(tracker(*events), domain)
    return domain.action_names_or_texts[prediction.max_confidence_index], prediction.is_no_user_prediction


def did(name: str) -> Any:
    from rasa.shared.core.events import ActionExecuted

    return ActionExecuted(name)


@pytest.mark.parametrize("level", ["elevated", "high", "imminent", "a level nobody knows"])
def test_danger_is_answered_with_care_whatever_else_is_predicted(level: str) -> None:
    assert predicted(did("action_listen"), user(level)) == ("action_care", True)


def test_after_care_it_listens() -> None:
    assert predicted(did("action_listen"), user("high"), did("action_care")) == ("action_listen", True)


@pytest.mark.parametrize("level", [None, "none"])
def test_it_has_no_opinion_on_ordinary_messages(level: str | None) -> None:
    assert predicted(did("action_listen"), user(level))[1] is False


def test_inside_the_form_care_still_comes_first() -> None:
    from rasa.shared.core.events import ActiveLoop, SlotSet

    events = [did("action_listen"), user("high"), did("action_care"), did("handoff_form"), ActiveLoop("handoff_form")]
    events += [SlotSet("requested_slot", "safe_to_text"), did("action_listen"), user("high")]
    assert predicted(*events) == ("action_care", True)


def marked(text: str, **metadata: Any) -> Any:
    from rasa.shared.nlu.training_data.message import Message

    from bot.rasa_ext.screening_component import ScreeningComponent

    message = Message({"text": text, "intent": {"name": "greet", "confidence": 0.9}, "metadata": metadata})
    return ScreeningComponent().process([message])[0]


def test_the_gateways_verdict_makes_a_disclosure() -> None:
    message = marked("x", screening={"level": "high", "category": "suicide", "subject": "self"})
    assert message.get("intent") == {"name": "disclosure", "confidence": 1.0}
    assert message.as_dict(only_output_properties=True)["screening"]["level"] == "high"


def test_a_verdict_of_none_leaves_the_message_alone() -> None:
    assert marked("i want to kill myself", screening={"level": "none"}).get("intent")["name"] == "greet"


def test_without_a_verdict_it_looks_itself() -> None:
    assert marked("i want to kill myself").get("intent")["name"] == "disclosure"
    assert marked("what is the weather").get("intent")["name"] == "greet"


def test_the_pipeline_ends_with_the_screening_and_holds_nothing_heavy() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text())
    names = [part["name"].rpartition(".")[2] for part in (*config["pipeline"], *config["policies"])]
    assert config["pipeline"][-1]["name"].endswith("ScreeningComponent") and config["assistant_id"]
    assert not {"DIETClassifier", "TEDPolicy", "UnexpecTEDIntentPolicy", "MemoizationPolicy", "ResponseSelector"} & set(names)
    rule = next(p for p in config["policies"] if p["name"] == "RulePolicy")
    assert rule["core_fallback_action_name"] == "action_fallback"  # Rasa's own takes the message back


def test_every_lock_is_first_come_first_served_and_leaves_nothing() -> None:
    from bot.rasa_ext.parts import OneAtATime

    locks, order = OneAtATime(), []

    async def one(number: int) -> None:
        async with locks.lock("t"):
            order.append(number)
            await asyncio.sleep(0.001)

    async def five() -> None:
        await asyncio.gather(*(one(n) for n in range(5)))

    asyncio.run(five())
    assert order == [0, 1, 2, 3, 4] and not locks._locks


def test_records_with_an_exception_are_not_written_and_are_told() -> None:
    from bot.rasa_ext.parts import NoWords

    told: list[str] = []
    keep = NoWords(told.append)
    plain = logging.LogRecord("rasa.x", logging.ERROR, "", 1, "plain", (), None)
    broken = logging.LogRecord("rasa.x", logging.ERROR, "", 1, "zebraquartz", (), (ValueError, ValueError("z"), None))
    assert keep.filter(plain) and not keep.filter(broken)
    assert told == ["rasa.x: ValueError"]


def test_old_turns_become_slot_values_and_words_are_dropped() -> None:
    from rasa.shared.core.events import BotUttered, SlotSet, UserUttered

    from bot.rasa_ext.tracker_store import compacted

    events: list[Any] = [did("action_session_start"), did("action_listen")]
    for number in range(8):
        events += [user(), SlotSet("misses", number), did("utter_greet"), BotUttered("hello"), did("action_listen")]
    kept = compacted(tracker(*events))
    assert not any(isinstance(e, UserUttered | BotUttered) for e in kept)
    assert tracker(*kept).get_slot("misses") == 7
    assert tracker(*kept).get_slot("before") == {"any": 8, "utter_greet": 8}
    assert tracker(*kept).latest_action_name == "action_listen"


def after(turns: int, intent: str = "greet") -> Any:
    from bot.rasa_ext.tracker_store import compacted

    kept: list[Any] = [did("action_session_start"), did("action_listen")]
    for _ in range(turns):
        kept = compacted(tracker(*kept, user(intent=intent), did("utter_greet"), did("action_listen")))
    assert len(kept) == 4
    return tracker(*kept).get_slot("before")


def test_what_was_said_before_adds_up() -> None:
    assert after(3) == {"any": 3, "utter_greet": 3}
    assert after(2, "insult") == {"any": 2, "insult": 2, "utter_greet": 2}
    assert after(12)["any"] == 12


def test_of_what_they_tell_nothing_is_counted_by_its_kind() -> None:
    assert set(after(4, "happening_to_me")) == set(after(4, "forget_me")) == {"any", "utter_greet"}


def test_a_summary_and_a_private_word_are_not_kept_with_the_tracker() -> None:
    from rasa.shared.core.events import SlotSet

    from bot.rasa_ext.tracker_store import compacted

    events = [did("action_listen"), user(), SlotSet("own_words", "blue kite"), SlotSet("own_words", None), did("action_listen")]
    kept = compacted(tracker(*events))
    assert "blue kite" not in str([e.as_dict() for e in kept]) and tracker(*kept).get_slot("own_words") is None


def test_an_open_form_is_not_compacted() -> None:
    from rasa.shared.core.events import ActiveLoop

    from bot.rasa_ext.tracker_store import compacted

    events: list[Any] = [did("action_listen")]
    for _ in range(8):
        events += [user(), did("handoff_form"), ActiveLoop("handoff_form"), did("action_listen")]
    assert len(compacted(tracker(*events))) == len(events)


def test_responses_name_reviewed_words() -> None:
    from rasa.shared.core.domain import Domain

    from bot.words import Words

    known = Words.load(ROOT / "content" / "messages").ids()
    for variations in Domain.load(str(ROOT / "domain")).responses.values():
        for response in variations:
            assert {response["text"], *(b["title"] for b in response.get("buttons", ()))} <= known


def test_nothing_on_the_path_is_taken_for_rasas_plugins() -> None:
    assert not (ROOT / "rasa_plus").exists() and not (ROOT / "rasa_plus.py").exists()
