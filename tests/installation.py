"""A whole Handrail for a test: every process, on free ports, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.web.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
LONGEST_START = 300.0


@dataclass
class Installation:
    """``handrail serve`` in demo mode, with the models that ``handrail train`` built."""

    var: Path
    ports: dict[str, int] = field(default_factory=lambda: {n: free_port() for n in ("public", "staff", "engine", "phone")})
    process: subprocess.Popen[bytes] | None = None
    more: dict[str, str] = field(default_factory=dict)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def log(self) -> str:
        file = self.var / "serve.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    @property
    def password(self) -> str:
        found = re.findall(r"with the password\s+(\S+)", self.log)
        assert found, self.log
        return str(found[-1])

    def starts(self) -> None:
        """Start everything and wait until it says that it runs."""
        self.var.mkdir(parents=True, exist_ok=True)
        models = self.var / "models"
        if not models.exists():
            models.symlink_to(ROOT / "var" / "models")
        before = self.log.count("Ctrl-C stops everything") if (self.var / "serve.log").exists() else 0
        with (self.var / "serve.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli", "serve"], cwd=ROOT, stdout=out, stderr=out, env=self._environment()
            )
        self.waits(lambda: self.log.count("Ctrl-C stops everything") > before, "it did not start", LONGEST_START)

    def stops(self) -> float:
        """Ctrl-C; returns the seconds it took until nothing was left."""
        assert self.process is not None
        children = self.pids()
        started = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)
        left = [name for name, pid in children.items() if alive(pid)]
        assert not left, f"Still running after Ctrl-C: {left}"
        return time.monotonic() - started

    def pids(self) -> dict[str, int]:
        """The processes that the supervisor started, by name."""
        assert self.process is not None
        found = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(status.read_text().rpartition(")")[2].split()[1])
                words = (status.parent / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.process.pid and b"serve" in words:
                found[words[words.index(b"serve") + 1].decode()] = int(status.parent.name)
        return found

    def kills(self, name: str) -> None:
        """End one process at once; the supervisor starts it again."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def waits(self, condition: Callable[[], bool], otherwise: str, seconds: float = 30.0) -> None:
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, f"{otherwise}:\n{self.log[-2000:]}"
            assert self.process is None or self.process.poll() is None, self.log[-2000:]
            time.sleep(0.1)

    def engine_is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url('engine')}/ready", timeout=1, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def written(self) -> bytes:
        """Everything it wrote: logs and database."""
        files = [f for f in self.var.rglob("*") if f.is_file() and "models" not in f.parts]
        return b"".join(f.read_bytes() for f in files)

    def _environment(self) -> dict[str, str]:
        binds = {"public": "PUBLIC", "staff": "STAFF", "engine": "ENGINE", "phone": "DEMO_PHONE"}
        ours = {f"HANDRAIL_{binds[name]}_BIND": f"127.0.0.1:{port}" for name, port in self.ports.items()}
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HANDRAIL_")}
        return {**clean, **ours, "HANDRAIL_VAR": str(self.var), "HANDRAIL_EXIT_URL": "http://127.0.0.1:9/", **self.more}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
