"""The spine: what happens to a message. Read ``receive`` as a list; the order is the product. ``Replies`` is its other half.

It promises: every message is kept once and looked at for danger before anything else; a case is opened
in the same transaction as the message that shows danger.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.after_silence import came_late, opened, person_asked, taken_late, their_word, wishes_person
from bot.careful import Careful
from bot.channels.base import Inbound
from bot.choices import read_choice
from bot.deliveries import HURRIED, MOST_ATTEMPTS
from bot.effects import Effects
from bot.engine import Engine
from bot.forgetting import TO_BE_FORGOTTEN, forgotten_and_told
from bot.group_talk import IN_THEIR_WORDS, GroupTalk, Said
from bot.groups.private import OURS
from bot.handoff.cases import Event, State, can
from bot.heard import Heard
from bot.language import plain_language
from bot.looks import Looked, Looks
from bot.opting_out import opt_out
from bot.privacy import Vault
from bot.replies import Replies
from bot.safety.verdict import Level
from bot.sender import SEEN_AFTER
from bot.store.cases import Case
from bot.store.database import Store
from bot.store.messages import THEIR_WORD
from bot.store.unit_of_work import UnitOfWork
from bot.text import normalise
from bot.threads import (
    Route,
    Thread,
    asks_for_person,
    asks_to_be_forgotten,
    choose_route,
    is_help,
    is_start,
    is_stop,
    keyword,
    wants_other_person,
)
from bot.voice import Voice
from bot.way_back import Limit

log = structlog.get_logger()

AFTERWARDS = timedelta(hours=1)
"""As long as a session: who has shown danger is answered privately in it, and none of their words wait for a facilitator."""

MOST_ANSWERED, A_MINUTE = 60, timedelta(minutes=1)
"""Texts of one number that are answered in a minute: more than thumbs can write."""

STOP_OR_START = "stop or start"
"""How the newest of them is remembered, for an older one that comes to us later."""

MOST_KEYWORDS = 6
"""How often HELP and START of one number are answered in a minute."""


@dataclass(frozen=True)
class Received:
    """A message is kept. ``duplicate`` means it had been kept before, and nothing changed."""

    thread_id: str
    duplicate: bool = False


class Conversation:
    """Receives messages and replies to them."""

    def __init__(
        self,
        *,
        store: Store,
        vault: Vault,
        screening: Careful,
        engine: Engine,
        voice: Voice,
        effects: Effects,
        groups: GroupTalk,
        languages: Sequence[str] = ("en",),
    ) -> None:
        self._store = store
        self._vault = vault
        self._looks = Looks(store, screening)
        self._replies = Replies(store=store, engine=engine, voice=voice, effects=effects)
        self._voice = voice
        self._effects = effects
        self._groups = groups
        self._languages = languages

    def receive(self, inbound: Inbound) -> Received:
        """Keep, screen and route one message. One transaction, no network."""
        thread_id = inbound.thread_id or self._vault.pseudonym(inbound.channel, inbound.address)
        text = normalise(inbound.text)
        ahead = self._looks.ahead(thread_id, text)
        with self._store.begin() as work:
            if not work.sending.is_first(inbound.provider_id):
                return Received(thread_id, duplicate=True)
            if self._is_forgotten(work, thread_id, inbound, ahead.verdict.level):
                return Received(thread_id)
            heard = self._heard(work, thread_id, inbound, text, ahead)
            self._keep(work, heard)
            if heard.verdict.level >= Level.ELEVATED:
                self._danger(work, heard)
            if heard.late and heard.route not in (Route.KEYWORD, Route.OPTED_OUT):
                taken_late(work, self._voice, self._effects, heard.thread, text, inbound.at)
                return Received(thread_id)
            if not heard.late:
                heard = replace(heard, thread=opened(work, heard.thread, text, heard.route))
            self._greet(work, heard)
            self._take(work, heard)
            if inbound.media and heard.route is not Route.KEYWORD and (heard.is_danger or not heard.thread.opted_out):
                self._voice.say(work, heard.thread, "no_pictures")
        return Received(thread_id)

    def shows_danger(self, text: str, thread_id: str | None) -> bool:
        """Whether a text that a door would refuse for its pace must be taken all the same."""
        return self._looks.shows_danger(normalise(text), thread_id)

    def glance(self, text: str) -> float:
        """How likely a text is danger, at a glance, from 0 to 1: whose text is taken in first where many wait."""
        return self._looks.glance(text)

    async def calm(self, *, at_most: float) -> None:
        """Wait until no text is being looked at for danger, or so many seconds (see ``Looks``)."""
        await self._looks.calm(at_most=at_most)

    async def reply(self, found: Callable[[], None] = lambda: None) -> bool:
        """Answer the next kept message, whichever thread it is of; False when none waits (see ``Replies``)."""
        return await self._replies.next(found)

    # --- receive, step by step -------------------------------------------------------------------

    def _heard(self, work: UnitOfWork, thread_id: str, inbound: Inbound, text: str, ahead: Looked) -> Heard:
        """The message with all that is known of it: whose it is, how grave, and which way it goes."""
        thread, is_new = work.threads.find_or_create(thread_id, channel=inbound.channel, number=inbound.number)
        if inbound.channel == "sms":
            work.messages.due_now(thread_id, fewer_than=HURRIED, asked_after=SEEN_AFTER)
        thread = self._in_their_groups_language(work, thread, text) if is_new else thread
        thread, switched = self._in_their_language(work, thread, text)
        verdict = self._looks.at(work, thread, text, ahead).verdict
        group = self._group(work, thread, inbound, text)
        route = choose_route(thread=thread, text=inbound.carrier_word or text, level=verdict.level, group=group is not None)
        crowded = self._crowded(work, thread, text, route)
        late, is_new = came_late(work, thread, inbound.at), is_new or self._is_still_new(work, thread)
        return Heard(inbound, thread, text, verdict, route, group, is_new=is_new, switched=switched, crowded=crowded, late=late)

    def _in_their_language(self, work: UnitOfWork, thread: Thread, text: str) -> tuple[Thread, bool]:
        """Who plainly writes another of our languages is answered in it; and whether that is new."""
        lang = plain_language(text)
        if lang in (None, thread.lang) or lang not in self._languages or read_choice(text, thread.choices):
            return thread, False
        work.threads.change(thread.id, lang=lang)
        return replace(thread, lang=str(lang)), True

    def _is_forgotten(self, work: UnitOfWork, thread_id: str, inbound: Inbound, level: Level) -> bool:
        """It was said before they asked to be forgotten, and was on its way. Danger is for people, and STOP always holds."""
        lasts = level >= Level.ELEVATED or is_stop(inbound.carrier_word or normalise(inbound.text))
        return inbound.at is not None and not lasts and work.sending.wished_after(TO_BE_FORGOTTEN, thread_id, inbound.at)

    def _is_still_new(self, work: UnitOfWork, thread: Thread) -> bool:
        """All they wrote came late, and was answered with one line: who this is and what is private is yet to be said."""
        return thread.waits and not thread.has_word and work.messages.heard_as_said(thread.id) is None

    def _in_their_groups_language(self, work: UnitOfWork, thread: Thread, text: str) -> Thread:
        """A first text that joins a group: who we are and what is private is said in the language of the room."""
        lang = self._groups.language(work, text)
        if lang in (None, thread.lang) or lang not in self._languages:
            return thread
        work.threads.change(thread.id, lang=lang)
        return replace(thread, lang=str(lang))

    def _group(self, work: UnitOfWork, thread: Thread, inbound: Inbound, text: str) -> Said | None:
        """What the text is to a group; nothing where that breaks, for whatever a lesson lacks, the text is kept.

        Who has shown danger may be saying it again, in pieces: for a while their words are between them and us alone.
        """
        try:
            said = self._groups.reads(work, thread, text, aim=inbound.aim, to_step=inbound.step)
            waits = said is not None and said.reading is not None and said.reading.matter in IN_THEIR_WORDS
            return None if waits and work.messages.worst(thread.id, within=AFTERWARDS) >= Level.ELEVATED else said
        except Exception as error:  # noqa: BLE001 - the edge where a broken group becomes an ordinary text
            log.error("group not read", kind=type(error).__name__)
            return None

    def _crowded(self, work: UnitOfWork, thread: Thread, text: str, route: Route) -> bool:
        """Two machines talking, or one that floods: all is kept and screened, and only the bot's answers pause.

        Never for danger, for a carrier's word, or for somebody who asks for a person.
        """
        if thread.channel != "sms" or route is not Route.ORDINARY or (keyword(text) or "").startswith("/want_person"):
            return False
        heard = work.messages.heard(thread.id, within=A_MINUTE)
        if heard == MOST_ANSWERED:
            self._voice.say(work, thread, "too_many_texts")
        return heard >= MOST_ANSWERED

    def _keep(self, work: UnitOfWork, heard: Heard) -> None:
        inbound, thread, text, verdict = heard.inbound, heard.thread, heard.text, heard.verdict
        by_us = not heard.for_bot or heard.late  # else the reply hides the word
        unread = by_us and work.threads.said_word(thread, text, verdict.level)
        named = None if verdict.level >= Level.ELEVATED else read_choice(text, thread.choices)
        if named and named.payload.startswith(OURS) and heard.route is not Route.GROUP:
            named = None  # the group it was offered in is over: a stray letter by now
        state = "kept" if heard.for_bot else "noted"
        in_danger = heard.route is Route.WORD and verdict.level >= Level.ELEVATED
        if heard.late and (heard.for_bot or in_danger):  # answered when they write again, but for what is done with already
            state = "noted" if unread or wishes_person(thread, text) else "waits"
        work.messages.keep_inbound(
            thread.id,
            provider_id=inbound.provider_id,
            text=THEIR_WORD if unread else text,
            verdict=replace(verdict, reasons=()) if unread else verdict,
            state=state,
            chosen=named.payload if named else keyword(text),  # as offered now: a second tap cannot skip a step
            said_at=inbound.at,
        )

    def _danger(self, work: UnitOfWork, heard: Heard) -> None:
        """Open or raise the case; an imminent one is queued, and answered with fixed words, here and now.

        Elevated alone opens none: a kind word and the offer of a person come first, and taking it opens one. What came hours
        late is queued for people, and answered in words that know nothing (``taken_late``).
        """
        thread, verdict, late = heard.thread, heard.verdict, heard.late
        work.threads.raise_level(thread.id, verdict.level)
        # nothing ordinary stands in the way of these words
        work.messages.due_now(thread.id, fewer_than=MOST_ATTEMPTS, asked_after=SEEN_AFTER)
        work.group_answers.take_back_resting(thread.id)  # its first words, where it came in several texts
        case = work.cases.open_for(thread.id)
        if case is None and verdict.level < Level.HIGH:
            return
        newly_imminent = verdict.level is Level.IMMINENT and (case is None or case.level < Level.IMMINENT)
        case = work.cases.raise_level(case, verdict) if case else work.cases.open(thread.id, verdict)
        if verdict.level is Level.IMMINENT or (late and verdict.level is Level.HIGH):
            case = queue_if_possible(work, case)
        if late:
            return
        if thread.waits and verdict.level >= Level.HIGH:
            work.threads.change(thread.id, waits_since=None)
            work.messages.no_longer_waits(thread.id, "noted")
            work.audit.add(actor="young person", what="wrote without their word", case_id=case.id)
        if newly_imminent and not thread.held:
            self._voice.emergency_words(work, thread, case)

    def _greet(self, work: UnitOfWork, heard: Heard) -> None:
        """Who this is and what is private, once; or that we noticed their language."""
        if heard.is_new and heard.route is not Route.KEYWORD and not heard.thread.opted_out:
            self._voice.welcome(work, heard.thread, danger=heard.verdict.level)
        elif heard.switched and heard.route is Route.ORDINARY and heard.verdict.level is Level.NONE:
            self._voice.say(work, heard.thread, "language_noticed")

    def _take(self, work: UnitOfWork, heard: Heard) -> None:
        """What we do ourselves, at once; the bot's part comes after the commit (``Replies``)."""
        thread, text, route = heard.thread, heard.text, heard.route
        if route is Route.KEYWORD:
            self._keyword(work, heard)
        if route is Route.GROUP and heard.group:
            self._groups.take(work, thread, heard.group)
        if route is Route.WORD:
            their_word(work, self._voice, self._effects, thread, text, heard.verdict.level)
        if route is Route.HELD:
            self._to_a_person(work, heard)
        if route in (Route.HELD, Route.OPTED_OUT) and asks_to_be_forgotten(text, held=thread.held):
            forgotten_and_told(work, self._voice, thread, heard.inbound.at)
        if route is Route.OPTED_OUT and asks_for_person(text):
            person_asked(work, self._voice, self._effects, thread)

    def _to_a_person(self, work: UnitOfWork, heard: Heard) -> None:
        """The worker reads it; a word to their group is still done, and another person is asked for in plain words."""
        if heard.group:
            self._groups.take_held(work, heard.thread, heard.group)
        work.presence.stops_typing(heard.thread.id, "you")
        if wants_other_person(heard.text):
            self._other_person(work, heard.thread)

    def _other_person(self, work: UnitOfWork, thread: Thread) -> None:
        """They would rather talk with somebody else: the case goes back, and not to the same person."""
        case = work.cases.open_for(thread.id)
        if case and can(case.state, Event.HAND_BACK):
            said = "asked for another person"
            work.cases.move(case, Event.HAND_BACK, actor="young person", detail=said, not_staff_id=case.staff_id)
            if not thread.opted_out:
                self._voice.say(work, thread, "other_person_asked")

    def _keyword(self, work: UnitOfWork, heard: Heard) -> None:
        """The carrier's words. HELP leads with a person; STOP is honoured at once, with one confirmation.

        What the provider ``answered`` is not answered twice, but for HELP: its words may name neither danger nor a person. A
        number that says HELP or START without end would use up the pace of ours, and is answered now and then.
        """
        thread, said_at, answered = heard.thread, heard.inbound.at, bool(heard.inbound.carrier_word)
        text = heard.inbound.carrier_word or heard.text
        if not is_stop(text):
            answered = answered and not is_help(text)
            answered = answered or not work.tries.takes(Limit(f"carrier words {thread.id}", MOST_KEYWORDS, A_MINUTE))
        if is_help(text):
            if not answered:
                self._voice.say(work, thread, "help")
            return
        if work.sending.wished_after(STOP_OR_START, thread.id, said_at or work.now):
            return  # it came to us after a newer one, which holds
        work.sending.wished(STOP_OR_START, thread.id, said_at or work.now)
        if is_start(text):
            work.threads.change(thread.id, opted_out_at=None)
            if not answered:
                self._voice.say(work, thread, "started")
        elif not thread.opted_out:
            opt_out(work, thread.id, actor="young person")
            if not answered:
                self._voice.say(work, thread, "stopped")


def queue_if_possible(work: UnitOfWork, case: Case) -> Case:
    """Queue a case for people unless it is already with them."""
    if case.state in (State.DETECTED, State.OFFERED, State.CONSENTED, State.DECLINED):
        return work.cases.move(case, Event.QUEUE)
    if case.state is State.DROPPED:
        return work.cases.move(case, Event.RETURN)
    return work.cases.move(case, Event.QUEUE) if case.state is State.FALLBACK_GIVEN else case
