"""What a phone hears first after a long silence, when somebody else may hold it.

It promises: who chose a private word hears nothing of what was said before, until it is said, and yet a wish for a person
and signs of danger are never lost. Who chose none is asked for nothing: their text opens the talk and is answered itself.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.choices import read_choice
from bot.effects import Effects
from bot.forgetting import forget
from bot.safety.verdict import Level
from bot.store.cases import Case
from bot.store.unit_of_work import UnitOfWork
from bot.threads import RE_CONTACT, Route, Thread, asks_for_person, asks_to_be_forgotten, is_fresh_start, keyword
from bot.voice import Voice
from bot.way_back import guesses


def opened(work: UnitOfWork, thread: Thread, text: str, route: Route) -> Thread:
    """They have no word, and wrote: nothing waits any more. What we had to say comes before a matter of theirs, after a hello.

    A question of ours after a hello stays open; after a matter of theirs it would take the place of what they are asked then.
    """
    if not thread.waits or thread.has_word or route in (Route.WORD, Route.KEYWORD):
        return thread
    work.threads.change(thread.id, waits_since=None)
    is_hello = route is Route.ORDINARY and keyword(text) is None
    work.messages.no_longer_waits(thread.id, "kept", last=is_hello)
    return replace(thread, waits=False)


def came_late(work: UnitOfWork, thread: Thread, said_at: datetime | None) -> bool:
    """Whether a text was said so long ago that somebody else may hold the phone by now, and nothing was heard from it since."""
    since = work.now - RE_CONTACT
    if thread.channel != "sms" or said_at is None or said_at >= since:
        return False
    heard = work.messages.last_heard(thread.id)
    return heard is None or heard < since


def taken_late(work: UnitOfWork, voice: Voice, effects: Effects, thread: Thread, text: str, said_at: datetime | None) -> None:
    """What they wished is done; of what they said the phone hears nothing, only one line, once, that names no topic."""
    if asks_to_be_forgotten(text, held=thread.held):
        _forgotten_unseen(work, voice, thread, said_at)
        return
    work.threads.change(thread.id, waits_since=work.now)
    if wishes_person(thread, text) and not thread.held:
        person_asked(work, voice, effects, thread)
    elif not thread.waits and not thread.opted_out:
        voice.say(work, thread, "late_hello")


def wishes_person(thread: Thread, text: str) -> bool:
    """Whether a text asks for a person, by the word or by what was offered."""
    chosen = read_choice(text, thread.choices)
    return asks_for_person(text) or (chosen is not None and chosen.payload.startswith("/want_person"))


def their_word(work: UnitOfWork, voice: Voice, effects: Effects, thread: Thread, text: str, level: Level) -> None:
    """Whoever has the phone says the word first; a person and care come without it, in fixed words that know nothing.

    After STOP nobody is asked for it, and the word is known all the same.
    """
    case = work.cases.open_for(thread.id)
    is_word = thread.has_word and work.threads.is_word(thread.id, text)
    if asks_to_be_forgotten(text, held=thread.held):
        _forgotten_unseen(work, voice, thread)
    elif asks_for_person(text):
        person_asked(work, voice, effects, thread)
    elif level >= Level.ELEVATED and not is_word:
        voice.say(work, thread, "danger_without_engine")
    elif not (case is None and is_fresh_start(text)) and not work.tries.takes(guesses(thread.id)):
        if not thread.opted_out:
            voice.say(work, thread, "word_slow")
    elif is_word:
        work.threads.change(thread.id, waits_since=None)
        if not thread.held and not thread.opted_out:
            voice.say(work, thread, "word_right")
        work.messages.no_longer_waits(thread.id, "kept")
    elif thread.opted_out:
        return
    elif case is None and is_fresh_start(text):
        work.threads.start_afresh(thread.id)
        work.messages.no_longer_waits(thread.id, "noted")
        voice.welcome(work, thread, danger=Level.NONE)
    else:
        voice.say(work, thread, _asks_word(work, thread, case))


def person_asked(work: UnitOfWork, voice: Voice, effects: Effects, thread: Thread) -> None:
    """A person is asked for, and this one question is answered, whatever else is not said to them."""
    effects.apply(work, thread, {"effect": "case", "event": "consent"})
    voice.say(work, thread, "person_asked_without_engine")


def _asks_word(work: UnitOfWork, thread: Thread, case: Case | None) -> str:
    """A case that is closed asks for nothing, so their next text may be the first to hear of the word."""
    if case is not None:
        return "word_wrong_held"
    return "word_wrong" if work.threads.was_asked(thread.id) else "word_first"


def _forgotten_unseen(work: UnitOfWork, voice: Voice, thread: Thread, wished_at: datetime | None = None) -> None:
    """Whoever holds the phone may erase, as they could on the phone itself; of a case they hear nothing."""
    is_gone = forget(work, thread.id, wished_at=wished_at)
    if not thread.opted_out:
        voice.say(work, thread, "forgotten" if is_gone else "word_wrong_held")
