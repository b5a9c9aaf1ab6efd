"""A room that answers all at once, and a gateway that dies in the middle of it: every answer counts exactly once.

A class and not a hall, so that it takes seconds: ``handrail bench groups`` has 500 people.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.app import App
from bot.bench.groups import OPTIONS, STEP, given_by, join_all, measure, opened, send_answer, visitors
from bot.bench.installation import installed
from bot.settings import Settings
from tests.talking import ROOT, demo_settings

pytestmark = pytest.mark.slow

MOST_SLOWER, AND_MORE = 4.0, 250.0
"""A danger text in the burst, beside one when it is quiet: so many times, and milliseconds for a machine that others use."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With the models that ``handrail train`` built."""
    (tmp_path / "models").symlink_to(ROOT / "var" / "models")
    return demo_settings(tmp_path)


def test_a_room_that_answers_at_once_counts_exactly_and_holds_up_no_danger_text(
    settings: Settings, record_property: Callable[[str, object], None]
) -> None:
    found = measure(settings, people=108, answers=60, dangers=12, rounds=2)
    record_property("figures", found.report())
    assert (found.counted, found.as_given) == (60, True)
    assert found.cases == 48, "each danger text, in the burst and before it, has its case"
    assert found.pages == 108, "every page stayed open and is shown the step"
    assert len(found.burst_ms) == 24
    assert max(found.burst_ms) < MOST_SLOWER * max(found.quiet_ms) + AND_MORE


def test_a_gateway_killed_in_the_middle_of_a_poll_loses_and_doubles_nothing(settings: Settings) -> None:
    with installed(settings) as house:
        house.starts("gateway")
        app = App(house.settings)
        group = opened(app)
        tokens = asyncio.run(join_all(house, group.code, 60))
        kills = []

        def answered() -> int:
            with app.store.read() as work:
                return work.group_answers.answered(group.id, STEP)

        def kill_twice() -> None:
            for at in (10, 35):
                while answered() < at:
                    time.sleep(0.005)
                house.running["gateway"].kill()
                house.running["gateway"].wait()
                kills.append(at)
                house.starts("gateway")

        async def everybody() -> None:
            async with visitors(house.settings.public.url) as client:

                async def one(number: int, token: str) -> None:
                    await asyncio.sleep(number * 0.05)
                    await send_answer(client, token, given_by(number + 1))
                    await send_answer(client, token, given_by(number))  # they change their mind

                await asyncio.gather(*(one(n, t) for n, t in enumerate(tokens)))

        killer = threading.Thread(target=kill_twice)
        killer.start()
        asyncio.run(everybody())
        killer.join(240)
        assert kills == [10, 35]
        assert answered() == 60
        with app.store.read() as work:
            seats = [work.seats.by_token(app.vault.token_hash(token)) for token in tokens]
            given = [work.group_answers.of_thread(group.id, seat[0].thread_id)[STEP] for seat in seats if seat]
            published = work.group_answers.published(group.id)[STEP]
        assert given == [(OPTIONS[n % 3],) for n in range(60)]
        assert published.answered == 60
        app.store.close()
