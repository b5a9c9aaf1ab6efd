"""Unseen texts in young people's spelling are understood."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rasa_ext.conftest import NONE, ROOT

pytestmark = pytest.mark.slow

MOST_WRONG = {"en": 0.08, "es": 0.11, "fr": 0.27}
"""Shares of unseen/<lang>.yml that may be misunderstood: a bit more than were when each was opened, once, after the training."""

ANSWERED = ("privacy", "is_this_a_bot", "menu")
"""Intents whose questions ("will my mom see this", "what can you do") a reviewed answer fits as well."""


def unseen(lang: str) -> list[tuple[str, str]]:
    intents = yaml.safe_load((Path(__file__).parent / "unseen" / f"{lang}.yml").read_text(encoding="utf-8"))
    return [(text, intent) for intent, texts in intents.items() for text in texts]


def understood(dialogue: Any, text: str) -> str:
    from rasa.core.channels.channel import UserMessage

    message = UserMessage(text, metadata={"screening": NONE})
    return asyncio.run(dialogue._processor.parse_message(message))["intent"]["name"]


@pytest.mark.parametrize("lang", MOST_WRONG)
def test_unseen_texts_are_understood(dialogue: Any, lang: str) -> None:
    read = [(text, intent, understood(dialogue, text)) for text, intent in unseen(lang)]
    wrong = [(text, intent, got) for text, intent, got in read if got != intent and not (got == "ask" and intent in ANSWERED)]
    assert len(wrong) / len(read) <= MOST_WRONG[lang], wrong


NEVER_LOST = ("want_person", "happening_to_me", "worried_about_friend", "lines")
"""Intents that lead to people; "ask" leads to an answer about helping a friend, or about lines."""

MOST_TURNED = {"en": 0.35, "es": 0.2, "fr": 0.25}
"""Shares of the refusals in unseen/refused_<lang>.yml that may be taken for something else."""

REFUSED = ("refuse", "no_person")
NOTHING_DONE = (*REFUSED, "deny", "unsure", "nlu_fallback", "out_of_scope")
"""Intents that do none of what was refused."""


@pytest.mark.parametrize("lang", MOST_TURNED)
def test_what_is_refused_is_seldom_done_and_nothing_is_erased_for_it(dialogue: Any, lang: str) -> None:
    refused = [text for text, intent in unseen(f"refused_{lang}") if intent in REFUSED]
    turned = [(text, got) for text in refused if (got := understood(dialogue, text)) not in NOTHING_DONE]
    assert len(turned) / len(refused) <= MOST_TURNED[lang], turned
    assert not [text for text, got in turned if got == "forget_me"]


@pytest.mark.parametrize("lang", MOST_TURNED)
def test_a_person_refused_is_seldom_a_plain_no_or_a_person_wanted(dialogue: Any, lang: str) -> None:
    """A plain no would say that they are not safe to text."""
    read = [(text, understood(dialogue, text)) for text, intent in unseen(f"refused_{lang}") if intent == "no_person"]
    wrong = [(text, got) for text, got in read if got in ("deny", "want_person")]
    assert len(wrong) <= len(read) / 3, wrong


@pytest.mark.parametrize("lang", MOST_TURNED)
def test_what_is_wished_beside_a_refusal_is_seldom_taken_for_one(dialogue: Any, lang: str) -> None:
    read = [(text, intent, understood(dialogue, text)) for text, intent in unseen(f"refused_{lang}") if intent not in REFUSED]
    lost = [(text, intent, got) for text, intent, got in read if got in (*REFUSED, "deny")]
    assert len(lost) <= len(read) / 4, lost
    assert len([intent for _, intent, _ in lost if intent in NEVER_LOST]) <= 1, lost


@pytest.mark.parametrize("lang", MOST_WRONG)
def test_the_ways_to_people_are_seldom_missed(dialogue: Any, lang: str) -> None:
    read = [(text, intent, understood(dialogue, text)) for text, intent in unseen(lang) if intent in NEVER_LOST]
    lost = [(text, intent, got) for text, intent, got in read if got not in (*NEVER_LOST, "support", "ask")]
    assert len(lost) <= len(read) / 6, lost


def trained() -> set[str]:
    blocks = [block for file in (ROOT / "data/nlu").rglob("*.yml") for block in yaml.safe_load(file.read_text("utf-8"))["nlu"]]
    lines = [line for block in blocks if "intent" in block for line in block["examples"].splitlines()]
    return {line.removeprefix("- ").strip().casefold() for line in lines}


def with_one_less(parts: Sequence[str]) -> set[tuple[str, ...]]:
    return {tuple(parts), *((*parts[:place], *parts[place + 1 :]) for place in range(len(parts)))}


@pytest.mark.parametrize("lang", [*MOST_WRONG, *(f"refused_{lang}" for lang in MOST_TURNED)])
def test_what_is_called_unseen_is_more_than_a_letter_or_a_word_from_all_that_was_trained_on(lang: str) -> None:
    known = trained()
    letters = {less for text in known for less in with_one_less(tuple(text))}
    words = {less for text in known for less in with_one_less(tuple(text.split()))}
    texts = [text.casefold() for text, _ in unseen(lang)]
    near = [text for text in texts if with_one_less(tuple(text)) & letters]
    near += [text for text in texts if len(text.split()) > 2 and with_one_less(tuple(text.split())) & words]
    near += [text for text in texts if len(text.split()) > 3 and any(text in longer for longer in known)]
    assert not near


@pytest.mark.parametrize(
    "text", ["i want to talk 2 a real person", "get me someone real pls", "i need a person", "can a human text me"]
)
def test_wanting_a_person_is_never_taken_for_a_question(dialogue: Any, text: str) -> None:
    assert understood(dialogue, text) == "want_person"


def test_who_plainly_asks_for_a_list_or_an_exercise_gets_it_though_an_answer_is_near(dialogue: Any) -> None:
    assert understood(dialogue, "i liked the breathing exercise, can we do it again") == "grounding"
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
