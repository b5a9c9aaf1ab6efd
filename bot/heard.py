"""A message in its thread, with all that decides what happens to it; ``bot.conversation`` finds it out, and acts on it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.channels.base import Inbound
from bot.group_talk import Said
from bot.safety.verdict import Verdict
from bot.threads import Route, Thread


@dataclass(frozen=True)
class Heard:
    """``crowded`` means that the bot's answers pause, ``late`` that it was said hours ago, ``switched`` that they just changed
    the language; ``group`` is what the text is to theirs."""

    inbound: Inbound
    thread: Thread
    text: str
    verdict: Verdict
    route: Route
    group: Said | None
    is_new: bool
    switched: bool
    crowded: bool
    late: bool

    @property
    def is_danger(self) -> bool:
        """Whether it goes the way of danger."""
        return self.route is Route.DANGER

    @property
    def for_bot(self) -> bool:
        """Whether the bot is to answer it."""
        has_words = bool(self.text) or not self.inbound.media
        return self.route in (Route.DANGER, Route.ORDINARY) and has_words and not self.crowded
