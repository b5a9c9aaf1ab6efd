"""A real Chromium, and sites on free ports of this machine. Nothing here reaches a network."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.browser.visitor import PHONE, Visitor
from tests.web.fakes import FakeApp, site

QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine; without one the test fails and says what to install.

    For one module only: while it runs, no other event loop can be started in this thread.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    assert path, "These tests need Chromium: install the package `chromium`, or leave them out with `make quick`."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def serving(app: ASGIApp, *, port: int = 0) -> Iterator[str]:
    """The app on a port of this machine, a free one by default; gives its address."""
    # ws is off: Rasa pins a websockets release that uvicorn cannot load, and nothing here uses one.
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 10
    while not server.started:
        assert thread.is_alive() and time.monotonic() < end, "The site for this test did not start."
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def serve() -> Callable[..., object]:
    """``with serve(app) as address:``"""
    return serving


@pytest.fixture
def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        return int(finder.getsockname()[1])


@pytest.fixture(scope="module")
def weather() -> Iterator[str]:
    """The site that quick exit opens."""
    pages = [Route("/", lambda _: HTMLResponse("<title>Weather</title><h1>Sunny</h1>"))]
    with serving(Starlette(routes=pages)) as address:
        yield address + "/"


@pytest.fixture
def app(weather) -> FakeApp:
    return FakeApp(exit_url=weather)


@pytest.fixture
def address(app, serve) -> Iterator[str]:
    with serve(site(app, groups=True)) as address:
        yield address + "/"


@pytest.fixture
def visit(chromium: Browser, app: FakeApp, address: str) -> Iterator[Callable[..., Visitor]]:
    opened = []

    def open_page(viewport: dict[str, int] = PHONE, **options: object) -> Visitor:
        context = chromium.new_context(viewport=viewport, **options)
        opened.append(context)
        visitor = Visitor(context.new_page(), app)
        visitor.page.on("console", lambda m: visitor.errors.append(m.text) if m.type == "error" else None)
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        visitor.page.goto(address)
        return visitor

    yield open_page
    for context in opened:
        context.close()


@pytest.fixture
def visitor(visit) -> Visitor:
    return visit()
