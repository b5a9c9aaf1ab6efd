"""What the youth page needs from the rest of the system, and nothing more.

Promises: the page reaches the chat, the words and the lines only through these names, so that it can
be tried and tested against a few in-memory parts. Refuses to know: the database, the engine, SMS.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Protocol

from bot.choices import Choice
from bot.words import Words


class Said(Protocol):
    """One line of the transcript. ``who`` is "bot", "you", "helper" or "note".

    ``seq`` grows by one per line of a thread, from 1. ``name`` is a helper's first name; on a note it
    says that this person is here now. ``at`` is aware UTC.
    """

    @property
    def seq(self) -> int: ...
    @property
    def who(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def text(self) -> str: ...
    @property
    def choices(self) -> Sequence[Choice]: ...
    @property
    def at(self) -> datetime: ...


class Chat(Protocol):
    """The web chat behind the page. Every call may block, so the page makes it in a thread."""

    def open(self, band: str | None, region: str | None, lang: str) -> str:
        """A new thread; returns the token that opens it (shown once, never stored in the clear)."""

    def thread_of(self, token: str) -> str | None:
        """The thread a token opens; None when the token is unknown or the thread was forgotten."""

    def why_gone(self, thread_id: str, token: str) -> str:
        """Why a token that opened a thread does not open it any more: "moved", "forgotten" or "over"."""

    def send(self, thread_id: str, client_id: str, text: str) -> None:
        """Take a message in; the same ``client_id`` twice is one message.

        Raises ChatRefused: 400 cannot be read, 401 over, 413 too long, 429 too fast.
        """

    def shows_danger(self, text: str, thread_id: str | None) -> bool:
        """Whether a text shows danger; nothing is kept."""

    def knows_code(self, code: str) -> bool:
        """Whether a group has, or had, this join code."""

    def since(self, thread_id: str, seq: int) -> Sequence[Said]:
        """The lines after ``seq``, in order; 0 for all."""

    def types(self, thread_id: str) -> None:
        """The young person types."""

    def helper_types_until(self, thread_id: str) -> datetime | None:
        """Until when the person with them is shown as typing; None when nobody types."""

    def person_asked(self, thread_id: str) -> bool:
        """Whether a person was asked for and has not come yet."""

    def keep_way_back(self, thread_id: str, word: str) -> str:
        """Make a way back to this chat from a word of theirs; returned once. Raises ChatRefused (400) for an unfit word."""

    def come_back(self, said: str) -> str | None:
        """A new token for the chat a way back leads to, whose old token then stops working; None when it leads nowhere.

        Raises TooManyReturns.
        """

    def leave(self, thread_id: str) -> None:
        """Close the token of a page that was left; without a way back the thread is forgotten too."""

    def forget(self, thread_id: str) -> None:
        """Delete the thread's words and close its token."""


class Live(Protocol):
    """Wakes whoever waits for news."""

    def watch(self, topic: str, *, beat: float) -> AsyncGenerator[None, None]:
        """Yields once on subscribing, then when ``topic`` may have changed, and every ``beat`` seconds."""


class YouthSettings(Protocol):
    """The settings a young person's page shows."""

    @property
    def demo(self) -> bool: ...
    @property
    def service_name(self) -> str: ...
    @property
    def page_title(self) -> str: ...
    @property
    def exit_url(self) -> str: ...
    @property
    def proxies(self) -> Sequence[str]: ...


class YouthParts(Protocol):
    """The working parts that ``youth_routes`` is given."""

    @property
    def settings(self) -> YouthSettings: ...
    @property
    def words(self) -> Words: ...
    @property
    def regions(self) -> Sequence[tuple[str, str]]: ...
    @property
    def chat(self) -> Chat: ...
    @property
    def live(self) -> Live: ...

    def page_lines(self, region: str | None, lang: str = "en") -> Sequence[str]:
        """Ready sentences of the lines open now, best first, at most three; None: region unknown."""

    def every_line(self, region: str, lang: str = "en") -> Sequence[str]:
        """Ready sentences of all lines of a region, with their hours, for a page that cannot know the hour."""

    def emergency(self, region: str | None) -> str | None:
        """The emergency number of a region as it is dialled; None when it is not known."""
