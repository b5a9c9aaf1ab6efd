"""A phone in a group: joining, answering, asking privately, leaving; and danger, which a group never gets to see."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from bot.forgetting import forget
from bot.groups.state import GroupState
from bot.groups.steps import Subject
from bot.safety.verdict import Level
from bot.store.groups import Group
from bot.text import for_sms
from bot.threads import KEYWORDS
from tests.talking import Clock, Desk, House, Phone, ScriptedEngine, settle

SUBJECT = Subject("grooming", "trust", "13-15", "en", ("arrive", "one_word", "who_could_help"))
DANGER = "my stepdad hits me"


class Room:
    """A group in the house, without its pages."""

    def __init__(self, house: House, *, free: bool = False, subject: Subject = SUBJECT) -> None:
        self.app = house.app
        with self.app.store.begin() as work:
            self.id = work.groups.open(subject, region="CA", free=free, staff_id=1).id

    @property
    def group(self) -> Group:
        with self.app.store.read() as work:
            return work.groups.get(self.id)

    @property
    def code(self) -> str:
        return self.group.code

    def is_(self, state: GroupState, **values: object) -> None:
        with self.app.store.begin() as work:
            work.groups.change(self.id, state=state.value, **values)
        self.tells()

    def tells(self) -> None:
        while self.app.group_telling.tell_some():
            pass
        settle(self.app)

    def goes_to(self, step: str) -> None:
        ids = [s.id for s in self.app.group_lessons.steps(self.group.subject)]
        self.is_(GroupState.RUNNING, step=ids.index(step))

    def answers(self, step: str) -> int:
        with self.app.store.read() as work:
            return work.group_answers.answered(self.id, step)

    def held(self) -> list[tuple[str, str]]:
        with self.app.store.read() as work:
            return [(t.kind, t.text) for t in work.group_answers.texts(self.id, "held")]

    def here(self) -> int:
        with self.app.store.read() as work:
            return work.seats.here(self.id)


@pytest.fixture
def staff(house: House) -> Desk:
    return house.desk("Fay", "facilitator")


@pytest.fixture
def room(house: House, staff: Desk) -> Room:
    return Room(house)


def test_a_phone_joins_by_its_code_and_gets_a_nickname_that_only_it_sees(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    phone.sees("nobody else sees that", "LEAVE", "PERSON")
    assert room.here() == 1


def test_a_first_text_that_joins_hears_who_we_are_and_what_is_private_first(room: Room, phone: Phone) -> None:
    phone.texts(f"join {room.code[:3]} {room.code[3:]}")
    said = phone.new()
    assert "I'm a bot" in said[0] and "private" in said[1] and "You're in" in said[2] and "starts soon" in said[3]


@pytest.mark.parametrize(
    ("lang", "said", "bot", "unknown"),
    [
        ("fr", "REJOINDRE", "Je suis un robot", "Je ne connais pas ce code"),
        ("es", "UNIRME", "Soy un bot", "No conozco ese código"),
        ("fr", "", "Je suis un robot", ""),
    ],
)
def test_a_first_text_to_a_french_or_spanish_room_is_answered_in_its_language(
    house: House, staff: Desk, lang: str, said: str, bot: str, unknown: str
) -> None:
    room = Room(house, subject=Subject("grooming", "trust", "13-15", lang))
    phone = house.phone("+15005550321")
    phone.texts(f"{said} {room.code}")
    first = phone.new()
    assert bot in first[0] and first[1] == for_sms(house.app.words.say("welcome_private", lang))
    if unknown:
        other = house.phone("+15005550322")
        other.texts(f"{said} 34793")
        hello, private, wrong = other.new()
        assert bot in hello and private == first[1] and wrong.startswith(for_sms(unknown))


def test_who_joins_late_lands_on_the_step_the_group_is_on(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.sees("What stands out to you?", "A The gift", "B Nobody gets you like me")


def test_every_step_reaches_a_phone_once(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    phone.new()
    room.goes_to("also:arrive")
    phone.sees("1 is rough, 5 is great")
    room.tells()
    phone.sees_nothing()
    room.is_(GroupState.PAUSED)
    phone.sees("Small break")
    room.is_(GroupState.CALM)
    phone.sees("feet flat on the floor", "PERSON", "LEAVE")


def test_an_answer_counts_once_and_changing_it_replaces_it(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.texts("a")
    phone.sees("Gifts can be kind")
    phone.texts("B")
    phone.sees("Words like that feel warm")
    assert room.answers("lesson:notice") == 1
    with room.app.store.read() as work:
        assert work.group_answers.of_thread(room.id, phone.thread_id) == {"lesson:notice": ("b",)}


def test_the_same_message_twice_is_one_answer(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.texts("a", provider_id="sms:SM1")
    phone.texts("a", provider_id="sms:SM1")
    assert room.answers("lesson:notice") == 1


def test_an_answer_after_the_poll_is_closed_is_said_to_be_late(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    step = next(s for s in room.app.group_lessons.steps(SUBJECT) if s.id == "lesson:notice")
    with room.app.store.begin() as work:
        work.group_answers.publish(room.id, step, close=True)
    phone.texts("a")
    phone.sees("moved on")
    assert room.answers("lesson:notice") == 0


def test_a_text_that_answers_the_step_before_counts_to_no_other(room: Room, phone: Phone, house: House) -> None:
    """Forty phones and a carrier that takes one text a second: for most of them every new step comes late."""
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.new()
    ids = [s.id for s in room.app.group_lessons.steps(SUBJECT)]
    with house.app.store.begin() as work:
        work.groups.change(room.id, step=ids.index("also:who_could_help"))
    phone.texts("b")
    late, step = phone.new()
    assert "moved on" in late and "Who could a young person tell?" in step
    assert room.answers("also:who_could_help") == room.answers("lesson:notice") == 0
    phone.texts("b")
    assert room.answers("also:who_could_help") == 1


def test_what_is_texted_before_the_start_was_heard_counts_to_nothing(room: Room, phone: Phone, house: House) -> None:
    phone.texts(f"JOIN {room.code}")
    with house.app.store.begin() as work:
        work.groups.change(room.id, state=GroupState.RUNNING.value)
    phone.new()
    phone.texts("5")
    assert ["1 is rough" in said for said in phone.new()] == [True]
    assert room.answers("also:arrive") == 0


def test_a_word_for_a_cloud_that_is_over_is_not_held(room: Room, phone: Phone, house: House) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    with house.app.store.begin() as work:
        work.groups.change(room.id, step=0)
    phone.texts("kind")
    phone.sees("moved on")
    assert room.held() == []


def test_a_word_that_begins_a_disclosure_never_comes_before_the_facilitator(room: Room, phone: Phone, clock: Clock) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    phone.texts("my stepdad")
    clock.passes(seconds=150)
    with room.app.store.read() as work:
        assert work.group_answers.to_read(room.id) == []
    phone.texts("hits me")
    assert room.held() == []


def test_while_the_group_is_paused_an_answer_waits(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    room.is_(GroupState.PAUSED)
    phone.texts("a")
    phone.sees("waiting just now")
    assert room.answers("lesson:notice") == 0


def test_what_is_asked_without_a_word_goes_to_the_bot_alone(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.texts("is it normal that he buys me things")
    phone.sees("You said: is it normal")
    assert room.held() == [] and room.answers("lesson:notice") == 0


def test_the_box_gets_a_question_without_names_and_numbers(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.texts("ASK what if Kevin from 416 555 0133 texts me at night")
    phone.sees("in the box, without your name")
    assert room.held() == [("question", "what if [name] from [phone] texts me at night")]


def test_a_word_for_the_cloud_waits_for_the_facilitator(room: Room, phone: Phone) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    phone.texts("They listen")
    assert room.held() == [("word", "they listen")]


def test_a_practised_sentence_is_thanked_for_and_not_kept_with_the_group(room: Room, phone: Phone) -> None:
    room.goes_to("lesson:say_it")
    phone.texts(f"JOIN {room.code}")
    phone.texts("I'm not into that, leave it")
    phone.sees("Thanks for trying it", "Was that about you? Text PERSON")
    assert room.held() == [] and room.answers("lesson:say_it") == 1


@pytest.mark.parametrize(
    "step", ["also:arrive", "lesson:hook", "lesson:notice", "also:one_word", "also:who_could_help", "lesson:say_it"]
)
def test_the_words_that_mean_the_same_everywhere_mean_it_at_every_step(
    room: Room, phone: Phone, engine: ScriptedEngine, step: str
) -> None:
    """PERSON, LINES, FORGET ME: what the calm words tell them to text is never taken for a word of the cloud."""
    room.goes_to(step)
    phone.texts(f"JOIN {room.code}")
    for word, intent in KEYWORDS.items():
        if step == "also:one_word" and word == "calm":
            continue
        phone.texts(word.upper())
        assert (engine.turns[-1].text, engine.turns[-1].choice) == (word.upper(), f"/{intent}")
    phone.texts("please delete everything i wrote")
    assert engine.turns[-1].choice == "/forget_me"
    assert room.held() == [] and room.answers(step) == 0


def test_calm_is_a_word_for_the_cloud(room: Room, phone: Phone) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    phone.texts("Calm")
    assert room.held() == [("word", "calm")]


@pytest.mark.parametrize(
    "said",
    [
        "ask a person", "ASK PERSON", "ask to talk to a real person", "Ask someone to talk to me", "demander une personne",
        "Demander à parler à quelqu'un", "pregunta una persona real", "ask delete my messages",
    ],
)  # fmt: skip
def test_asking_for_a_person_is_no_question_for_the_box(room: Room, phone: Phone, engine: ScriptedEngine, said: str) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    phone.texts(said)
    assert engine.turns[-1].text == said and room.held() == []


def test_many_can_be_picked_by_text(room: Room, phone: Phone) -> None:
    room.goes_to("also:who_could_help")
    phone.texts(f"JOIN {room.code}")
    phone.texts("a c e")
    phone.sees("Got it")
    with room.app.store.read() as work:
        assert work.group_answers.of_thread(room.id, phone.thread_id)["also:who_could_help"] == ("a", "c", "e")


def test_a_disclosure_put_into_the_box_piece_by_piece_is_seen(room: Room, phone: Phone, desk: Desk) -> None:
    """The word that means the box stands before each piece, and between them when they are joined."""
    phone.texts(f"JOIN {room.code}")
    room.is_(GroupState.RUNNING)
    for piece in ("ask my stepdad", "ask hits", "Ask: me"):
        phone.texts(piece)
    desk.sees_case(level="high")
    assert room.held() == []


@pytest.mark.parametrize("said", [DANGER, f"ASK {DANGER}", "he said he will kill me tonight"])
def test_danger_in_a_group_goes_to_the_desk_and_the_group_gets_nothing(
    room: Room, phone: Phone, desk: Desk, house: House, said: str
) -> None:
    room.goes_to("also:one_word")
    phone.texts(f"JOIN {room.code}")
    phone.texts(said)
    with house.app.store.read() as work:
        case = work.cases.open_for(phone.thread_id)
    assert case is not None and case.level >= Level.HIGH
    assert case.id in [card.id for card in desk.queue()]
    assert room.held() == [] and room.answers("also:one_word") == 0 and room.here() == 1


def test_who_is_with_a_person_is_not_disturbed_by_the_groups_steps(room: Room, phone: Phone, desk: Desk) -> None:
    desk.is_here()
    phone.texts(f"JOIN {room.code}")
    phone.texts("he is going to kill me, he has a knife")
    desk.accepts(desk.sees_case(level="imminent"))
    phone.new()
    room.goes_to("lesson:notice")
    phone.sees_nothing()
    phone.texts("a")
    assert room.answers("lesson:notice") == 0


def test_leaving_is_one_word_and_staying_away_is_fine(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    phone.texts("ASK can I ask later")
    phone.texts("leave")
    phone.sees("You have left the group. That's fine")
    assert room.here() == 0 and room.held() == []
    room.goes_to("lesson:notice")
    phone.sees_nothing()
    phone.texts("leave")
    phone.sees("You said: leave")


def test_what_the_facilitator_already_reads_stays_when_its_writer_leaves(room: Room, phone: Phone, clock: Clock) -> None:
    """One who goes, and a question that goes with them, would be known to the room."""
    phone.texts(f"JOIN {room.code}")
    phone.texts("ASK can I ask later")
    clock.passes(minutes=3)
    phone.texts("leave")
    assert room.here() == 0 and room.held() == [("question", "can I ask later")]


def test_stop_leaves_the_group_too(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    phone.texts("STOP")
    phone.sees("won't get more texts")
    assert room.here() == 0


def test_coming_back_keeps_the_seat_and_the_name(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    first = phone.sees("Here you are")
    phone.texts("leave")
    phone.texts(f"JOIN {room.code}")
    assert phone.sees("Here you are") == first
    assert room.here() == 1


def test_joining_another_group_leaves_the_first(room: Room, house: House, phone: Phone) -> None:
    other = Room(house)
    phone.texts(f"JOIN {room.code}")
    phone.texts(f"JOIN {other.code}")
    assert (room.here(), other.here()) == (0, 1)


def test_a_wrong_or_ended_code_or_a_shut_door_says_so_kindly(room: Room, phone: Phone) -> None:
    phone.texts("JOIN 34793")
    phone.sees("I don't know that code")
    room.is_(GroupState.GATHERING, door_open=False)
    phone.texts(f"JOIN {room.code}")
    phone.sees("not letting anyone in")
    room.is_(GroupState.ENDED, door_open=True)
    phone.texts(f"JOIN {room.code}")
    phone.sees("already over")
    assert room.here() == 0


def test_guessing_codes_is_held_back_for_one_phone_and_for_chats_together(room: Room, house: House, clock: Clock) -> None:
    guesser = house.phone("+15005550777")
    for number in range(5):
        guesser.texts(f"JOIN 3479{number}")
    guesser.new()
    guesser.texts(f"JOIN {room.code}")
    guesser.sees("a lot of tries")
    clock.passes(minutes=11)
    guesser.texts(f"JOIN {room.code}")
    guesser.sees("You're in")
    chats = [house.page() for _ in range(60)]
    with house.app.store.begin() as work:
        for chat in chats * 5:
            work.group_answers.guessed(chat.thread_id)
    late = house.page()
    late.texts("JOIN 34799")
    late.sees("a lot of tries")
    late.texts(f"JOIN {room.code}")
    late.sees("You're in")
    other = house.phone("+15005550778")
    other.texts(f"JOIN {room.code}")
    other.sees("You're in")


@pytest.mark.parametrize(
    ("lang", "word", "kept", "on"),
    [
        ("en", "next", "You can change it until you go on. Text NEXT to go on.", "\nText NEXT to go on."),
        ("fr", "suivant", "Tu peux changer ta réponse avant de continuer. Écris SUIVANT", "\nÉcris SUIVANT pour continuer."),
        (
            "es",
            "siguiente",
            "Puedes cambiar tu respuesta antes de seguir. Escribe SIGUIENTE",
            "\nEscribe SIGUIENTE para seguir.",
        ),
    ],
)
def test_at_their_own_pace_a_phone_goes_on_by_a_word_and_is_told_so(
    house: House, staff: Desk, phone: Phone, lang: str, word: str, kept: str, on: str
) -> None:
    room = Room(house, free=True, subject=replace(SUBJECT, lang=lang))
    room.is_(GroupState.RUNNING)
    phone.texts(f"JOIN {room.code}")
    phone.new()
    phone.texts("4")
    assert [for_sms(kept) in said for said in phone.new()] == [True]
    phone.texts(word)
    first = phone.sees(for_sms(on))
    phone.texts(word)
    assert phone.sees(for_sms(on)) != first
    assert room.answers("also:arrive") == 1


def test_at_their_own_pace_an_answer_can_be_changed_until_they_go_on(house: House, staff: Desk, phone: Phone) -> None:
    room = Room(house, free=True)
    room.is_(GroupState.RUNNING)
    phone.texts(f"JOIN {room.code}")
    ids = [s.id for s in room.app.group_lessons.steps(SUBJECT)]
    for _ in range(ids.index("lesson:notice")):
        phone.texts("NEXT")
    phone.new()
    phone.quickly_texts("a")
    phone.quickly_texts("a")
    phone.texts("b")
    assert "Text NEXT to go on" in phone.sees("Words like that feel warm")
    with house.app.store.read() as work:
        assert work.group_answers.of_thread(room.id, phone.thread_id) == {"lesson:notice": ("b",)}


def test_at_their_own_pace_the_last_step_says_that_it_is_the_last(house: House, staff: Desk, phone: Phone) -> None:
    room = Room(house, free=True, subject=replace(SUBJECT, activities=()))
    room.is_(GroupState.RUNNING)
    phone.texts(f"JOIN {room.code}")
    for _ in range(len(room.app.group_lessons.steps(room.group.subject)) - 1):
        phone.texts("NEXT")
    assert "Text NEXT" not in phone.sees("That was the last step")


def test_when_it_ends_everybody_is_thanked_once_and_nobody_is_in_it(room: Room, phone: Phone) -> None:
    phone.texts(f"JOIN {room.code}")
    phone.new()
    room.is_(GroupState.ENDED)
    phone.sees("That's the end", "PERSON")
    room.tells()
    phone.sees_nothing()
    assert room.here() == 0


def test_a_letter_after_the_group_is_over_is_a_stray_letter_to_the_bot(
    room: Room, phone: Phone, house: House, engine: ScriptedEngine
) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    with house.app.store.begin() as work:
        work.groups.change(room.id, state=GroupState.ENDED.value)
    phone.texts("a")
    assert (engine.turns[-1].text, engine.turns[-1].choice) == ("a", None)


def test_forget_me_takes_seat_and_answers_with_it(room: Room, phone: Phone, house: House) -> None:
    room.goes_to("lesson:notice")
    phone.texts(f"JOIN {room.code}")
    phone.texts("a")
    with house.app.store.begin() as work:
        work.threads.forget(phone.thread_id)
    assert room.here() == 0 and room.answers("lesson:notice") == 0


def test_who_is_forgotten_still_took_part(room: Room, house: House, staff: Desk) -> None:
    """Else "10 or more" that falls to "5 or more" would show that somebody just asked to be forgotten."""
    phones = [house.phone(f"+150055504{number:02}") for number in range(10)]
    for each in phones:
        each.texts(f"JOIN {room.code}")
    with house.app.store.begin() as work:
        work.group_leading.add(room.id, staff.me.id)
        assert forget(work, phones[0].thread_id)
    with house.app.store.read() as work:
        assert work.seats.ever(room.id) == 9
    assert house.app.group_sights.summary(room.id, staff.me).takers == 10


def test_a_text_before_the_facilitator_has_a_number_by_chance(room: Room, phone: Phone, house: House) -> None:
    """In a row, one that is missing would show that somebody took theirs back."""
    room.is_(GroupState.RUNNING)
    phone.texts(f"JOIN {room.code}")
    for words in ("how do you know who to trust", "what if they find out", "is it ok to say no"):
        phone.texts(f"ASK {words}")
    with house.app.store.read() as work:
        numbers = [t.id for t in work.group_answers.texts(room.id, "held")]
    gaps = {abs(later - earlier) for earlier, later in pairwise(numbers)}
    assert len(numbers) == 3 and min(gaps) > 1


def test_answers_that_five_people_change_are_shown_and_fewer_wait(room: Room, house: House) -> None:
    room.goes_to("lesson:notice")
    phones = [house.phone(f"+150055503{number:02}") for number in range(20)]
    for number, each in enumerate(phones):
        each.texts(f"JOIN {room.code}")
        each.texts("a" if number < 12 else "b")

    def shown() -> dict[str, int]:
        with house.app.store.read() as work:
            return dict(work.group_answers.published(room.id)["lesson:notice"].counts)

    assert shown() == {"a": 10, "b": 5, "c": 0}
    for each in phones[:4]:
        each.texts("b")
    assert shown() == {"a": 10, "b": 5, "c": 0}
    phones[4].texts("b")
    assert shown() == {"a": 5, "b": 10, "c": 0}
    for each in phones[5:8]:
        each.texts("c")
    step = next(s for s in room.app.group_lessons.steps(SUBJECT) if s.id == "lesson:notice")
    with house.app.store.begin() as work:
        work.group_answers.publish(room.id, step, close=True)
    assert shown() == {"a": 5, "b": 10, "c": 0}, "three changed answers alone would show who they were"


def test_answers_go_after_thirty_days_and_what_was_published_stays(room: Room, house: House, clock: Clock) -> None:
    """Also of somebody whose thread goes on: texts are still to come to it."""
    room.goes_to("lesson:notice")
    for number in range(12):
        each = house.phone(f"+150055502{number:02}")
        each.texts(f"JOIN {room.code}")
        each.texts("a" if number < 7 else "b")
        with house.app.store.begin() as work:
            work.boosters.plan(each.thread_id, "grooming")
    clock.passes(days=29)
    house.app.outbox.expire()
    assert room.answers("lesson:notice") == 12
    clock.passes(days=2)
    with house.app.store.read() as work:
        assert work.retention.overdue()["group_answer"] == 12
    house.app.outbox.expire()
    assert room.answers("lesson:notice") == 0
    with house.app.store.read() as work:
        assert work.threads.get(each.thread_id) is not None
        assert work.group_answers.published(room.id)["lesson:notice"].counts == {"a": 5, "b": 0, "c": 0}


# --- a phone that was silent for long --------------------------------------------------------------------

GOES_ON = "The group goes on. Text GO when you are ready to go on too."


@pytest.fixture
def silent(room: Room, phone: Phone, clock: Clock) -> Phone:
    """Joined in the morning; the group had its break, and by now the phone may be at home."""
    phone.texts(f"JOIN {room.code}")
    room.goes_to("lesson:notice")
    room.is_(GroupState.PAUSED)
    clock.passes(hours=5)
    return phone


def heard_since(phone: Phone, before: int) -> list[str]:
    return phone.everything()[before:]


def test_a_phone_that_was_silent_for_long_hears_one_line_and_no_step(room: Room, silent: Phone) -> None:
    before = len(silent.everything())
    room.goes_to("lesson:notice")
    room.goes_to("also:one_word")
    room.is_(GroupState.CALM)
    room.goes_to("also:who_could_help")
    assert heard_since(silent, before) == [GOES_ON]


@pytest.mark.parametrize("word", ["GO", "go.", " Go "])
def test_with_the_word_it_lands_on_the_step_the_group_is_on(room: Room, silent: Phone, word: str) -> None:
    room.goes_to("lesson:notice")
    room.goes_to("also:who_could_help")
    before = len(silent.everything())
    silent.texts(word)
    (step,) = heard_since(silent, before)
    assert step != GOES_ON and "\nB " in step
    room.goes_to("lesson:notice")
    assert len(heard_since(silent, before)) == 2  # and from then on it hears each step


def test_a_letter_counts_to_no_step_that_it_was_not_told(room: Room, silent: Phone) -> None:
    room.goes_to("also:who_could_help")
    silent.texts("b")
    assert room.answers("also:who_could_help") == 0
    silent.texts("b")
    assert room.answers("also:who_could_help") == 1


def test_somebody_who_asks_what_this_is_gets_no_step_for_an_answer(room: Room, silent: Phone, engine: ScriptedEngine) -> None:
    room.goes_to("also:one_word")  # where nearly every text is an answer
    silent.texts("who dis")
    assert engine.turns[-1].text == "who dis" and room.held() == []
    silent.texts("GO")
    silent.sees("word")


def test_at_their_own_pace_a_silent_phone_is_not_told_its_step_either(
    house: House, staff: Desk, phone: Phone, clock: Clock
) -> None:
    room = Room(house, free=True)
    phone.texts(f"JOIN {room.code}")
    room.is_(GroupState.RUNNING)
    room.is_(GroupState.PAUSED)
    clock.passes(hours=5)
    before = len(phone.everything())
    room.is_(GroupState.RUNNING)
    assert heard_since(phone, before) == [GOES_ON]
    phone.texts("GO")
    assert len(heard_since(phone, before)) == 2


def test_the_end_is_not_said_to_a_phone_that_was_silent_and_its_seat_is_free(room: Room, silent: Phone) -> None:
    room.goes_to("lesson:notice")
    before = len(silent.everything())
    room.is_(GroupState.ENDED)
    assert heard_since(silent, before) == [] and room.here() == 0


def test_danger_from_a_phone_that_was_silent_goes_where_danger_goes(room: Room, silent: Phone, desk: Desk) -> None:
    room.goes_to("also:one_word")
    silent.texts(DANGER)
    desk.sees_case(level="high")


def test_who_texted_meanwhile_is_told_each_step(room: Room, phone: Phone, clock: Clock) -> None:
    phone.texts(f"JOIN {room.code}")
    clock.passes(minutes=29)
    before = len(phone.everything())
    room.goes_to("lesson:notice")
    assert len(heard_since(phone, before)) == 1 and GOES_ON not in heard_since(phone, before)
