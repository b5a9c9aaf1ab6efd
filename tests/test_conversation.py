"""The spine, with everything real but the engine."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from bot.choices import Choice
from bot.engine import Answer, Reply, Turn
from bot.handoff.cases import CannotHappen
from bot.safety.verdict import Level
from tests.talking import Clock, Desk, House, Page, Phone, ScriptedEngine

DANGER = "my stepdad hits me and he's coming home now"
SAD = "i want to die"


class Broken:
    """A screening that raises."""

    def screen(self, text: str, recent: object = (), *, at_once: bool = False) -> None:
        raise RuntimeError("broken")


def test_an_ordinary_text_is_answered_by_the_engine(phone: Phone) -> None:
    phone.texts("what is grooming")
    phone.sees("You said: what is grooming")


def test_the_first_text_is_met_with_who_this_is_and_what_is_private(phone: Phone) -> None:
    phone.texts("hi")
    assert "bot" in phone.everything()[0]
    assert "private" in phone.everything()[1]
    phone.new()
    phone.texts("hi again")
    assert len(phone.new()) == 1


def test_the_same_twilio_message_twice_makes_one_message_and_one_case(phone: Phone, desk: Desk) -> None:
    for _ in range(2):
        phone.texts(SAD, provider_id="sms:SMsame")
    assert len(desk.queue()) == 1
    assert sum("You said" in t for t in phone.everything()) == 1


def test_danger_opens_a_case_in_the_transaction_that_keeps_the_message(phone: Phone, desk: Desk) -> None:
    phone.quickly_texts(DANGER)
    card = desk.sees_case(level="imminent", state="queued")
    view = desk.opens(card)
    assert any(DANGER in line.text for line in view.transcript)
    assert view.why and all(source for source, _ in view.why)


def test_imminent_danger_gets_the_emergency_number_first_from_the_gateway(house: House, engine: ScriptedEngine) -> None:
    page = house.page(region="CA")
    engine.down = True
    page.quickly_texts(DANGER)
    first = page.sees("911")
    assert first.index("911") < 60


def test_without_a_region_no_country_is_guessed(house: House) -> None:
    page = house.page()
    page.quickly_texts(DANGER)
    said = page.sees("your local emergency number")
    assert "911" not in said


def test_nobody_is_promised_when_nobody_is_here(house: House) -> None:
    page = house.page(region="CA")
    page.quickly_texts(DANGER)
    page.sees("Nobody is at our desk this minute")


def test_somebody_is_promised_when_somebody_is_here(house: House, desk: Desk) -> None:
    desk.is_here()
    page = house.page(region="CA")
    page.quickly_texts(DANGER)
    page.sees("asking a real person here to join you now")


def test_a_crisis_text_opens_a_case_even_when_rasa_is_down(phone: Phone, desk: Desk, engine: ScriptedEngine) -> None:
    engine.down = True
    phone.texts(SAD)
    desk.sees_case(level="high")
    phone.sees("I believe you", "PERSON")


def test_a_person_can_be_asked_for_while_rasa_is_down(phone: Phone, desk: Desk, engine: ScriptedEngine) -> None:
    engine.down = True
    phone.texts(SAD)
    phone.texts("person")
    phone.sees("a real person to join you")
    desk.sees_case(level="high", state="queued")


def test_an_ordinary_text_gets_a_plain_honest_sentence_while_rasa_is_down(phone: Phone, engine: ScriptedEngine) -> None:
    engine.down = True
    phone.texts("what is grooming")
    phone.sees("Something on our side is not working")
    engine.down = False
    phone.texts("what is grooming")
    phone.sees("You said: what is grooming")


def test_a_screening_that_fails_needs_a_person_and_is_never_safe(house: House, phone: Phone, desk: Desk) -> None:
    house.app.conversation._looks._screening._screening = Broken()
    phone.texts("hello")
    desk.sees_case(level="high")


def test_elevated_is_met_with_an_offer_and_opens_a_case_only_when_it_is_taken(
    page: Page, desk: Desk, engine: ScriptedEngine
) -> None:
    engine.answers = lambda turn: Answer(
        (Reply("Want a person?"),), ({"effect": "case", "event": "offer", "level": "elevated"},)
    )
    page.texts("thinking about running away")
    assert engine.turns[-1].metadata["screening"]["level"] == "elevated"
    desk.sees_no_case()
    engine.answers = consent
    page.texts("yes")
    desk.sees_case(level="elevated", state="queued")


def test_a_level_never_falls_inside_a_conversation(house: House, phone: Phone, desk: Desk) -> None:
    phone.texts(DANGER)
    phone.texts("jk lol")
    desk.sees_case(level="imminent")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.level is Level.IMMINENT


def test_a_second_danger_text_while_queued_makes_no_second_case_and_raises_the_level(phone: Phone, desk: Desk) -> None:
    phone.texts(SAD)
    phone.texts(DANGER)
    assert len(desk.queue()) == 1
    desk.sees_case(level="imminent", state="queued")


def test_a_disclosure_in_a_quiz_is_not_a_wrong_answer(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    options = (Choice("Tell someone", '/lesson_choice{"option": "a"}'), Choice("Wait", '/lesson_choice{"option": "b"}'))
    engine.answers = lambda turn: Answer((Reply("What could Ali do?", options),))
    page.texts("lesson please")
    page.texts("b " + DANGER)
    assert engine.turns[-1].choice is None
    desk.sees_case(level="imminent")


def test_a_typed_letter_is_read_as_the_choice_it_names(page: Page, engine: ScriptedEngine) -> None:
    options = (Choice("Tell someone", '/lesson_choice{"option": "a"}'), Choice("Wait", '/lesson_choice{"option": "b"}'))
    engine.answers = lambda turn: Answer((Reply("What could Ali do?", options),))
    page.texts("lesson please")
    page.texts("b)")
    assert engine.turns[-1].choice == '/lesson_choice{"option": "b"}'


def test_the_desk_reads_a_typed_letter_with_the_words_it_stood_for(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    engine.answers = lambda turn: Answer((Reply("Safe to text?", (Choice("Yes", "/affirm"), Choice("No", "/deny"))),))
    page.texts(SAD)
    page.texts("b")
    said = [line.text for line in desk.opens(desk.sees_case(level="high")).transcript if line.who == "young person"]
    assert said == [SAD, "b (No)"]


def test_two_taps_within_a_second_both_name_the_choice_that_was_offered_then(page: Page, engine: ScriptedEngine) -> None:
    steps = iter(range(9))
    engine.answers = lambda turn: Answer((Reply("Step", (Choice("Next", f'/next{{"step": "{next(steps)}"}}', key="NEXT"),)),))
    page.texts("lesson please")
    page.quickly_texts("NEXT")
    page.quickly_texts("NEXT")
    page.texts("thanks")
    assert [t.choice for t in engine.turns[1:3]] == ['/next{"step": "0"}'] * 2


def test_a_typed_word_such_as_person_works_everywhere(page: Page, engine: ScriptedEngine) -> None:
    page.texts("Person.")
    assert engine.turns[-1].choice == "/want_person"


def test_a_text_that_begins_with_a_slash_is_only_text(page: Page, engine: ScriptedEngine) -> None:
    for text in ("/restart", '/want_person{"x": 1}', "/greet@1.0 hello"):
        page.texts(text)
        assert engine.turns[-1].choice is None
        assert not engine.turns[-1].text.startswith("/")


def test_the_engine_is_told_no_number_and_no_reason(phone: Phone, engine: ScriptedEngine) -> None:
    phone.texts(SAD)
    assert phone.number not in repr(engine.turns[-1])
    assert "reasons" not in repr(engine.turns[-1].metadata)


def test_two_quick_texts_are_answered_in_order(phone: Phone) -> None:
    phone.quickly_texts("one")
    phone.quickly_texts("two")
    phone.texts("three")
    answers = [t for t in phone.everything() if t.startswith("You said")]
    assert answers == ["You said: one", "You said: two", "You said: three"]


def test_stop_is_honoured_at_once_with_one_confirmation(phone: Phone, engine: ScriptedEngine) -> None:
    phone.texts("hi")
    phone.new()
    phone.texts("STOP")
    phone.sees("won't get more texts")
    phone.texts("what is grooming")
    phone.sees_nothing()
    phone.texts("START")
    phone.sees("Welcome back")


def test_stop_that_means_make_him_stop_is_not_an_opt_out(phone: Phone, desk: Desk) -> None:
    phone.texts("please make him stop hurting me")
    assert desk.queue()
    assert not any("won't get more texts" in t for t in phone.everything())


def test_stop_texting_me_is_an_opt_out(phone: Phone) -> None:
    phone.texts("stop texting me")
    phone.sees("won't get more texts")


def test_help_leads_with_danger_and_a_person(phone: Phone) -> None:
    phone.texts("HELP")
    said = phone.sees("PERSON", "STOP")
    assert said.startswith("In danger?")


def test_a_picture_is_not_looked_at_and_they_are_told_why(phone: Phone, engine: ScriptedEngine) -> None:
    phone.quickly_texts("", media=True)
    assert not engine.turns
    phone.app.outbox.send_next()
    phone.app.outbox.send_next()
    phone.app.outbox.send_next()
    phone.sees("can't look at pictures")


def test_an_effect_can_set_band_and_region_but_nothing_unknown(house: House, page: Page, engine: ScriptedEngine) -> None:
    engine.answers = lambda turn: Answer((Reply("ok"),), ({"effect": "set", "band": "9-12", "region": "XX"},))
    page.texts("i am 10")
    with house.app.store.read() as work:
        thread = work.threads.get(page.thread_id)
    assert thread is not None and (thread.band, thread.region) == ("9-12", "CA")


def consent(turn: Turn) -> Answer:
    return Answer((Reply("I'm asking a person."),), ({"effect": "case", "event": "consent", "wants": "person"},))


def test_the_whole_handoff_both_ways_and_the_bot_comes_back(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    desk.is_here()
    page.texts(SAD)
    engine.answers = consent
    page.texts("yes please")
    card = desk.sees_case(level="high", state="queued")
    turns = len(engine.turns)
    desk.accepts(card)
    page.sees("Sam is here now")
    page.texts("are you real")
    desk.says(card, "Yes. I'm Sam, and I'm listening.")
    page.sees("I'm Sam")
    assert len(engine.turns) == turns, "the bot is silent while a person holds the thread"
    assert [line.text for line in desk.opens(card).transcript if line.who == "young person"][-1] == "are you real"
    engine.answers = lambda turn: Answer((Reply("I'm the bot again."),))
    desk.closes(card)
    page.sees("bot again")
    assert engine.turns[-1].choice == "/person_left"


def test_somebody_who_asks_for_a_person_without_danger_gets_a_case(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    engine.answers = consent
    page.texts("person")
    desk.sees_case(level="elevated", state="queued")


def test_refusing_a_person_is_respected_but_not_in_imminent_danger(page: Page, desk: Desk, engine: ScriptedEngine) -> None:
    page.texts(SAD)
    engine.answers = lambda turn: Answer((Reply("OK."),), ({"effect": "case", "event": "decline"},))
    page.texts("no")
    desk.sees_case(level="high", state="declined")
    page.texts(DANGER)
    page.texts("no i dont want anyone")
    desk.sees_case(level="imminent", state="queued")


def test_forgetting_erases_everything_at_once_and_says_so(
    house: House, phone: Phone, engine: ScriptedEngine, clock: Clock
) -> None:
    phone.texts("hello")
    engine.answers = lambda turn: Answer((Reply("Done. I forgot everything."),), ({"effect": "forget"},))
    phone.texts("forget me")
    phone.sees("I forgot everything")
    with house.app.store.read() as work:
        assert [m.text for m in work.messages.transcript(phone.thread_id)] == ["Done. I forgot everything."]
    clock.passes(minutes=2)
    house.app.outbox.sweep()
    with house.app.store.read() as work:
        assert work.threads.get(phone.thread_id) is None
        assert work.threads.number(phone.thread_id) is None


def test_the_bot_is_silent_when_a_person_takes_over_while_it_was_thinking(
    page: Page, desk: Desk, engine: ScriptedEngine
) -> None:
    page.texts(SAD)
    card = desk.sees_case(level="high")

    def slow(turn: Turn) -> Answer:
        desk.app.desk.accept(card.id, desk.me)
        return Answer((Reply("too late"),))

    engine.answers = slow
    page.texts("hello?")
    assert "too late" not in page.everything()


def test_the_clock_tells_the_truth_when_nobody_comes(
    house: House, page: Page, desk: Desk, engine: ScriptedEngine, clock: Clock
) -> None:
    page.texts(DANGER)
    page.new()
    for _ in range(20):
        clock.passes(seconds=10)
        house.app.outbox.sweep()
    said = page.new()
    assert any("No one has picked up yet" in s for s in said)
    assert any("Nobody here could join you in time" in s for s in said)
    card = desk.sees_case(level="imminent", state="fallback_given")
    assert [what for _, _, what in desk.opens(card).log if what.startswith("told")] == [
        "told: on call", "told: second on call", "told: supervisor", "told: outside line",
    ]  # fmt: skip


def test_a_sweep_twice_is_the_same_as_once(house: House, page: Page, clock: Clock) -> None:
    page.texts(DANGER)
    clock.passes(seconds=80)
    house.app.outbox.sweep()
    before = page.everything()
    house.app.outbox.sweep()
    assert page.everything() == before


# --- what breaks on the way ------------------------------------------------------------------------------


def cannot_happen(_work: object, _thread: object, _effect: object) -> None:
    raise CannotHappen("The case is not in a state where this can happen.")


def tries(house: House, times: int) -> None:
    """The gateway's repliers, round after round."""

    async def go() -> None:
        for _ in range(times):
            with contextlib.suppress(CannotHappen, KeyError):
                while await house.app.conversation.reply():
                    pass
            house.app.clock.passes(seconds=3)

    asyncio.run(go())
    while house.app.outbox.send_next():
        pass


def test_an_answer_that_always_breaks_is_given_without_the_engine_at_the_fourth_try(
    house: House, phone: Phone, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.texts("hi")
    phone.new()
    engine.answers = lambda turn: Answer((Reply("never said"),), ({"effect": "case", "event": "consent"},))
    monkeypatch.setattr(house.app.conversation._effects, "_case", cannot_happen)
    phone.quickly_texts("what is grooming")
    tries(house, 3)
    phone.sees_nothing()
    tries(house, 1)
    assert "never said" not in phone.sees("text PERSON") and len(engine.turns) == 1 + 3
    engine.answers = lambda turn: Answer((Reply(f"You said: {turn.text}"),))
    phone.texts("and then")
    phone.sees("You said: and then")


def test_asking_for_a_person_brings_one_even_when_the_turn_always_breaks(
    house: House, phone: Phone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.texts("hi")

    def breaks(*_: object) -> None:
        raise KeyError("words that are gone")

    monkeypatch.setattr(house.app.conversation._voice, "for_engine", breaks)
    phone.quickly_texts("PERSON")
    tries(house, 4)
    assert desk.queue()


def test_danger_is_kept_whatever_breaks_in_a_group(
    house: House, phone: Phone, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise KeyError("a lesson that is gone")

    monkeypatch.setattr(house.app.conversation._groups, "reads", breaks)
    phone.texts(SAD)
    desk.sees_case(level="high")
    phone.sees(f"You said: {SAD}")


def test_two_texts_of_one_moment_are_looked_at_in_both_orders(phone: Phone, desk: Desk) -> None:
    """Webhooks overtake each other: what was written second may come first."""
    phone.texts("die")
    desk.sees_no_case()
    phone.texts("i want to")
    desk.sees_case(level="high")


def test_texts_that_come_one_after_the_other_are_read_as_they_came(phone: Phone, desk: Desk, clock: Clock) -> None:
    phone.texts("die")
    clock.passes(seconds=30)
    phone.texts("i want to")
    desk.sees_no_case()
