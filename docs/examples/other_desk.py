"""A whole client for another system's desk: checks an event's signature, takes the case, answers, closes.

    python other_desk.py http://127.0.0.1:8081 TOKEN

takes the first waiting case, says hello and closes it. ``events`` shows how a webhook endpoint reads what comes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from typing import Any
from urllib.request import Request, urlopen


def read_event(secret: str, signature: str, body: bytes, *, now: float | None = None) -> dict[str, Any]:
    """The event in a webhook's body; raises ValueError when it is not from Handrail or too old."""
    parts = dict(piece.split("=", 1) for piece in signature.split(","))
    right = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, parts["v1"]):
        raise ValueError("The signature is wrong.")
    if abs((time.time() if now is None else now) - int(parts["t"])) > 300:
        raise ValueError("The event is too old.")
    return dict(json.loads(body))


class Handrail:
    """The API."""

    def __init__(self, desk: str, token: str) -> None:
        self._desk = desk.rstrip("/")
        self._token = token

    def ask(self, path: str, **body: str) -> Any:
        """GET without a body, POST with one (or with nothing but ``post=""``)."""
        data = json.dumps(body).encode() if body else None
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        with urlopen(Request(f"{self._desk}/api/v1{path}", data=data, headers=headers), timeout=10) as answer:
            return json.load(answer)


def take_the_first(handrail: Handrail, words: str) -> int | None:
    """Take the first waiting case, say something, close it; returns its number."""
    waiting = handrail.ask("/cases")["waiting"]
    if not waiting:
        return None
    case = int(waiting[0]["id"])
    handrail.ask(f"/cases/{case}/accept", post="")
    handrail.ask(f"/cases/{case}/reply", text=words, once="hello")
    handrail.ask(f"/cases/{case}/close", outcome="supported", category="Violence: Emotional abuse")
    return case


if __name__ == "__main__":
    taken = take_the_first(Handrail(sys.argv[1], sys.argv[2]), "Hi, a real person here. I read what you wrote.")
    print("Nobody is waiting." if taken is None else f"Case {taken} was taken, answered and closed.")
