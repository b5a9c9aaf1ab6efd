"""A page as the keyboard and a screen reader go through it, and how docs/web-chat.md has that written down."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

WALKTHROUGH = Path(__file__).resolve().parents[2] / "docs" / "web-chat.md"
NAME = """() => {
    const one = document.activeElement;
    if (one === document.body) return '';
    const label = one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.querySelector('b')?.textContent
        || one.querySelector('.label')?.textContent || one.textContent;
    return label.trim().replace(/\\s+/g, ' ');
}"""


def stops(page: Page) -> list[str]:
    """The names of what Tab comes to, from where the focus is, until it leaves the page or begins anew."""
    met: list[str] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        name = page.evaluate(NAME)
        if not name or (met and name == met[0]):
            break
        met.append(name)
    return met


def heard(page: Page) -> str:
    """The page as a screen reader goes through it, in the browser's own accessibility tree."""
    lines = page.locator("body").aria_snapshot().splitlines()
    return "\n".join(line.rstrip(":") for line in lines if not re.match(r"\s*- /\w+:", line))  # addresses are not read


def stops_written(state: str) -> list[str]:
    """The stops of a state, as the walkthrough has them."""
    return re.findall(r"^\d+\. \*\*(.+?)\*\*", _section(f"stops: {state}"), re.MULTILINE)


def heard_written(state: str) -> str:
    """What is heard in a state, as the walkthrough has it."""
    return _section(f"heard: {state}").strip().removeprefix("```yaml").removesuffix("```").strip()


def _section(name: str) -> str:
    return WALKTHROUGH.read_text(encoding="utf-8").split(f"<!-- {name} -->")[1].split("<!-- end -->")[0]
