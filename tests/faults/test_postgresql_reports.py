"""A delivery report and the commit that names its text cross each other on PostgreSQL, and nothing is left lying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot import deliveries
from bot.channels.base import Delivery
from tests.talking import House, Phone


@pytest.fixture
def house(tmp_path: Path, new_postgresql: Callable[[], str]) -> Iterator[House]:
    made = House(tmp_path, HANDRAIL_DATABASE_URL=new_postgresql())
    yield made
    made.app.store.close()


def test_a_report_that_crosses_the_commit_which_names_its_text_is_taken_in(house: House, phone: Phone) -> None:
    store = house.app.store
    with store.begin() as work:
        work.threads.find_or_create(phone.thread_id, channel="sms", number=phone.number)
        message_id = work.messages.queue(phone.thread_id, "hello")
    with store.begin() as sending:
        deliveries.sent(sending, message_id, "sms:SM1")
        with store.begin() as reporting:
            deliveries.note(reporting, Delivery("sms:SM1", "failed", "30007"))
    house.app.outbox.sweep()
    with store.read() as work:
        message = work.messages.get(message_id)
        assert message is not None and (message.state, message.error_code) == ("failed", "30007")
        assert work.sending.claimable_reports() == []


def test_two_that_ask_for_missed_reports_ask_about_different_texts(house: House, phone: Phone) -> None:
    with house.app.store.begin() as work:
        work.threads.find_or_create(phone.thread_id, channel="sms", number=phone.number)
        for sid in ("sms:SM1", "sms:SM2"):
            deliveries.sent(work, work.messages.queue(phone.thread_id, "hello"), sid)
    house.app.clock.passes(minutes=6)
    within = timedelta(hours=72)
    with house.app.store.begin() as one, house.app.store.begin() as other:
        found = [work.sending.claim_unreported(within=within) for work in (one, other)]
        assert [text.provider_id for text in found if text] == ["sms:SM1", "sms:SM2"]
    with house.app.store.begin() as work:
        assert work.sending.claim_unreported(within=within) is None
