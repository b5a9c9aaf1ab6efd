"""How every file of content is read: YAML of plain values only, by the C reader where it is built in, ten times faster."""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def plain(text: str) -> Any:
    """The values in ``text``. Raises yaml.YAMLError when it cannot be read."""
    return yaml.load(text, Loader=LOADER)
