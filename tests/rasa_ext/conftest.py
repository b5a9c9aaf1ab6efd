"""One trained model and one loaded dialogue for all tests that need Rasa; training takes half a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.store.trackers import StaleTracker, TrackerRow
from tests.talking import patterns_only

ROOT = Path(__file__).resolve().parents[2]

NONE = {"level": "none", "category": None, "subject": "self"}
FACTS: Mapping[str, Any] = {
    "screening": NONE,
    "lang": "en",
    "band": "13-15",
    "region": "CA",
    "channel": "sms",
    "case": None,
    "people_here": True,
    "emergency": "911",
    "lines": [{"name": "Kids Help Phone", "say": "Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)"}],
}


@pytest.fixture(autouse=True, scope="session")
def reviewed_patterns_only() -> Iterator[None]:
    """The second line looks with the reviewed patterns: the trained half is tested where it lives."""
    from bot.rasa_ext import screening_component

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening_component, "screening", patterns_only)
        yield


@dataclass
class Shelf:
    """Tracker rows in memory, with the same compare-and-swap as the database's."""

    rows: dict[str, TrackerRow] = field(default_factory=dict)
    stale_once: bool = False
    broken: bool = False
    saves: int = 0

    def load(self, thread_id: str) -> TrackerRow | None:
        if self.broken:
            raise ConnectionError("The database is gone.")
        return self.rows.get(thread_id)

    def save(
        self, thread_id: str, *, expected_version: int, message_id: int | None, blob: bytes, answered: Mapping[str, Any] | None
    ) -> None:
        kept = self.rows.get(thread_id)
        if self.stale_once or (kept.version if kept else 0) != expected_version:
            self.stale_once = False
            raise StaleTracker("Somebody else wrote it.")
        self.saves += 1
        self.rows[thread_id] = TrackerRow(expected_version + 1, message_id, blob, dict(answered or {}))

    @contextmanager
    def opened(self) -> Iterator[Shelf]:
        yield self


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture(scope="session")
def dialogue(rasa_model: Path, shelf: Shelf) -> Any:
    from bot.rasa_ext import server  # noqa: F401 - quiets the logs before anything of Rasa
    from bot.rasa_ext.dialogue import Dialogue
    from bot.rasa_ext.tracker_store import EncryptedTrackerStore
    from bot.words import Words

    store = EncryptedTrackerStore(None, reading=shelf.opened, writing=shelf.opened)
    return Dialogue.load(rasa_model, store, Words.load(ROOT / "content" / "messages"))


class Thread:
    """One young person's thread in the dialogue engine."""

    count = 0

    def __init__(self, dialogue: Any, shelf: Shelf) -> None:
        Thread.count += 1
        self.id = f"thread-{Thread.count}"
        self.facts = dict(FACTS)
        self._dialogue = dialogue
        self._shelf = shelf
        self.message_id = Thread.count * 1000
        self.answer: dict[str, Any] = {"replies": [], "effects": []}

    def says(
        self, text: str, *, level: str = "none", category: str | None = None, choice: str | None = None, **facts: Any
    ) -> str:
        """Send a text and read what came, all of it as one string."""
        from bot.rasa_ext.dialogue import Request

        self.message_id += 1
        verdict = {"level": level, "category": category, "subject": "self"}
        metadata = {**self.facts, "screening": verdict, **facts}
        request = Request(self.message_id, self.id, text, choice, metadata)
        self.answer = asyncio.run(self._dialogue.turn(request))
        return self.text

    def taps(self, label: str) -> str:
        """Choose what was offered last."""
        offered = [c for r in self.answer["replies"] for c in r["choices"]]
        found = [c for c in offered if label.lower() in c["label"].lower()]
        assert found, f"No choice holds {label!r}; there are {[c['label'] for c in offered]}"
        return self.says(found[0]["label"], choice=found[0]["payload"])

    @property
    def text(self) -> str:
        return "\n".join(r["text"] for r in self.answer["replies"])

    @property
    def effects(self) -> list[dict[str, Any]]:
        return self.answer["effects"]

    @property
    def choices(self) -> list[str]:
        return [c["label"] for r in self.answer["replies"] for c in r["choices"]]

    @property
    def stored(self) -> list[dict[str, Any]]:
        import json

        return json.loads(self._shelf.rows[self.id].blob)

    def slot(self, name: str) -> Any:
        """A slot's value as stored."""
        values = [e["value"] for e in self.stored if e["event"] == "slot" and e["name"] == name]
        return values[-1] if values else None


@pytest.fixture
def thread(dialogue: Any, shelf: Shelf) -> Thread:
    return Thread(dialogue, shelf)
