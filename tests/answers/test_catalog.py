"""The answer files, and what the loader says when one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.answers.catalog import TOPICS, AnswerError, Answers

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
topic: grooming
answers:
  - id: one
    label: "One"
    questions: [a, b, c]
    say: { default: "Words.", "9-12": "Short words." }
    in_region: { CA: "Canadian words.", CA-ON: "Ontarian words." }
    web: "Longer words."
    source: { url: "https://example.org", seen_on: 2026-11-23 }
    reviewed_on: 2026-11-23
"""


def loaded(folder: Path, text: str) -> Answers:
    (folder / "grooming.yml").write_text(text, encoding="utf-8")
    return Answers.load(folder)


def test_every_topic_has_answers() -> None:
    answers = Answers.load(ROOT / "content" / "answers" / "en")
    assert {a.topic for a in answers} == set(TOPICS) and len(answers) >= 220


def test_no_answer_is_written_with_letters_a_text_message_lacks() -> None:
    for answer in Answers.load(ROOT / "content" / "answers" / "en"):
        for text in (*answer.say.values(), *answer.in_region.values(), answer.label):
            assert text.isascii(), f"{answer.id}: {[c for c in text if not c.isascii()]}"


def test_no_question_is_claimed_by_two_answers() -> None:
    owners: dict[str, str] = {}
    for answer in Answers.load(ROOT / "content" / "answers" / "en"):
        for question in answer.questions:
            assert owners.setdefault(question, answer.id) == answer.id, question


def test_region_comes_first_then_the_screen_then_the_band(tmp_path: Path) -> None:
    one = loaded(tmp_path, GOOD).get("one")
    assert one is not None
    assert one.words(region="CA-ON", band="9-12", channel="web") == "Ontarian words."
    assert one.words(region="CA-QC", band="9-12") == "Canadian words."
    assert one.words(region="US", band="9-12", channel="web") == "Longer words."
    assert one.words(band="9-12") == "Short words."
    assert one.words(band="16-18") == "Words."


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("topic: grooming", "topic: gaming", "no topic"),
        ('    label: "One"\n', "", "missing"),
        ("    web:", "    colour: red\n    web:", "colour"),
        ("[a, b, c]", "[a, b]", "3 ways"),
        ('default: "Words."', 'other: "Words."', "default"),
        ('"Words."', f'"{"x" * 307}"', "307"),
        ("seen_on: 2026-11-23", "seen_on: soon", "seen_on"),
        ("reviewed_on: 2026-11-23", "reviewed_on: soon", "reviewed_on"),
        ("    web:", "    follow_ups: [nowhere]\n    web:", "nowhere"),
    ],
)
def test_a_wrong_file_is_one_sentence_that_names_the_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(AnswerError, match=says) as error:
        loaded(tmp_path, GOOD.replace(old, new))
    assert "one" in str(error.value) or "grooming.yml" in str(error.value)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="holds no answers"):
        Answers.load(tmp_path)


def test_a_translation_is_laid_over_english_and_keeps_its_follow_ups() -> None:
    english, french = Answers.load(ROOT / "content/answers/en"), Answers.load(ROOT / "content/answers/fr", "fr")
    both = Answers(answer for answer in french if answer.id != "grooming_love").over(english)
    assert len(both) == len(english)
    for answer in french:
        laid = both.get(answer.id)
        assert laid and laid.follow_ups == english.get(answer.id).follow_ups  # type: ignore[union-attr]
        assert laid.lang == ("en" if answer.id == "grooming_love" else "fr")


@pytest.mark.parametrize("lang", ["fr", "es"])
def test_every_translated_answer_is_one_of_the_english_ones_and_few_are_missing(lang: str) -> None:
    english = {a.id: a.topic for a in Answers.load(ROOT / "content/answers/en")}
    translated = {a.id: a.topic for a in Answers.load(ROOT / "content/answers" / lang, lang)}
    assert translated.items() <= english.items()
    assert len(translated) > 0.95 * len(english)


@pytest.mark.parametrize("lang", ["fr", "es"])
def test_every_language_has_words_for_every_band_and_region_that_english_has_words_for(lang: str) -> None:
    """Twelve answers once had words for 9-12 in English alone; a nine-year-old then got a teenager's."""
    english = Answers.load(ROOT / "content/answers/en")
    for answer in Answers.load(ROOT / "content/answers" / lang, lang):
        model = english.get(answer.id)
        assert model and set(model.say) <= set(answer.say) and set(model.in_region) <= set(answer.in_region), answer.id
