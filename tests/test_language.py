"""Which language a text is plainly in, and that nothing is guessed."""

from __future__ import annotations

import pytest

from bot.language import other_script, plain_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("je ne sais pas quoi faire avec mon chum", "fr"),
        ("est-ce que je peux parler à quelqu'un", "fr"),
        ("mi novio revisa mi celular todos los días", "es"),
        ("quiero hablar con una persona de verdad", "es"),
        ("my boyfriend checks my phone every day", "en"),
        ("ok", None),
        ("persona", None),
        ("😭😭😭", None),
        ("", None),
    ],
)
def test_a_language_is_named_only_where_it_is_plain(text: str, language: str | None) -> None:
    assert plain_language(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "im in alberta rn",
        "hes got my arm cant typ",
        "i dont want to die i want to nap",
        "DROP TABLE lessons; --",
        "wait no change it to b",
    ],
)
def test_english_in_a_hurry_stays_english(text: str) -> None:
    assert plain_language(text) in ("en", None)


@pytest.mark.parametrize(
    ("text", "other"), [("我需要帮助", True), ("ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ", True), ("help мне", False), ("123 😀", False), ("", False)]
)
def test_a_script_of_none_of_our_languages_is_seen(text: str, other: bool) -> None:
    assert other_script(text) is other
