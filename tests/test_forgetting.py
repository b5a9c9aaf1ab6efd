"""FORGET ME erases at once and everywhere; what cannot be erased yet is told honestly; nothing comes back later."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.engine import Answer, Reply
from bot.groups.steps import Subject
from bot.store import tables
from bot.store.database import Store
from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine, Talker, settle

SAD = "i want to die"
MARKER = "purple giraffe"


@pytest.fixture(autouse=True)
def answers_as_the_dialogue_does(engine: ScriptedEngine) -> None:
    """The real actions' answer to FORGET ME (actions/privacy.py; over the real engine in tests/conversations)."""

    def answer(turn) -> Answer:  # type: ignore[no-untyped-def]
        if not str(turn.choice or "").startswith("/forget_me"):
            return Answer((Reply(f"You said: {turn.text}"),))
        forget = ({"effect": "forget"},)
        if turn.metadata["case"] and turn.metadata["case"]["state"] != "declined":
            return Answer((Reply("A person here has your case open."),), forget)
        return Answer((Reply("Done. I've deleted what you wrote here."),), forget)

    engine.answers = answer


def rows_of(store: Store, thread_id: str) -> dict[str, int]:
    """How many rows of each table belong to a thread, itself and its cases aside."""
    found = {}
    with store.engine.connect() as connection:
        for table in tables.metadata.sorted_tables:
            if "thread_id" in table.c and table.name != "case":
                found[table.name] = len(connection.execute(select(table).where(table.c.thread_id == thread_id)).all())
        notes = select(tables.note).join(tables.case).where(tables.case.c.thread_id == thread_id)
        found["note"] = len(connection.execute(notes).all())
    return {name: count for name, count in found.items() if count}


def fills_everything(house: House, thread_id: str) -> None:
    """A row in every table that can hold something of a thread."""
    with house.app.store.begin() as work:
        work.trackers.save(thread_id, expected_version=0, message_id=1, blob=MARKER.encode(), answered={"x": MARKER})
        work.boosters.plan(thread_id, "grooming")
        work.check_ins.ask(thread_id, 1, work.now)
        work.presence.types(thread_id, "you")
        work.threads.keep_word(thread_id, MARKER)
        work.threads.change(thread_id, band="13-15", region="CA", lesson="grooming")
        work.messages.queue(thread_id, f"to be sent later: {MARKER}")
        leader = work.staff.add(username="lee", first_name="Lee", role="facilitator", password_hash="-", totp=None)
        group = work.groups.open(Subject("grooming", "trust", "13-15", "en"), region="CA", free=False, staff_id=leader)
        work.seats.take(group, thread_id, nickname=MARKER)
        work.group_answers.keep(group.id, "0", thread_id, ("a",))
        work.group_answers.hold(group.id, thread_id, kind="question", step="0", text=MARKER)
        work.group_answers.guessed(thread_id)


def words(house: House, thread_id: str) -> str:
    with house.app.store.read() as work:
        return " ".join(m.text for m in work.messages.transcript(thread_id))


def test_everything_of_a_thread_goes_at_once_and_the_rest_a_minute_later(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts(MARKER)
    fills_everything(house, phone.thread_id)
    phone.quickly_texts("forget me")
    answer_only(house)
    left = rows_of(house.app.store, phone.thread_id)
    assert left == {"address": 1, "message": 1}  # the farewell, and where to send it
    settle(house.app)
    phone.sees("deleted")
    clock.passes(seconds=61)
    house.app.outbox.sweep()
    assert rows_of(house.app.store, phone.thread_id) == {}
    with house.app.store.read() as work:
        assert work.threads.get(phone.thread_id) is None


def answer_only(house: House) -> None:
    import asyncio

    assert asyncio.run(house.app.conversation.reply())


@pytest.mark.parametrize(
    "text",
    [
        "forget me",
        "FORGET ME",
        "Forget me.",
        "delete my data",
        "oublie-moi",
        "olvídame",
        "please forget me",
        "delete everything",
    ],
)
def test_it_works_however_it_is_typed_and_with_the_engine_down(
    house: House, phone: Phone, engine: ScriptedEngine, text: str
) -> None:
    phone.texts(MARKER)
    engine.down = True
    phone.texts(text)
    phone.sees("deleted")
    assert MARKER not in words(house, phone.thread_id)


def test_what_waited_to_be_sent_is_not_sent_any_more(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.messages.queue(phone.thread_id, MARKER)
    phone.quickly_texts("forget me")
    settle(house.app)
    assert not any(MARKER in text for text in phone.everything())


def test_after_stop_it_still_erases_and_says_nothing_and_the_stop_stays(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts(MARKER)
    phone.texts("STOP")
    phone.new()
    phone.texts("forget me")
    phone.sees_nothing()
    assert rows_of(house.app.store, phone.thread_id).get("message", 0) == 0
    clock.passes(minutes=5)
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out and work.threads.number(phone.thread_id) is None


def test_a_live_case_is_kept_and_that_is_told_whoever_answers(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    phone.texts(SAD)
    phone.texts("forget me")
    phone.sees("has your case open")
    engine.down = True
    phone.texts("forget me")
    phone.sees("has your case open")
    desk.accepts(desk.sees_case(level="high"))
    phone.new()
    phone.texts("forget me")
    phone.sees("I erase it when they close it")
    assert SAD in words(house, phone.thread_id)


def test_the_person_who_holds_the_case_sees_that_they_asked(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.texts("forget me")
    view = desk.opens(card)
    assert any(line.text == "forget me" for line in view.transcript)
    assert any("asked to be forgotten" in what for _, _, what in view.log)


def test_after_the_case_is_closed_its_words_notes_and_reasons_go(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(f"{SAD} {MARKER}")
    card = desk.sees_case(level="high")
    desk.accepts(card)
    house.app.desk.note(card.id, desk.me, f"they wrote {MARKER}")
    desk.closes(card)
    phone.texts("forget me")
    phone.sees("deleted")
    with house.app.store.read() as work:
        case = work.cases.get(card.id)
        assert (case.reasons, case.summary, work.cases.notes(card.id)) == ((), None, [])
    assert MARKER not in words(house, phone.thread_id)
    assert "note" not in rows_of(house.app.store, phone.thread_id)


def test_nothing_planned_is_sent_to_somebody_who_was_forgotten(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    """Also where a closed case keeps the bare row."""
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    settle(house.app)
    with house.app.store.begin() as work:
        work.boosters.plan(phone.thread_id, "grooming")
    phone.texts("forget me")
    phone.new()
    for _ in range(20):
        clock.passes(days=7)
        house.app.outbox.sweep()
        settle(house.app)
    phone.sees_nothing()


def test_an_engine_that_answers_too_late_brings_nothing_back(house: House, phone: Phone, clock: Clock) -> None:
    phone.texts("forget me")
    with house.app.store.begin() as work:
        work.trackers.save(phone.thread_id, expected_version=0, message_id=9, blob=MARKER.encode(), answered={})
    clock.passes(seconds=61)
    house.app.outbox.sweep()
    assert rows_of(house.app.store, phone.thread_id) == {}


def test_an_engine_that_answers_much_too_late_is_swept_up(house: House, clock: Clock) -> None:
    with house.app.store.begin() as work:
        work.trackers.save("f" * 32, expected_version=0, message_id=9, blob=MARKER.encode(), answered={})
    clock.passes(hours=2)
    with house.app.store.read() as work:
        assert work.retention.overdue() == {"tracker": 1}
    house.app.outbox.expire()
    assert rows_of(house.app.store, "f" * 32) == {}


def test_leaving_the_page_erases_and_closes_the_token(house: House, page: Page) -> None:
    page.texts(MARKER)
    house.app.chat.forget(page.thread_id)
    assert house.app.chat.thread_of(page.token) is None and rows_of(house.app.store, page.thread_id) == {}


@pytest.mark.parametrize("talker", ["phone", "page"])
def test_somebody_who_was_forgotten_and_writes_again_is_a_stranger(
    house: House, request: pytest.FixtureRequest, talker: str
) -> None:
    somebody: Talker = request.getfixturevalue(talker)
    somebody.texts(MARKER)
    somebody.texts("forget me")
    with house.app.store.read() as work:
        thread = work.threads.get(somebody.thread_id)
    assert thread is not None and (thread.band, thread.region, thread.lesson, thread.has_word) == (None, None, None, False)


def test_no_trace_of_the_words_stays_in_the_database_file(house: House, phone: Phone, clock: Clock) -> None:
    """Sealed though they were: the pages are overwritten, and the log of changes is folded in."""
    phone.texts(MARKER)
    with house.app.store.engine.connect() as connection:
        sealed = [bytes(row.sealed_body) for row in connection.execute(select(tables.message.c.sealed_body))]
    phone.texts("forget me")
    clock.passes(seconds=61)
    house.app.outbox.sweep()
    house.app.outbox.expire()
    files = [f for f in house.app.settings.var.iterdir() if f.name.startswith("handrail.db")]
    written = b"".join(f.read_bytes() for f in files)
    assert sealed and not any(body[20:80] in written for body in sealed)
