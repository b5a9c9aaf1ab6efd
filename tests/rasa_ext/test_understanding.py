"""Unseen texts in young people's spelling are understood."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rasa_ext.conftest import NONE, ROOT

pytestmark = pytest.mark.slow

UNSEEN = yaml.safe_load((Path(__file__).parent / "unseen.yml").read_text(encoding="utf-8"))


ANSWERED = ("privacy", "is_this_a_bot", "menu")
"""Intents whose questions ("will my mom see this", "what can you do") a reviewed answer fits as well."""


def understood(dialogue: Any, text: str) -> str:
    from rasa.core.channels.channel import UserMessage

    message = UserMessage(text, metadata={"screening": NONE})
    return asyncio.run(dialogue._processor.parse_message(message))["intent"]["name"]


def test_unseen_texts_are_understood(dialogue: Any) -> None:
    cases = [(text, intent) for intent, texts in UNSEEN.items() for text in texts]
    read = [(text, intent, understood(dialogue, text)) for text, intent in cases]
    wrong = [(text, intent, got) for text, intent, got in read if got != intent and not (got == "ask" and intent in ANSWERED)]
    assert len(wrong) / len(cases) <= 0.06, wrong


@pytest.mark.parametrize(
    "text", ["i want to talk 2 a real person", "get me someone real pls", "i need a person", "can a human text me"]
)
def test_wanting_a_person_is_never_taken_for_a_question(dialogue: Any, text: str) -> None:
    assert understood(dialogue, text) == "want_person"


def test_who_plainly_asks_for_a_list_gets_it_though_an_answer_is_near(dialogue: Any) -> None:
    assert understood(dialogue, "is there art therapy or a place to go to later on") == "support"
    assert understood(dialogue, "is there a helpline number i can text") == "lines"
    assert understood(dialogue, "what do they say when you call a helpline") == "ask"


def near(dialogue: Any, text: str, level: str) -> dict[str, str]:
    from rasa.core.channels.channel import UserMessage

    screening = {"level": level, "category": "third_party_concern", "subject": "other"}
    parsed = asyncio.run(dialogue._processor.parse_message(UserMessage(text, metadata={"screening": screening})))
    assert parsed["intent"]["name"] == "disclosure"
    return {e["entity"]: e["value"] for e in parsed["entities"]}


def test_what_is_near_a_disclosure_is_known_to_care_whether_it_is_asked_or_told(dialogue: Any) -> None:
    """The second nearest once got lost on the way, so that a choice of two was never offered."""
    for text in ("my friend wont listen when i say her bf is bad for her", "what do i do if my friends bf is bad for her"):
        found = near(dialogue, text, "elevated")
        assert found["answer"].startswith(("helping_friend", "red_flags")) and found["sure"]
        assert found["sure"] == "sure" or found["answer_2"]
    assert near(dialogue, "can i talk to a real person about my friend", "elevated") == {}


def test_none_of_them_is_in_the_training_data() -> None:
    known = {line.strip()[2:] for f in (ROOT / "data/nlu/en").glob("*.yml") for line in f.read_text().splitlines()}
    assert not known & {text for texts in UNSEEN.values() for text in texts}
