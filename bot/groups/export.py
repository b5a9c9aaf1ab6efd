"""The summary of a group as CSV, for a spreadsheet. Pure.

Promises: nothing is in it that the summary's page does not show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from bot.groups.steps import AFTER, BEFORE
from bot.groups.views import Summary

COLUMNS = [
    "group", "name", "date", "took part", "module", "lesson", "band", "language",
    "step", "question", "answered", "option", "label", "count", "percent", "low", "high",
]  # fmt: skip
"""What a row of the export holds: a count for an option of a poll, or percent with its 95 % interval for what changed."""

FORMULA = ("=", "+", "-", "@")
"""How a cell begins that a spreadsheet computes."""


def as_csv(found: Summary) -> str:
    """One row for each option of a poll, then three for each question that was asked before and after.

    Counts are "fewer than 5" or lower bounds in fives; shares and their change are percent and percentage points.
    """
    out = io.StringIO()
    out.write("\ufeff")  # without this mark Excel reads French and Spanish letters wrong
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    subject = found.group.subject
    about = [found.group.id, _as_text(found.name), f"{found.group.opened_at:%Y-%m-%d}", _said(found.takers)]
    about += [subject.module, subject.lesson, subject.band, subject.lang]
    rows.writerows([*about, *row] for row in (*_polls(found), *_changes(found)))
    return out.getvalue()


def _polls(found: Summary) -> Iterator[list[object]]:
    for step, published in found.polls:
        for key, label in step.labels.items():
            count = _said(published.counts.get(key, 0)) if published.tells(key) else "not shown"
            yield [step.id, step.say, _said(published.answered), key, label, count, "", "", ""]


def _changes(found: Summary) -> Iterator[list[object]]:
    """As the page rounds them: finer figures would promise more than counts in fives can keep."""
    for say, effect in found.effects:
        for when, share in ((BEFORE, effect.before), (AFTER, effect.after)):
            shares = [round(share.percent), round(share.low), round(share.high)]
            yield [f"{when}:{effect.item}", say, _said(share.answered), "", "share", "", *shares]
        change = [round(effect.change), round(effect.low), round(effect.high)]
        yield [f"change:{effect.item}", say, "", "", "percentage points", "", *change]


def _said(count: int) -> str:
    return f"{count} or more" if count else "fewer than 5"


def _as_text(name: str) -> str:
    """A name that a spreadsheet would take for a formula, so that it does not."""
    return f"'{name}" if name.startswith(FORMULA) else name
