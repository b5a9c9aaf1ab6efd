"""No word and no number of a young person gets into a log."""

from __future__ import annotations

import pytest

from bot.serve.logs import FORBIDDEN, scrub


@pytest.mark.parametrize("number", ["+15005550123", "500-555-0123", "(500) 555 0123", "+44 7700 900123"])
def test_what_looks_like_a_number_is_taken_out(number: str) -> None:
    record = scrub(None, "info", {"event": f"failed for {number}", "reason": f"x{number}x"})
    assert number not in str(record) and "[number]" in record["event"]


@pytest.mark.parametrize("key", sorted(FORBIDDEN))
def test_what_could_carry_words_is_dropped(key: str) -> None:
    assert key not in scrub(None, "info", {"event": "x", key: "secret"})


def test_what_helps_to_understand_stays() -> None:
    record = {"event": "message not delivered", "message_id": 12, "code": "30003", "timestamp": "2026-11-23T10:00:00Z"}
    assert scrub(None, "info", dict(record)) == record
