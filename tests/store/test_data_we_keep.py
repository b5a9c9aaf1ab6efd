"""Every stored column is described, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

from bot.store.tables import metadata

PAGE = Path(__file__).resolve().parents[2] / "docs" / "data-we-keep.md"


def test_every_stored_column_is_described_in_data_we_keep() -> None:
    described = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| \S", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE))
    stored = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    assert described == stored


def test_every_column_that_can_hold_words_or_numbers_is_sealed() -> None:
    """Free text is allowed only in columns that staff or the software fill."""
    open_text = {
        f"{t.name}.{c.name}" for t in metadata.sorted_tables for c in t.columns if str(c.type).startswith(("VARCHAR", "TEXT"))
    }
    filled_by_young_people = {
        name for name in open_text if name.split(".")[1] in ("body", "text", "number", "reasons", "words")
    }
    assert not filled_by_young_people
