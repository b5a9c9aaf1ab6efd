"""What a figure was taken on: processor, cores, memory, how busy it was. Reads /proc; says "unknown" elsewhere."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

CPU, MEMORY, LOAD = Path("/proc/cpuinfo"), Path("/proc/meminfo"), Path("/proc/loadavg")


def described(now: datetime) -> str:
    """One line: when, the processor, its cores, memory, and the load before the bench began."""
    name = _after(CPU, "model name") or platform.machine() or "unknown processor"
    memory = int((_after(MEMORY, "MemTotal") or "0").split()[0]) / 1024 / 1024
    load = LOAD.read_text(encoding="ascii").split()[0] if LOAD.exists() else "unknown"
    cores = os.cpu_count() or 0
    return f"{now:%Y-%m-%d %H:%M} UTC, {name}, {cores} cores, {memory:.0f} GB, load {load}, Python {platform.python_version()}"


def _after(file: Path, name: str) -> str:
    """The value of the first line that begins with ``name``."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


@dataclass(frozen=True)
class Memory:
    """What a process holds, in MB: ``resident`` (RSS), and ``own`` (PSS: shared pages counted by share)."""

    resident: float
    own: float

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.resident + other.resident, self.own + other.own)

    def __str__(self) -> str:
        return f"{self.resident:6.0f} MB resident, {self.own:6.0f} MB by share"


def memory_of(pid: int) -> Memory:
    """The memory of a process and of every process under it; zero where /proc is missing."""
    found = Memory(0, 0)
    for one in (pid, *_under(pid)):
        rollup = Path(f"/proc/{one}/smaps_rollup")
        kb = {name: int((_after(rollup, name) or "0").split()[0]) for name in ("Rss", "Pss:")}
        found += Memory(kb["Rss"] / 1024, kb["Pss:"] / 1024)
    return found


def _under(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    direct = [int(word) for word in children.read_text(encoding="ascii").split()] if children.exists() else []
    return [*direct, *(below for child in direct for below in _under(child))]
