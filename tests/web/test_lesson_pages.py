"""The lessons as staff see them: what a young person would get, for every role, and a sheet to print."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.lessons.catalog import Catalog
from bot.web.lesson_pages import SheetError, read_sheet
from bot.web.sites import staff_site
from tests.talking import House
from tests.web.test_supervisor import signed_in

CATALOG = Catalog.load(Path(__file__).parents[2] / "content/lessons")
ALL = [*CATALOG.modules, *CATALOG.for_adults]


@pytest.mark.parametrize("role", ["worker", "supervisor", "facilitator", "administrator"])
def test_every_role_reads_the_lessons_and_nobody_without_a_session(house: House, role: str) -> None:
    page = signed_in(house, role).get("/lessons")
    assert page.status_code == 200 and "When trust feels off" in page.text
    assert TestClient(staff_site(house.app), follow_redirects=False).get("/lessons").status_code in (303, 401)


@pytest.mark.parametrize(("module", "band"), [(m.id, band) for m in ALL for band in m.bands])
def test_every_module_shows_every_step_on_both_channels(house: House, module: str, band: str) -> None:
    shown = signed_in(house, "facilitator").get(f"/lessons/{module}?band={band}").text
    steps = sum(len(lesson.steps[band]) for lesson in CATALOG.module(module).lessons)
    assert shown.count("Text message <span") == shown.count("<figcaption>Web chat") == steps
    assert "of at most 2 segments" in shown


def test_what_is_not_written_in_a_language_is_said_to_be_missing(house: House) -> None:
    shown = signed_in(house, "facilitator").get("/lessons/adults?band=adult&lang=fr").text
    assert "Nobody has written this in fr yet" in shown


def test_the_sheet_carries_aim_script_duty_and_lines_of_the_region(house: House) -> None:
    facilitator = signed_in(house, "facilitator")
    general = facilitator.get("/lessons/grooming/sheet").text
    assert "I believe you." in general and "Choose a region above" in general
    canada = facilitator.get("/lessons/grooming/sheet?region=CA").text
    assert "Ontario" in canada and "Kids Help Phone" in canada and "911" in canada
    assert "Choose a region above" in facilitator.get("/lessons/grooming/sheet?region=XX").text


def test_a_module_that_does_not_exist_is_said_plainly(house: House) -> None:
    answer = signed_in(house, "worker").get("/lessons/none")
    assert answer.status_code == 404 and "There is no such module." in answer.text


def test_a_sheet_that_lacks_a_part_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sheet.yml").write_text("before: [one]\n")
    with pytest.raises(SheetError, match="must hold lists named"):
        read_sheet(tmp_path / "sheet.yml")
