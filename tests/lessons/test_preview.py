"""What an author sees in the preview is what a young person will get."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot import cli_preview
from bot.cli_preview import PreviewError
from bot.lessons.catalog import Catalog
from bot.lessons.preview import OVER, Preview, as_sent, every_step, size
from bot.settings import load
from bot.text import segments
from tests.lessons.writing import LESSONS, written

REAL = Catalog.load(LESSONS)


@pytest.fixture
def small(tmp_path: Path) -> Catalog:
    return Catalog.load(written(tmp_path))


def played(catalog: Catalog, *answers: str, channel: str = "sms") -> list[str]:
    preview = Preview(catalog, channel=channel, values={"service": "Harbour"})
    said = preview.begin(module="small", lesson="one", band="9-12", lang="en")
    for answer in answers:
        said = preview.answer(answer)
    return said


def test_a_text_message_carries_its_choices_and_the_web_its_buttons(small: Catalog) -> None:
    assert played(small) == ["Hello there. This is Harbour.\nNEXT\nOr: SKIP, ME, FRIEND, PERSON"]
    (message,) = played(small, channel="web")
    assert "[Next]" in message and "Talk to a person" in message


def test_options_moves_and_sentences_lead_on_as_in_the_real_thing(small: Catalog) -> None:
    there = played(small, "NEXT", "NEXT")
    assert played(small, "NEXT", "NEXT", "back") == played(small, "NEXT")
    assert played(small, "next", "next", "repeat") == there
    assert len(played(small, "NEXT", "NEXT", "a")) == 2, "feedback, then the next step"


def test_care_and_what_it_cannot_read_are_said_in_brackets_and_the_lesson_waits(small: Catalog) -> None:
    preview = Preview(small, channel="sms", values={})
    first = preview.begin(module="small", lesson="one", band="9-12", lang="en")
    assert preview.answer("ME")[0].startswith("(Here the lesson waits")
    assert preview.answer("is it monday")[0].startswith("(Nothing here is chosen")
    assert preview.answer("repeat") == first and not preview.ended


def test_skipping_to_the_end_says_that_it_is_over(small: Catalog) -> None:
    preview = Preview(small, channel="sms", values={})
    preview.begin(module="small", lesson="one", band="9-12", lang="en")
    for _ in range(20):
        said = preview.answer("SKIP")
    assert said == [OVER] and preview.ended


@pytest.mark.parametrize("module", [module.id for module in REAL.modules])
def test_every_step_of_every_module_fits_two_segments_with_its_feedback(module: str) -> None:
    for band in REAL.module(module).bands:
        for lesson in REAL.module(module).lessons:
            for name, message, after in every_step(
                REAL, module=module, lesson=lesson.id, band=band, lang="en", channel="sms", values={"service": "Handrail"}
            ):
                assert segments(message) <= 2, (module, lesson.id, band, name)
                assert all(segments(text) <= 2 for text in after)


def test_size_counts_what_the_phone_company_counts() -> None:
    assert size(as_sent("Hi.", (), "sms")) == "3 characters, 1 of at most 2 segments"


def test_the_command_plays_with_what_is_typed_and_stops_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("NEXT\n"))
    said: list[str] = []
    cli_preview.play(load({}), module="grooming", band="9-12", channel="sms", lesson=None, lang="en", say=said.append)
    assert said[0].startswith("When trust feels off") and "you> NEXT\n" in said and said[-1] == "(Left before its end.)"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [({"module": "nope"}, "use one of .*grooming"), ({"band": "5"}, "use one of 9-12"), ({"channel": "fax"}, "use sms or web"),
     ({"lesson": "none"}, "has no lesson 'none'")],
)  # fmt: skip
def test_what_does_not_exist_is_answered_with_what_does(wrong: dict[str, str], sentence: str) -> None:
    asked = {"module": "grooming", "band": "9-12", "channel": "sms", "lesson": None, "lang": "en", **wrong}
    with pytest.raises(PreviewError, match=sentence):
        cli_preview.print_all(load({}), say=print, **asked)  # type: ignore[arg-type]
