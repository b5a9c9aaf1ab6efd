"""Which numbers in a ready sentence can be tapped."""

from __future__ import annotations

import pytest

from bot.web.phone_numbers import parts


@pytest.mark.parametrize(
    ("sentence", "links"),
    [
        ("Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)", ["tel:18006686868", "sms:686868"]),
        ("988 Lifeline: call or text 988 (24/7)", ["tel:988"]),
        ("Crisis Text Line: text HOME to 741741 (24/7)", ["sms:741741"]),
        ("Kids Helpline (5-25): call 1800 55 1800", ["tel:1800551800"]),
        ("If you're in danger, call 911.", ["tel:911"]),
        ("Jeunesse: appelle le 1-800-263-2266 ou texte 600600", ["tel:18002632266", "sms:600600"]),
        ("Llama al 988", ["tel:988"]),
        ("Call +44 20 7946 0000 at any hour", ["tel:+442079460000"]),
        ("Open 24/7 since 2023", []),
        ("You are 13-15 and it is 2026", []),
        ("I will call you by 10", []),
        ("", []),
    ],
)
def test_a_number_is_tappable_when_the_sentence_says_call_or_text(sentence, links):
    pieces = parts(sentence)
    assert [href for _, href in pieces if href] == links
    assert "".join(text for text, _ in pieces) == sentence
