"""Known holes of locked versions are accepted one by one, with a reason and a date; nothing stands there for ever."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RISKS = yaml.safe_load((ROOT / "requirements" / "accepted-risks.yml").read_text(encoding="utf-8"))
LOCKED = {
    match
    for file in (ROOT / "requirements").glob("*.txt")
    for match in re.findall(r"^([\w.-]+)==([\w.+]+)", file.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("risk", RISKS, ids=lambda risk: f"{risk['package']}-{risk['id']}")
def test_each_entry_is_whole_names_a_locked_version_and_is_not_past_its_date(risk: dict[str, object]) -> None:
    assert set(risk) == {"id", "package", "version", "reason", "until"}
    assert re.fullmatch(r"(CVE-\d{4}-\d{4,}|GHSA(-\w{4}){3}|PYSEC-\d{4}-\d+)", str(risk["id"]))
    assert (risk["package"], str(risk["version"])) in LOCKED, "no longer locked: delete it, or look at the new version"
    assert len(str(risk["reason"])) > 40
    assert isinstance(risk["until"], date) and risk["until"] >= date.today(), "look at it again, then mend it or set a new date"


def test_no_hole_is_accepted_twice() -> None:
    assert len({(risk["id"], risk["package"]) for risk in RISKS}) == len(RISKS)


# --- what `make audit` makes of an answer ------------------------------------------------------------------


@pytest.fixture
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "requirements" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def auditor_that_says(folder: Path, answer: object) -> list[str]:
    """A stand-in for pip-audit, which writes its answer where ``-o`` says."""
    script = folder / "auditor.py"
    written = f"open(sys.argv[sys.argv.index('-o') + 1], 'w').write({json.dumps(answer)!r})" if answer else "pass"
    script.write_text(f"import sys\n{written}\n")
    return [sys.executable, str(script)]


def of(*holes: dict[str, object]) -> dict[str, object]:
    return {"dependencies": [{"name": "keras", "version": "2.12.0", "vulns": list(holes)}]}


def test_an_accepted_hole_passes_under_any_of_its_names(audit: ModuleType, tmp_path: Path) -> None:
    hole = {"id": "PYSEC-0000-1", "aliases": ["CVE-2024-3660"], "fix_versions": ["2.13"]}
    assert audit.main(auditor_that_says(tmp_path, of(hole))) == 0


def test_one_that_nobody_accepted_fails_and_is_named(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hole = {"id": "CVE-2099-1", "aliases": [], "fix_versions": ["9.9"]}
    assert audit.main(auditor_that_says(tmp_path, of(hole))) == 1
    assert "keras 2.12.0: CVE-2099-1 (no other id), mended in 9.9" in capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [None, {"dependencies": [{"name": "keras", "skip_reason": "Dependency not found on PyPI and could not be audited"}]}],
)
def test_a_service_that_does_not_answer_is_said_and_proves_nothing(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: object
) -> None:
    assert audit.main(auditor_that_says(tmp_path, answer)) == 2
    told = capsys.readouterr().out
    assert told.count("NOT LOOKED UP") == 4 and "looked up, " not in told


def test_a_package_that_the_service_does_not_know_is_named_beside_the_others(
    audit: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = of({"id": "CVE-2099-1"})
    answer["dependencies"].append({"name": "odd", "skip_reason": "not found"})  # type: ignore[attr-defined]
    assert audit.main(auditor_that_says(tmp_path, answer)) == 1
    assert "1 packages looked up, 1 holes that nobody has accepted; NOT LOOKED UP: odd" in capsys.readouterr().out


def test_without_the_tool_it_says_the_same(audit: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["/there/is/no/such/tool"]) == 2
    assert "NOT LOOKED UP" in capsys.readouterr().out
