"""``handrail doctor``: looks for what is inconsistent or overdue, and says what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.app import App
from bot.directory import DirectoryError
from bot.lint import lint
from bot.safety.screening import ScreeningError
from bot.settings import Settings
from bot.store.consistency import contradictions
from bot.store.database import StoreError, down_is_said
from bot.store.rotation import under_older_keys
from bot.training import dialogue_model

COPY = "put a copy back with `handrail restore`."
STUCK = timedelta(minutes=10)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    well: bool
    sentence: str


def examine(settings: Settings) -> Iterator[Finding]:
    """Every finding, good and bad, as it comes: a look that fails is one itself, and hides none of the others."""
    app = App(settings)
    for look in (_content, _models, _spool, _database, _open_in_silence, _contradictions):
        yield from _safely(look, app)


def _safely(look: Callable[[App], Iterator[Finding]], app: App) -> Iterator[Finding]:
    try:
        yield from look(app)
    except (StoreError, DirectoryError, ScreeningError) as error:
        yield Finding(False, str(error))
    except Exception as error:  # noqa: BLE001 - whatever is broken: it is what the doctor was called for
        named = look.__name__.strip("_")
        yield Finding(False, f"The look at the {named} broke off ({type(error).__name__}): what it would find is not known.")


def _content(app: App) -> Iterator[Finding]:
    wrong = lint(app.settings.content, today=app.now().date())
    yield Finding(
        not wrong,
        "All content is in order." if not wrong else f"{len(wrong)} things in content/ need mending: run `handrail lint`.",
    )


def _models(app: App) -> Iterator[Finding]:
    trained = dialogue_model(app.settings).exists()
    yield Finding(trained, "The dialogue model is there." if trained else "There is no dialogue model: run `handrail train`.")
    _ = app.screening
    yield Finding(True, "The screening loads.")


def _spool(app: App) -> Iterator[Finding]:
    waiting, aside = len(app.spool.waiting()), len(app.spool.aside())
    yield Finding(
        not waiting,
        "Nothing waits on disk."
        if not waiting
        else f"{waiting} texts wait on disk for the database: is it running, and is the gateway?",
    )
    yield Finding(
        not aside,
        "Nothing was put aside."
        if not aside
        else f"{aside} kept texts could not be read or taken in and were put aside in {app.settings.var / 'spool'}: is a key "
        "missing from HANDRAIL_SECRET_KEY? Put it back; else the gateway's log says what breaks. Then name the files .waiting "
        "again.",
    )


def _contradictions(app: App) -> Iterator[Finding]:
    with down_is_said(), app.store.engine.connect() as connection:
        found = [Finding(False, f"{how_many} {sentence}.") for how_many, sentence in contradictions(connection)]
    yield from found or [Finding(True, "No rows contradict each other.")]


def _open_in_silence(app: App) -> Iterator[Finding]:
    with app.store.read() as work:
        count = work.retention.open_in_silence()
    days = app.settings.keep_cases.days
    yield Finding(
        not count,
        "No open case is silent for long."
        if not count
        else f"{count} cases are open though nothing was said in them for {days} days, and their words stay until somebody "
        "closes them: take and close them on the desk.",
    )


def _files(overdue: Sequence[Path]) -> dict[str, int]:
    return {"file": len(overdue)} if overdue else {}


def _database(app: App) -> Iterator[Finding]:
    app.store.migrate()
    with app.store.read() as work:
        work.takes_its_time()
        broken, cut = list(work.audit.broken_links()), work.audit.is_cut()
        late_reports, nobodys = work.sending.unclaimed_reports(older_than=STUCK)
        late = [c for c in work.cases.due() if c.deadline_at and c.deadline_at < work.now - STUCK]
        stuck = work.messages.stuck(older_than=STUCK)
        overdue = {**work.retention.overdue(), **_files(app.leftovers.overdue(work.now))}
    older, closed = under_older_keys(app.store, app.vault)
    damaged = app.store.damage()
    yield Finding(
        not damaged, "The database file is whole." if not damaged else f"The database file is damaged ({damaged}): {COPY}"
    )
    yield Finding(
        not broken and not cut,
        "The audit chain is whole."
        if not broken and not cut
        else f"The audit chain is broken at entry {broken[0]}: somebody changed the database by hand."
        if broken
        else "The audit chain ends, or once ended, before its last entry: somebody changed the database by hand.",
    )
    yield Finding(
        not late_reports,
        f"{nobodys} reports of deliveries are of no text kept here: they go after a day."
        if not late_reports
        else f"{late_reports} reports of deliveries were not taken in: is `handrail serve outbox` running?",
    )
    yield Finding(
        not late,
        "No clock is overdue."
        if not late
        else f"{len(late)} cases are past their deadline: is `handrail serve outbox` running?",
    )
    yield Finding(
        not stuck,
        "No message is stuck."
        if not stuck
        else f"{stuck} messages wait for more than 10 minutes: are the gateway and the outbox running?",
    )
    yield Finding(
        not overdue,
        "Nothing overdue is left."
        if not overdue
        else f"{sum(overdue.values())} things should be deleted by now "
        f"({', '.join(f'{n} of {t}' for t, n in overdue.items())}): is `handrail serve outbox` running?",
    )
    yield Finding(
        not closed,
        "A key at hand opens everything that is sealed."
        if not closed
        else f"No key at hand opens {closed} sealed values: put the key they were written with back into HANDRAIL_SECRET_KEY, "
        "after the newest, and rotate only then.",
    )
    yield Finding(
        True,
        "Nothing is sealed with an older key."
        if not older
        else f"{older} values are sealed with an older key: `handrail keys rotate` seals them anew.",
    )
