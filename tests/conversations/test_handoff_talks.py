"""The handoff's conversation over the real engine: limits, the summary, waiting, and what comes afterwards."""

from __future__ import annotations

import pytest

from bot.choices import Choice
from bot.groups.private import OWN_WORDS
from bot.settings import Settings
from bot.text import segments
from tests.talking import Clock, Desk, House, HouseApp, Page, Phone

pytestmark = pytest.mark.slow

DANGER = "my stepdad hits me"


def asks_for_a_person(talker: Page) -> None:
    talker.texts(DANGER)
    talker.taps("Yes")
    talker.taps("A person here")


def test_limits_of_the_region_come_before_details_and_the_summary_is_shown(page: Page) -> None:
    asks_for_a_person(page)
    said = page.new()
    limits = next(i for i, text in enumerate(said) if "In Ontario that is under 16" in text)
    asked = next(i for i, text in enumerate(said) if "I can pass this on" in text)
    assert limits < asked and "someone hurts you" in said[asked]
    assert page.choices() == ["Yes, pass it on", "I'll write it myself", "Pass nothing on"]


def test_without_a_region_the_general_limits_are_told(house: House) -> None:
    page = house.page()
    asks_for_a_person(page)
    page.sees("If someone under 18 is being hurt")


@pytest.mark.parametrize("says", ["A", "yes", "yes that's ok"])
def test_a_yes_passes_the_summary_on(page: Page, desk: Desk, says: str) -> None:
    asks_for_a_person(page)
    page.texts(says)
    page.sees("They see that first")
    view = desk.opens(desk.sees_case(level="high", state="queued"))
    assert (view.passed_on, view.summary) == ("sent", "You wrote that someone hurts you and want to talk to a person.")


def test_they_can_write_it_themselves_and_telling_it_again_is_not_a_new_alarm(page: Page, desk: Desk) -> None:
    asks_for_a_person(page)
    page.taps("I'll write it myself")
    page.sees("Write it your way")
    page.texts("my stepdad hits me when mum works nights")
    page.sees("They see your own words first")
    view = desk.opens(desk.sees_case(level="high"))
    assert (view.passed_on, view.summary) == ("own", "my stepdad hits me when mum works nights")
    page.texts("what is grooming")
    page.sees("builds trust")


def test_while_they_write_their_own_summary_any_words_are_the_answer(page: Page, house: House) -> None:
    """What a group at its word cloud must know, and the engine alone knows: until it is written, and not a text longer."""

    def offered() -> tuple[Choice, ...]:
        with house.app.store.read() as work:
            found = work.threads.get(page.thread_id)
            assert found
            return found.choices

    asks_for_a_person(page)
    page.taps("I'll write it myself")
    assert offered() == (OWN_WORDS,)
    page.texts("my uncle")
    page.sees("They see your own words first")
    assert OWN_WORDS not in offered()


def test_danger_now_in_their_own_summary_is_still_danger_now(page: Page, desk: Desk) -> None:
    asks_for_a_person(page)
    page.taps("I'll write it myself")
    page.texts("he's coming home now and he hits me")
    page.sees("911")
    desk.sees_case(level="imminent")


def test_choosing_something_else_leaves_the_summary_unwritten_and_works(page: Page, desk: Desk) -> None:
    asks_for_a_person(page)
    page.taps("I'll write it myself")
    page.texts("menu")
    page.sees("These are the lessons")
    page.texts("when does someone come")
    assert desk.opens(desk.sees_case(level="high")).summary is None


def test_nothing_is_passed_on_when_they_say_so(page: Page, desk: Desk) -> None:
    asks_for_a_person(page)
    page.taps("Pass nothing on")
    page.sees("I pass nothing on")
    view = desk.opens(desk.sees_case(level="high"))
    assert view.passed_on == "nothing" and not any(line.text == DANGER for line in view.transcript)


def test_something_small_to_do_while_they_wait_and_another_each_time(page: Page) -> None:
    asks_for_a_person(page)
    page.taps("Yes, pass it on")
    page.taps("Something to do")
    first = page.sees("five things you can see")
    page.taps("Another one")
    assert page.new()[-1] != first
    page.texts("give me another one to calm down")
    assert "Breathe in" in page.new()[-1]


def test_closing_brings_what_was_agreed_and_asks_about_a_check_in(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine_settings: Settings
) -> None:
    phone.texts(DANGER)
    phone.texts("yes")
    phone.texts("a person here")
    phone.texts("yes")
    card = desk.sees_case(level="high", state="queued")
    desk.accepts(card)
    desk.says(card, "hi, I'm here")
    phone.new()
    desk.closes(card, then="grooming", check_in_hours=24)
    said = phone.new()
    assert any("I'm the bot again" in text for text in said)
    assert any("Here is a lesson you talked about: When trust feels off" in text for text in said)
    assert "tomorrow" in said[-1] and "names no topic" in said[-1]
    phone.texts("A")
    phone.sees("Pick a private word")
    phone.texts("ok")
    phone.sees("Pick another word")
    phone.texts("blue kite")
    phone.sees("ask for that word")
    with HouseApp(engine_settings).store.read() as work:
        row = work.trackers.load(phone.thread_id)
    with house.app.store.read() as work:
        assert not any("kite" in said.text for said in work.messages.transcript(phone.thread_id))
    assert row and row.blob and "kite" not in f"{row.blob.decode()} {row.answered}"
    clock.passes(hours=24)
    house.app.outbox.sweep()
    house.settles()
    phone.sees("text your word")
    phone.texts("blue kite")
    phone.sees("good to hear from you")
    assert all(segments(text) <= 2 for text in phone.everything())


def test_a_check_in_can_be_refused(phone: Phone, desk: Desk) -> None:
    phone.texts(DANGER)
    phone.texts("yes")
    phone.texts("a person here")
    card = desk.sees_case(level="high", state="queued")
    desk.accepts(card)
    desk.closes(card, check_in_hours=24)
    phone.new()
    phone.texts("B")
    phone.sees("No text from us")
    view = desk.opens(card)
    assert view.check_in and view.check_in.startswith("No check-in")


def test_in_danger_now_nobody_is_held_up_by_a_summary(page: Page, desk: Desk) -> None:
    page.texts("my stepdad hits me and he's coming home now")
    page.taps("Yes")
    page.texts("person")
    assert not any("I can pass this on" in text for text in page.everything())
    assert desk.opens(desk.sees_case(level="imminent", state="queued")).why


def test_who_goes_on_telling_in_danger_is_heard_and_asked_again_only_whether_they_are_safe(page: Page) -> None:
    page.texts("he is outside my door and he has a knife")
    page.new()
    page.texts("ok im in the bathroom")
    said = page.new()
    assert said[0] in ("I hear you. I'm still here.", "OK. I'm here with you.", "I'm listening. You're not in trouble.")
    assert len(said) == 2 and "safe to text" in said[1]


def test_a_wish_refused_in_danger_is_no_answer_to_whether_they_are_safe(page: Page, desk: Desk) -> None:
    page.texts("he is outside my door and he has a knife")
    page.new()
    page.texts("i dont want to do a lesson")
    assert "safe to text" in page.new()[-1]
    page.texts("no counselor please")
    said = page.new()
    assert "A person has been asked" in said[0] and "safe to text" in said[-1]
    desk.sees_case(level="imminent", state="queued")


def test_who_refuses_a_person_after_having_asked_leaves_the_queue_by_a_choice(page: Page, desk: Desk) -> None:
    asks_for_a_person(page)
    page.taps("Yes, pass it on")
    page.texts("i dont want to talk to a person")
    page.sees("A person has been asked for")
    desk.sees_case(level="high", state="queued")
    page.texts("ok")
    desk.sees_case(level="high", state="queued")
    page.texts("i dont want to talk to a person")
    page.taps("No person now")
    page.sees("The offer stays open")
    desk.sees_case(level="high", state="declined")
