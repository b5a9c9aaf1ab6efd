"""Keeps on disk what came in while the database could not be written. Sealed, in order, taken out once.

A file is on the disk, not only in a buffer, before the provider is told that we have it.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from bot.channels.base import Delivery, Inbound
from bot.privacy import PrivacyError, Vault

log = structlog.get_logger()

WAITING, ASIDE, UNFINISHED = ".waiting", ".aside", ".unfinished"
KINDS: dict[str, type[Inbound] | type[Delivery]] = {"inbound": Inbound, "delivery": Delivery}


class Spool:
    """A folder of sealed files whose names are in the order they came. Safe for several processes that add and take out."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault
        self._last = 0
        self._naming = threading.Lock()

    def add(self, item: Inbound | Delivery) -> None:
        """Keep an item; raises OSError when the disk cannot take it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._folder / f"{self._next_name(item)}{UNFINISHED}"
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(self._vault.seal(_written(item)))
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(unfinished.with_suffix(WAITING))
            self._sync_folder()
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise

    def is_empty(self) -> bool:
        """Whether nothing waits; asked at every text, so it stops at the first file."""
        return next(self._names(WAITING), None) is None

    def may_hold(self, address: str) -> bool:
        """Whether something of this address waits; of a file that an older version wrote, nobody can tell."""
        mark = self._mark(address)
        return any(name.count("-") < 2 or name.split("-")[1] == mark for name in self._names(WAITING))

    def waiting(self) -> list[Path]:
        """What waits, oldest first."""
        return [self._folder / name for name in sorted(self._names(WAITING))]

    def aside(self) -> list[Path]:
        """What could not be taken in, for the doctor."""
        return [self._folder / name for name in sorted(self._names(ASIDE))]

    def _names(self, ending: str) -> Iterator[str]:
        """Names alone: where thousands wait, a path for each at every text takes a processor."""
        with suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(ending):
                    yield entry.name

    def aside_of(self) -> Iterator[tuple[Path, str, datetime]]:
        """Of what could not be taken in, each text that a key opens: its file, whose thread it belongs to, when it came."""
        for file in self.aside():
            try:
                item = _read(self._vault.open(file.read_bytes()))
            except (OSError, PrivacyError, ValueError, TypeError, KeyError):
                continue
            if isinstance(item, Inbound) and item.at is not None:
                yield file, self._vault.pseudonym(item.channel, item.address), item.at

    def items(self, *, but: Container[Path] = ()) -> Iterator[tuple[Path, Inbound | Delivery]]:
        """Each item that waits, oldest first, but for some files; one that no key opens is put aside, not in the way."""
        for file in self.waiting():
            if file in but:
                continue
            try:
                item = _read(self._vault.open(file.read_bytes()))
            except FileNotFoundError:
                continue  # another process was quicker
            except OSError as error:
                log.error("kept item cannot be read", kind=type(error).__name__)  # the others must not wait for it
                continue
            except (PrivacyError, ValueError, TypeError, KeyError):
                self.put_aside(file)
            else:
                yield file, item

    def done(self, file: Path) -> None:
        """It is in the database: forget the file."""
        file.unlink(missing_ok=True)

    def put_aside(self, file: Path) -> None:
        """Out of the way of the others, but not lost: the doctor names it."""
        if file.exists():
            file.rename(file.with_suffix(ASIDE))

    def _mark(self, address: str) -> str:
        """What a name tells of whose file it is, to us alone."""
        return self._vault.pseudonym("spool", address)[:16]

    def _next_name(self, item: Inbound | Delivery) -> str:
        """After everything that waits, also when the machine's clock went back."""
        with self._naming:
            newest = int(max(self._names(WAITING), default="0").partition("-")[0])
            self._last = max(time.time_ns(), self._last + 1, newest + 1)
            mark = self._mark(item.address) if isinstance(item, Inbound) else "report"
            # not the process's number: in containers that is always the same
            return f"{self._last:020d}-{mark}-{secrets.token_hex(8)}"

    def _sync_folder(self) -> None:
        """The new name itself must survive a power cut."""
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _written(item: Inbound | Delivery) -> str:
    fields = asdict(item)
    if fields.get("at"):
        fields["at"] = fields["at"].isoformat()
    return json.dumps({"kind": "inbound" if isinstance(item, Inbound) else "delivery", **fields})


def _read(written: str) -> Inbound | Delivery:
    """The reverse; raises ValueError, TypeError or KeyError for what is no item."""
    fields: dict[str, Any] = json.loads(written)
    kind = fields.pop("kind")
    if fields.get("at"):
        fields["at"] = datetime.fromisoformat(fields["at"])
    return KINDS[kind](**fields)
