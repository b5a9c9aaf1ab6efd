"""The bench that counts faults can see them: each kind, made by hand, is counted."""

from __future__ import annotations

from importlib import import_module

import pytest

from bot.faults.ledger import Count, count
from bot.faults.traffic import HIGH, NOW, Person, Traffic
from bot.store.tables import audit, case, message
from bot.web.demo_phone import DemoPhone
from tests.talking import House


@pytest.fixture
def traffic(house: House) -> Traffic:
    """Three people who texted once each, all of it kept, answered and sent."""
    phone = DemoPhone(house.app.settings, sign=None)
    made = Traffic(house.app.settings, phone, per_second=1)
    made.people = [Person("+15005550001", NOW), Person("+15005550002", HIGH), Person("+15005550003", "")]
    for person in made.people:
        person.said["SM" + person.number] = person.danger or "hello"
        house.phone(person.number).texts(person.danger or "hello", provider_id="sms:SM" + person.number)
    house.app.outbox.sweep()
    house.settles()
    for _, number, body in house.app.network.sent:
        phone.take(number, body)
    return made


def counted(house: House, traffic: Traffic) -> Count:
    return count(house.app, traffic)


def by_hand(house: House, statement: object) -> None:
    with house.app.store.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def test_in_a_run_without_faults_nothing_is_wrong(house: House, traffic: Traffic) -> None:
    found = counted(house, traffic)
    assert found.wrong == {} and (found.texts, found.cases) == (3, 2) and found.sent > 6


def test_a_text_that_is_not_kept_is_counted(house: House, traffic: Traffic) -> None:
    traffic.people[2].said["SMlost"] = "nobody kept this"
    assert counted(house, traffic).wrong == {"lost_in": 1}


def test_a_text_that_did_not_go_out_and_one_that_went_twice_are_counted(house: House, traffic: Traffic) -> None:
    lost = traffic.phone.texts.pop()
    assert counted(house, traffic).wrong == {"lost_out": 1}
    for _ in range(3):
        traffic.phone.take(lost.number, lost.body)
    assert counted(house, traffic).wrong == {"doubled": 2}


def test_texts_that_came_in_another_order_are_counted(house: House, traffic: Traffic) -> None:
    theirs = [n for n, text in enumerate(traffic.phone.texts) if text.number == traffic.people[2].number and not text.inbound]
    first, second = theirs[:2]
    texts = traffic.phone.texts
    assert texts[first].body != texts[second].body
    texts[first], texts[second] = texts[second], texts[first]
    assert counted(house, traffic).wrong == {"out_of_order": 2}


def test_a_text_without_an_answer_is_counted(house: House, traffic: Traffic) -> None:
    by_hand(house, message.update().where(message.c.provider_id == "sms:SM+15005550003").values(state="kept"))
    assert counted(house, traffic).wrong == {"unanswered": 1}


def test_a_case_that_is_gone_and_a_broken_trail_are_counted(house: House, traffic: Traffic) -> None:
    by_hand(house, case.delete().where(case.c.category == "suicide"))
    by_hand(house, audit.update().where(audit.c.id == 1).values(actor="nobody"))
    wrong = counted(house, traffic).wrong
    assert wrong["cases_lost"] == 1 and wrong["audit_broken"] >= 1


def test_a_clock_that_nobody_moved_is_counted(house: House, traffic: Traffic) -> None:
    house.app.clock.passes(seconds=70)
    assert counted(house, traffic).wrong == {}  # not yet late enough
    house.app.clock.passes(seconds=20)
    assert counted(house, traffic).wrong == {"clocks_forgotten": 1}
    house.app.outbox.sweep()
    assert "clocks_forgotten" not in counted(house, traffic).wrong


def test_a_text_that_counts_as_answered_and_got_no_words_is_counted(house: House, traffic: Traffic) -> None:
    phone = house.phone("+15005550003")
    phone.quickly_texts("and then", provider_id="sms:SMsilent")
    traffic.people[2].said["SMsilent"] = "and then"
    by_hand(house, message.update().where(message.c.provider_id == "sms:SMsilent").values(state="answered"))
    assert counted(house, traffic).wrong == {"unanswered": 1}


def test_the_bench_itself_can_be_started() -> None:
    """It reads everything before it forks; settings that grew stricter once kept it from that, and no quick test saw it."""
    assert set(import_module("bot.faults.run").PROCESSES) == {"gateway", "outbox", "second outbox", "engine"}
