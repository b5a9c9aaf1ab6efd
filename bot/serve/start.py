"""Starts one process, or all of them: every problem at start is one sentence, never a traceback.

Each process reads only what it needs: whoever starts the others holds nothing of theirs.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from bot.handoff.demo_staff import DEMO_STAFF, demo_password
from bot.settings import Settings

Fail = Callable[[object], Exception]
Say = Callable[[str], None]


def one_sentence(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """What can be wrong with an installation, and ``more``; each of these already says what to do."""
    import yaml

    from bot.directory import DirectoryError
    from bot.lessons.catalog import LessonError
    from bot.privacy import PrivacyError
    from bot.redaction import RedactionError
    from bot.safety.screening import ScreeningError
    from bot.store.database import StoreError
    from bot.training import TrainingError
    from bot.words import WordsError

    ours = (StoreError, WordsError, DirectoryError, LessonError, ScreeningError, PrivacyError, RedactionError, TrainingError)
    return (*ours, yaml.YAMLError, OSError, *more)


def everything(settings: Settings, *, say: Say, fail: Fail) -> None:
    """Check, train what is missing, start all processes, print where to go."""
    from bot.serve import logs
    from bot.serve.apart import Refused, apart
    from bot.serve.supervisor import StartError, Supervisor, processes

    logs.guard()
    try:
        apart(lambda: prepare(settings, say))
        say("Starting:")
        supervisor = Supervisor(settings, processes(settings), say)
        supervisor.run(lambda: say(where_to_go(settings)), _engine_ready(settings))
    except (Refused, StartError, OSError) as error:
        raise fail(error) from None
    say("Stopped.")


def prepare(settings: Settings, say: Say) -> None:
    """Check, and train what is missing. Raises Refused."""
    from bot.serve.apart import Refused
    from bot.training import train_everything

    try:
        check(settings)
        train_everything(settings, say=say, force=False)
    except one_sentence() as error:
        raise Refused(str(error)) from None


def check(settings: Settings) -> None:
    """Read everything an installation can get wrong, before anything starts; add the demo's staff."""
    from bot.app import App
    from bot.lessons.catalog import Catalog

    app = App(settings)
    app.store.migrate()
    Catalog.load(settings.content / "lessons")
    _ = app.words, app.directory, app.desk, app.redaction
    with app.store.read() as work:
        nobody = not work.staff.everyone()
    if settings.demo and nobody:
        for username, first_name, role in DEMO_STAFF:
            app.staff.add(username=username, first_name=first_name, role=role, password=demo_password(settings.secret_keys[0]))
    app.store.close()


def gateway(settings: Settings, *, fail: Fail) -> None:
    """The gateway, until asked to stop."""
    from bot.serve import gateway as process

    _run_async(settings, process.run, fail)


def phone(settings: Settings, *, fail: Fail) -> None:
    """The demo phone, until asked to stop."""
    from bot.serve import phone as process

    _run_async(settings, process.run, fail)


def outbox(settings: Settings, *, fail: Fail) -> None:
    """The outbox, until asked to stop."""
    from bot.serve import logs
    from bot.serve import outbox as process

    logs.guard()
    logs.configure(settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        process.run(settings, stop)
    except one_sentence() as error:
        raise fail(error) from None


def engine(settings: Settings, *, fail: Fail) -> None:
    """The dialogue engine, until asked to stop."""
    from bot.rasa_ext import light_rasa
    from bot.serve import logs
    from bot.training import dialogue_model

    light_rasa.bring(light=not light_rasa.needs_tensorflow(dialogue_model(settings)))
    from bot.rasa_ext.server import EngineError, serve

    logs.guard()
    logs.to_standard_error()
    try:
        serve(settings)
    except one_sentence(EngineError) as error:
        raise fail(error) from None


def where_to_go(settings: Settings) -> str:
    """What to open, and in demo mode how to sign in."""
    lines = [
        "",
        f"{settings.service_name} is running.",
        f"  Young people   {settings.public.url}",
        f"  Staff          {settings.staff.url}",
    ]
    if settings.demo:
        names = ", ".join(username for username, _, _ in DEMO_STAFF)
        lines += [
            f"  A demo phone   {settings.demo_phone.url}",
            "",
            "Demo mode: nobody is listening, and no text leaves this machine.",
            f"  Sign in as {names}",
            f"  with the password {demo_password(settings.secret_keys[0])}",
        ]
    return "\n".join([*lines, "", "Ctrl-C stops everything."])


def _engine_ready(settings: Settings) -> Callable[[], bool]:
    import httpx

    def ready() -> bool:
        try:
            return httpx.get(f"{settings.engine.url}/ready", timeout=2.0, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    return ready


def _run_async(settings: Settings, run: Callable[[Settings], Coroutine[Any, Any, None]], fail: Fail) -> None:
    from bot.serve import logs

    logs.guard()
    logs.configure(settings.log_level)
    settings.var.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_until_asked(run(settings)))
    except one_sentence() as error:
        raise fail(error) from None


async def _until_asked(work: Coroutine[Any, Any, None]) -> None:
    """Run until a signal; then cancel and let everything end by itself."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
