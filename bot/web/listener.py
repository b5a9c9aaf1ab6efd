"""One HTTP listener of ours: small, without an access log, ending when its process is asked to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from bot.settings import Address


async def listen(site: Starlette, address: Address) -> None:
    """Serve a site until cancelled; what is being answered then is answered first. Raises OSError when the address is taken."""
    running = server(site, address)
    serving = asyncio.ensure_future(running.serve())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        running.should_exit = True  # takes no more, finishes what it has; open streams end after two seconds
        await serving
        raise


def server(site: Starlette, address: Address) -> uvicorn.Server:
    """A server that is not running yet."""
    config = uvicorn.Config(
        site,
        host=address.host,
        port=address.port,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
        ws="none",
        lifespan="off",
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """A server without signal handlers: the process has one, for everything in it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield
