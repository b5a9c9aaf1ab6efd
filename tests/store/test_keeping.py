"""Keys that turn, and copies that come back."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import App
from bot.privacy import PrivacyError
from bot.safety.verdict import Level, Reason, Verdict
from bot.store import backup, rotation
from bot.store.backup import WHAT_MAY_HAVE_HAPPENED, back_up, restore
from bot.store.database import Store, StoreError
from tests.talking import START, Desk, House, Phone

NEW = "a-new-key-of-at-least-32-letters!"
DANGER = "my stepdad hits me"


@pytest.fixture
def lived_in(phone: Phone, desk: Desk) -> str:
    """A thread with a case, a note and a summary; gives its id."""
    phone.texts("hi")
    phone.texts(DANGER)
    return phone.thread_id


def with_keys(app: App, *keys: str) -> App:
    """The same installation, with other keys in its environment."""
    return App(replace(app.settings, secret_keys=keys))


def words(app: App, thread_id: str) -> list[str]:
    with app.store.read() as work:
        return [m.text for m in work.messages.transcript(thread_id)]


# --- keys ------------------------------------------------------------------------------------------


def test_after_a_rotation_the_newest_key_alone_reads_everything(house: House, lived_in: str) -> None:
    old_keys = house.app.settings.secret_keys
    turned = with_keys(house.app, NEW, *old_keys)
    assert rotation.under_older_keys(turned.store, turned.vault)[0] > 3
    changed = rotation.rotate(turned.store, turned.vault)
    assert changed > 3 and rotation.under_older_keys(turned.store, turned.vault) == (0, 0)
    assert DANGER in words(turned, lived_in)
    assert DANGER in words(with_keys(house.app, NEW), lived_in)  # names of threads aside, the old key is not needed to read


def test_a_rotation_run_again_changes_nothing(house: House, lived_in: str) -> None:
    turned = with_keys(house.app, NEW, *house.app.settings.secret_keys)
    rotation.rotate(turned.store, turned.vault)
    assert rotation.rotate(turned.store, turned.vault) == 0


def test_a_rotation_that_is_stopped_goes_on_where_it_was(house: House, lived_in: str, monkeypatch: pytest.MonkeyPatch) -> None:
    turned = with_keys(house.app, NEW, *house.app.settings.secret_keys)
    monkeypatch.setattr(rotation, "BATCH", 1)
    calls, real = [], rotation._rotate_rows

    def stops_at_the_third(*given: object) -> int:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rotation, "_rotate_rows", stops_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(turned.store, turned.vault)
    assert DANGER in words(turned, lived_in)
    monkeypatch.setattr(rotation, "_rotate_rows", real)
    rotation.rotate(turned.store, turned.vault)
    assert rotation.under_older_keys(turned.store, turned.vault) == (0, 0)


def test_a_young_person_stays_the_same_one_when_a_key_is_added(house: House, phone: Phone) -> None:
    phone.texts("hi")
    turned = with_keys(house.app, NEW, *house.app.settings.secret_keys)
    assert turned.vault.pseudonym("sms", phone.number) == phone.thread_id


def test_a_key_that_is_missing_is_one_sentence(house: House, lived_in: str) -> None:
    lost = with_keys(house.app, NEW)
    with pytest.raises(PrivacyError, match="HANDRAIL_SECRET_KEY"):
        rotation.rotate(lost.store, lost.vault)


def test_every_encrypted_column_is_turned() -> None:
    named = {f"{table.name}.{column.name}" for table, columns in rotation.sealed_columns().items() for column in columns}
    assert {"message.sealed_body", "address.sealed_number", "tracker.sealed_events", "staff.sealed_totp"} <= named


# --- copies ----------------------------------------------------------------------------------------


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    with sqlite3.connect(file) as opened:
        tables = [name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {name: sorted(opened.execute(f'SELECT * FROM "{name}"'), key=repr) for name in tables}


def database_of(store: Store) -> Path:
    return Path(str(store.engine.url.database))


def test_a_copy_put_back_is_the_same_to_the_last_row(house: House, phone: Phone, lived_in: str, tmp_path: Path) -> None:
    assert back_up(house.app.store, tmp_path / "copy.db") > 10_000
    before, said = rows(tmp_path / "copy.db"), words(house.app, lived_in)
    phone.texts("something after the copy")
    house.app.store.close()
    aside = restore(house.app.store, tmp_path / "copy.db", now=START).aside
    assert rows(database_of(house.app.store)) == before and words(house.app, lived_in) == said
    assert aside is not None and aside.exists()  # what was there is not thrown away


def test_a_copy_is_taken_while_somebody_writes(house: House, lived_in: str, tmp_path: Path) -> None:
    with house.app.store.begin() as work:
        work.messages.queue(lived_in, "not committed yet")
        back_up(house.app.store, tmp_path / "copy.db")
    assert len(rows(tmp_path / "copy.db")["message"]) == len(words(house.app, lived_in)) - 1


def test_a_copy_holds_no_word_in_the_clear_and_is_for_its_owner_only(house: House, lived_in: str, tmp_path: Path) -> None:
    back_up(house.app.store, tmp_path / "copy.db")
    assert b"stepdad" not in (tmp_path / "copy.db").read_bytes()
    assert (tmp_path / "copy.db").stat().st_mode & 0o077 == 0


def test_what_went_out_after_the_copy_does_not_go_out_again_when_it_is_put_back(
    house: House, phone: Phone, tmp_path: Path
) -> None:
    other = house.phone("+15005550124")
    phone.texts("hi")
    phone.quickly_texts("what is grooming")  # to be answered
    other.quickly_texts("hello")  # and here is something to be sent as well
    back_up(house.app.store, tmp_path / "copy.db")
    house.settles()
    before = phone.everything(), other.everything()
    house.app.store.close()
    restored = restore(house.app.store, tmp_path / "copy.db", now=START)
    assert (restored.in_doubt, restored.unanswered) == (2, 2)
    for _ in range(3):
        house.app.clock.passes(minutes=1)
        house.settles()
    assert (phone.everything(), other.everything()) == before
    phone.texts("and now")
    assert phone.everything()[-1] == "You said: and now"


def test_what_had_not_gone_out_when_it_was_copied_goes_out_when_it_is_put_back(
    house: House, phone: Phone, tmp_path: Path
) -> None:
    phone.quickly_texts("hi")
    back_up(house.app.store, tmp_path / "copy.db")
    house.app.store.close()
    restore(house.app.store, tmp_path / "copy.db", now=START)
    house.settles()
    assert len(phone.everything()) == 2  # who this is, and what is private


def test_the_same_is_told_to_whoever_puts_a_copy_of_postgresql_back() -> None:
    told = (Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")
    assert [statement for statement in WHAT_MAY_HAVE_HAPPENED if statement not in told] == []


def test_an_older_copy_is_never_written_over(house: House, lived_in: str, tmp_path: Path) -> None:
    back_up(house.app.store, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="name a new file"):
        back_up(house.app.store, tmp_path / "copy.db")


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to look like one", None])
def test_what_is_no_copy_is_refused_and_nothing_is_touched(
    house: House, lived_in: str, tmp_path: Path, content: bytes | None
) -> None:
    copy = tmp_path / "copy.db"
    if content is not None:
        copy.write_bytes(content)
    with pytest.raises(StoreError, match=r"copy|backup"):
        restore(house.app.store, copy, now=START)
    assert DANGER in words(house.app, lived_in)


def test_a_copy_is_not_put_back_under_a_running_service(house: House, lived_in: str, tmp_path: Path) -> None:
    back_up(house.app.store, tmp_path / "copy.db")
    other = App(house.app.settings)
    assert DANGER in words(other, lived_in)  # its connection stays open, as a running process's does
    with pytest.raises(StoreError, match="stop `handrail serve`"):
        restore(house.app.store, tmp_path / "copy.db", now=START)
    other.store.close()


def test_a_disk_that_is_full_leaves_the_database_where_it_was_and_no_half_copy(
    house: House, lived_in: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(house.app.store, tmp_path / "copy.db")
    house.app.store.close()
    target = database_of(house.app.store)

    def full(_source: Path, half: Path) -> None:
        half.write_bytes(b"half of it")
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch, pytest.raises(sqlite3.OperationalError):
        patch.setattr(backup, "_copy", full)
        restore(house.app.store, tmp_path / "copy.db", now=START)
    assert DANGER in words(house.app, lived_in)
    assert not list(target.parent.glob(f"{target.name}.*"))


def test_what_was_put_aside_stays_its_week_however_old_it_is(house: House, lived_in: str, tmp_path: Path) -> None:
    back_up(house.app.store, tmp_path / "copy.db")
    house.app.store.close()
    long_ago = START.timestamp() - 30 * 86400
    os.utime(database_of(house.app.store), (long_ago, long_ago))
    aside = restore(house.app.store, tmp_path / "copy.db", now=START).aside
    house.app.clock.passes(days=6.9)
    house.app.outbox.expire()
    assert aside is not None and aside.exists()
    house.app.clock.passes(days=0.2)
    house.app.outbox.expire()
    assert not aside.exists()


def test_postgresql_is_told_its_own_way(house: House, tmp_path: Path) -> None:
    store = Store("postgresql://nobody@localhost/none", house.app.vault, house.app.now)
    with pytest.raises(StoreError, match="pg_dump"):
        back_up(store, tmp_path / "copy.db")


def test_a_verdict_is_kept_through_both(house: House, tmp_path: Path) -> None:
    """Words of the screening are sealed like all others."""
    with house.app.store.begin() as work:
        work.threads.find_or_create("t1", channel="sms", number="+15005550123")
        work.cases.open("t1", Verdict(Level.HIGH, "abuse_at_home", "self", (Reason("pattern:x", "stepdad"),)))
    back_up(house.app.store, tmp_path / "copy.db")
    assert b"stepdad" not in (tmp_path / "copy.db").read_bytes()
