"""One screening on patterns alone for the whole folder; it takes two seconds to read and keeps no state."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.safety.patterns import Patterns
from bot.safety.screening import LANGUAGES, Screening, real_words

CONTENT = Path(__file__).parents[2] / "content/safety"


@pytest.fixture(scope="session")
def screening() -> Screening:
    return Screening.load(CONTENT)


@pytest.fixture(scope="session")
def books() -> dict[str, Patterns]:
    return {language: Patterns.load(CONTENT / f"{language}.yml", real_words(language)) for language in LANGUAGES}
