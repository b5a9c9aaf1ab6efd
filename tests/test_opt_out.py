"""Opt-out, line by line as the protocol has it (docs/privacy-and-doors.md, (a) to (i)); each line is a test or two."""

from __future__ import annotations

import ast
import re
from urllib.parse import urlencode

import pytest
import yaml

from bot.channels.base import SendRefused
from bot.channels.sms import Sms
from bot.conversation import MOST_ANSWERED
from bot.desk.views import CaseCard, DeskRefused
from bot.groups.state import GroupState
from bot.text import for_sms, segments
from bot.threads import HELP_WORDS, KEYWORDS, START_WORDS, STOP_WORDS, is_stop
from tests.talking import ROOT, Clock, Desk, House, Phone, ScriptedEngine, settle

SAD = "i want to die"
NOW = "my stepdad hits me and he's coming home now"
TOPICS = re.compile(
    r"traffick|abus|groom|exploit|sextort|sextors|suicid|assault|violen|handrail lessons"
    r"|\btraite\b|agress|\bviol|harc[eè]l|p[eé]do|prostit|\btrata\b|explot|agres|acos[oa]|chantage|chantaj",
    re.IGNORECASE,
)
UNASKED = ("outbox.py", "group_telling.py", "voice.py", "desk/*.py")
"""The parts that text somebody who has not just texted us."""


def opted_out(house: House, phone: Phone) -> bool:
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
    return thread is not None and thread.opted_out


def of_each(house: House, words: frozenset[str]) -> list[tuple[str, Phone]]:
    """A phone for each word."""
    return [(word, house.phone(f"+1500555{number:04d}")) for number, word in enumerate(sorted(words))]


def test_a_help_is_one_message_with_programme_stop_rates_and_danger_and_a_person_first(house: House) -> None:
    for word, phone in of_each(house, HELP_WORDS):
        phone.texts(word.upper())
        said = phone.sees("danger", "PERSON", "STOP", "rates", "Handrail")
        assert said.index("danger") < said.index("PERSON") < said.index("Handrail")
        assert segments(for_sms(said)) <= 2 and not [t for t in phone.everything() if t != said and "rates" in t]


def test_b_stop_is_honoured_at_once_with_one_neutral_confirmation(house: House) -> None:
    for word, phone in of_each(house, STOP_WORDS):
        phone.texts(f" {word.upper()}. ")
        said = phone.new()
        assert len(said) == 1 and "START" in said[0] and not TOPICS.search(said[0]), word
        assert opted_out(house, phone) and segments(for_sms(said[0])) <= 2
        phone.texts(word)
        phone.texts("hello?")
        phone.sees_nothing()


def took_for(house: House, phone: Phone, kind: str, text: str) -> None:
    """Twilio's Advanced Opt-Out answers by itself, and says so in the webhook."""
    body = urlencode({"MessageSid": f"SM{text}", "From": phone.number, "Body": text, "OptOutType": kind}).encode()
    settings = house.app.settings
    house.app.conversation.receive(Sms(twilio=settings.twilio, public_url=settings.public_url).inbound(body))
    settle(house.app)


def test_b_what_twilio_answered_itself_is_honoured_and_not_answered_twice(house: House, phone: Phone) -> None:
    took_for(house, phone, "STOP", "fin")  # a word of the agency's own list, which we do not know
    assert opted_out(house, phone)
    took_for(house, phone, "START", "yes")
    assert not opted_out(house, phone)
    phone.sees_nothing()
    took_for(house, phone, "HELP", "help")
    phone.sees("danger", "PERSON")


def test_b_the_confirmation_carries_a_line_where_one_is_known(house: House, phone: Phone) -> None:
    phone.texts("hi")
    with house.app.store.begin() as work:
        work.threads.change(phone.thread_id, region="CA")
    phone.texts("STOP")
    phone.sees("START", "Kids Help Phone")


def test_b_what_waits_to_be_sent_is_not_sent_after_stop(house: House, phone: Phone) -> None:
    phone.texts("hi")
    phone.new()
    with house.app.store.begin() as work:
        work.messages.queue(phone.thread_id, "something queued before")
    phone.texts("STOP")
    assert all("something queued" not in text for text in phone.new())


def test_b_start_brings_them_back(house: House) -> None:
    for word, phone in of_each(house, START_WORDS):
        phone.texts("STOP")
        phone.texts(word)
        phone.sees("Welcome back")
        assert not opted_out(house, phone)


@pytest.mark.parametrize(("words", "level"), [(SAD, "high"), (NOW, "imminent")])
def test_c_stop_in_a_live_case_tells_the_worker_who_cannot_text_back(
    house: House, phone: Phone, desk: Desk, clock: Clock, words: str, level: str
) -> None:
    phone.texts(words)
    card = desk.sees_case(level=level)
    desk.accepts(card)
    phone.texts("STOP")
    phone.new()
    view = desk.opens(card)
    assert view.card.opted_out and any("opted out" in what for _, _, what in view.log)
    with pytest.raises(DeskRefused, match="asked us to stop"):
        desk.says(card, "are you there?")
    house.app.desk.hand_back(card.id, desk.me)
    for _ in range(6):  # neither the change of person nor any clock texts them
        clock.passes(minutes=2)
        house.app.outbox.sweep()
        settle(house.app)
    desk.accepts(card)
    phone.sees_nothing()


TO_US = {"stop texting me", "Please stop messaging me", "dont text me anymore", "leave me alone", "unsubscribe me"}
TO_US |= {"don\u2019t text me", "arrête de m\u2019écrire", "laissez-moi tranquille", "déjame en paz", "no me escribas más"}
TO_US |= {
    "stop please",
    "Stop, please!",
    "STOP STOP",
    "stop all",
    "stop now",
    "unsubscribe please",
    "cancel please",
    "wrong number",
}
TO_US |= {"stop sending these", "i dont want any more texts", "I don\u2019t want these messages", "never text me again"}
TO_US |= {"dont ever text me again", "remove me from your list", "arr\u00eatez svp", "baja por favor"}
ABOUT_OTHERS = {
    "please stop",
    "stop it",
    "stop it please",
    "stop him please",
    "make him stop please",
    "stop sending me pics",
    "i dont want his texts",
    "i dont want any more messages from him",
    "never text him again",
    "he got a wrong number",
    "end it all now",
    "i want to quit please",
    "make him stop",
    "tell him to stop",
    "i want it to stop",
    "he wont stop texting me",
    "how do i quit",
    "can i end it",
    "il n\u2019arrête pas de m\u2019écrire",
    "dis-lui de me laisser tranquille",
    "no deja de escribirme",
    "dile que me deje en paz",
}


def test_d_plain_words_to_us_are_an_opt_out_and_words_about_somebody_else_are_not(house: House) -> None:
    for text, phone in of_each(house, frozenset(TO_US | ABOUT_OTHERS)):
        phone.quickly_texts(text)
        assert opted_out(house, phone) == (text in TO_US), text


def test_e_a_carrier_word_inside_a_sentence_is_only_a_word(house: House) -> None:
    for word, phone in of_each(house, STOP_WORDS | HELP_WORDS | START_WORDS):
        phone.quickly_texts(f"so {word} is what he said")
        assert not opted_out(house, phone), word
    settle(house.app)
    sent = [body for _, _, body in house.app.network.sent]
    assert sent and not any("rates may apply" in body or "Welcome back to" in body for body in sent)


def said_unasked() -> set[str]:
    """Every message that the parts named in UNASKED hold by its id, and what a group's phones are told by its state."""
    known = yaml.safe_load((ROOT / "content" / "messages" / "en.yml").read_text(encoding="utf-8")).keys()
    files = [file for name in UNASKED for file in (ROOT / "bot").glob(name)]
    assert len(files) > 5
    constants = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    answers = {"imminent", "imminent_medical", "danger_without_engine", "person_asked_without_engine", "limits"}
    asked_for = answers | {"welcome", "welcome_private"}  # in voice.py too, but said to somebody who has just texted
    return (constants | {f"group_{state.value}" for state in GroupState}) & known - asked_for


@pytest.mark.parametrize(("hello", "help_word", "tongue"), [("bonjour je veux savoir quelque chose", "AIDE", "fr"), ("hola quiero saber una cosa", "AYUDA", "es")])  # fmt: skip
def test_the_programmes_own_texts_fit_two_segments_in_french_and_spanish_too(
    house: House, phone: Phone, hello: str, help_word: str, tongue: str
) -> None:
    phone.texts(hello)
    with house.app.store.begin() as work:
        thread = work.threads.get(phone.thread_id)
        work.threads.change(phone.thread_id, region="CA")
    assert thread is not None and thread.lang == tongue
    for text in (help_word, "STOP", "START"):
        phone.texts(text)
    phone.quickly_texts("", media=True)
    settle(house.app)
    said = phone.new()
    assert len(said) > 5 and [text for text in said if segments(for_sms(text)) > 2] == []
    assert any("STOP" in text and "PERSON" in text for text in said)


def test_f_what_we_send_unasked_names_no_topic() -> None:
    """Whatever the outbox, the desk and groups send, and every booster of every lesson, in every language there is."""
    named = said_unasked()
    assert named >= {
        "check_in_hello", "helper_back", "helper_changed", "helper_hands_over", "helper_joined", "still_waiting", "nobody_came",
        "kept_on_disk", "forgotten", "group_calm", "group_paused", "group_ended",
    }  # fmt: skip
    for file in sorted((ROOT / "content" / "messages").glob("*.yml")):
        said = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name in sorted(named & said.keys()):
            assert not TOPICS.search(str(said[name])), f"{file.name}: {name}"
    from bot.lessons.catalog import Catalog

    catalog = Catalog.load(ROOT / "content" / "lessons")
    boosters = [
        (m.id, words) for m in catalog.modules for lang in ("en", "fr", "es") for words in catalog.boosters(m.id, lang).values()
    ]
    assert len(boosters) > 10
    assert [name for name, words in boosters if TOPICS.search(words)] == []


def test_g_pause_and_the_words_of_lessons_never_opt_anybody_out(house: House, phone: Phone) -> None:
    for word in (*KEYWORDS, "brb", "g2g", "pause"):
        assert not is_stop(word), word
    phone.texts("PAUSE")
    assert not opted_out(house, phone)


def test_g_no_lesson_uses_a_carriers_word_to_find_the_way() -> None:
    assert not set(KEYWORDS) & (STOP_WORDS | HELP_WORDS | START_WORDS | {"yes"})


def test_h_a_block_at_the_carrier_is_seen_by_the_worker_and_marks_the_thread(house: House, phone: Phone, desk: Desk) -> None:
    house.app.network.refuse[phone.number] = SendRefused("21610", "Blocked.", final=True)
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    assert card.not_delivered and desk.opens(card).card.opted_out
    assert any(line.delivery == "opted out" for line in desk.opens(card).transcript)
    assert opted_out(house, phone)


def test_i_after_a_silence_nothing_sensitive_is_said_before_the_private_word(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
    clock.passes(minutes=45)
    phone.new()
    desk.accepts(card)
    said = " ".join(phone.new())
    assert said and not TOPICS.search(said) and "die" not in said
    with pytest.raises(DeskRefused, match="somebody else may hold the phone"):
        desk.says(card, "are you safe?")
    phone.texts("who is this")
    assert "die" not in " ".join(phone.new())
    phone.texts("Teal")
    desk.says(card, "good to hear from you")
    phone.sees("good to hear from you")


def silent_with_a_worker(house: House, phone: Phone, desk: Desk, clock: Clock) -> CaseCard:
    """Danger, 45 minutes of silence, and a worker who takes the case: the phone waits for its word."""
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    with house.app.store.begin() as work:
        work.threads.keep_word(phone.thread_id, "teal")
    clock.passes(minutes=45)
    phone.new()
    desk.accepts(card)
    phone.sees("text your word")
    return card


def test_i_a_case_that_is_closed_before_the_word_is_said_texts_nobody_until_it_is(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    card = silent_with_a_worker(house, phone, desk, clock)
    desk.closes(card, then="grooming", check_in_hours=24)
    phone.sees_nothing()
    phone.texts("who is this")
    phone.sees("text your word")
    phone.texts("Teal")
    phone.sees("good to hear from you")
    assert engine.turns[-1].choice == '/person_left{"then": "grooming"}' and engine.turns[-1].metadata["check_in"]


def falls_silent_with_a_worker(house: House, phone: Phone, desk: Desk, clock: Clock, word: str | None = "teal") -> CaseCard:
    """Danger, a worker who takes the case and talks, and then 45 minutes of silence."""
    phone.texts(SAD)
    card = desk.sees_case(level="high")
    if word:
        with house.app.store.begin() as work:
            work.threads.keep_word(phone.thread_id, word)
    desk.accepts(card)
    phone.texts("ok")
    desk.says(card, "hi, I'm here")
    clock.passes(minutes=45)
    phone.new()
    return card


def test_i_a_phone_that_fell_silent_during_a_hold_is_asked_for_the_word_and_hears_nothing_else(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    card = falls_silent_with_a_worker(house, phone, desk, clock)
    for _ in range(2):
        with pytest.raises(DeskRefused, match="somebody else may hold the phone"):
            desk.says(card, "did he hit you again?")
    house.settles()
    (said,) = phone.new()
    assert "text your word" in said and not TOPICS.search(said)
    phone.texts("who is this")
    phone.new()
    with pytest.raises(DeskRefused):
        desk.says(card, "did he hit you again?")
    phone.texts("Teal")
    desk.says(card, "good to hear from you")
    phone.sees("good to hear from you")


def test_i_without_a_word_they_are_asked_to_write_first(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    card = falls_silent_with_a_worker(house, phone, desk, clock, word=None)
    with pytest.raises(DeskRefused, match="somebody else may hold the phone"):
        desk.says(card, "did he hit you again?")
    house.settles()
    phone.sees("just write back")
    phone.texts("hi")
    desk.says(card, "good to hear from you")
    phone.sees("good to hear from you")


def test_i_within_half_an_hour_a_worker_writes_as_they_like(house: House, phone: Phone, desk: Desk, clock: Clock) -> None:
    card = falls_silent_with_a_worker(house, phone, desk, clock)
    phone.texts("sorry was at dinner")
    clock.passes(minutes=29)
    desk.says(card, "no worries")
    phone.sees("no worries")


@pytest.mark.parametrize("word", ["teal", None])
def test_i_closing_after_a_silence_during_a_hold_texts_nobody_until_they_write(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine, word: str | None
) -> None:
    desk.closes(falls_silent_with_a_worker(house, phone, desk, clock, word), then="grooming", check_in_hours=24)
    phone.sees_nothing()
    phone.texts(word or "hi")
    phone.sees("good to hear from you" if word else "you said: hi")
    then = '{"then": "grooming"}' if word else ""
    assert engine.turns[-1].choice == f"/person_left{then}" and engine.turns[-1].metadata["check_in"]


def test_i_nobody_is_told_that_a_worker_went_while_the_phone_is_silent(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    card = falls_silent_with_a_worker(house, phone, desk, clock)
    house.app.desk.hand_back(card.id, desk.me)
    house.settles()
    phone.sees_nothing()
    for _ in range(12):  # words of waiting, and that nobody came, would say that a person was asked for
        clock.passes(seconds=75)
        house.settles()
        phone.sees_nothing()
    house.desk("Noor").accepts(card)
    phone.sees("Noor is here", "text your word")


@pytest.mark.parametrize("instead", ["NEW", SAD])
def test_i_what_waited_for_the_word_is_never_said_to_who_begins_anew_nor_into_danger(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine, instead: str
) -> None:
    desk.closes(silent_with_a_worker(house, phone, desk, clock), then="grooming")
    for text in (instead, "hello"):
        phone.texts(text)
    assert not any("person_left" in (turn.choice or "") for turn in engine.turns)


def test_i_a_check_in_whose_time_went_by_before_the_word_is_not_asked_for(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    desk.closes(silent_with_a_worker(house, phone, desk, clock), check_in_hours=24)
    clock.passes(hours=25)
    phone.texts("teal")
    assert engine.turns[-1].choice == "/person_left" and engine.turns[-1].metadata["check_in"] is None


def test_i_no_change_of_person_is_told_before_the_word_and_whoever_comes_next_asks_for_it(
    house: House, phone: Phone, desk: Desk, clock: Clock
) -> None:
    card = silent_with_a_worker(house, phone, desk, clock)
    phone.texts("who is this")
    phone.new()
    house.app.desk.hand_back(card.id, desk.me)
    house.settles()
    phone.sees_nothing()
    house.desk("Noor").accepts(card)
    phone.sees("Noor is here", "text your word")


# --- one number that floods --------------------------------------------------------------------------


def test_a_number_that_floods_is_kept_and_screened_and_told_once_that_answers_pause(
    house: House, phone: Phone, desk: Desk, clock: Clock, engine: ScriptedEngine
) -> None:
    for number in range(MOST_ANSWERED + 5):
        phone.quickly_texts(f"text {number}")
    settle(house.app)
    assert len(engine.turns) == MOST_ANSWERED
    assert sum("a lot of texts at once" in text for text in phone.new()) == 1
    phone.texts("person")
    assert len(engine.turns) == MOST_ANSWERED + 1  # who asks for a person is heard
    phone.texts(SAD)
    desk.sees_case(level="high")
    assert engine.turns[-1].text == SAD
    clock.passes(minutes=2)
    phone.texts("hello again")
    phone.sees("hello again")


@pytest.mark.parametrize(("word", "answer"), [("HELP", "In danger?"), ("START", "Welcome back")])
def test_help_and_start_without_end_are_answered_now_and_then_and_stop_always(
    house: House, phone: Phone, clock: Clock, word: str, answer: str
) -> None:
    for _ in range(30):
        phone.texts(word)
    assert sum(answer in said for said in phone.new()) == 6
    phone.texts("STOP")
    phone.sees("won't get more texts")
    with house.app.store.read() as work:
        thread = work.threads.get(phone.thread_id)
        assert thread is not None and thread.opted_out
    clock.passes(minutes=1)
    phone.texts(word)
    phone.sees(answer)
