"""What a group can do beside a lesson's steps, read strictly from ``content/groups``. Pure.

Structure stands once in ``activities.yml``, words in ``<lang>.yml``, what a facilitator reads in ``guide.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.yaml_files import plain

KINDS = ("scale", "many", "cloud")
PLACES = ("start", "middle", "end")
SCALE = ("1", "2", "3", "4", "5")
GUIDED = ("hook", "scenario", "choose", "practise", "plan", "keep", *KINDS, "before", "after")


class ActivitiesError(Exception):
    """The files cannot be used; the sentence names the file and the mend."""


@dataclass(frozen=True)
class Activity:
    """One activity: its kind, where in a session it stands, and its options (letters, or 1 to 5)."""

    id: str
    kind: str
    at: str
    options: tuple[str, ...]


@dataclass(frozen=True)
class ActivityWords:
    """What an activity says, and the labels of its options."""

    say: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Guide:
    """For the facilitator: what to do at a kind of step, and its minutes."""

    minutes: int
    text: str


@dataclass(frozen=True)
class Activities:
    """All activities, their words by language, and the guide by kind of step."""

    all: tuple[Activity, ...]
    words: Mapping[str, Mapping[str, ActivityWords]]
    guides: Mapping[str, Guide]

    @classmethod
    def load(cls, folder: Path) -> Activities:
        """Read ``folder``; raises ActivitiesError."""
        found = tuple(_activity(name, row) for name, row in _read(folder / "activities.yml").items())
        words = {file.stem: _words(file, found) for file in sorted(folder.glob("??.yml"))}
        if "en" not in words:
            raise ActivitiesError(f"{folder}/en.yml is missing: restore it from the repository.")
        guides = _read(folder / "guide.yml")
        missing = [kind for kind in GUIDED if kind not in guides]
        if missing:
            raise ActivitiesError(f"{folder}/guide.yml says nothing about {missing[0]}: add it.")
        return cls(found, words, {k: Guide(int(g["minutes"]), str(g["guide"])) for k, g in guides.items()})

    def get(self, activity: str) -> Activity:
        """One activity; raises KeyError."""
        return {a.id: a for a in self.all}[activity]

    def say(self, activity: str, lang: str) -> ActivityWords:
        """Its words; a language nobody has written falls back to English."""
        return self.words.get(lang, self.words["en"])[activity]


def _read(file: Path) -> dict[str, Any]:
    try:
        data = plain(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ActivitiesError(f"{file} cannot be read: restore it from the repository.") from error
    if not isinstance(data, dict) or not data:
        raise ActivitiesError(f"{file} holds nothing: restore it from the repository.")
    return data


def _activity(name: str, row: Any) -> Activity:
    if not isinstance(row, dict) or row.get("kind") not in KINDS or row.get("at") not in PLACES:
        raise ActivitiesError(
            f"content/groups/activities.yml, {name}: it needs a kind and a place (at); see the top of the file."
        )
    options = {"scale": SCALE, "cloud": ()}.get(row["kind"], tuple(map(str, row.get("options") or ())))
    if row["kind"] == "many" and not 2 <= len(options) <= 6:
        raise ActivitiesError(f"content/groups/activities.yml, {name}: give it two to six options.")
    return Activity(name, row["kind"], row["at"], options)


def _words(file: Path, activities: tuple[Activity, ...]) -> dict[str, ActivityWords]:
    rows = _read(file)
    if set(rows) != {a.id for a in activities}:
        raise ActivitiesError(f"{file} must hold exactly {', '.join(a.id for a in activities)}.")
    found = {}
    for activity in activities:
        labels = {str(k): str(v) for k, v in (rows[activity.id].get("options") or {}).items()}
        wanted = activity.options if activity.kind == "many" else ()
        if tuple(labels) != wanted:
            raise ActivitiesError(f"{file}, {activity.id}: its options must be {', '.join(wanted) or 'left out'}.")
        found[activity.id] = ActivityWords(str(rows[activity.id]["say"]), labels or {o: o for o in activity.options})
    return found
