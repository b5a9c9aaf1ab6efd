"""What somebody asks to have printed, checked before anything is drawn. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

KINDS = ("poster", "card")
PAPERS = ("letter", "a4")
MOST_NAME, MOST_NUMBER, MOST_ADDRESS = 40, 20, 90
"""Characters that fit: a name on a card in letters that can still be read; a QR code that a cheap phone reads from a card."""
FEWEST_DIGITS, MOST_DIGITS = 3, 15
"""From a short code to the longest number of ITU-T E.164."""


class PrintRefused(Exception):
    """It cannot be printed like this; ``sentence`` says what to change."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True)
class Order:
    """One poster or card. ``number`` may be empty, ``emergency`` None; ``address`` is what the QR code opens."""

    kind: str
    lang: str
    paper: str
    agency: str
    number: str
    address: str
    emergency: str | None = None

    @property
    def shown_address(self) -> str:
        """The address as somebody would type it."""
        parts = urlsplit(self.address)
        return f"{parts.netloc}{parts.path}".rstrip("/").removeprefix("www.")


def checked(order: Order) -> Order:
    """The order with its spaces put right. Raises PrintRefused."""
    agency, number = " ".join(order.agency.split()), " ".join(order.number.split())
    if len(agency) > MOST_NAME:
        raise PrintRefused(f"The name has {len(agency)} characters. Shorten it to {MOST_NAME}, so that a card holds it.")
    if agency and not agency.isprintable():
        raise PrintRefused("The name has a character that cannot be printed. Type it again.")
    digits = re.sub(r"\D", "", number)
    if number and (not re.fullmatch(r"[0-9+() .-]+", number) or len(digits) < FEWEST_DIGITS):
        raise PrintRefused("The number may hold digits, spaces, +, - and brackets, such as +1 613 555 0100. Or leave it empty.")
    if len(number) > MOST_NUMBER or len(digits) > MOST_DIGITS:
        raise PrintRefused(f"The number is too long: it may have {MOST_DIGITS} digits and {MOST_NUMBER} characters in all.")
    if order.kind not in KINDS or order.paper not in PAPERS:
        raise PrintRefused("Choose a poster or a card, on letter or A4 paper.")
    return Order(order.kind, order.lang, order.paper, agency, number, _address(order.address), order.emergency)


def _address(written: str) -> str:
    address = written.strip()
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or not re.fullmatch(r"[!-~]+", address):
        raise PrintRefused("The address must be whole, such as https://chat.example.org.")
    if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise PrintRefused("The address must begin with https://, so that nobody on the way can read along.")
    if len(address) > MOST_ADDRESS:
        raise PrintRefused(f"The address has {len(address)} characters. Use one of at most {MOST_ADDRESS}.")
    return address
