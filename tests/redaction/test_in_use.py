"""What staff read first, and everything that is exported, is without names, schools, phones and the like."""

from __future__ import annotations

import json
from typing import Any

from bot.case_events import CaseEvents
from bot.engine import Answer, Reply
from bot.store.tables import case as case_table
from tests.talking import Desk, House, Phone, ScriptedEngine, settle

WHO = ("Kayla", "Westwood", "416-555-0198", "kaykay_xo7", "Birchwood", "kayla.b@gmail.com", "+15005550123")
SUMMARY = (
    "im Kayla from Westwood High School, my number is 416-555-0198, snap is kaykay_xo7, 48 Birchwood Road, "
    "kayla.b@gmail.com. my stepdad hits me"
)


def tells_in_their_own_words(phone: Phone, engine: ScriptedEngine) -> None:
    phone.texts("im Kayla and my stepdad Darren hits me")
    engine.answers = lambda turn: Answer((Reply("Thank you."),), ({"effect": "pass_on", "what": "own", "summary": turn.text},))
    phone.texts(SUMMARY)


def test_the_summary_is_kept_without_who_they_are_and_with_what_happened(
    phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    tells_in_their_own_words(phone, engine)
    summary = desk.opens(desk.queue()[0]).summary or ""
    assert "my stepdad hits me" in summary and "[school]" in summary
    assert not any(who in summary for who in WHO)


def test_why_the_case_was_opened_says_what_and_not_who(house: House, phone: Phone, desk: Desk, engine: ScriptedEngine) -> None:
    tells_in_their_own_words(phone, engine)
    why = str(desk.opens(desk.queue()[0]).why)
    assert "hits me" in why and "Darren" not in why and "Kayla" not in why
    with house.app.store.engine.connect() as connection:
        sealed = connection.execute(case_table.select()).one().sealed_reasons
    assert "Darren" not in json.dumps(house.app.vault.open_json(sealed))


def test_the_person_who_joins_still_reads_the_conversation_as_it_was_written(
    phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    tells_in_their_own_words(phone, engine)
    assert any(line.text == SUMMARY for line in desk.opens(desk.queue()[0]).transcript)


def test_no_export_says_who_anybody_is(house: House, phone: Phone, desk: Desk, engine: ScriptedEngine) -> None:
    tells_in_their_own_words(phone, engine)
    card = desk.queue()[0]
    desk.accepts(card)
    house.app.desk.note(card.id, desk.me, SUMMARY)
    house.app.desk.reveal_number(card.id, desk.me, f"because {SUMMARY}")
    desk.closes(card)
    posted: list[Any] = []
    hook = type("Hook", (), {"post": lambda self, event, at: posted.append(event)})()
    events = CaseEvents(store=house.app.store, webhook=hook)
    with house.app.store.begin() as work:
        work.cursors.claim("case events", start=0)
        work.cursors.release("case events")
    while events.send_next():
        pass
    settle(house.app)
    exported = house.app.board.cases_csv() + house.app.board.incidents_csv() + json.dumps(posted)
    assert len(posted) > 3 and card.designation in exported
    assert not any(who in exported for who in (*WHO, "Darren", "stepdad"))
