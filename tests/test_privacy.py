"""Pseudonyms are stable and meaningless; what is sealed stays readable through a rotation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import PrivacyError, Vault, masked

OLD, NEW = "old-key-0123456789abcdefghijklmnop", "new-key-0123456789abcdefghijklmnop"


def test_a_pseudonym_is_the_same_every_time_and_holds_no_number() -> None:
    vault = Vault([OLD])
    name = vault.pseudonym("sms", "+15005550123")
    assert name == vault.pseudonym("sms", "+15005550123")
    assert len(name) == 32 and "5550123" not in name


def test_another_key_gives_another_pseudonym() -> None:
    assert Vault([OLD]).pseudonym("sms", "+1") != Vault([NEW]).pseudonym("sms", "+1")


def test_a_new_key_in_front_makes_nobody_a_stranger_and_old_words_stay_readable() -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    sealed = before.seal("hello")
    assert after.pseudonym("sms", "+1") == before.pseudonym("sms", "+1")
    assert after.open(sealed) == "hello"
    assert Vault([NEW]).open(after.rotate(sealed)) == "hello"


def test_without_the_key_nothing_opens_and_the_sentence_says_what_to_do() -> None:
    with pytest.raises(PrivacyError, match="HANDRAIL_SECRET_KEY"):
        Vault([NEW]).open(Vault([OLD]).seal("hello"))


@given(st.text(max_size=500))
def test_what_is_sealed_opens_again_and_does_not_show(text: str) -> None:
    vault = Vault([OLD])
    sealed = vault.seal(text)
    assert vault.open(sealed) == text
    assert len(text) < 4 or text.encode() not in sealed


@given(st.binary(max_size=2000))
def test_sealed_bytes_open_again(blob: bytes) -> None:
    vault = Vault([OLD])
    assert vault.open_bytes(vault.seal_bytes(blob)) == blob


def test_a_masked_number_shows_two_digits() -> None:
    assert masked("+15005550123") == "******23"
