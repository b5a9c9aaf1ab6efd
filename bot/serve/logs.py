"""Logs and crashes without words, names or numbers: what could carry them is dropped before it is written.

An exception's own message can quote a young person (a failed insert, a parser's complaint), so of every error only its
kind and its places in the code are written, whoever logs it and also when it ends the process.
"""

from __future__ import annotations

import logging
import os
import re
import resource
import sys
import threading
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

_NUMBER = re.compile(r"\+?\d[\d\s().-]{6,}\d")
FORBIDDEN = frozenset({"text", "body", "number", "to", "from", "address", "words", "name", "token"})
"""Keys that may not be in a log record at all."""


def configure(level: str) -> None:
    """Send our records to standard error, one line each, scrubbed."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            scrub,
            without_words,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    to_standard_error()
    for noisy in ("twilio", "httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def to_standard_error() -> None:
    """Libraries' own records: where they come from, never what they say."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(KindAndPlace("%(levelname)s %(name)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def scrub(_logger: object, _method: str, record: MutableMapping[str, Any]) -> dict[str, Any]:
    """Drop forbidden keys, and anything that looks like a phone number in what is left."""
    kept = {k: v for k, v in record.items() if k not in FORBIDDEN}
    return {k: _NUMBER.sub("[number]", v) if isinstance(v, str) and k != "timestamp" else v for k, v in kept.items()}


class KindAndPlace(logging.Formatter):
    """Writes of an error only its kind and where in the code it was."""

    def formatException(self, ei: Any) -> str:  # the name is logging's
        """The error of a record."""
        return where(ei[1])

    def formatStack(self, stack_info: str) -> str:  # noqa: ARG002 - the name is logging's
        """Nothing: a stack shows lines of code that somebody may have put words in."""
        return ""


def without_words(_logger: object, _method: str, record: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The error of a record as kind and place."""
    given = record.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        record["error"] = where(error)
    return record


def where(error: BaseException | None) -> str:
    """An error's kind, the last places in our code and the very last in anybody's; never its message."""
    if error is None:
        return "unknown"
    frames = traceback.extract_tb(error.__traceback__)
    shown = [f for f in frames if "site-packages" not in f.filename][-3:]
    places = dict.fromkeys(f"{Path(f.filename).name}:{f.lineno}" for f in [*shown, *frames[-1:]])
    return f"{type(error).__name__} at {' > '.join(places) or 'no place'}"


def many_files() -> None:
    """As many open files and connections as this machine lets one process have: each open page of a group is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def guard() -> None:
    """For a whole process: its files are its owner's only, and a crash writes no words and leaves no memory behind."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    many_files()
    sys.excepthook = _crashed
    threading.excepthook = lambda args: _crashed(args.exc_type, args.exc_value, args.exc_traceback)


def _crashed(kind: type[BaseException], error: BaseException | None, _where: TracebackType | None) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        sys.stderr.write(f"stopped: {where(error) if error else kind.__name__}\n")
