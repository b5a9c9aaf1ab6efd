"""Open pages of a group, for a bench: ``python -m bot.bench.pages URL``, in a process of its own.

The first line on its standard input are the tokens of the seats. For every further line it says how many of the pages are
open and were shown the group's step.
"""

from __future__ import annotations

import asyncio
import sys

import httpx

from bot.serve.logs import many_files


class Pages:
    """The open pages."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._shown: set[str] = set()

    @property
    def shown(self) -> int:
        """How many are open and were shown the step."""
        return len(self._shown)

    async def open(self, token: str) -> None:
        """One page; opened again when it was cut off."""
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=None, headers=headers) as client:
            while True:
                try:
                    async with client.stream("GET", "/group/events") as stream:
                        async for line in stream.aiter_lines():
                            if line.startswith("event: screen"):
                                self._shown.add(token)
                except httpx.HTTPError:
                    pass
                self._shown.discard(token)
                await asyncio.sleep(0.5)


async def _main(url: str, tokens: list[str]) -> None:
    pages = Pages(url)
    opened = [asyncio.create_task(pages.open(token)) for token in tokens]
    while await asyncio.to_thread(sys.stdin.readline):
        sys.stdout.write(f"{pages.shown}\n")
        sys.stdout.flush()
    for page in opened:
        page.cancel()


if __name__ == "__main__":
    many_files()
    asyncio.run(_main(sys.argv[1], sys.stdin.readline().split()))
