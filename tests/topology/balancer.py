"""The plainest load balancer: each new connection to the next one that answers, whoever it is and wherever it was before."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Sequence


class Balancer:
    """Listens on one port for several backends. Knows nothing of HTTP, cookies or clients: nothing can stick."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        self._port = port
        self._backends = list(backends)
        self._turn = itertools.count()
        self._left_out: set[int] = set()

    def leaves_out(self, ports: set[int]) -> None:
        """Send nothing new to these: they are about to leave."""
        self._left_out = ports

    async def listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)
        async with server:
            await server.serve_forever()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await self._next()
        if there is None:
            writer.close()
            return
        with contextlib.suppress(OSError):
            await asyncio.gather(_pour(reader, there[1]), _pour(there[0], writer))

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for step in range(50):
            port = self._backends[(first + step) % len(self._backends)]
            if port in self._left_out:
                continue
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1 if step >= len(self._backends) - 1 else 0)
        return None


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        with contextlib.suppress(OSError):
            writer.close()
