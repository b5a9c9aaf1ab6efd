"""The bench that counts faults can see them: each kind, made by hand, is counted."""

from __future__ import annotations

from importlib import import_module

import pytest

from bot.engine import Answer, Reply, Turn
from bot.faults.ledger import Count, count
from bot.faults.traffic import ASKS, HIGH, MOST_PEOPLE, NOW, Person, Traffic, effects_of
from bot.safety.verdict import Level
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


@pytest.fixture
def asker(house: House, traffic: Traffic) -> Person:
    """Somebody whose wish for a person the scripted engine took up; their case waits."""
    house.app.engine.answers = _scripted  # type: ignore[attr-defined]
    person = Person("+15005550004", ASKS, {"SMasks": ASKS})
    traffic.people.append(person)
    before = len(house.app.network.sent)
    house.phone(person.number).texts(ASKS, provider_id="sms:SMasks")
    house.app.outbox.sweep()
    for _, number, body in house.app.network.sent[before:]:
        traffic.phone.take(number, body)
    return person


def _scripted(turn: Turn) -> Answer:
    return Answer((Reply(f"Heard: {turn.text}"),), tuple(effects_of(turn.text)))


def test_the_clocks_of_somebody_who_asked_for_a_person_are_counted(house: House, traffic: Traffic, asker: Person) -> None:
    assert counted(house, traffic).wrong == {}
    by_hand(house, case.delete().where(case.c.level == int(Level.IMMINENT)))
    traffic.people.pop(0)
    house.app.clock.passes(minutes=5, seconds=30)
    by_hand(house, case.update().values(heartbeat_at=house.app.now()))
    assert counted(house, traffic).wrong["clocks_forgotten"] == 1  # the second on call; who did not ask has no clock


def test_a_wish_for_a_person_that_brought_nobody_into_the_queue_is_counted(
    house: House, traffic: Traffic, asker: Person
) -> None:
    by_hand(house, case.update().where(case.c.queued_at.is_not(None)).values(queued_at=None))
    assert counted(house, traffic).wrong == {"clocks_forgotten": 2}  # and danger now, which waits by itself


def test_what_was_told_before_they_waited_anew_is_not_taken_for_told_now(house: House, traffic: Traffic, asker: Person) -> None:
    house.app.clock.passes(seconds=30)
    by_hand(house, case.update().where(case.c.queued_at.is_not(None)).values(queued_at=house.app.now()))
    house.app.clock.passes(seconds=25)
    assert counted(house, traffic).wrong == {"clocks_forgotten": 2}


def test_a_word_of_waiting_that_nobody_said_is_counted(house: House, traffic: Traffic, asker: Person) -> None:
    by_hand(house, case.delete().where(case.c.level == int(Level.IMMINENT)))
    traffic.people.pop(0)
    house.app.clock.passes(seconds=90)
    assert "clocks_forgotten" not in counted(house, traffic).wrong
    house.app.clock.passes(seconds=10)
    assert counted(house, traffic).wrong["clocks_forgotten"] == 1


def test_somebody_new_is_in_danger_all_through_a_run_also_while_the_others_rest(house: House) -> None:
    made = Traffic(house.app.settings, DemoPhone(house.app.settings, sign=None), per_second=1)
    new = [person.danger for second in range(60) for person in made.who_texts(float(second))]
    assert len(new) == 20 and set(new) == {NOW, HIGH, ASKS} and new.count(NOW) == 10
    made.texts_while(True)
    assert len(made.who_texts(60.0)) == 2 and len(made.who_texts(61.0)) == 1


def test_a_text_that_counts_as_answered_and_got_no_words_is_counted(house: House, traffic: Traffic) -> None:
    phone = house.phone("+15005550003")
    phone.quickly_texts("and then", provider_id="sms:SMsilent")
    traffic.people[2].said["SMsilent"] = "and then"
    by_hand(house, message.update().where(message.c.provider_id == "sms:SMsilent").values(state="answered"))
    assert counted(house, traffic).wrong == {"unanswered": 1}


def test_nobody_texts_from_the_services_own_number(house: House) -> None:
    """Twilio's list of what was sent to them would be full of everybody's texts, and what they were sent not be found in it."""
    made = Traffic(house.app.settings, DemoPhone(house.app.settings, sign=None), per_second=1)
    for hour in range(2 * MOST_PEOPLE):
        made.who_texts(3600.0 * hour)
    numbers = {person.number for person in made.people}
    assert len(numbers) == len(made.people) == MOST_PEOPLE and house.app.settings.twilio.sender not in numbers


def test_the_bench_itself_can_be_started() -> None:
    """It reads everything before it forks; settings that grew stricter once kept it from that, and no quick test saw it."""
    assert set(import_module("bot.faults.run").PROCESSES) == {"gateway", "outbox", "second outbox", "engine"}
