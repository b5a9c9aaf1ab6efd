"""Finding: unseen questions in young people's spelling reach the right answer, and what is outside stays outside."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.answers.catalog import Answers
from bot.answers.finder import Decision, Finder, Found, Shelf
from bot.answers.head import Head
from bot.answers.near import build_encoder
from bot.answers.shorthand import written_out
from bot.answers.spelling import Spelling
from bot.encoder import Encoder

ROOT = Path(__file__).resolve().parents[2]
HELD_OUT = yaml.safe_load((Path(__file__).parent / "held_out.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder = tmp_path_factory.mktemp("encoder")
    build_encoder(folder)
    return Encoder.load(folder)


@pytest.fixture(scope="module")
def finder(rasa_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Finder:
    """The index as it is served, out of the dialogue's model."""
    folder = tmp_path_factory.mktemp("index")
    with tarfile.open(rasa_model) as packed:
        for member in packed.getmembers():
            if Path(member.name).name.startswith("answers_"):
                (folder / Path(member.name).name).write_bytes(packed.extractfile(member).read())
    return Finder.load(folder)


def test_an_owner_is_as_near_as_its_nearest_and_its_three_nearest_say() -> None:
    owners = ["few", "many", "many", "one", "many", "few", "many"]
    shelf = Shelf("en", owners, np.zeros((7, 4)), None, None)  # type: ignore[arg-type]
    few, many, one = shelf._by_owner(np.array([0.2, 0.1, 0.9, 0.5, 0.6, 0.4, 0.3], dtype=np.float32))
    assert few == pytest.approx(0.7 * 0.4 + 0.3 * (0.4 + 0.2) / 2)
    assert many == pytest.approx(0.7 * 0.9 + 0.3 * (0.9 + 0.6 + 0.3) / 3)
    assert one == pytest.approx(0.5)


def test_owners_of_few_and_of_very_many_rows_are_scored_alike() -> None:
    chance = np.random.default_rng(5)
    owners = chance.permutation([f"a{n}" for n in range(40) for _ in range(int(chance.integers(1, 90)))] + ["outside"] * 700)
    score = chance.random(len(owners), dtype=np.float32)
    shelf = Shelf("en", list(owners), np.zeros((len(owners), 4)), None, None)  # type: ignore[arg-type]
    for name, best in zip(np.unique(owners), shelf._by_owner(score), strict=True):
        three = np.sort(score[owners == name])[::-1][:3]
        assert best == pytest.approx(0.7 * three[0] + 0.3 * three.mean(), abs=1e-6)


def two_shelves() -> Finder:
    """Two languages of two answers each, whose vectors are the axes; the languages differ in the third."""
    chance = Head(np.zeros((3, 2), dtype=np.float32), np.zeros(2, dtype=np.float32))
    rows = {"en": [[1, 0, 0.2], [0, 1, 0.2]], "es": [[1, 0, -0.2], [0, 1, -0.2]]}
    words = {"en": ["secrets", "friends"], "es": ["secretos", "amigos"]}
    return Finder(
        [
            Shelf(lang, ["a", "b"], np.array(own, dtype=np.float32), Spelling.of(words[lang]), chance)
            for lang, own in rows.items()
        ]
    )


def test_the_nearest_of_all_languages_is_found_and_the_talks_own_counts_a_little_more(tmp_path: Path) -> None:
    finder = two_shelves()
    plainly_spanish, between = np.array([1, 0, -0.2], dtype=np.float32), np.array([0, 1, -0.05], dtype=np.float32)
    found = finder.find("secretos", plainly_spanish, lang="en")
    assert (found.answer, found.lang) == ("a", "es")
    assert [finder.find("x", between, lang=lang).lang for lang in (None, "en", "es")] == ["es", "en", "es"]
    finder.save(tmp_path)
    again = Finder.load(tmp_path).find("amigos", np.array([0, 1, -0.2], dtype=np.float32))
    assert (again.answer, again.lang) == ("b", "es")


def test_an_index_that_is_not_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="handrail train"):
        Finder.load(tmp_path)


def find(finder: Finder, encoder: Encoder, text: str) -> Found:
    return finder.find(text, encoder.embed([written_out(text)])[0])


@pytest.mark.slow
def test_unseen_questions_get_the_right_answer_or_the_right_choice(finder: Finder, encoder: Encoder) -> None:
    right = offered = wrong = 0
    for case in HELD_OUT["answered"]:
        found, wanted = find(finder, encoder, case["ask"]), {case["answer"], *case.get("or", ())}
        said = found.decision in (Decision.SURE, Decision.LIKELY)
        right += said and found.answer in wanted
        wrong += found.decision is Decision.SURE and found.answer not in wanted
        offered += (
            found.decision is not Decision.SURE
            and bool({found.answer, found.second} & wanted)
            and not (said and found.answer in wanted)
        )
    total = len(HELD_OUT["answered"])
    # Floors against getting worse; docs/answers.md has the figures, and how far they are from the aim of 80, 90 and 3 %.
    assert right / total >= 0.33 and (right + offered) / total >= 0.58 and wrong / total <= 0.07


@pytest.mark.slow
def test_what_is_outside_is_recognised(finder: Finder, encoder: Encoder) -> None:
    decisions = [find(finder, encoder, text).decision for text in HELD_OUT["outside"]]
    assert decisions.count(Decision.OUT_OF_SCOPE) / len(decisions) >= 0.85
    assert decisions.count(Decision.SURE) <= 1


@pytest.mark.slow
def test_a_saved_index_finds_the_same(finder: Finder, encoder: Encoder, tmp_path: Path) -> None:
    finder.save(tmp_path)
    again = Finder.load(tmp_path)
    for text in ("what is grooming", "how 2 block some1", "pizza"):
        assert find(again, encoder, text).answer == find(finder, encoder, text).answer
        assert find(again, encoder, text).score == pytest.approx(find(finder, encoder, text).score, abs=0.002)


def test_no_held_out_question_is_in_the_files() -> None:
    known = {q for a in Answers.load(ROOT / "content" / "answers" / "en") for q in a.questions}
    known |= {line.strip()[2:] for f in (ROOT / "data/nlu/en").glob("*.yml") for line in f.read_text().splitlines()}
    assert not known & ({c["ask"] for c in HELD_OUT["answered"]} | set(HELD_OUT["outside"]))


def test_the_head_learns_what_it_is_shown_and_the_same_every_time() -> None:
    rows = np.eye(4, dtype=np.float32)
    one, other = Head.learned(rows, [0, 1, 2, 2], 3), Head.learned(rows, [0, 1, 2, 2], 3)
    assert one.chances(rows).argmax(axis=1).tolist() == [0, 1, 2, 2]
    assert (one.weights == other.weights).all() and np.allclose(one.chances(rows).sum(axis=1), 1)


def test_spelling_knows_its_own_rows_and_forgives_typos() -> None:
    spelling = Spelling.of(["what is grooming", "how do i block someone", "where can i sleep"])
    assert spelling.likeness("what is grooming")[0] == pytest.approx(1.0, abs=1e-3)
    assert int(np.argmax(spelling.likeness("wat is groming"))) == 0
    assert not spelling.likeness("zzzz").any()


@pytest.mark.parametrize(
    ("text", "said"), [("wat r u", "what are you"), ("some1 wants my pics", "someone wants my pictures"), ("Hi!", "hi!")]
)
def test_shorthand_is_written_out(text: str, said: str) -> None:
    assert written_out(text) == said
