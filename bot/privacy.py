"""Pseudonyms and encryption. Pure: keys come in, nothing is read or kept.

A young person is a keyed hash of their number (HMAC-SHA-256, key outside the database); numbers and
words are encrypted with a rotatable ring of keys (Fernet: AES-128-CBC with HMAC, timestamped).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
import secrets
import zlib
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LOST_KEY = (
    "Stored words cannot be read with HANDRAIL_SECRET_KEY: put the key they were written with back at the end of the list."
)

UNREADABLE = "unreadable"
"""The code of a message that was given up because no key opens it."""


class PrivacyError(Exception):
    """Something encrypted cannot be read with the keys at hand."""


class Vault:
    """Encrypts, decrypts and names pseudonymously.

    ``secret_keys`` are newest first. The newest encrypts; all decrypt. Pseudonyms come from the oldest,
    so that adding a key in front does not turn every young person into a stranger.
    """

    def __init__(self, secret_keys: Sequence[str]) -> None:
        keys = [Fernet(base64.urlsafe_b64encode(_derive(k, "words"))) for k in secret_keys]
        self._ring, self._newest = MultiFernet(keys), keys[0]
        self._pseudonym_key = _derive(secret_keys[-1], "pseudonym")
        self._token_key = _derive(secret_keys[-1], "token")

    def pseudonym(self, channel: str, address: str) -> str:
        """The thread id of an address: 32 hex digits, the same every time, meaningless without the key."""
        return self._keyed_hash(self._pseudonym_key, f"{channel}:{address}")[:32]

    def token_hash(self, token: str) -> str:
        """How a chat or session token is stored: keyed, so that a stolen database opens no thread."""
        return self._keyed_hash(self._token_key, token)

    def service_token(self, purpose: str) -> str:
        """A token both ends can derive, for our own processes on loopback."""
        return self._keyed_hash(self._token_key, f"service:{purpose}")

    def seal(self, text: str) -> bytes:
        """Encrypt a text."""
        return self._ring.encrypt(text.encode("utf-8"))

    def open(self, sealed: bytes) -> str:
        """Decrypt a text; raises PrivacyError when no key fits."""
        return self._decrypt(sealed).decode("utf-8")

    def seal_bytes(self, blob: bytes) -> bytes:
        """Encrypt bytes, compressed first."""
        return self._ring.encrypt(zlib.compress(blob, level=1))

    def open_bytes(self, sealed: bytes) -> bytes:
        """The reverse of ``seal_bytes``."""
        return zlib.decompress(self._decrypt(sealed))

    def seal_json(self, data: Any) -> bytes:
        """Encrypt anything JSON can hold."""
        return self.seal(json.dumps(data, ensure_ascii=False))

    def open_json(self, sealed: bytes | None) -> Any:
        """The reverse of ``seal_json``; None stays None."""
        return None if sealed is None else json.loads(self.open(sealed))

    def readable(self, sealed: bytes | None) -> str | None:
        """The text, or None where there is none or no key opens it: one damaged value must not stop everybody else."""
        try:
            return self.open(sealed) if sealed is not None else None
        except PrivacyError:
            return None

    def readable_json(self, sealed: bytes | None) -> Any:
        """As ``readable``, of what ``seal_json`` sealed."""
        said = self.readable(sealed)
        return None if said is None else json.loads(said)

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret under the newest key; raises PrivacyError when no key fits."""
        try:
            return self._ring.rotate(sealed)
        except InvalidToken as error:
            raise PrivacyError(LOST_KEY) from error

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the newest key alone opens it."""
        try:
            self._newest.decrypt(bytes(sealed))
        except InvalidToken:
            return False
        return True

    def opens(self, sealed: bytes) -> bool:
        """Whether any key at hand opens it."""
        try:
            self._decrypt(sealed)
        except PrivacyError:
            return False
        return True

    def _decrypt(self, sealed: bytes) -> bytes:
        try:
            return self._ring.decrypt(bytes(sealed))
        except InvalidToken as error:
            raise PrivacyError(LOST_KEY) from error

    @staticmethod
    def _keyed_hash(key: bytes, text: str) -> str:
        return hmac.new(key, text.encode("utf-8"), hashlib.sha256).hexdigest()


def new_token() -> str:
    """An unguessable token: 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


LEAST_SECRET = 32
"""Characters of a secret: 128 bits when they are hexadecimal digits."""

TOLD_EVERYWHERE = (
    "changeme",
    "change-me",
    "change_me",
    "password",
    "passw0rd",
    "example",
    "default",
    "your-",
    "demo-",
    "handrail",
    "secret",
    "qwerty",
)
"""What stands in secrets that were copied from somewhere instead of made."""


def is_weak(secret: str) -> bool:
    """Whether a secret is short, simple, a run of the alphabet, or looks copied from a page of instructions."""
    plain = secret.casefold()
    if len(secret) < LEAST_SECRET or len(set(secret)) < 8 or any(word in plain for word in TOLD_EVERYWHERE):
        return True
    if re.fullmatch(r"[a-z_-]+", secret):  # words in a row: fewer ways than letters
        return True
    if any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 17)):
        return True
    steps = [ord(after) - ord(before) for before, after in itertools.pairwise(plain)]
    return sum(abs(step) <= 1 for step in steps) > len(steps) * 2 / 3  # of what a generator makes one in a billion


def masked(number: str) -> str:
    """A number as the desk may show it: the last two digits only."""
    return f"******{number[-2:]}"


def _derive(secret: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"handrail", info=purpose.encode())
    return kdf.derive(secret.encode("utf-8"))
