"""What is private in a group: nothing about a person is on a staff page, and nobody is known by what they do."""

from __future__ import annotations

import re

import pytest

from bot.choices import Choice, payload
from bot.engine import Answer, Reply
from tests.talking import Clock, Desk, House, ScriptedEngine, settle
from tests.web.group_people import Facilitator, Young, leading

DANGER = "my stepdad hits me"
SPLIT = ("my stepdad", "hits", "me")
ELEVATED = "i feel so alone lately and nobody likes me"
IMMINENT = "he is going to kill me, he has a knife"
PAGES = ("", "/screen", "/join", "/summary", "/export.csv")


@pytest.fixture
def fay(house: House) -> Facilitator:
    return leading(house)


@pytest.mark.parametrize(
    ("said", "opens_case"),
    [((DANGER,), True), ((IMMINENT,), True), ((ELEVATED,), False), (SPLIT, True)],
    ids=["high", "imminent", "elevated", "split"],
)
def test_danger_in_a_group_changes_no_byte_of_any_staff_page_of_the_group(
    house: House, fay: Facilitator, clock: Clock, said: tuple[str, ...], opens_case: bool
) -> None:
    """A disclosure in any field of the page, and by text: the desk has it, they are answered, the group shows nothing."""
    phone = house.phone()
    phone.texts(f"JOIN {fay.code}")
    young = Young(house, fay.code)
    for step in ("also:one_word", "lesson:say_it", "lesson:notice"):
        fay.goes_to(step)
        tells(house)
        clock.passes(minutes=6)  # from here on time alone changes nothing on the page
        before = {path: fay.page(path) for path in PAGES}
        heard = len(young.lines())
        for aim in ("box", "step", "me"):
            for number, words in enumerate(said):
                young.writes(words, aim, f"{step}{aim}{number}")
                clock.passes(seconds=25)
                assert {path: fay.page(path) for path in before} == before
        for words in (f"ask {said[0]}", *said[1:], *said):
            phone.texts(words)
            clock.passes(seconds=25)
        for _ in range(5):
            clock.passes(minutes=1)
            assert {path: fay.page(path) for path in before} == before
        assert len(young.lines()) >= heard + 6, "each text is kept, and answered privately"
    with house.app.store.read() as work:
        cases = {c.thread_id for c in work.cases.opened_since(house.app.now().replace(year=2020))}
        assert work.group_answers.texts(fay.group, "held") == []
    both = {phone.thread_id, house.app.group_seats.sitting(young.seat["token"]).thread_id}
    assert cases == (both if opens_case else set())


@pytest.mark.parametrize("said", [DANGER, IMMINENT], ids=["high", "imminent"])
@pytest.mark.parametrize("step", ["also:one_word", "lesson:say_it", "lesson:notice"])
def test_what_follows_danger_changes_no_byte_of_any_staff_page_of_the_group(
    house: House, fay: Facilitator, desk: Desk, clock: Clock, engine: ScriptedEngine, step: str, said: str
) -> None:
    """What they answer to our form, and a worker who comes and goes."""
    phone = house.phone()
    phone.texts(f"JOIN {fay.code}")
    fay.goes_to(step)
    tells(house)
    safe = [Choice(label, payload(intent)) for label, intent in (("Yes", "affirm"), ("No", "deny"))]
    engine.answers = lambda turn: Answer((Reply("Are you safe to text right now?", tuple(safe)),))
    clock.passes(minutes=6)
    before = {path: fay.page(path) for path in PAGES}

    def nothing_shows() -> None:
        tells(house)
        clock.passes(minutes=4)
        assert {path: fay.page(path) for path in PAGES} == before

    desk.is_here()
    for words in (said, "my room", "yeah i think so", "B"):
        phone.texts(words)
        nothing_shows()
    card = next(card for card in desk.queue() if card.level in ("high", "imminent"))
    desk.accepts(card)
    nothing_shows()
    phone.texts("thank you so much")
    nothing_shows()
    engine.answers = lambda turn: Answer((Reply("I'm back."),))
    desk.closes(card)
    nothing_shows()


def tells(house: House) -> None:
    while house.app.group_telling.tell_some():
        pass
    settle(house.app)


def test_what_is_asked_privately_is_answered_privately(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    young.writes("is it normal that he buys me things", "me")
    assert young.lines()[-1].text.startswith("You said: is it normal")
    assert "buys me" not in fay.page() + fay.page("/screen")


LEAVES = [
    pytest.param(lambda young: young.client.delete("/group/seats"), id="button"),
    pytest.param(lambda young: young.writes("LEAVE", "me", "9"), id="typed"),
]


@pytest.mark.parametrize("leaves", LEAVES)
def test_leaving_a_page_erases_what_was_written_on_it_and_not_what_was_counted(house: House, fay: Facilitator, leaves) -> None:
    fay.goes_to("lesson:notice")
    youngs = [Young(house, fay.code) for _ in range(5)]
    for young in youngs:
        young.answers("lesson:notice", "a")
    one = youngs[0]
    one.writes("is it normal that he buys me things", "me")
    thread_id = house.app.group_seats.sitting(one.seat["token"]).thread_id
    leaves(one)
    assert one.client.get("/group/seat").status_code == 401
    with house.app.store.read() as work:
        assert work.messages.transcript(thread_id) == []
        assert (work.seats.here(fay.group), work.seats.ever(fay.group)) == (4, 5)
        assert work.group_answers.answered(fay.group, "lesson:notice") == 5


@pytest.mark.parametrize("leaves", LEAVES)
def test_whoever_has_the_case_of_one_who_leaves_the_page_is_told_that_it_is_closed(
    house: House, fay: Facilitator, desk: Desk, leaves
) -> None:
    young = Young(house, fay.code)
    young.writes(DANGER, "me")
    thread_id = house.app.group_seats.sitting(young.seat["token"]).thread_id
    house.app.clock.passes(minutes=10)
    leaves(young)
    card = desk.sees_case(level="high")
    assert "page closed" in " ".join(what for _, _, what in desk.opens(card).log)
    with house.app.store.read() as work:
        assert DANGER in [m.text for m in work.messages.transcript(thread_id)], "people may still have to act on it"
    desk.accepts(card)
    desk.closes(card)
    with house.app.store.read() as work:
        assert DANGER not in [m.text for m in work.messages.transcript(thread_id)]


def test_a_case_that_waits_for_people_is_dropped_when_its_page_is_left(house: House, fay: Facilitator, desk: Desk) -> None:
    young = Young(house, fay.code)
    young.writes("he is going to kill me, he has a knife", "me")
    young.client.delete("/group/seats")
    desk.sees_case(level="imminent", state="dropped")


def test_nobody_is_known_by_leaving(house: House, fay: Facilitator) -> None:
    youngs = [Young(house, fay.code) for _ in range(3)]
    youngs[0].writes("what if they find out", "box")
    seen = fay.reads_first()
    youngs[0].writes("and what then", "box", "2")
    youngs[0].client.delete("/group/seats")
    assert "what if they find out" in seen
    assert re.sub("<dd>3</dd>", "<dd>2</dd>", seen) == fay.reads_first(), "what nobody could read yet went along"


def test_a_worker_sees_that_the_child_sits_in_a_group_now(house: House, fay: Facilitator, desk: Desk) -> None:
    """Others may look on: what happened is not asked there."""
    young = Young(house, fay.code)
    young.writes(DANGER, "me")
    card = desk.sees_case(level="high")
    assert desk.opens(card).in_group == "grooming, trust; opened 15:00 UTC"
    fay.does("move", event="end")
    assert desk.opens(card).in_group is None


@pytest.mark.parametrize("aim", ["box", "step"])
def test_a_person_is_asked_for_in_whatever_field_it_is_typed(
    house: House, fay: Facilitator, engine: ScriptedEngine, aim: str
) -> None:
    young = Young(house, fay.code)
    fay.goes_to("lesson:say_it")
    young.writes("PERSON", aim)
    assert engine.turns[-1].choice == "/want_person"
    assert "Nothing is waiting." in fay.reads_first()


def test_no_nickname_and_no_pseudonym_is_on_a_staff_page(house: House, fay: Facilitator) -> None:
    young = Young(house, fay.code)
    thread = house.app.group_seats.sitting(young.seat["token"]).thread_id
    pages = fay.page() + fay.page("/screen") + fay.page("/summary") + fay.page("/export.csv")
    assert young.seat["nickname"] not in pages and thread not in pages
