"""Runs the custom actions in the engine's own process, by rasa-sdk's own executor.

`rasa run actions` serves the same actions over HTTP for whoever wants a separate action server. Here a
call costs no connection, and an action that raises is reported by kind only: never with the transcript.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException


class ActionFailed(Exception):
    """An action did not finish; the sentence names the action and the kind of error, and no words."""


class Rejected(Exception):
    """A form refused to run; ``reason`` is the JSON that an action server would answer with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class InProcessActions:
    """rasa-sdk's executor with every action of this package registered."""

    def __init__(self, *, failed: Callable[[str], None]) -> None:
        self._failed = failed
        self._executor = ActionExecutor()
        self._executor.register_package("actions")

    @property
    def names(self) -> frozenset[str]:
        """The registered actions."""
        return frozenset(self._executor.actions)

    async def run(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What an action server would answer. Raises Rejected, or ActionFailed after telling ``failed``."""
        name = str(call.get("next_action"))
        try:
            return await self._executor.run(dict(call)) or {}
        except ActionExecutionRejection as error:
            raise Rejected(json.dumps({"action_name": error.action_name, "error": error.message})) from None
        except ActionNotFoundException:
            raise self._report(f"{name} is not registered") from None
        except Exception as error:  # noqa: BLE001 - the edge: what went wrong inside may hold words
            raise self._report(f"{name} raised {type(error).__name__}") from None

    def _report(self, what: str) -> ActionFailed:
        self._failed(what)
        return ActionFailed(what)
