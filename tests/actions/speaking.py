"""Actions in a test: a tracker made by hand, an action run as the function it is, and what it said."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

FACTS: Mapping[str, Any] = {
    "lang": "en",
    "band": "13-15",
    "region": "CA",
    "channel": "sms",
    "case": None,
    "people_here": True,
    "emergency": "911",
    "lines": [{"name": "Kids Help Phone", "say": "Kids Help Phone: call 1-800-668-6868 or text 686868 (24/7)"}],
}


class Said:
    """What an action said and did."""

    def __init__(self, messages: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
        self.texts = [m["text"] for m in messages if m.get("text")]
        self.choices = [b["title"] for m in messages for b in m.get("buttons") or ()]
        self.effects = [m["custom"] for m in messages if m.get("custom")]
        self.slots = {e["name"]: e["value"] for e in events if e["event"] == "slot"}
        self.followup = next((e["name"] for e in events if e["event"] == "followup"), None)
        self.left_form = any(e["event"] == "active_loop" and e["name"] is None for e in events)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def run(
    action: Action,
    *,
    text: str = "x",
    intent: str = "ask",
    level: str = "none",
    category: str | None = None,
    subject: str = "self",
    entities: Mapping[str, str] | None = None,
    slots: Mapping[str, Any] | None = None,
    loop: str | None = None,
    certain: float = 1.0,
    **facts: Any,
) -> Said:
    """Run an action on one message in one situation."""
    message = {
        "text": text,
        "intent": {"name": intent, "confidence": certain},
        "entities": [{"entity": k, "value": v} for k, v in (entities or {}).items()],
        "metadata": {**FACTS, "screening": {"level": level, "category": category, "subject": subject}, **facts},
    }
    tracker = Tracker("t", dict(slots or {}), message, [], False, None, {"name": loop} if loop else {}, "action_listen")
    dispatcher = CollectingDispatcher()
    result = action.run(dispatcher, tracker, {})
    events = asyncio.run(result) if inspect.isawaitable(result) else result
    return Said(dispatcher.messages, list(events or []))
