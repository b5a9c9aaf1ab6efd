"""``make audit``: asks the advisory service about every locked version, and fails at a hole that nobody has accepted.

Where the service gives no answer it says so and fails too, otherwise: a machine without a network proves nothing, and must not
seem to.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
LOCKS = ("run.txt", "encoder.txt", "test.txt", "lint.txt")
ASKS_FOR = 600
"""Seconds that the service has for one lock."""


def accepted() -> Mapping[str, str]:
    """The ids of accepted holes, and the package each is in."""
    listed = yaml.safe_load((HERE / "accepted-risks.yml").read_text(encoding="utf-8"))
    return {str(risk["id"]): str(risk["package"]) for risk in listed}


def ask(auditor: Sequence[str], lock: str) -> Sequence[Mapping[str, Any]] | None:
    """What the service says of each package of a lock; None when it gave no answer."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        wanted = ["-r", str(HERE / lock), "--disable-pip", "--require-hashes", "--progress-spinner", "off"]
        try:
            run = [*auditor, *wanted, "--format", "json", "-o", str(answer)]
            subprocess.run(run, check=False, capture_output=True, timeout=ASKS_FOR)
        except (OSError, subprocess.TimeoutExpired):
            return None
        if not answer.exists():
            return None
        found: list[Mapping[str, Any]] = json.loads(answer.read_text(encoding="utf-8"))["dependencies"]
    return found


def unaccepted(found: Sequence[Mapping[str, Any]], known: Mapping[str, str]) -> list[str]:
    """A line for each hole that nobody has accepted."""
    return [
        f"{each['name']} {each['version']}: {hole['id']} ({', '.join(hole.get('aliases', ())) or 'no other id'}), "
        f"mended in {', '.join(hole.get('fix_versions', ())) or 'no version yet'}"
        for each in found
        for hole in each.get("vulns", ())
        if not {hole["id"], *hole.get("aliases", ())} & set(known)
    ]


def main(auditor: Sequence[str]) -> int:
    """1 when something is not accepted, else 2 when some lock was not looked up at all, else 0."""
    known, wrong, silent = accepted(), [], False
    for lock in LOCKS:
        found = ask(auditor, lock) or []
        unknown = [each["name"] for each in found if "skip_reason" in each]
        if len(unknown) == len(found):
            print(f"requirements/{lock}: NOT LOOKED UP. The advisory service could not be reached, or pip-audit did not run.")
            silent = True
            continue
        new = unaccepted(found, known)
        wrong += new
        asked = f"{len(found) - len(unknown)} packages looked up, {len(new)} holes that nobody has accepted"
        print(f"requirements/{lock}: {asked}{'; NOT LOOKED UP: ' + ', '.join(unknown) if unknown else ''}.")
    for line in wrong:
        print(f"  {line}")
    if wrong:
        print("Mend them, or accept each with a reason and a date in requirements/accepted-risks.yml.")
    return 1 if wrong else 2 if silent else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["pip-audit"]))
