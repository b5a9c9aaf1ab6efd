"""Why a text was not taken or did not arrive: every code we know, what it means to staff, and whether to try again.

The one place for it. Codes and meanings follow Twilio's error dictionary; a code that is not here is read by its HTTP
status, and without one it is final.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.privacy import UNREADABLE


class Then(str, Enum):
    """What follows from a refusal."""

    AGAIN = "again"
    """The same text may be taken later."""
    FINAL = "final"
    """Trying again cannot help."""
    OPTED_OUT = "opted out"
    """They said STOP: nothing more is sent to them."""
    NOBODY = "nobody"
    """The number is nobody's, or will be somebody else's: it is forgotten."""


@dataclass(frozen=True)
class Meaning:
    """What a code means: what follows, and a sentence for staff."""

    then: Then
    sentence: str


UNKNOWN = "unknown"
"""Our own code: no answer came, so nobody knows whether it was sent."""


NO_NUMBER = "no number"
"""Our own code: we no longer have their number."""

TOO_LATE = "too late"
"""Our own code: it waited here for so long that it no longer fits."""

CODES: dict[str, Meaning] = {
    UNKNOWN: Meaning(Then.AGAIN, "Twilio did not answer; we ask it before anything is sent again."),
    NO_NUMBER: Meaning(Then.FINAL, "Their number is no longer kept here."),
    TOO_LATE: Meaning(Then.FINAL, "It waited here for over an hour, and somebody else may hold the phone by now: not sent."),
    UNREADABLE: Meaning(Then.FINAL, "It cannot be read here: is a key missing from HANDRAIL_SECRET_KEY?"),
    "20003": Meaning(Then.AGAIN, "Twilio refused our account: check its number and token in the settings."),
    "20429": Meaning(Then.AGAIN, "Twilio says that we send too fast."),
    "20500": Meaning(Then.AGAIN, "Twilio has a fault of its own."),
    "20503": Meaning(Then.AGAIN, "Twilio is not available right now."),
    "21211": Meaning(Then.NOBODY, "This is not a valid phone number."),
    "21408": Meaning(Then.FINAL, "Our Twilio account may not text that country: switch it on in Twilio's console."),
    "21606": Meaning(Then.FINAL, "Our own number cannot send this text: check HANDRAIL_TWILIO_FROM."),
    "21610": Meaning(Then.OPTED_OUT, "They texted STOP: nothing may be sent to them until they text START."),
    "21611": Meaning(Then.AGAIN, "Too many texts of ours wait at Twilio."),
    "21612": Meaning(Then.FINAL, "Twilio has no way from our number to theirs."),
    "21614": Meaning(Then.NOBODY, "This number cannot receive texts; it may be a landline."),
    "21617": Meaning(Then.FINAL, "The text is too long for Twilio."),
    "30001": Meaning(Then.AGAIN, "Too many texts waited at Twilio, and this one was dropped."),
    "30002": Meaning(Then.FINAL, "Our Twilio account is suspended: nothing goes out until Twilio is called."),
    "30003": Meaning(Then.AGAIN, "Their phone is off or out of reach."),
    "30004": Meaning(Then.FINAL, "They or their carrier block texts from our number."),
    "30005": Meaning(Then.NOBODY, "The number is unknown to the carrier and may no longer exist."),
    "30006": Meaning(Then.NOBODY, "This is a landline, or its carrier cannot be reached by text."),
    "30007": Meaning(Then.FINAL, "The carrier took the text for spam: tell Twilio which number sends."),
    "30008": Meaning(Then.AGAIN, "The carrier gave no reason."),
    "30022": Meaning(Then.AGAIN, "The carrier says that our number sends too fast."),
}

AGAIN_STATUSES = frozenset({401, 408, 425, 429, 500, 502, 503, 504})
"""HTTP answers after which the same request may succeed: ours to mend, too fast, or Twilio's own trouble."""


def meaning(code: str | None, *, status: int | None = None) -> Meaning:
    """What a code, or without a known one an HTTP status, means."""
    known = CODES.get(code or "")
    if known:
        return known
    if status in AGAIN_STATUSES:
        return Meaning(Then.AGAIN, f"Twilio could not take the text just now (answer {status}).")
    return Meaning(Then.FINAL, f"Twilio refused the text (code {code or status}).")
