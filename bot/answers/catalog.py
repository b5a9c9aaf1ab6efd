"""The reviewed answers, as files: content/answers/<lang>/<topic>.yml. Strict, and pure.

It promises: every answer has words, a source that was looked at on a day, a review date, and follow-ups
that exist; anything unknown or missing is one sentence that names the file and the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from bot.yaml_files import plain

BANDS = ("9-12", "13-15", "16-18")
TOPICS = (
    "grooming",
    "healthy_relationships",
    "red_flags",
    "consent_boundaries",
    "sextortion_images",
    "trafficking_basics",
    "online_safety",
    "helping_a_friend",
    "rights_in_care",
    "getting_help",
    "feelings_coping",
    "about_the_bot_privacy",
)
LONGEST_SMS = 306  # characters of GSM-7 that fit two joined segments
LONGEST_LABEL = 44
FIELDS = {
    "id", "label", "questions", "say", "in_region", "web", "source", "reviewed_on", "follow_ups", "lesson",
}  # fmt: skip
NEEDED = ("id", "label", "questions", "say", "source", "reviewed_on")


class AnswerError(Exception):
    """An answer file is wrong; the sentence names the file, the answer and the mend."""


@dataclass(frozen=True)
class Answer:
    """One reviewed answer.

    ``say`` holds the words by age band, with "default" always there; ``in_region`` holds words that law
    or practice makes different in a region ("CA", "CA-ON"); ``web`` is a longer form for a screen.
    """

    id: str
    topic: str
    label: str
    questions: tuple[str, ...]
    say: Mapping[str, str]
    source_url: str
    seen_on: date
    reviewed_on: date
    in_region: Mapping[str, str]
    follow_ups: tuple[str, ...] = ()
    web: str | None = None
    lesson: str | None = None
    lang: str = "en"

    def words(self, *, band: str | None = None, region: str | None = None, channel: str = "sms") -> str:
        """The words for somebody: by region first, then the longer form on a screen, then by band."""
        for place in (region, region.partition("-")[0] if region else None):
            if place and place in self.in_region:
                return self.in_region[place]
        if channel == "web" and self.web:
            return self.web
        return self.say.get(band or "default", self.say["default"])


class Answers:
    """Answers by id: those of one language, or of one laid over another."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers = {a.id: a for a in answers}

    @classmethod
    def load(cls, folder: Path, lang: str = "en") -> Answers:
        """Read every <topic>.yml in ``folder``, whose words are in ``lang``. Raises AnswerError."""
        files = sorted(folder.glob("*.yml"))
        if not files:
            raise AnswerError(f"{folder} holds no answers: restore the files from the repository.")
        found: dict[str, Answer] = {}
        for file in files:
            for answer in _read(file, lang):
                if answer.id in found:
                    raise AnswerError(f"{file.name}, {answer.id}: the id is used twice; give one of them another.")
                found[answer.id] = answer
        _check_follow_ups(found)
        return cls(found.values())

    def over(self, base: Answers) -> Answers:
        """These where they exist, and ``base`` for the rest; follow-ups are those of ``base``, which has them all."""
        return Answers(self._in_place_of(answer) for answer in base)

    def _in_place_of(self, theirs: Answer) -> Answer:
        mine = self.get(theirs.id)
        return replace(mine, follow_ups=theirs.follow_ups, lesson=theirs.lesson) if mine else theirs

    def __iter__(self) -> Any:
        return iter(self._answers.values())

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, answer_id: str | None) -> Answer | None:
        """The answer with an id, or None."""
        return self._answers.get(answer_id or "")


def _read(file: Path, lang: str) -> list[Answer]:
    try:
        data = plain(file.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise AnswerError(f"{file.name} is not readable YAML: {error}. Mend the line it names.") from error
    if not isinstance(data, dict) or set(data) != {"topic", "answers"}:
        raise AnswerError(f"{file.name} must hold exactly `topic` and `answers`.")
    if data["topic"] not in TOPICS:
        raise AnswerError(f"{file.name}: {data['topic']!r} is no topic; use one of {', '.join(TOPICS)}.")
    return [_answer(file, data["topic"], item, lang) for item in data["answers"]]


def _answer(file: Path, topic: str, item: Mapping[str, Any], lang: str) -> Answer:
    where = f"{file.name}, {item.get('id', 'an answer without id')}"
    unknown, missing = set(item) - FIELDS, [f for f in NEEDED if not item.get(f)]
    if unknown or missing:
        raise AnswerError(f"{where}: unknown {sorted(unknown)}, missing {missing}; see docs/authoring.md for the fields.")
    _check_words(where, item)
    source = item["source"]
    if not isinstance(source, dict) or not source.get("url") or not isinstance(source.get("seen_on"), date):
        raise AnswerError(f"{where}: the source needs `url` and `seen_on` (a date).")
    return Answer(
        id=str(item["id"]),
        topic=topic,
        label=str(item["label"]),
        questions=tuple(str(q) for q in item["questions"]),
        say={str(k): str(v).strip() for k, v in item["say"].items()},
        in_region={str(k): str(v).strip() for k, v in (item.get("in_region") or {}).items()},
        source_url=str(source["url"]),
        seen_on=source["seen_on"],
        reviewed_on=item["reviewed_on"],
        follow_ups=tuple(item.get("follow_ups") or ()),
        web=str(item["web"]).strip() if item.get("web") else None,
        lesson=item.get("lesson"),
        lang=lang,
    )


def _check_words(where: str, item: Mapping[str, Any]) -> None:
    say = item["say"]
    if not isinstance(say, dict) or "default" not in say or set(say) - {"default", *BANDS}:
        raise AnswerError(f"{where}: `say` needs `default`, and may have {', '.join(BANDS)}.")
    if len(item["label"]) > LONGEST_LABEL:
        raise AnswerError(f"{where}: the label has {len(item['label'])} characters; {LONGEST_LABEL} at most.")
    if len(item["questions"]) < 3:
        raise AnswerError(f"{where}: write at least 3 ways young people ask this.")
    for text in (*say.values(), *(item.get("in_region") or {}).values()):
        if len(str(text).strip()) > LONGEST_SMS:
            raise AnswerError(f"{where}: {len(str(text).strip())} characters; a text message has {LONGEST_SMS} at most.")
    if not isinstance(item["reviewed_on"], date):
        raise AnswerError(f"{where}: `reviewed_on` must be a date such as 2026-11-23.")


def _check_follow_ups(found: Mapping[str, Answer]) -> None:
    for answer in found.values():
        for other in answer.follow_ups:
            if other not in found:
                raise AnswerError(f"{answer.id}: the follow-up {other!r} does not exist; write it or name another.")
