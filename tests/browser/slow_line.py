"""Prints by the clock how soon the first screen is usable on a slow line: ``python -m tests.browser.slow_line``.

A figure, not a test: it grows with whatever else the machine does. The test reckons from bytes instead (test_public_site.py).
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bot.web.sites import public_site
from tests.browser.conftest import NAMES, QUIET, serving
from tests.browser.visitor import PHONE, SLOW_3G
from tests.talking import House

LOADS = 15
SINCE_FIRST_BYTE = """() => {
    const [page] = performance.getEntriesByType('navigation');
    return [page.domContentLoadedEventEnd, performance.getEntriesByName('first-contentful-paint')[0].startTime]
        .map((at) => at - page.responseStart);
}"""


def loaded(browser: Browser, address: str) -> tuple[float, float]:
    """Milliseconds from the first byte to a page that answers, and to one that can be read, with nothing kept from before."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW_3G)
    page.goto(address)
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    answers, reads = page.evaluate(SINCE_FIRST_BYTE)
    context.close()
    # Chromium notes the first byte before its throttle holds the answer back by the latency.
    return answers - SLOW_3G["latency"], reads - SLOW_3G["latency"]


def measure() -> Iterator[str]:
    """Loads the public site again and again; a line with median and slowest for each figure."""
    path = next(filter(None, map(shutil.which, NAMES)))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = House(Path(folder))
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        with serving(public_site(house.app)) as address:
            times = [loaded(browser, address + "/") for _ in range(LOADS)]
        browser.close()
        house.app.store.close()
    for name, taken in zip(("answers", "can be read"), zip(*times, strict=True), strict=True):
        yield f"{name}: median {statistics.median(taken):.0f}, slowest {max(taken):.0f} ms after the first byte, {LOADS} loads"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in measure())
