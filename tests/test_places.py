"""Places become regions, and never by a guess."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.directory.places import Places, PlacesError

ROOT = Path(__file__).resolve().parents[1]
PLACES = Places.load(ROOT / "content" / "places.yml")


@pytest.mark.parametrize(
    ("text", "region"),
    [("Ontario", "CA"), ("i live in new york city", "US"), ("j'habite à Montréal", "CA"), ("in the uk rn", "GB"), ("aotearoa", "NZ"),
     ("bc he said so", None), ("canada but my dad is in texas", None), ("usain bolt", None), ("", None),
     ("chu d'la nouvelle écosse", "CA"), ("Nouvelle-Ecosse", "CA"), ("en écosse", "GB"), ("irlande du nord", "GB"), ("irlanda", "IE"),
     ("vivo en nuevo laredo", None), ("baja california", None), ("california", "US"), ("trois-rivières", "CA"), ("laval", None)],
)  # fmt: skip
def test_a_place_is_known_by_its_whole_name(text: str, region: str | None) -> None:
    assert PLACES.region_in(text) == region


def test_a_longer_name_wins_over_one_inside_it() -> None:
    assert Places({"US": ["new mexico"], "MX": ["mexico"]}).region_in("in new mexico") == "US"


def test_the_classifier_knows_the_same_names() -> None:
    names = [
        name for given in yaml.safe_load((ROOT / "content/places.yml").read_text(encoding="utf-8")).values() for name in given
    ]
    lookup = yaml.safe_load((ROOT / "data/nlu/places.yml").read_text(encoding="utf-8"))["nlu"][0]
    assert [line[2:] for line in lookup["examples"].splitlines()] == names


@pytest.mark.parametrize("content", ["- a", "CA: x", "CA: [1]", "CA: [", ""])
def test_a_broken_file_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "places.yml").write_text(content)
    with pytest.raises(PlacesError, match=r"places\.yml"):
        Places.load(tmp_path / "places.yml")
