"""A stand-in for an engine that takes a known time for a turn, one turn at a time, and no core: what it shows is how well
the gateways spread the work, on a machine that has too few cores for two real engines."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass
class StandIn:
    """Answers every turn after ``seconds``; remembers which."""

    seconds: float
    turns: list[dict[str, Any]] = field(default_factory=list)
    down: bool = False
    _one: asyncio.Lock = field(default_factory=asyncio.Lock)

    def site(self) -> Starlette:
        return Starlette(routes=[Route("/turn", self._turn, methods=["POST"]), Route("/ready", self._ready)])

    async def _turn(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        asked = await request.json()
        async with self._one:
            await asyncio.sleep(self.seconds)
        self.turns.append(asked)
        return JSONResponse({"replies": [{"text": f"Said: {asked['text']}", "choices": []}], "effects": []})

    async def _ready(self, _request: Request) -> Response:
        return Response(status_code=503 if self.down else 200)
