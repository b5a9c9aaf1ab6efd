"""What a phone can show, and what comes in."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text import BASIC, EXTENDED, LONGEST_IN, asks, for_sms, normalise, not_gsm, segments


@pytest.mark.parametrize(("text", "count"), [
    ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
    ("[" * 80, 1), ("[" * 81, 2), ("ê" * 70, 1), ("ê" * 71, 2), ("😀" * 35, 1), ("😀" * 36, 2),
    ("a" * 152 + "[" + "a" * 152, 3), ("a" * 66 + "😀" + "é" * 4 + "ê", 2), ("😀" * 67, 3),
])  # fmt: skip
def test_segments_are_counted_as_a_carrier_counts_them(text: str, count: int) -> None:
    assert segments(text) == count


def test_typographic_characters_become_plain_and_letters_a_phone_has_stay() -> None:
    assert for_sms("“It’s fine” – she said…") == '"It\'s fine" - she said...'
    assert for_sms("où? mañana, été") == "où? mañana, été"


def test_a_mark_that_would_cost_three_segments_is_left_out() -> None:
    assert for_sms("ça, forêt, corazón") == "ca, foret, corazon"
    assert for_sms("日本 😀") == "日本 😀"


def test_what_is_made_plain_needs_no_ucs2() -> None:
    assert not not_gsm(for_sms("‘a’ “b” – — … • «c»"))


@pytest.mark.parametrize(("came", "seen"), [
    ("/restart", "restart"), ("//x", "x"), (" / want_person", "want_person"), ("a\x00b\x07", "ab"), ("e\u0301", "é"), ("\\/x", "x"), ("1/2", "1/2"), ("/ /restart", "restart"), ("\u200b/restart", "restart"),
    ("/\n\\ /", ""), ("e\x00\u0301", "é"), ("  hi\tthere\n", "hi\tthere"), ("\U0001fae0", "\U0001fae0"), ("\ufffe!", "!"),
])  # fmt: skip
def test_what_comes_in_is_made_safe_to_look_at(came: str, seen: str) -> None:
    assert normalise(came) == seen


INVISIBLE = st.sampled_from(list("/\\ \t\n\u200b\x00\u0301e\ufeff\U0001d160x"))


@given(st.one_of(st.text(max_size=3000), st.text(alphabet=INVISIBLE, max_size=30)))
def test_nothing_that_comes_in_begins_like_a_command_or_is_unbounded(text: str) -> None:
    seen = normalise(text)
    assert not seen.startswith(("/", "\\")) and len(seen) <= LONGEST_IN and "\x00" not in seen
    assert normalise(seen) == seen


@given(st.text(alphabet=st.characters(min_codepoint=0x20, max_codepoint=0x2FFF), max_size=400))
def test_what_can_be_read_stays(text: str) -> None:
    letters = [c for c in unicodedata.normalize("NFC", text) if c.isalpha()]
    assert [c for c in normalise(text) if c.isalpha()] == letters


GSM = st.sampled_from(sorted(BASIC | EXTENDED))


@given(st.text(alphabet=GSM, max_size=700))
def test_segments_of_plain_text_follow_the_units(text: str) -> None:
    units = len(text) + sum(c in EXTENDED for c in text)
    expected = 1 if units <= 160 else -(-units // 153)
    assert expected <= segments(text) <= expected + 1 + len(text) // 300
    assert segments(text + "a") >= segments(text)


@given(st.text(max_size=500))
def test_a_text_never_takes_less_than_its_length_asks(text: str) -> None:
    assert segments(text) >= max(1, len(text) // 160)


@given(st.text(max_size=300))
def test_making_plain_never_costs_more_than_it_saves(text: str) -> None:
    plain = for_sms(text)
    assert for_sms(plain) == plain
    assert not not_gsm(plain) or not_gsm(text)


@pytest.mark.parametrize(("text", "asked"), [
    ("is it ok that he checks my phone", True), ("wanting my phone password. normal or no", True), ("he checks my phone?", True),
    ("if you pay them do they stop", True), ("friends who dare u to steal, are those real friends", True),
    ("i know what they do", False), ("so what do i do", True), ("he checks my phone", False), ("i told him no", False), ("", False), ("yes", False),
])  # fmt: skip
def test_a_question_is_known_by_its_form(text: str, asked: bool) -> None:
    assert asks(text) is asked


@pytest.mark.parametrize(
    "text",
    ["qué hago si me insiste", "que significa grooming", "¿es normal", "por qué me pide fotos", "dónde puedo llamar",
     "est-ce que c'est normal", "c'est quoi le consentement", "comment je fais s'il insiste", "pourquoi il fait ca", "pk il insiste"],
)  # fmt: skip
def test_a_question_in_spanish_or_french_is_one_without_its_mark(text: str) -> None:
    assert asks(text)


@pytest.mark.parametrize(
    "text",
    [
        "que no quiero",
        "que es mi culpa",
        "donde me quedo no es seguro",
        "cuando se enoja",
        "xq esta aqui",
        "comment on my post",
        "quiero hablar",
        "no se",
        "je sais pas",
        "il me demande des photos",
        "ou bien non",
    ],
)
def test_what_is_said_in_spanish_or_french_is_no_question(text: str) -> None:
    assert not asks(text)
