"""Rasa without JAX: TensorFlow imports it wherever it is installed, at 68 MB and over a second, for nothing we use.

Import this before anything of Rasa. It promises only that; Rasa itself is untouched.
"""

from __future__ import annotations

import sys

_NOT_NEEDED = ("jax",)

if "tensorflow" not in sys.modules:
    _hidden = [name for name in _NOT_NEEDED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(_hidden))  # type: ignore[arg-type]  # None means "not importable"
    try:
        import rasa.core.agent  # noqa: F401 - brings TensorFlow in, once, without them
    finally:
        for _name in _hidden:
            sys.modules.pop(_name, None)
