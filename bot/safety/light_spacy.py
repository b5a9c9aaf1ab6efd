"""spaCy's tokens and Matcher, without the 13 seconds and 465 MB that a plain import can cost.

``import spacy`` pulls in TensorFlow, PyTorch and its own command line wherever they are installed.
The gateway needs none of them, so they are hidden while spaCy is imported and put back afterwards.
It promises: after this module is imported, TensorFlow is loaded only if it was loaded before.
Import spaCy only through here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

# thinc (under spaCy) tries these and does without when they cannot be imported.
FRAMEWORKS = ("tensorflow", "torch", "mxnet", "cupy")


@contextmanager
def _hidden(frameworks: tuple[str, ...]) -> Iterator[None]:
    """Make modules that are not loaded yet look as if they were not installed."""
    hidden = [name for name in frameworks if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None means "not importable"
    stand_ins = _command_line() if "spacy" not in sys.modules else {}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in (*hidden, *stand_ins):
            sys.modules.pop(name, None)


def _command_line() -> dict[str, ModuleType]:
    """Empty stand-ins for ``spacy.cli``, which is half of spaCy's import time and is not used here."""
    cli, info = ModuleType("spacy.cli"), ModuleType("spacy.cli.info")
    cli.__path__ = []
    info.info = lambda *_, **__: {}  # type: ignore[attr-defined]  # the one name spaCy imports from it
    return {"spacy.cli": cli, "spacy.cli.info": info}


with _hidden(FRAMEWORKS):
    from spacy.matcher import Matcher
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

__all__ = ["Doc", "Matcher", "Vocab"]
