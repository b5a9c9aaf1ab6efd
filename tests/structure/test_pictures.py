"""Every picture that a page of the documentation shows is there, and none is kept that no page shows."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
CHAT = PICTURES / "chat"
"""Every state at every size and theme; web-chat.md shows some and names the folder."""


def shown() -> set[Path]:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = {(page, name) for page in pages for name in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))}
    return {(page.parent / name).resolve() for page, name in found if "://" not in name}


def test_every_picture_that_is_shown_exists() -> None:
    missing = sorted(str(file.relative_to(ROOT)) for file in shown() if not file.is_file())
    assert not missing


def test_no_picture_is_kept_that_nobody_sees() -> None:
    kept = {file for file in PICTURES.iterdir() if file.is_file()}
    unused = sorted(file.name for file in kept - shown())
    assert not unused
    states = {re.sub(r"-\d+-(light|dark)$", "", file.stem) for file in CHAT.iterdir()}
    named = {re.sub(r"-\d+-(light|dark)$", "", file.stem) for file in shown() if file.parent == CHAT}
    assert states == named
