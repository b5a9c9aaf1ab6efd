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


OPEN = {
    "address": "thread_id",
    "api_token": "token_hash",
    "attempt": "code provider_id state",
    "audit": "actor detail hash previous what",
    "beat": "part",
    "booster": "module state thread_id which",
    "case": "category chi_category designation outcome passed_on safe_to_text state subject thread_id wants",
    "check_in": "state thread_id",
    "cursor": "name",
    "group_answer": "options step thread_id told",
    "group_session": "activities band join_code lang lesson link module pace region state worry_thread",
    "group_template": "activities band lang lesson module pace region",
    "group_text": "kind state step thread_id",
    "holiday": "day name",
    "join_try": "thread_id",
    "mark": "hash name",
    "message": "direction error_code once provider_id state thread_id who",
    "pace": "sender",
    "page": "place provider_id state token_hash way",
    "poll_result": "counts step",
    "received": "id_hash",
    "report": "code provider_id state",
    "return_try": "key_hash",
    "seat": "nickname thread_id token_hash told",
    "session": "token_hash",
    "shift": "days ends place starts zone",
    "staff": "first_name password_hash phone_hash role username",
    "switch": "name",
    "thread": "band channel id lang lesson region token_hash way_back_hash word_hash",
    "tracker": "thread_id",
    "typing": "thread_id who",
}
"""Every column of open text: ids, codes, hashes and fixed words, what staff typed about themselves, and a nickname drawn from a list.
Who adds one here says that no young person's words or number can stand in it; otherwise it is ``sealed_``."""


def test_no_column_of_open_text_is_there_that_nobody_thought_about() -> None:
    text = {
        f"{t.name}.{c.name}" for t in metadata.sorted_tables for c in t.columns if str(c.type).startswith(("VARCHAR", "TEXT"))
    }
    assert text == {f"{table}.{column}" for table, columns in OPEN.items() for column in columns.split()}
