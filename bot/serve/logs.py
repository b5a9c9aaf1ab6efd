"""Structured logs without words, names or numbers: a processor drops what could carry them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
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
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    for noisy in ("twilio", "httpx", "httpcore", "alembic", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def scrub(_logger: object, _method: str, record: MutableMapping[str, Any]) -> dict[str, Any]:
    """Drop forbidden keys, and anything that looks like a phone number in what is left."""
    kept = {k: v for k, v in record.items() if k not in FORBIDDEN}
    return {k: _NUMBER.sub("[number]", v) if isinstance(v, str) and k != "timestamp" else v for k, v in kept.items()}
