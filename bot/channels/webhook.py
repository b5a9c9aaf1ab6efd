"""Signed events to another system: one POST, and whether it was taken."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import requests

from bot.channels.base import SendRefused

WAIT = 10.0
HEADER = "Handrail-Signature"


class SignedWebhook:
    """Posts JSON with ``Handrail-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">``."""

    def __init__(self, *, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret.encode()

    def post(self, event: Mapping[str, Any], *, at: datetime) -> None:
        """Send one event; raises SendRefused unless it was answered with 2xx."""
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        moment = int(at.timestamp())
        headers = {"Content-Type": "application/json", HEADER: f"t={moment},v1={self.sign(moment, body)}"}
        try:
            answer = requests.post(self._url, data=body, headers=headers, timeout=WAIT, allow_redirects=False)
        except requests.RequestException as error:
            raise SendRefused(type(error).__name__, "The other system could not be reached.", final=False) from error
        if not 200 <= answer.status_code < 300:
            raise SendRefused(str(answer.status_code), f"The other system answered {answer.status_code}.", final=False)

    def sign(self, moment: int, body: bytes) -> str:
        """The signature over a moment and a body."""
        return hmac.new(self._secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
