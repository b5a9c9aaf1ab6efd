"""An age that somebody mentions becomes a band, however it is written."""

from __future__ import annotations

import pytest

from bot.ages import band_in


@pytest.mark.parametrize(
    ("text", "band"),
    [
        ("im 12", "9-12"),
        ("i'm 14 yrs old", "13-15"),
        ("16-18", "16-18"),
        ("i am 17", "16-18"),
        ("grade 7 here, im 12", "9-12"),
        ("i am sixteen btw", "16-18"),
        ("Nine and three quarters", "9-12"),
        ("im 8", None),
        ("13 or 14", None),
        ("im 15 and my sister is ten", None),
        ("often", None),
        ("im in grade nine", None),
        ("year 11", None),
        ("grade 9 here, im 14", "13-15"),
        ("im twenty nine", None),
        ("thirty-nine", None),
        ("2009-12-05", None),
        ("the 9-12 one", "9-12"),
        ("im 160", None),
        ("15yo", "13-15"),
        ("17f here", "16-18"),
        ("19m", None),
        ("hi", None),
    ],
)
def test_one_age_from_nine_to_eighteen_names_a_band(text: str, band: str | None) -> None:
    assert band_in(text) == band


@pytest.mark.parametrize(
    ("text", "lang", "band"),
    [
        ("tengo once", "es", "9-12"),
        ("casi dieciséis", "es", "16-18"),
        ("j'ai neuf ans", "fr", "9-12"),
        ("jai quatorze ans", "fr", "13-15"),
        ("dix-sept ans", "fr", "16-18"),
        ("dix huit", "fr", "16-18"),
        ("dix\u2011sept", "fr", "16-18"),
        ("vingt-neuf ans", "fr", None),
        ("soixante-dix", "fr", None),
        ("je suis en secondaire 4", "fr", None),
        ("tengo diez y seis", "es", "16-18"),
        ("dieci siete", "es", "16-18"),
        ("treinta y nueve", "es", None),
        ("veintinueve", "es", None),
        ("once i was there", "en", None),
        ("tengo 14", "es", "13-15"),
        ("tengo 14", "xx", "13-15"),
    ],
)
def test_ages_in_words_are_those_of_the_language_of_the_thread(text: str, lang: str, band: str | None) -> None:
    assert band_in(text, lang) == band
