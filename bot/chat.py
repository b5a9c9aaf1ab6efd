"""The web chat: threads that a token opens, and what was said in them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Inbound
from bot.choices import Choice
from bot.conversation import Conversation
from bot.forgetting import page_closed
from bot.handoff.cases import WAITING
from bot.privacy import Vault, new_token
from bot.store.database import Store
from bot.store.messages import Message
from bot.threads import BANDS
from bot.way_back import fits, limits, make
from bot.words import Words

MOST_CHARACTERS = 1600
"""The longest text taken in: ten SMS segments, more than anybody types at once."""


class ChatRefused(Exception):
    """A message was not taken; ``sentence`` tells the young person what to do, ``status`` is HTTP.

    400 cannot be read, 401 this chat is over, 413 too long, 429 too fast.
    """

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class TooManyReturns(Exception):
    """Ways back are tried faster than anybody types one."""


@dataclass(frozen=True)
class Said:
    """One line of the transcript, as a page shows it."""

    seq: int
    who: str
    name: str | None
    text: str
    choices: tuple[Choice, ...]
    at: datetime


class Chat:
    """Opens, reads and forgets web threads."""

    def __init__(self, *, store: Store, vault: Vault, conversation: Conversation, words: Words, regions: Sequence[str]) -> None:
        self._store = store
        self._vault = vault
        self._conversation = conversation
        self._words = words
        self._regions = frozenset(regions)

    def open(self, band: str | None, region: str | None, lang: str) -> str:
        """A new thread; returns the token that opens it, which is kept only as a hash."""
        token = new_token()
        with self._store.begin() as work:
            work.threads.create(
                self._vault.pseudonym("web", secrets.token_hex(16)),
                channel="web",
                lang=lang,
                band=band if band in BANDS else None,
                region=region if region in self._regions else None,
                token_hash=self._vault.token_hash(token),
            )
        return token

    def thread_of(self, token: str) -> str | None:
        """The thread a token opens."""
        with self._store.read() as work:
            return work.threads.by_token(token)

    def why_gone(self, thread_id: str, token: str) -> str:
        """Why a token no longer opens its thread: it "moved" to another page, was "forgotten", or is "over"."""
        with self._store.read() as work:
            forgotten = work.threads.is_forgotten(thread_id)
            now = work.threads.tokens([thread_id])[thread_id]
            closed = now is None and not work.threads.has_way_back(thread_id) and work.cases.open_for(thread_id) is not None
        if forgotten or closed:  # closed: only the people with the case keep it
            return "forgotten"
        return "moved" if now is not None and now != self._vault.token_hash(token) else "over"

    def send(self, thread_id: str, client_id: str, text: str) -> None:
        """Take a message in; the same ``client_id`` twice is one message. Raises ChatRefused."""
        if len(text) > MOST_CHARACTERS:
            raise ChatRefused(self._words.say("page_error_long", self._lang(thread_id)), status=413)
        provider_id = f"web:{thread_id}:{client_id}"[:128]
        self._conversation.receive(Inbound(channel="web", provider_id=provider_id, text=text, thread_id=thread_id))

    def shows_danger(self, text: str, thread_id: str | None) -> bool:
        """Whether a text, after what was just said in its thread, shows danger. Nothing is kept."""
        return self._conversation.shows_danger(text[:MOST_CHARACTERS], thread_id)

    def knows_code(self, code: str) -> bool:
        """Whether a group has, or had, this join code."""
        with self._store.read() as work:
            return work.groups.by_code(code) is not None

    def _lang(self, thread_id: str) -> str:
        with self._store.read() as work:
            thread = work.threads.get(thread_id)
        return thread.lang if thread else "en"

    def since(self, thread_id: str, seq: int) -> list[Said]:
        """What was said after ``seq``, in order."""
        with self._store.read() as work:
            names = {s.id: s.first_name for s in work.staff.everyone()}
            return [_said(m, names) for m in work.messages.transcript(thread_id, after=seq) if m.readable]

    def types(self, thread_id: str) -> None:
        """The young person types; kept only while a person is there to see it."""
        with self._store.begin() as work:
            thread = work.threads.get(thread_id)
            if thread and thread.held:
                work.presence.types(thread_id, "you")

    def helper_types_until(self, thread_id: str) -> datetime | None:
        """Until when the person with them is shown as typing."""
        with self._store.read() as work:
            return work.presence.typing_until(thread_id, "helper")

    def person_asked(self, thread_id: str) -> bool:
        """Whether a person was asked for and has not come yet."""
        with self._store.read() as work:
            case = work.cases.open_for(thread_id)
        return case is not None and case.state in WAITING

    def keep_way_back(self, thread_id: str, word: str) -> str:
        """Make a way back to this chat from a word of theirs; returns it, to be shown once. Raises ChatRefused."""
        if not fits(word):
            raise ChatRefused(self._words.say("page_word_unfit", self._lang(thread_id)))
        said = make(word)
        with self._store.begin() as work:
            work.threads.keep_way_back(thread_id, said)
        return said

    def come_back(self, said: str) -> str | None:
        """A new token for the chat that this way back leads to; the old one stops working, and its page says so.

        Raises TooManyReturns. Every try counts, for all gateways together.
        """
        token = new_token()
        with self._store.begin() as work:
            in_time = work.tries.takes(*limits(said))
            thread_id = work.threads.by_way_back(said) if in_time else None
            if thread_id is not None:
                work.threads.change(thread_id, token_hash=self._vault.token_hash(token))
        if not in_time:
            raise TooManyReturns
        return token if thread_id is not None else None

    def leave(self, thread_id: str) -> None:
        """The page was left: its token is forgotten, and the chat too unless they kept a way back to it."""
        with self._store.begin() as work:
            kept = work.threads.has_way_back(thread_id)
            if kept:
                work.threads.change(thread_id, token_hash=None)
                case = work.cases.open_for(thread_id)
                if case:
                    work.audit.add(actor="young person", what="page left, with a way back", case_id=case.id)
        if not kept:
            self.forget(thread_id)

    def forget(self, thread_id: str) -> None:
        """Erase the thread. Where people have a case of it, only its token and its way back stop working now."""
        with self._store.begin() as work:
            work.threads.change(thread_id, way_back_hash=None)
            work.threads.change(thread_id, token_hash=None)
            page_closed(work, thread_id)


def _said(message: Message, names: dict[int, str]) -> Said:
    name = names.get(message.staff_id) if message.staff_id else None
    return Said(message.seq, message.who, name, message.text, message.choices, message.at)
