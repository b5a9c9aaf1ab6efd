"""How long each process takes to be ready, and what it holds when idle; beside Rasa's starter server."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.bench import starter
from bot.bench.installation import EVERYTHING, installed
from bot.bench.machine import Memory, memory_of
from bot.settings import Settings

Say = Callable[[str], None]

ONE_BY_ONE = ("engine", "gateway", "outbox")
SETTLES = 2.0
"""Seconds of rest before memory is read."""


def bench_start(settings: Settings, say: Say) -> None:
    """Start-up and idle memory of each process and of the whole default system, beside Rasa's starter server."""
    with installed(settings) as house:
        total = Memory(0, 0)
        for name in ONE_BY_ONE:
            took = house.starts(name)[name]
            time.sleep(SETTLES)
            memory = memory_of(house.pid(name))
            total += memory
            say(f"{name:<12} ready after {took:5.1f} s   {memory}")
        say(f"{'together':<12} {'':>18}   {total}")
        for name in ONE_BY_ONE:
            house.stops(name)
        took = house.starts(EVERYTHING)[EVERYTHING]
        time.sleep(SETTLES)
        memory = memory_of(house.pid(EVERYTHING))
        say(f"{'all of it':<12} ready after {took:5.1f} s   {memory} (`handrail serve`, with the demo phone)")
    with starter.running(settings, say) as other:
        time.sleep(SETTLES)
        say(f"{'starter bot':<12} ready after {other.seconds_to_ready:5.1f} s   {memory_of(other.process.pid)}")
