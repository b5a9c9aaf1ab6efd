"""However something breaks, what is written says where, and never what a young person wrote."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.serve import logs

ROOT = Path(__file__).resolve().parents[2]
MARKER = "zebraquartz"
BREAKS = {
    "the-process": "raise ValueError(words)",
    "a-thread": "import threading; t = threading.Thread(target=lambda: int(words)); t.start(); t.join()",
    "a-task": "import asyncio\nasync def f(): raise ValueError(words)\n"
    "async def main():\n  t = asyncio.ensure_future(f()); await asyncio.sleep(0.01); del t; import gc; gc.collect()\n"
    "asyncio.run(main())",
    "a-library": "import logging\ntry: int(words)\nexcept ValueError: logging.getLogger('lib').exception('could not read %s', words)",
    "a-library-with-a-stack": "import logging; logging.getLogger('lib').warning('x %s', words, stack_info=True)",
    "our-own-log": "import structlog\ntry: int(words)\nexcept ValueError: structlog.get_logger().exception('failed')",
    "our-own-log-later": "import structlog\ntry: int(words)\nexcept ValueError as e: structlog.get_logger().error('failed', exc_info=e)",
    "a-cause": "try:\n  int(words)\nexcept ValueError as e: raise RuntimeError(words) from e",
    "the-database": "from sqlalchemy import text; from bot.store.database import Store; from bot.privacy import Vault\n"
    "s = Store('sqlite://', Vault(['k' * 32]), lambda: None)\n"
    "with s.engine.connect() as c: c.execute(text('INSERT INTO nothing VALUES (:w)'), {'w': words})",
}


def written_when(code: str, folder: Path) -> str:
    start = "from bot.serve import logs; logs.guard(); logs.configure('info')\nwords = 'zebra' + 'quartz +15005550123'\n"
    (folder / "breaks.py").write_text(start + code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "breaks.py"], cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("how", BREAKS)
def test_what_breaks_is_told_by_kind_and_place_without_words(how: str, tmp_path: Path) -> None:
    written = written_when(BREAKS[how], tmp_path)
    assert written.strip()
    assert MARKER not in written and "5550123" not in written
    if how != "a-library-with-a-stack":
        assert re.search(r"\w+Error", written), written
        assert "breaks.py:" in written, written


def test_a_process_that_dies_leaves_no_memory_behind_and_its_files_are_its_owners(tmp_path: Path) -> None:
    code = "import resource, pathlib; print(resource.getrlimit(resource.RLIMIT_CORE)); pathlib.Path('x').write_text('')"
    assert "(0, 0)" in written_when(code, tmp_path)
    assert (tmp_path / "x").stat().st_mode & 0o077 == 0


def test_an_error_without_a_place_is_still_named() -> None:
    assert logs.where(ValueError(MARKER)) == "ValueError at no place"
    assert logs.where(None) == "unknown"
