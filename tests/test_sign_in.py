"""What a password is worth to whoever steals the database."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from bot.sign_in import SignIn
from tests.talking import PASSWORD, House


def test_a_password_is_hashed_as_dearly_as_the_rfc_asks_where_memory_is_short(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sign_in.PasswordHasher", PasswordHasher)  # all other tests have a quick one: tests/conftest.py
    SignIn(store=house.app.store, needs_totp=False).add(username="kit", first_name="Kit", role="worker", password=PASSWORD)
    with house.app.store.read() as work:
        kept = work.staff.by_username("kit")
    assert kept and extract_parameters(kept.password_hash) == RFC_9106_LOW_MEMORY
