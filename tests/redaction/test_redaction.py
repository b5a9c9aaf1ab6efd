"""Who somebody is goes out of what staff read first; what happened stays in it; and how much goes is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import Redaction, RedactionError
from bot.redaction.bench import measure, read_marked, report

ROOT = Path(__file__).resolve().parents[2]
REDACTION = Redaction.load(ROOT / "content" / "redaction")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my name is blorbina and i am 13", "my name is [name] and i am 13"),
        ("im kevin", "im [name]"),
        ("im scared", "im scared"),
        ("I'm Zarkon and I'm scared", "I'm [name] and I'm scared"),
        ("my friend jessica cuts", "my friend [name] cuts"),
        ("mr. blorb touched me", "[name] touched me"),
        ("hope it stops", "hope it stops"),
        ("Hope is my sister", "[name] is my sister"),
        ("i have no Hope left", "i have no [name] left"),
        ("je m'appelle zoé", "je m'appelle [name]"),
        ("mi tío Ramón me toca", "mi tío [name] me toca"),
        ("mail me at a.b+c@d-e.co.uk now", "mail me at [email] now"),
        ("call 500 555 0123 please", "call [phone] please"),
        ("call 1-800-668-6868 or 911 or 988", "call 1-800-668-6868 or 911 or 988"),
        ("i am 14, he is 22, it was 2 or 3 times in 2024", "i am 14, he is 22, it was 2 or 3 times in 2024"),
        ("his snap is bad_guy99", "his snap is [handle]"),
        ("he is @bad.guy on insta", "he is [handle] on insta"),
        ("i live at 12 Elm Street, Blorbtown", "i live at [address]"),
        ("vivo en calle Luna 12", "vivo en [address]"),
        ("j'habite 3 rue de la Paix", "j'habite [address]"),
        ("i go to Blorb High School", "i go to [school]"),
        ("i go to high school", "i go to high school"),
        ("mon école est loin", "mon école est loin"),
        ("je vais au collège Molière", "je vais au [school]"),
        ("my counsellor mrs o'brien", "my counsellor [name]"),
        ("mme d'angelo me touche", "[name] me touche"),
        ("mrs it's me", "mrs it's me"),
        ("je suis léa", "je suis [name]"),
        ("je suis triste", "je suis triste"),
        ("will smith from class 9a", "[name] from class 9a"),
        ("he will come", "he will come"),
        ("TYLER HITS ME", "[name] HITS ME"),
        ("add jess.09 on snap", "add [handle] on snap"),
        ("add blorbo on insta", "add [handle] on insta"),
        ("add me on snap", "add me on snap"),
        ("we talk on discord", "we talk on discord"),
        ("i was born 3/4/2011", "i was born [birth date]"),
        ("née le 03.04.2011", "née le [birth date]"),
        ("it was 12/24/2024 and he was 19", "it was 12/24/2024 and he was 19"),
    ],
)
def test_what_says_who_goes_and_what_happened_stays(text: str, left: str) -> None:
    assert REDACTION.redact(text) == left


@given(st.text(max_size=300))
def test_any_text_comes_through_and_nothing_is_found_outside_it(text: str) -> None:
    for found in REDACTION.find(text):
        assert 0 <= found.start < found.end <= len(text)
    assert isinstance(REDACTION.redact(text), str)


@pytest.mark.parametrize("text", ["a" * 1600, "1 " * 800, "A " * 800, "@" * 1600, "Ab " * 530, "12 Ab Ab " * 170, "ab_" * 500])
def test_no_text_keeps_it_busy(text: str) -> None:
    import time

    started = time.perf_counter()
    REDACTION.redact(text)
    assert time.perf_counter() - started < 2.0


def test_recall_on_lines_that_no_rule_was_made_for() -> None:
    """The figures of docs/privacy-and-doors.md; a change that lowers them is seen here."""
    figures = measure(REDACTION, read_marked(ROOT / "data" / "redaction" / "unseen.txt"))
    assert figures.there["all"] > 100 and figures.clean > 40
    assert "all" in report(figures)
    assert figures.recall() >= 0.95
    for name in ("English", "French", "Spanish", "name", "phone", "email", "handle", "address", "school"):
        assert figures.recall(name) >= 0.9, name
    assert len(figures.changed) <= 2


def test_the_measure_sees_what_is_missed() -> None:
    nothing = Redaction(sure=frozenset(), also_words=frozenset(), never=frozenset())
    lines = read_marked(ROOT / "data" / "redaction" / "unseen.txt")
    assert measure(nothing, lines).recall("name") < measure(REDACTION, lines).recall("name")


def test_a_list_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "names.yml").write_text("sure: anna\n", encoding="utf-8")
    with pytest.raises(RedactionError, match=r"names.yml must hold sure, also_words, never: restore it"):
        Redaction.load(tmp_path)
