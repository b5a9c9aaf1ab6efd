"""Which groups the open pages are told of."""

from __future__ import annotations

import pytest

from bot.groups.state import GroupState
from bot.groups.steps import Subject
from bot.store import groups
from tests.talking import House


def test_a_group_that_goes_on_is_watched_however_many_were_opened_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(groups, "NEWEST", 2)
    subject = Subject("grooming", "trust", "13-15", "en")
    with house.app.store.begin() as work:
        leader = work.staff.add(username="lee", first_name="Lee", role="facilitator", password_hash="-", totp=None)
        first, second, *later = (work.groups.open(subject, region="CA", free=False, staff_id=leader).id for _ in range(5))
        work.groups.change(second, state=GroupState.ENDED.value)
        work.groups.change(later[-1], state=GroupState.ENDED.value)
        assert set(work.groups.versions()) == {first, *later}
