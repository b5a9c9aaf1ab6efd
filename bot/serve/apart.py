"""Work in a process of its own: what it had to read to do it is not held for as long as we run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection

FORK = get_context("fork")


class Refused(Exception):
    """The work could not be done; the sentence says what to do."""


def apart(work: Callable[[], None]) -> None:
    """Do it and wait until it is done. Raises Refused, with the sentence that ``work`` raised it with."""
    here, there = FORK.Pipe(duplex=False)
    child = FORK.Process(target=_done, args=(work, there))
    child.start()
    there.close()
    with suppress(EOFError):  # it ended without a word
        raise Refused(here.recv())
    child.join()
    if child.exitcode:
        raise Refused("What was tried at start broke off: what is written above says where.")


def _done(work: Callable[[], None], there: Connection) -> None:
    try:
        work()
    except Refused as refused:
        there.send(str(refused))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception:  # noqa: BLE001 - the edge of the process: written as everything that ends one
        sys.excepthook(*sys.exc_info())
        sys.exit(1)
