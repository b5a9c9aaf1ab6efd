"""Rasa without TensorFlow and JAX: it imports them whatever the pipeline, 280 MB and half of the start for nothing we use.

Of TensorFlow, Rasa's import asks for two base classes of tools that train neural parts. Meanwhile they come from a stand-in
that holds these two names and nothing else. It promises: where Rasa asks for more, or the model has a part that is not known to
do without, the real TensorFlow is imported as ever; and a later import of it, by whatever needs it, is the real one.
Import this before anything of Rasa.
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

STAND_INS = ("tensorflow", "tensorflow.keras", "tensorflow.keras.callbacks", "tensorflow.keras.utils")
HIDDEN = ("jax",)

CHECKED_BY = "rasa.graph_components.validators.default_recipe_validator"
"""Checks a pipeline before training, and imports every neural part for that; a trained model names it all the same."""

LIGHT = (
    "bot.rasa_ext.",
    "rasa.core.policies.ensemble.",
    "rasa.core.policies.rule_policy.",
    "rasa.graph_components.",
    "rasa.nlu.classifiers.fallback_classifier.",
    "rasa.nlu.classifiers.logistic_regression_classifier.",
    "rasa.nlu.classifiers.regex_message_handler.",
    "rasa.nlu.featurizers.sparse_featurizer.",
    "rasa.nlu.tokenizers.whitespace_tokenizer.",
)
"""Parts of a model that never touch TensorFlow; whatever else a pipeline names is taken to need it."""


def bring(*, light: bool = True) -> bool:
    """Import Rasa, once. Whether it came without TensorFlow."""
    if "rasa.core.agent" in sys.modules:
        return "tensorflow" not in sys.modules
    if light and "tensorflow" not in sys.modules:
        try:
            with _instead({**_stand_ins(), **dict.fromkeys(HIDDEN)}):
                _import_rasa()
        except (ImportError, AttributeError, TypeError):  # it asked for more than there is
            _begin_anew()
        else:
            return True
    with _instead(dict.fromkeys(HIDDEN)):
        _import_rasa()
    return False


@contextmanager
def loading() -> Iterator[None]:
    """While a trained model is loaded: what only its training ran is a name and nothing else, unless TensorFlow is here."""
    if "tensorflow" in sys.modules:
        yield
        return
    named = ModuleType(CHECKED_BY)
    named.DefaultV1RecipeValidator = type("DefaultV1RecipeValidator", (), {})  # type: ignore[attr-defined]
    with _instead({CHECKED_BY: named}):
        yield


def needs_tensorflow(model: Path) -> bool:
    """Whether a trained model has a part that is not known to do without; also where it cannot be read."""
    try:
        with tarfile.open(model) as archive:
            described = archive.extractfile("metadata.json")
            nodes = json.load(described)["predict_schema"]["nodes"] if described else {}
        return not nodes or not all(str(node["uses"]).startswith(LIGHT) for node in nodes.values())
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError):
        return True


def _import_rasa() -> None:
    import rasa.core.agent  # noqa: F401


def _begin_anew() -> None:
    """What of Rasa was imported with the stand-in is not used."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "rasa"]:
        del sys.modules[name]


def _stand_ins() -> dict[str, ModuleType]:
    """The two base classes that Rasa's import asks for, where it looks for them."""
    made = {name: ModuleType(name) for name in STAND_INS}
    for name, module in made.items():
        module.__path__ = []
        above, _, last = name.rpartition(".")
        if above:
            setattr(made[above], last, module)
    made["tensorflow.keras.callbacks"].Callback = type("Callback", (), {})  # type: ignore[attr-defined]
    made["tensorflow.keras.utils"].Sequence = type("Sequence", (), {})  # type: ignore[attr-defined]
    return made


@contextmanager
def _instead(modules: Mapping[str, ModuleType | None]) -> Iterator[None]:
    """Modules, or None for "not importable", in the place of those that are not imported yet; gone again afterwards."""
    placed = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(placed)  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in placed:
            sys.modules.pop(name, None)
