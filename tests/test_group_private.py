"""Who is busy with us, and their group: it waits for them, and takes nothing of what they write for its own."""

from __future__ import annotations

import pytest

from bot.choices import Choice, payload
from bot.desk.views import CaseCard
from bot.effects import LISTEN
from bot.engine import Answer, Reply, Turn
from bot.group_telling import AT_ONCE
from bot.groups.state import GroupState
from tests.talking import Clock, Desk, House, Phone, ScriptedEngine
from tests.test_group_talks import DANGER, Room

SAFE = tuple(Choice(label, payload(intent)) for label, intent in (("Yes", "affirm"), ("No", "deny"), ("Not sure", "unsure")))
PERSON_OR_GO_ON = (Choice("A person", payload("want_person")), Choice("Keep going", payload("keep_talking")))
MAY_WE_TEXT = (
    Choice("Yes, text me", payload("check_in", answer="yes")),
    Choice("No", payload("check_in", answer="no")),
)
STEP = "Who could a young person tell?"


class Dialogue:
    """What the engine says to what it hears, and what it wants done; anything else is only heard."""

    def __init__(self, engine: ScriptedEngine) -> None:
        self.said: dict[str, Answer] = {}
        engine.answers = self.answer

    def says(self, to: str, text: str, *choices: Choice, **effect: object) -> None:
        self.said[to] = Answer((Reply(text, choices),), (effect,) if effect else ())

    def answer(self, turn: Turn) -> Answer:
        found = self.said.get(turn.choice or "", self.said.get(turn.text))
        return found or Answer((Reply("I hear you."),))


@pytest.fixture
def dialogue(engine: ScriptedEngine) -> Dialogue:
    made = Dialogue(engine)
    made.says(DANGER, "Are you safe to text right now?", *SAFE, effect="case", event="offer", level="high")
    made.says("i feel so alone", "Would a person help?", *PERSON_OR_GO_ON)
    consents = {"effect": "case", "event": "consent"}
    made.says(
        "/want_person", "This is what they see first.", Choice("My own words", payload("pass_on", what="own")), **consents
    )
    made.says('/pass_on{"what": "own"}', "They see just that first.", effect=LISTEN)
    made.says("my uncle", "They see that.", effect="pass_on", what="own", summary="my uncle")
    made.says("/check_in" + '{"answer": "yes"}', "Pick a private word.", effect=LISTEN)
    return made


@pytest.fixture
def room(house: House, dialogue: Dialogue) -> Room:
    house.desk("Fay", "facilitator")
    return Room(house)


@pytest.fixture
def in_room(room: Room, phone: Phone) -> Phone:
    """A phone that sits in the room, with a poll before it."""
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.new()
    return phone


# --- what they are told ------------------------------------------------------------------------------------


def test_the_next_step_does_not_take_the_place_of_are_you_safe(room: Room, in_room: Phone, engine: ScriptedEngine) -> None:
    in_room.texts(DANGER)
    in_room.sees("are you safe", "B No")
    room.goes_to("also:who_could_help")
    in_room.sees_nothing()
    in_room.texts("B")
    assert engine.turns[-1].choice == "/deny", "the engine hears that they are not safe"
    assert room.answers("also:who_could_help") == room.answers("lesson:notice") == 0


def test_a_step_of_words_alone_leaves_the_question_open_too(room: Room, in_room: Phone, engine: ScriptedEngine) -> None:
    in_room.texts(DANGER)
    room.goes_to("lesson:hook")
    in_room.texts("c")
    assert engine.turns[-1].choice == "/unsure"


def test_after_the_case_is_closed_they_are_told_where_the_group_is(room: Room, in_room: Phone, desk: Desk) -> None:
    in_room.texts(DANGER)
    room.goes_to("also:who_could_help")
    desk.is_here()
    card = desk.sees_case(level="high")
    desk.accepts(card)
    in_room.new()
    desk.closes(card)
    room.tells()
    in_room.sees(STEP)
    room.tells()
    in_room.sees_nothing()


def test_who_wants_no_person_is_back_in_the_group(room: Room, in_room: Phone, dialogue: Dialogue) -> None:
    in_room.texts(DANGER)
    room.goes_to("also:who_could_help")
    in_room.sees("are you safe")
    dialogue.says("/affirm", "OK. Text PERSON any time.", effect="case", event="decline")
    in_room.texts("yes")
    room.tells()
    in_room.sees(STEP)


def test_the_question_whether_a_person_would_help_is_not_taken_away_either(
    room: Room, in_room: Phone, engine: ScriptedEngine
) -> None:
    in_room.texts("i feel so alone")
    in_room.sees("Would a person help?")
    room.goes_to("also:who_could_help")
    in_room.sees_nothing()
    in_room.texts("b")
    assert engine.turns[-1].choice == "/keep_talking"
    room.tells()
    in_room.sees(STEP)


def test_an_answer_with_a_person_beside_it_keeps_nobody_from_the_group(room: Room, in_room: Phone, dialogue: Dialogue) -> None:
    dialogue.says("is it normal", "It can be.", Choice("Talk to a person", payload("want_person")))
    in_room.texts("is it normal")
    in_room.sees("It can be.")
    room.goes_to("also:who_could_help")
    in_room.sees(STEP)


def test_while_they_pick_a_private_word_the_group_waits(room: Room, in_room: Phone, desk: Desk, dialogue: Dialogue) -> None:
    dialogue.says("/person_left", "May we text you?", *MAY_WE_TEXT)
    in_room.texts(DANGER)
    desk.is_here()
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    room.goes_to("also:who_could_help")
    in_room.texts("a")
    in_room.sees("Pick a private word.")
    room.tells()
    in_room.sees_nothing()
    in_room.texts("bluebird")
    room.tells()
    in_room.sees(STEP)


def test_who_joins_while_people_have_their_case_takes_a_seat_and_hears_the_step_later(
    room: Room, phone: Phone, desk: Desk
) -> None:
    room.goes_to("also:who_could_help")
    phone.texts(DANGER)
    phone.texts(f"JOIN {room.code}")
    assert phone.sees("You're in") and room.here() == 1
    assert STEP not in " ".join(phone.everything())
    desk.is_here()
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.closes(card)
    room.tells()
    phone.sees(STEP)


def test_who_joins_a_group_has_chosen_it_over_what_the_bot_had_asked_before(
    room: Room, phone: Phone, engine: ScriptedEngine
) -> None:
    phone.texts("i feel so alone")
    phone.sees("Would a person help?")
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.sees("A ")
    phone.texts("a")
    assert room.answers("lesson:notice") == 1


def test_who_was_given_a_line_is_back_in_the_group_while_their_case_is_still_at_the_desk(
    room: Room, in_room: Phone, dialogue: Dialogue
) -> None:
    dialogue.says("/affirm", "Here is a line that is open.")
    in_room.texts(DANGER)
    in_room.texts("A")
    in_room.new()
    room.goes_to("also:who_could_help")
    in_room.sees(STEP)


def test_who_said_that_texting_is_not_safe_is_texted_no_step(room: Room, in_room: Phone, dialogue: Dialogue) -> None:
    dialogue.says("/deny", "You can stop here.", effect="case", event="offer", safe_to_text="no")
    in_room.texts(DANGER)
    in_room.texts("B")
    in_room.sees("You can stop here.")
    room.goes_to("also:who_could_help")
    in_room.sees_nothing()
    room.is_(GroupState.ENDED)
    in_room.sees_nothing()


def test_the_end_of_the_group_disturbs_nobody_and_lets_them_go(room: Room, in_room: Phone) -> None:
    in_room.texts(DANGER)
    room.goes_to("also:who_could_help")
    in_room.new()
    room.is_(GroupState.ENDED)
    in_room.sees_nothing()
    assert room.here() == 0


# --- what they write ----------------------------------------------------------------------------------------


def test_an_answer_to_are_you_safe_is_not_taken_for_a_practised_sentence(
    room: Room, in_room: Phone, engine: ScriptedEngine
) -> None:
    room.goes_to("lesson:say_it")
    in_room.texts(DANGER)
    in_room.texts("yeah i think so")
    assert engine.turns[-1].text == "yeah i think so" and "Thanks for trying it" not in " ".join(in_room.new())
    assert room.answers("lesson:say_it") == 0


def test_their_own_summary_goes_to_the_worker_and_not_before_the_facilitator(
    room: Room, in_room: Phone, desk: Desk, clock: Clock
) -> None:
    room.goes_to("also:one_word")
    in_room.texts("PERSON")
    in_room.texts("A")
    in_room.sees("They see just that first")
    in_room.texts("my uncle")
    clock.passes(minutes=4)
    assert room.held() == [] and room.answers("also:one_word") == 0
    assert desk.opens(desk.queue()[0]).summary == "my uncle"


def test_a_private_word_never_comes_before_the_facilitator(
    room: Room, in_room: Phone, desk: Desk, clock: Clock, dialogue: Dialogue, engine: ScriptedEngine
) -> None:
    dialogue.says("/person_left", "May we text you?", *MAY_WE_TEXT)
    in_room.texts("PERSON")
    desk.is_here()
    card = desk.queue()[0]
    desk.accepts(card)
    desk.closes(card)
    room.goes_to("also:one_word")
    in_room.texts("a")
    in_room.sees("Pick a private word.")
    in_room.texts("bluebird")
    clock.passes(minutes=4)
    assert engine.turns[-1].text == "bluebird" and room.held() == []
    room.tells()
    in_room.texts("kind")
    assert room.held() == [("word", "kind")], "and then the cloud is open to them"


@pytest.mark.parametrize("said", ["ASK what happens if i tell", "nobody knows", "d", "2 4"])
def test_while_a_person_is_waited_for_nothing_is_the_groups(
    room: Room, in_room: Phone, engine: ScriptedEngine, said: str
) -> None:
    room.goes_to("also:who_could_help")
    in_room.texts("PERSON")
    in_room.texts(said)
    assert engine.turns[-1].text == said
    assert room.held() == [] and room.answers("also:who_could_help") == 0


def test_a_letter_that_crosses_with_our_question_still_answers_the_poll(room: Room, in_room: Phone) -> None:
    """Nothing else had been asked when it was written."""
    in_room.quickly_texts(DANGER)
    in_room.quickly_texts("a")
    assert room.answers("lesson:notice") == 1


def test_leave_is_one_word_also_while_people_have_their_case(room: Room, in_room: Phone) -> None:
    in_room.texts(DANGER)
    in_room.texts("leave")
    assert room.here() == 0


@pytest.fixture
def held(phone: Phone, desk: Desk) -> CaseCard:
    """A worker has taken the case of the phone, and holds it until it is closed."""
    phone.texts(DANGER)
    desk.is_here()
    card = desk.sees_case(level="high")
    desk.accepts(card)
    phone.new()
    return card


def test_who_joins_while_a_worker_holds_the_case_takes_a_seat_and_hears_the_step_later(
    room: Room, held: CaseCard, phone: Phone, desk: Desk
) -> None:
    room.goes_to("also:who_could_help")
    phone.texts(f"JOIN {room.code}")
    assert phone.sees("You're in") and room.here() == 1
    room.tells()
    phone.sees_nothing()
    desk.closes(held)
    room.tells()
    phone.sees(STEP)


def test_who_leaves_while_a_worker_holds_the_case_is_out_without_a_word(
    room: Room, in_room: Phone, held: CaseCard, desk: Desk
) -> None:
    """Without one, for the worker may have asked whether they could leave."""
    in_room.texts("leave")
    assert room.here() == 0
    in_room.sees_nothing()
    assert desk.opens(held).transcript[-1].text == "leave"
    desk.closes(held)
    in_room.new()
    room.goes_to("also:who_could_help")
    in_room.sees_nothing()


def test_what_else_is_written_to_the_worker_is_still_never_the_groups(room: Room, in_room: Phone, held: CaseCard) -> None:
    in_room.texts("a")
    in_room.texts("ASK can i tell you")
    assert room.answers("lesson:notice") == 0 and room.held() == []


def test_leave_on_the_groups_own_page_ends_no_talk_with_a_worker(room: Room, house: House, desk: Desk) -> None:
    """There a button leaves: the word may be said to the worker, and the page's token opens their talk."""
    app = house.app
    token = app.group_seats.join(room.code, "en").token
    sitting = app.group_seats.sitting(token)
    assert sitting
    app.group_seats.write(sitting, "1", DANGER, "me")
    house.settles()
    desk.is_here()
    desk.accepts(desk.sees_case(level="high"))
    app.group_seats.write(sitting, "2", "leave", "me")
    assert app.group_seats.sitting(token) and room.here() == 1


def test_who_said_stop_joins_no_group_while_a_worker_holds_their_case(room: Room, held: CaseCard, phone: Phone) -> None:
    phone.texts("STOP")
    phone.new()
    phone.texts(f"JOIN {room.code}")
    phone.sees_nothing()
    assert room.here() == 0


# --- steps they have not heard of ------------------------------------------------------------------------------


def waits_for_a_person(room: Room, phone: Phone, desk: Desk) -> CaseCard:
    """With the first poll before them while the group goes on to another."""
    desk.is_here()
    phone.texts("PERSON")
    room.goes_to("also:who_could_help")
    phone.new()
    return desk.sees_case(level="elevated", state="queued")


def test_a_letter_counts_to_no_poll_that_was_never_on_their_phone(room: Room, in_room: Phone, desk: Desk) -> None:
    card = waits_for_a_person(room, in_room, desk)
    in_room.texts("d")
    desk.accepts(card)
    desk.closes(card)  # and the group's next look has not come yet
    in_room.new()
    in_room.texts("a")
    in_room.sees(STEP)
    assert room.answers("also:who_could_help") == room.answers("lesson:notice") == 0
    in_room.texts("a")
    assert room.answers("also:who_could_help") == 1


def test_a_phone_that_has_yet_to_say_its_word_counts_as_told_nothing(room: Room, in_room: Phone, house: House) -> None:
    with house.app.store.begin() as work:
        work.threads.keep_word(in_room.thread_id, "bluebird")
        work.threads.change(in_room.thread_id, waits_since=work.now)
    room.goes_to("also:who_could_help")
    in_room.sees_nothing()
    in_room.texts("bluebird")
    room.tells()
    in_room.sees(STEP)


def test_many_who_are_busy_keep_nobody_else_waiting(room: Room, house: House) -> None:
    """They come first in the list of whom to tell, which is read twenty at a time."""
    room.goes_to("lesson:notice")
    phones = [house.phone(f"+150055508{number:02}") for number in range(AT_ONCE + 2)]
    for each in phones:
        each.quickly_texts(f"JOIN {room.code}")
    house.settles()
    for each in phones[:-1]:
        each.quickly_texts("PERSON")
    house.settles()
    phones[-1].new()
    room.goes_to("also:who_could_help")
    phones[-1].sees(STEP)
