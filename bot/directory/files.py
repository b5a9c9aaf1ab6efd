"""Reads the directory's files. Pure, strict: what is not sourced, dated and reachable refuses to load."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import yaml

from bot.directory.line import VARIES, Country, Fact, Line
from bot.yaml_files import plain

KEYS = {
    "id", "kind", "name", "about", "ages", "themes", "call", "dial", "text", "chat", "web", "hours", "zone", "languages",
    "cost", "reports_minors", "run_by", "fits", "sources", "seen", "verified_on", "expires_on", "note",
}  # fmt: skip
NEEDED = (
    "id", "name", "about", "themes", "hours", "languages", "sources", "seen", "verified_on", "expires_on", "reports_minors",
)  # fmt: skip
COUNTRY_KEYS = {"region", "name", "emergency", "reporting", "limits", "lines"}
FACT_KEYS = {"source", "seen", "verified_on", "expires_on"}
KINDS = ("line", "support")
SUPPORT_THEMES = ("therapy", "arts", "culture", "peers", "mentor", "advocate")
"""What longer-term support can be: healing goes on, and a line for tonight is not all there is."""
"""A line answers now; support is for later and longer (therapy, peers, advocates), and is listed apart."""

REPORTS = ("yes", "no", "depends")
SEEN = ("official", "secondary")

_DIAL = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,6}")
"""E.164, or a short number of the country."""


class DirectoryError(Exception):
    """A directory file cannot be used; the sentence names the file, the entry and the mend."""


def _read(file: Path) -> Any:
    try:
        return plain(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DirectoryError(f"{file} cannot be read: restore it from the repository.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"see line {mark.line + 1}" if mark else "see the whole file"
        raise DirectoryError(f"{file} is not readable YAML: {where} and mend it.") from error


def read_general(file: Path) -> str | None:
    """The general words on reporting; a folder without them has none."""
    data = _read(file) if file.exists() else {}
    if not isinstance(data, dict) or set(data) - {"reporting"}:
        raise DirectoryError(f"{file} may hold reporting, and nothing else.")
    return " ".join(str(data["reporting"]).split()) if data.get("reporting") else None


def read_country(file: Path) -> Country:
    """A country and its lines; raises DirectoryError."""
    data = _read(file)
    if not isinstance(data, dict) or set(data) - COUNTRY_KEYS or not {"region", "name", "lines"} <= set(data):
        raise DirectoryError(f"{file} must hold region, name and lines; it may hold emergency, reporting and limits; no more.")
    if data["region"] != file.stem:
        raise DirectoryError(f"{file} says region {data['region']}; make it {file.stem}, as the file is named.")
    return Country(
        region=str(data["region"]),
        name=str(data["name"]),
        emergency=_fact(f"{file}, emergency", data.get("emergency"), "number"),
        reporting=_fact(f"{file}, reporting", data.get("reporting"), "words"),
        limits=_fact(f"{file}, limits", data.get("limits"), "words"),
        lines=tuple(_line(file, entry) for entry in _rows(str(file), "lines", data["lines"])),
    )


def _rows(where: str, key: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise DirectoryError(f"{where}: {key} must be a list; put a dash before each, or brackets around all.")
    return value


def _fact(where: str, entry: object, says: str) -> Fact | None:
    if entry is None:
        return None
    if not isinstance(entry, dict) or set(entry) - FACT_KEYS - {says} or not entry.get(says):
        raise DirectoryError(f"{where}: it holds {says}, {', '.join(sorted(FACT_KEYS))}, and nothing else.")
    if not entry.get("source"):
        raise DirectoryError(f"{where}: it names no source; add one, or take it out.")
    if entry.get("seen") not in SEEN:
        raise DirectoryError(f"{where}: seen must be one of {', '.join(SEEN)}: an unverified one cannot be shown.")
    try:
        dates = _date(entry.get("verified_on")), _date(entry.get("expires_on"))
    except ValueError as error:
        raise DirectoryError(f"{where}: verified_on and expires_on must be dates, as YYYY-MM-DD.") from error
    return Fact(" ".join(str(entry[says]).split()), str(entry["source"]), *dates)


def _line(file: Path, entry: object) -> Line:
    if not isinstance(entry, dict):
        raise DirectoryError(f"{file}: {entry} is no entry; write id, name and the other keys.")
    where = f"{file}, {entry.get('id', 'an entry without id')}"
    unknown, missing = set(entry) - KEYS, [k for k in NEEDED if entry.get(k) in (None, "", [])]
    if unknown:
        raise DirectoryError(f"{where}: {', '.join(sorted(map(str, unknown)))} is not a key; use {', '.join(sorted(KEYS))}.")
    if missing:
        raise DirectoryError(f"{where}: {missing[0]} is missing; add it.")
    support = entry.get("kind") == "support"
    if not any(entry.get(way) for way in ("call", "text", "chat", *(("web",) if support else ()))):
        raise DirectoryError(f"{where}: there is no way to reach it; add call, text or chat (or web, for support).")
    if support and not set(map(str, _rows(where, "themes", entry["themes"]))) <= set(SUPPORT_THEMES):
        raise DirectoryError(f"{where}: themes of support are {', '.join(SUPPORT_THEMES)}; use those.")
    if entry["hours"] == VARIES and not support:
        raise DirectoryError(f"{where}: a line needs its hours; only support may say that they vary.")
    for key, allowed in (("reports_minors", REPORTS), ("seen", SEEN), ("kind", KINDS)):
        if entry.get(key, KINDS[0] if key == "kind" else None) not in allowed:
            raise DirectoryError(f"{where}: {key} must be one of {', '.join(allowed)}, in quotes.")
    if entry["hours"] not in ("24/7", VARIES) and not entry.get("zone"):
        raise DirectoryError(f"{where}: hours need a zone, such as Europe/London; add it.")
    _check_numbers(where, entry)
    return _made(where, entry)


def _check_numbers(where: str, entry: Mapping[str, Any]) -> None:
    """``dial`` is the number of ``call``: a typing error in one of them shows against the other."""
    texts = [entry.get(key) for key in ("call", "dial", "text")]
    if any(number is not None and not isinstance(number, str) for number in texts):
        raise DirectoryError(f"{where}: write numbers in quotes, or a leading 0 is lost.")
    shown, dial = re.sub(r"\D", "", entry.get("call") or ""), entry.get("dial")
    if bool(shown) != bool(dial):
        raise DirectoryError(f"{where}: call and dial belong together; write the number as shown, and as a phone dials it.")
    if dial and not _DIAL.fullmatch(dial):
        raise DirectoryError(f"{where}: dial must be E.164, such as +18006686868, or a short number.")
    if dial and not dial.endswith(shown[1:] if shown[0] in "01" and dial.startswith("+") else shown):
        raise DirectoryError(f"{where}: call says {entry['call']} and dial {dial}; make them the same number.")


def _made(where: str, entry: Mapping[str, Any]) -> Line:
    ages = entry.get("ages", [0, 99])
    try:
        line = Line(
            id=str(entry["id"]),
            kind=str(entry.get("kind", KINDS[0])),
            name=str(entry["name"]),
            about=str(entry["about"]),
            themes=tuple(map(str, _rows(where, "themes", entry["themes"]))),
            call=entry.get("call"),
            dial=entry.get("dial"),
            text=entry.get("text"),
            chat=entry.get("chat"),
            web=entry.get("web"),
            hours=str(entry["hours"]),
            zone=str(entry.get("zone", "UTC")),
            languages=tuple(map(str, _rows(where, "languages", entry["languages"]))),
            ages=(int(ages[0]), int(ages[1])),
            cost=entry.get("cost"),
            reports_minors=str(entry["reports_minors"]),
            run_by=entry.get("run_by"),
            fits=tuple(map(str, _rows(where, "fits", entry.get("fits", [])))),
            note=entry.get("note"),
            sources=tuple(map(str, _rows(where, "sources", entry["sources"]))),
            seen=str(entry["seen"]),
            verified_on=_date(entry["verified_on"]),
            expires_on=_date(entry["expires_on"]),
        )
        line.open_at(datetime(2026, 1, 1, tzinfo=timezone.utc))  # hours that cannot be read show now, not at night
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DirectoryError(f"{where}: {error}; dates are YYYY-MM-DD, hours 24/7 or mon-fri 09:00-17:00.") from error
    return line


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(str(value))
