"""The trained half: built from the repository alone, whole or not at all, and only ever raising."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from bot.intake import LIKELY, POSSIBLE
from bot.looks import NOTHING
from bot.safety import train
from bot.safety.classifier import MOST_GLANCED, Thresholds, _windows, log_softmax, softmax
from bot.safety.ngrams import bag
from bot.safety.patterns import Hit
from bot.safety.screening import AT_A_GLANCE, Screening, ScreeningError
from bot.safety.verdict import Level

ROOT = Path(__file__).parents[2]
CONTENT = ROOT / "content/safety"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> train.Report:
    return train.train(ROOT, tmp_path_factory.mktemp("classifier"))


@pytest.fixture(scope="module")
def built(report: train.Report) -> Path:
    return report.folder


@pytest.fixture(scope="module")
def whole(built: Path) -> Screening:
    return Screening.load(CONTENT, built)


@pytest.mark.slow
def test_the_build_is_quick_and_says_what_it_used(report: train.Report) -> None:
    assert report.seconds < 60
    assert report.adapter_sha256[:12] in str(report)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["im 12 and being forced to have sex", "make him stop", "i want to die", "he says he'll leak my pics tonight if i dont pay",
     "my mom's boyfriend hits me", "ya no quiero vivir", "jveux mourir"],
)  # fmt: skip
def test_danger_in_plain_words_is_high_with_the_classifier_too(whole: Screening, text: str) -> None:
    assert whole.screen(text).level >= Level.HIGH


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "least"),
    [("asking for a friend: how much is too much advil", Level.ELEVATED), ("how many tylenol would kill you", Level.HIGH),
     ("how many benadryl to not wake up", Level.HIGH), ("what is the least painful way to die", Level.HIGH),
     ("how do people kill themselves", Level.HIGH), ("how do u tie a noose", Level.HIGH), ("how to cut without scars", Level.HIGH),
     ("whats the highest bridge near me", Level.ELEVATED), ("how do i run away without getting caught", Level.ELEVATED),
     ("cuantas pastillas para no despertar", Level.HIGH), ("c'est quoi la façon la moins douloureuse de mourir", Level.HIGH)],
)  # fmt: skip
def test_who_asks_how_to_die_is_heard_however_calmly_they_ask(whole: Screening, text: str, least: Level) -> None:
    """A question is no claim about oneself, and the classifier took all of these for curiosity: such patterns stand alone."""
    assert whole.screen(text).level >= least


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["how much tylenol can a 12 yr old take", "why do people kill themselves", "what is suicide", "can i take advil with food"],
)
def test_questions_about_doses_and_reasons_raise_nothing(whole: Screening, text: str) -> None:
    assert whole.screen(text).level is Level.NONE


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "why do people hate me so much i want to die",
        "why do people hurt me. i want to die",
    ],
)
def test_a_question_about_people_in_general_hides_nobody_who_is_in_it(whole: Screening, text: str) -> None:
    assert whole.screen(text).level >= Level.HIGH


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", ["next", "b", "menu", "hi", "thanks", "what is grooming", "see you at practice tomorrow", "ok"]
)
def test_everyday_texts_raise_nothing(whole: Screening, text: str) -> None:
    assert whole.screen(text).level is Level.NONE


@pytest.mark.slow
def test_a_glance_tells_who_should_be_looked_at_first(whole: Screening) -> None:
    dangers = (
        "i want to die tonight",
        "my stepdad hits me and he is coming home",
        "he says he will post my pictures if i dont pay",
    )
    harmless = ("what is grooming?", "menu", "lol ok see you at practice", "do we have maths homework")
    assert min(map(whole.glance, dangers)) > LIKELY > POSSIBLE > max(map(whole.glance, harmless))


@pytest.mark.slow
@pytest.mark.parametrize("text", [
    "he already hurt my brother and he says im",
    "mum cant get up and he is looking for me",
    "if i tell he says my sister is",
    "carry it for my cousin or its me",
])  # fmt: skip
def test_a_glance_sees_enough_where_a_word_of_ours_ends_a_danger(whole: Screening, text: str) -> None:
    chatter = "we had pizza and then we went to the park and after that we did maths and it was fine and i fed the dog"
    assert whole.glance("next", (text,)) >= NOTHING
    assert whole.glance("next", (chatter, chatter, text)) >= NOTHING


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["k*ll f*ck s** ", "\ufdfa", "\N{HIGH VOLTAGE SIGN}", "i am fine "])
def test_a_glance_at_a_long_odd_text_reads_little_of_it(whole: Screening, piece: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    plain = whole._classifier._plain
    monkeypatch.setattr(whole._classifier, "_plain", lambda text: read.append(text) or plain(text))
    assert whole.glance(piece * 1600) == 1.0 and read == []
    whole.glance((piece * AT_A_GLANCE)[:AT_A_GLANCE])
    assert sum(map(len, read)) <= MOST_GLANCED


@pytest.mark.slow
def test_a_long_text_may_be_danger_at_a_glance(whole: Screening) -> None:
    assert whole.glance("we had pizza and it was fine and i fed the dog " * 20) == 1.0


@pytest.mark.slow
def test_the_same_text_gets_the_same_verdict(whole: Screening) -> None:
    text = "idk what to do anymore, he takes all the money i make and i cant leave"
    assert whole.screen(text) == whole.screen(text)


@pytest.mark.slow
def test_a_long_text_is_read_in_windows_too(whole: Screening) -> None:
    chatter = "we had pizza and then we played cards and my cousin won again and it was fun and the dog ate a crust "
    assert whole.screen(chatter * 3 + "and i am going to kill myself tonight " + chatter * 2).level >= Level.HIGH


@pytest.mark.slow
def test_a_danger_already_seen_is_not_seen_again_in_what_follows(whole: Screening) -> None:
    assert whole.screen("person", ["i want to die", "Yes", "Stop for now"]).level is Level.NONE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["heads.safetensors", "ngrams.safetensors", "model.bin", "thresholds.json"])
def test_a_missing_or_damaged_file_stops_the_start_with_a_sentence(built: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(built, folder)
    (folder / name).write_bytes(b"{}")
    with pytest.raises(ScreeningError, match="run `handrail train`"):
        Screening.load(CONTENT, folder)
    (folder / name).unlink()
    with pytest.raises(ScreeningError, match="run `handrail train`"):
        Screening.load(CONTENT, folder)


def test_the_build_says_which_kept_file_is_missing(tmp_path: Path) -> None:
    (tmp_path / "data/safety/model").mkdir(parents=True)
    shutil.copyfile(ROOT / "data/safety/model/adapter.safetensors", tmp_path / "data/safety/model/adapter.safetensors")
    with pytest.raises(ScreeningError, match=r"heads\.safetensors is missing"):
        train.train(tmp_path, tmp_path / "out")


@pytest.mark.parametrize(
    ("chances", "level"),
    [((0.9, 0.1, 0, 0), Level.NONE), ((0.4, 0.6, 0, 0), Level.ELEVATED), ((0.2, 0.2, 0.6, 0), Level.HIGH),
     ((0.1, 0.1, 0.1, 0.7), Level.IMMINENT)],
)  # fmt: skip
def test_how_chances_become_a_level(chances: tuple[float, ...], level: Level) -> None:
    assert Thresholds(elevated=0.5, high=0.5, imminent=0.5).level(np.array(chances)) is level


def test_where_a_pattern_told_of_danger_less_is_enough() -> None:
    thresholds = Thresholds(elevated=0.85, high=0.25, imminent=0.7)
    assert thresholds.level(np.array([0.5, 0.0, 0.5, 0.0])) is Level.NONE
    assert thresholds.level(np.array([0.5, 0.0, 0.5, 0.0]), told=True) is Level.HIGH
    assert thresholds.level(np.array([0.7, 0.0, 0.3, 0.0]), told=True) is Level.NONE


def test_of_a_long_text_a_pattern_tells_of_its_own_words_and_of_the_whole() -> None:
    hit = Hit(None, Level.HIGH, "i want to die", 0, 13)
    long = " ".join(["i want to die", *["and then we had lunch"] * 12])
    windows, told = _windows(long, [hit])
    assert (windows[:told], len(windows) > told) == ([long, "i want to die"], True)
    assert _windows(long, [])[1] == _windows("short", [])[1] == 0 and _windows("short", [hit])[1] == 1


@pytest.mark.slow
@pytest.mark.parametrize("text", ["greet@1.0 i want to die", "I want to die. anyway menu", "hello i want to die"])
def test_chatter_around_plain_words_does_not_drown_them(whole: Screening, text: str) -> None:
    assert whole.screen(text).level >= Level.HIGH


def test_chances_add_up_to_one() -> None:
    rows = np.array([[1.0, 2.0, 3.0], [100.0, 0.0, -100.0]])
    assert np.allclose(softmax(rows).sum(axis=1), 1)
    assert np.isfinite(log_softmax(rows)).all()


def test_the_bag_of_letter_runs_is_the_same_every_time_and_of_length_one() -> None:
    slots, weights = bag("i cant do this")
    again = bag("i cant do this")
    assert (slots == again[0]).all() and (weights == again[1]).all()
    assert np.isclose(np.linalg.norm(weights), 1)
    assert bag("")[0].size == 0
