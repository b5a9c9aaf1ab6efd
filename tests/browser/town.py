"""A house with both its listeners, in this process: the real pages and the real spine, without an engine to wait for."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from bot.web.sites import public_site, staff_site
from tests.talking import House, HouseApp, demo_settings, settle
from tests.web.ports import free_port

LONGEST_START = 60.0


@contextmanager
def open_town(var: Path) -> Iterator[House]:
    """The house, listening; what waits in it is answered, told and sent all the time."""
    binds = {f"HANDRAIL_{name}_BIND": f"127.0.0.1:{free_port()}" for name in ("PUBLIC", "STAFF")}
    house = House(var, HouseApp(demo_settings(var, **binds)))
    settings, over = house.app.settings, threading.Event()
    sites = ((public_site(house.app), settings.public.port), (staff_site(house.app), settings.staff.port))
    servers = [uvicorn.Server(_config(site, port)) for site, port in sites]

    async def serve() -> None:
        live = asyncio.create_task(house.app.live.run())  # in the loop of the pages that it wakes
        await asyncio.gather(*(server.serve() for server in servers))
        live.cancel()

    def work() -> None:
        while not over.wait(0.1):
            while house.app.group_telling.tell_some():
                pass
            settle(house.app)

    threads = [threading.Thread(target=lambda: asyncio.run(serve()), daemon=True), threading.Thread(target=work, daemon=True)]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + LONGEST_START
    while not all(server.started for server in servers):
        assert time.monotonic() < limit and threads[0].is_alive(), "The sites of this test did not start."
        time.sleep(0.02)
    try:
        yield house
    finally:
        over.set()
        for server in servers:
            server.should_exit = True
        for thread in threads:
            thread.join(20)
        house.app.store.close()


def _config(site: object, port: int) -> uvicorn.Config:
    return uvicorn.Config(site, host="127.0.0.1", port=port, log_level="error", ws="none", timeout_graceful_shutdown=1)  # type: ignore[arg-type]
