"""What every channel hands to the conversation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Inbound:
    """One message in, whatever it came by.

    ``provider_id`` is unique across channels, such as ``sms:SM...`` or ``web:<thread>:<client id>``.
    ``address`` names the young person on the channel; ``number`` is set when we must be able to write
    back to it, and ``thread_id`` when the channel knows the thread already. ``at`` is when the provider got it, for a
    text that comes to us later than that. ``aim`` is set by a group's page, where a field says what a text is for:
    ``box`` the question box, ``step`` the step on the screen (``step`` names it), ``me`` the bot alone. ``carrier_word`` is
    ``stop``, ``start`` or ``help`` when the provider itself took the text for that, and has answered it.
    """

    channel: str
    provider_id: str
    text: str
    address: str = ""
    number: str | None = None
    thread_id: str | None = None
    media: bool = False
    at: datetime | None = None
    aim: str = ""
    step: str = ""
    carrier_word: str = ""


@dataclass(frozen=True)
class Delivery:
    """A provider's report about a message we sent."""

    provider_id: str
    state: str
    error_code: str | None = None


class SendRefused(Exception):
    """The provider did not take a message. ``final`` means that trying again cannot help; ``wait`` is how long the
    provider asks us to send nothing at all; ``unsure`` that it may have taken the message all the same."""

    def __init__(self, code: str, sentence: str, *, final: bool, wait: timedelta | None = None, unsure: bool = False) -> None:
        super().__init__(sentence)
        self.code = code
        self.final = final
        self.wait = wait
        self.unsure = unsure


class SendUnknown(Exception):
    """The provider may or may not have taken the message: ask it before sending again."""
