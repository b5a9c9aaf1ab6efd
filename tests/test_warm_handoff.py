"""The handoff around the talk itself: what is passed on, who takes over, what happens when somebody leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.desk.views import CaseCard, DeskRefused, NotYours
from bot.engine import Answer, Reply
from bot.handoff.cases import Event, State
from bot.safety.verdict import Level
from bot.store.check_ins import AGREED
from bot.store.messages import THEIR_WORD
from bot.store.presence import LINES_ONLY
from tests.talking import Clock, Desk, House, HouseApp, Page, Phone, ScriptedEngine

DANGER = "my stepdad hits me"
NOW = "my stepdad hits me and he's coming home now"


@pytest.fixture
def noor(house: House) -> Desk:
    return house.desk("Noor")


def asks_for_a_person(engine: ScriptedEngine, **more: object) -> None:
    consent = {"effect": "case", "event": "consent", "level": "high", "wants": "person"}
    engine.answers = lambda turn: Answer((Reply("I've asked."),), (consent, *([more] if more else ())))


def with_a_person(talker: Page | Phone, desk: Desk, engine: ScriptedEngine) -> CaseCard:
    asks_for_a_person(engine)
    talker.texts(DANGER)
    card = desk.sees_case(level="high", state="queued")
    desk.is_here()
    desk.accepts(card)
    engine.answers = lambda turn: Answer((Reply("bot"),))
    talker.new()
    return card


# --- what is passed on ---------------------------------------------------------------------------


def test_the_summary_they_agreed_to_is_what_the_worker_reads_first(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    asks_for_a_person(engine, effect="pass_on", what="sent", summary="You wrote that someone hurts you.")
    page.texts(DANGER)
    view = desk.opens(desk.sees_case(level="high"))
    assert (view.passed_on, view.summary) == ("sent", "You wrote that someone hurts you.")
    assert view.why and view.transcript


def test_who_passes_nothing_on_is_not_read_behind_their_back(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    asks_for_a_person(engine, effect="pass_on", what="nothing")
    page.texts(DANGER)
    card = desk.sees_case(level="high")
    engine.answers = lambda turn: Answer((Reply("bot"),))
    page.texts("hello?")
    view = desk.opens(card)
    assert view.passed_on == "nothing" and not view.why and view.summary is None
    said = [line.text for line in view.transcript]
    assert DANGER not in said and "hello?" in said


def test_opening_it_anyway_needs_a_reason_and_is_kept(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    asks_for_a_person(engine, effect="pass_on", what="nothing")
    page.texts(DANGER)
    card = desk.sees_case(level="high")
    with pytest.raises(DeskRefused, match="Say why"):
        desk.app.desk.open_anyway(card.id, desk.me, "")
    desk.app.desk.open_anyway(card.id, desk.me, "a small child may be there too")
    view = desk.opens(card)
    assert DANGER in [line.text for line in view.transcript] and view.passed_on == "opened"
    assert any("opened against their wish" in what for _, _, what in view.log)


def test_danger_now_is_seen_by_people_whatever_was_passed_on(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    asks_for_a_person(engine, effect="pass_on", what="nothing")
    page.texts(DANGER)
    page.texts(NOW)
    view = desk.opens(desk.sees_case(level="imminent"))
    assert view.why and view.passed_on == "opened"


# --- another person, leaving, handing over --------------------------------------------------------


def test_they_can_ask_for_a_different_person_and_do_not_get_the_same_one(
    page: Page, desk: Desk, noor: Desk, engine: ScriptedEngine
) -> None:
    card = with_a_person(page, desk, engine)
    noor.is_here()
    page.texts("Can I have someone else please?")
    page.sees("different person")
    assert desk.sees_case(level="high").state == "queued"
    with pytest.raises(DeskRefused, match="somebody else"):
        desk.accepts(card)
    noor.accepts(card)
    page.sees("Noor is here now")


def test_the_same_person_may_come_back_when_nobody_else_is_here(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    card = with_a_person(page, desk, engine)
    page.texts("someone else please")
    desk.accepts(card)
    page.sees("Sam is here now")


def test_a_colleague_takes_over_and_the_young_person_is_told_who_leaves_and_who_comes(
    page: Page, desk: Desk, noor: Desk, engine: ScriptedEngine
) -> None:
    card = with_a_person(page, desk, engine)
    noor.is_here()
    assert [c.first_name for c in desk.colleagues()] == ["Noor"]
    desk.offers(card, to=noor)
    assert noor.is_offered(card).worker == "Sam"
    noor.takes_over(card)
    assert "Sam has to go now" in page.sees("Sam has to go now")
    assert [c.id for c in desk.app.desk.mine(noor.me)] == [card.id] and not desk.app.desk.mine(desk.me)


def test_a_colleague_who_declines_or_does_not_answer_leaves_the_case_where_it_is(
    house: House, page: Page, desk: Desk, noor: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    card = with_a_person(page, desk, engine)
    noor.is_here()
    desk.offers(card, to=noor)
    house.app.team.decline(card.id, noor.me)
    assert not house.app.team.offers(noor.me)
    desk.offers(card, to=noor)
    clock.passes(minutes=2, seconds=1)
    desk.is_here()
    house.app.outbox.sweep()
    with pytest.raises(DeskRefused, match="not offered to you any more"):
        noor.takes_over(card)
    assert [c.id for c in house.app.desk.mine(desk.me)] == [card.id]
    page.sees_nothing()


def test_only_the_holder_or_a_supervisor_hands_over_and_only_to_somebody_here(
    house: House, page: Page, desk: Desk, noor: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    clock.passes(minutes=2)
    card = with_a_person(page, desk, engine)
    with pytest.raises(DeskRefused, match="not at the desk"):
        desk.offers(card, to=noor)
    with pytest.raises(NotYours):
        house.app.team.offer(card.id, noor.me, desk.me.id)
    alex = house.desk("Alex", "supervisor")
    noor.is_here()
    alex.offers(card, to=noor)
    noor.takes_over(card)


def test_a_supervisor_can_give_a_case_to_somebody_else_or_back_to_the_queue(
    house: House, page: Page, desk: Desk, noor: Desk, engine: ScriptedEngine
) -> None:
    card = with_a_person(page, desk, engine)
    alex = house.desk("Alex", "supervisor")
    with pytest.raises(NotYours):
        house.app.desk.hand_back(card.id, noor.me)
    house.app.desk.hand_back(card.id, alex.me)
    page.sees("Sam has to go now")
    assert desk.sees_case(level="high", state="queued")


def test_going_away_returns_their_cases_and_says_so(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    with_a_person(page, desk, engine)
    assert desk.app.team.go_away(desk.me) == 1
    assert desk.sees_case(level="high", state="queued").deadline_at is not None
    page.sees("Sam has to go now", "another person")
    assert desk.app.team.is_away(desk.me)
    desk.app.team.come_back(desk.me)
    assert not desk.app.team.is_away(desk.me)


def test_nobody_is_promised_while_everybody_is_away(page: Page, desk: Desk) -> None:
    desk.is_here()
    desk.app.team.go_away(desk.me)
    page.texts(NOW)
    page.sees("Nobody is at our desk this minute")


def test_a_closed_browser_gives_the_case_back_after_five_minutes(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    with_a_person(page, desk, engine)
    clock.passes(minutes=4)
    house.app.outbox.sweep()
    page.sees_nothing()
    clock.passes(minutes=2)
    house.app.outbox.sweep()
    page.sees("Sam has to go now")
    assert desk.sees_case(level="high", state="queued")
    house.app.outbox.sweep()
    page.sees_nothing()


def test_a_worker_holds_as_many_as_they_can_bear_but_danger_now_goes_over_it(
    house: House, desk: Desk, engine: ScriptedEngine
) -> None:
    supervisor = house.desk("Alex", "supervisor")
    house.app.team.set_capacity(supervisor.me, desk.me.id, 1)
    asks_for_a_person(engine)
    pages = [house.page() for _ in range(3)]
    for page, text in zip(pages, (DANGER, DANGER, NOW), strict=True):
        page.texts(text)
    first, second = (c for c in desk.queue() if c.level == "high")
    desk.accepts(first)
    with pytest.raises(DeskRefused, match="your limit"):
        desk.accepts(second)
    desk.accepts(desk.sees_case(level="imminent"))
    with pytest.raises(DeskRefused, match="from 1 to"):
        house.app.team.set_capacity(supervisor.me, desk.me.id, 0)


# --- re-contact, check-ins and the private word ---------------------------------------------------


def closes_with_a_check_in(phone: Phone, desk: Desk, engine: ScriptedEngine, word: str | None = "blue kite") -> CaseCard:
    card = with_a_person(phone, desk, engine)
    desk.says(card, "hi")
    desk.closes(card, check_in_hours=24)
    phone.new()
    engine.answers = lambda turn: Answer((Reply("Pick a word."),), ({"effect": "check_in", "answer": "yes"},))
    phone.texts("yes")
    if word:
        engine.answers = lambda turn: Answer((Reply("Kept."),), ({"effect": "private_word"},))
        phone.texts(word)
    engine.answers = lambda turn: Answer((Reply("bot"),))
    phone.new()
    return card


def reads(desk: Desk, card: CaseCard) -> list[str]:
    """What is kept of the words of its thread, and so could be read at the desk if a case were open now."""
    with desk.app.store.read() as work:
        return [said.text for said in work.messages.transcript(work.cases.get(card.id).thread_id)]


def test_a_check_in_goes_out_as_agreed_names_no_topic_and_waits_for_their_word(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    closes_with_a_check_in(phone, desk, engine)
    clock.passes(hours=23)
    house.app.outbox.sweep()
    house.settles()
    phone.sees_nothing()
    clock.passes(hours=1)
    house.app.outbox.sweep()
    house.settles()
    hello = phone.sees("text your word")
    assert not any(topic in hello.lower() for topic in ("abuse", "hurt", "person", "safe", "danger"))
    phone.texts("who is this")
    phone.sees("Text your word")
    assert engine.turns[-1].text != "who is this"
    phone.texts("Blue Kite!")
    phone.sees("good to hear from you")
    phone.texts("im ok")
    assert engine.turns[-1].text == "im ok"


def test_the_word_itself_is_nowhere_to_be_read(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    card = closes_with_a_check_in(phone, desk, engine)
    assert reads(desk, card).count(THEIR_WORD) == 1
    clock.passes(hours=24)
    house.app.outbox.sweep()
    phone.texts("Blue Kite!")
    assert reads(desk, card).count(THEIR_WORD) == 2
    phone.texts("blue kite")
    said = reads(desk, card)
    assert said.count(THEIR_WORD) == 3 and not any("kite" in text.lower() for text in said)


def test_a_word_that_the_engine_was_away_for_is_hidden_once_it_is_chosen(
    phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    card = closes_with_a_check_in(phone, desk, engine, word=None)
    engine.down = True
    phone.texts("blue kite")
    engine.down, engine.answers = False, lambda turn: Answer((Reply("Kept."),), ({"effect": "private_word"},))
    phone.texts("Blue kite")
    assert reads(desk, card).count(THEIR_WORD) == 2


def test_what_a_worker_is_answered_is_read_also_where_it_is_their_word(
    phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    card = with_a_person(phone, desk, engine)
    with desk.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, DANGER)
    phone.texts(DANGER)
    assert reads(desk, card)[-1] == DANGER
    with desk.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "blue kite")
    phone.texts("blue kite")
    assert reads(desk, card)[-1] == "blue kite"
    with desk.app.store.begin() as work:
        work.threads.change(phone.thread_id, waits_since=work.now)
    phone.texts("blue kite")
    assert reads(desk, card)[-1] == THEIR_WORD  # as they were asked for it


def test_whoever_does_not_know_the_word_can_start_afresh_and_learns_nothing(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    closes_with_a_check_in(phone, desk, engine)
    clock.passes(hours=24)
    house.app.outbox.sweep()
    phone.new()
    phone.texts("NEW")
    phone.sees("I'm a bot")
    phone.texts("hello")
    assert engine.turns[-1].text == "hello"


def test_danger_is_answered_even_without_the_word(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    closes_with_a_check_in(phone, desk, engine)
    clock.passes(hours=24)
    house.app.outbox.sweep()
    phone.texts(NOW)
    phone.sees("call")
    view = desk.opens(desk.sees_case(level="imminent"))
    assert any("without their word" in what for _, _, what in view.log)


def test_no_check_in_is_sent_before_they_say_yes_nor_after_stop(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    card = with_a_person(phone, desk, engine)
    desk.closes(card, check_in_hours=24)
    phone.new()
    clock.passes(hours=25)
    house.app.outbox.sweep()
    house.settles()
    phone.sees_nothing()
    other = house.phone("+15005550188")
    closes_with_a_check_in(other, desk, engine)
    other.texts("STOP")
    other.new()
    clock.passes(hours=25)
    house.app.outbox.sweep()
    house.settles()
    other.sees_nothing()


def test_a_check_in_is_refused_where_it_cannot_be_safe(house: House, page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    card = with_a_person(page, desk, engine)
    with pytest.raises(DeskRefused, match="web page"):
        desk.closes(card, check_in_hours=24)
    phone = house.phone()
    card = with_a_person(phone, desk, engine)
    with pytest.raises(DeskRefused, match="1 to 72"):
        desk.closes(card, check_in_hours=100)
    with house.app.store.begin() as work:
        work.cases.remember(work.cases.get(card.id), safe_to_text="no")
    with pytest.raises(DeskRefused, match="not safe"):
        desk.closes(card, check_in_hours=24)


def test_the_engine_hears_of_a_check_in_only_until_it_is_answered(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    card = with_a_person(phone, desk, engine)
    desk.closes(card, check_in_hours=48, then="line")
    left = engine.turns[-1]
    assert left.choice == '/person_left{"then": "line"}' and left.metadata["check_in"] == {"days": 2}
    engine.answers = lambda turn: Answer((Reply("Kept."),), ({"effect": "check_in", "answer": "yes"},))
    phone.texts("yes")
    phone.texts("ok")
    assert engine.turns[-1].metadata["check_in"] is None
    with house.app.store.read() as work:
        assert work.check_ins.of_thread(phone.thread_id, AGREED)


def test_after_a_long_silence_a_worker_says_nothing_before_they_write(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    asks_for_a_person(engine)
    phone.texts(DANGER)
    clock.passes(hours=3)
    desk.is_here()
    card = desk.sees_case(level="high")
    phone.new()
    desk.accepts(card)
    phone.sees("Sam is here, a real person", "just write back")
    assert desk.opens(card).waits
    with pytest.raises(DeskRefused, match="silent for long"):
        desk.says(card, "hi")
    phone.texts("hey")
    desk.says(card, "hi, good to hear from you")
    phone.sees("good to hear from you")


def test_on_the_web_a_returning_worker_can_write_at_once(page: Page, desk: Desk, engine: ScriptedEngine, clock: Clock) -> None:
    asks_for_a_person(engine)
    page.texts(DANGER)
    clock.passes(hours=3)
    card = desk.sees_case(level="high")
    desk.accepts(card)
    desk.says(card, "hi there")
    page.sees("hi there")


# --- nothing is lost ------------------------------------------------------------------------------


def test_ten_restarts_in_the_middle_of_a_handoff_change_nothing(
    house: House, phone: Phone, desk: Desk, engine: ScriptedEngine
) -> None:
    asks_for_a_person(engine)
    phone.texts(DANGER)
    card = desk.sees_case(level="high")
    network = house.app.sms
    for turn in range(10):
        again = HouseApp(house.app.settings)
        again.__dict__.update(network=network, engine=engine)
        again.outbox.sweep()
        while again.outbox.send_next():
            pass
        assert [(c.id, c.state) for c in again.desk.queue(desk.me)] == [(card.id, "queued")]
        if turn == 5:
            again.desk.accept(card.id, desk.me)
            again.desk.hand_back(card.id, desk.me)
        again.store.close()
    bodies = phone.everything()
    assert sum("has to go now" in body for body in bodies) == 1
    assert len(bodies) == len(set(bodies))


def test_stop_in_the_middle_keeps_the_case_and_tells_the_worker(phone: Phone, desk: Desk, engine: ScriptedEngine) -> None:
    card = with_a_person(phone, desk, engine)
    phone.texts("STOP")
    view = desk.opens(card)
    assert view.card.opted_out and view.card.state == "accepted"
    with pytest.raises(DeskRefused, match="stop texting"):
        desk.says(card, "are you ok")


def test_while_they_wait_they_hear_an_honest_word_with_something_to_do(
    house: House, page: Page, engine: ScriptedEngine, clock: Clock
) -> None:
    asks_for_a_person(engine)
    page.texts(DANGER)
    page.new()
    clock.passes(seconds=80)
    house.app.outbox.sweep()
    page.sees("No one has picked up yet")
    assert page.choices() == ["Something to do while I wait"]


def test_in_lines_only_the_bot_is_silent_and_people_are_not(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine
) -> None:
    with house.app.store.begin() as work:
        work.presence.turn_on(LINES_ONLY, desk.me.id)
    page.texts("what is grooming")
    page.sees("having a break")
    assert not engine.turns
    page.texts(NOW)
    page.sees("call")
    assert desk.sees_case(level="imminent", state="queued")
    with house.app.store.begin() as work:
        work.presence.turn_off(LINES_ONLY)
    page.texts("hello")
    assert engine.turns[-1].text == "hello"


def test_typing_is_seen_on_both_sides_for_a_few_seconds_and_only_with_a_person(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    house.app.chat.types(page.thread_id)
    card = with_a_person(page, desk, engine)
    assert not desk.opens(card).card.typing
    house.app.chat.types(page.thread_id)
    house.app.desk.types(card.id, desk.me)
    assert desk.opens(card).card.typing and house.app.chat.helper_types_until(page.thread_id)
    page.texts("there, sent")
    assert not desk.opens(card).card.typing
    house.app.chat.types(page.thread_id)
    clock.passes(seconds=7)
    assert not desk.opens(card).card.typing and house.app.chat.helper_types_until(page.thread_id) is None
    with pytest.raises(NotYours):
        house.app.desk.types(card.id, replace(desk.me, id=99))


def test_ready_words_carry_the_workers_name_and_a_line_only_where_one_is_known(house: House, engine: ScriptedEngine) -> None:
    desk = house.desk()
    known, unknown = house.page(region="CA"), house.page()
    for page in (known, unknown):
        card = with_a_person(page, desk, engine)
        replies = dict(house.app.desk.canned(card.id, desk.me))
        assert "I'm Sam" in replies["Hello"]
        assert ("A line that is open" in replies) is (page is known)


# --- every edge of the table, with the clock passed in --------------------------------------------


@pytest.mark.parametrize("level", [Level.ELEVATED, Level.HIGH, Level.IMMINENT])
def test_a_case_that_nobody_takes_is_widened_told_the_truth_and_stays(
    house: House, page: Page, clock: Clock, level: Level
) -> None:
    page.texts(NOW)
    with house.app.store.begin() as work:
        case = work.cases.open_for(page.thread_id)
        assert case is not None
        work.cases.remember(case, level=int(level))
    for _ in range(20):
        clock.passes(minutes=1)
        house.app.outbox.sweep()
    with house.app.store.read() as work:
        case = work.cases.open_for(page.thread_id)
    assert case is not None and case.state is State.FALLBACK_GIVEN
    assert sum("could join you in time" in text for text in page.everything()) == 1


def test_somebody_who_comes_late_is_still_let_in(house: House, page: Page, desk: Desk, clock: Clock) -> None:
    page.texts(NOW)
    for _ in range(5):
        clock.passes(minutes=1)
        house.app.outbox.sweep()
    desk.accepts(desk.sees_case(level="imminent", state="fallback_given"))
    page.sees("Sam is here now")


@pytest.mark.parametrize("state", [State.DECLINED, State.FALLBACK_GIVEN, State.DROPPED])
def test_danger_now_brings_a_case_back_to_the_queue_from_wherever_it_rests(
    house: House, page: Page, desk: Desk, state: State
) -> None:
    page.texts(DANGER)
    with house.app.store.begin() as work:
        case = work.cases.open_for(page.thread_id)
        assert case is not None
        ways = {
            State.DECLINED: [Event.DECLINE],
            State.FALLBACK_GIVEN: [Event.QUEUE, Event.TIME_OUT, Event.FALL_BACK],
            State.DROPPED: [Event.QUEUE, Event.DROP],
        }
        for event in ways[state]:
            case = work.cases.move(case, event)
    page.texts(NOW)
    assert desk.sees_case(level="imminent", state="queued").deadline_at is not None


def test_a_page_closed_while_waiting_leaves_the_case_with_people(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine
) -> None:
    asks_for_a_person(engine)
    page.texts(DANGER)
    house.app.chat.forget(page.thread_id)
    card = desk.sees_case(level="high")
    assert card.state == "dropped" and DANGER in [line.text for line in desk.opens(card).transcript]


def test_a_level_raised_while_queued_starts_the_clock_of_the_new_level(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    asks_for_a_person(engine)
    page.texts(DANGER)
    house.app.outbox.sweep()
    clock.passes(minutes=2)
    page.texts(NOW)
    house.app.outbox.sweep()
    card = desk.sees_case(level="imminent", state="queued")
    assert card.deadline_at is not None and (card.deadline_at - clock()).total_seconds() <= 60
