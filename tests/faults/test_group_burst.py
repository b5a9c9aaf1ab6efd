"""A room that answers all at once, and a gateway that dies in the middle of it: every answer counts exactly once."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from pathlib import Path

import pytest

from bot.app import App
from bot.group_bench import OPTIONS, STEP, SUBJECT, Burst, join_all, measure, send_answer, start
from bot.groups.suppression import publish_one
from bot.settings import Settings
from tests.talking import demo_settings
from tests.web.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.unproven]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    ports = {f"HANDRAIL_{name}_BIND": f"127.0.0.1:{free_port()}" for name in ("PUBLIC", "STAFF", "ENGINE", "DEMO_PHONE")}
    return demo_settings(tmp_path, HANDRAIL_DATABASE_URL=f"sqlite:///{tmp_path / 'groups.db'}", **ports)


def test_two_hundred_answers_in_a_second_count_once_each_and_a_danger_text_among_them_is_kept(settings: Settings) -> None:
    found: Burst = measure(settings, people=500, answers=200, dangers=20)
    assert (found.counted, found.right) == (200, True)
    assert found.cases == 40, "each danger text, in the burst and before it, has its case"
    assert len(found.danger_ms) == 20


def test_a_gateway_killed_in_the_middle_of_a_poll_loses_and_doubles_nothing(settings: Settings, tmp_path: Path) -> None:
    import httpx

    app = App(settings)
    app.store.migrate()
    app.staff.add(username="fay", first_name="Fay", role="facilitator", password=secrets.token_hex(12))
    steps = app.group_lessons.steps(SUBJECT)
    with app.store.begin() as work:
        group = work.groups.open(SUBJECT, region=None, free=False, staff_id=work.staff.everyone()[0].id)
        work.groups.change(group.id, state="running", step=[s.id for s in steps].index(STEP))
    running = [start(settings, tmp_path)]
    tokens = asyncio.run(join_all(settings.public.url, group.code, 60))

    def answered() -> int:
        with app.store.read() as work:
            return work.group_answers.answered(group.id, STEP)

    def kill_twice() -> None:
        for at in (10, 35):
            while answered() < at:
                time.sleep(0.005)
            running[-1].kill()
            running[-1].wait()
            running.append(start(settings, tmp_path))

    async def everybody() -> None:
        async with httpx.AsyncClient(base_url=settings.public.url, trust_env=False, timeout=30) as client:

            async def one(number: int, token: str) -> None:
                await asyncio.sleep(number * 0.05)
                await send_answer(client, token, OPTIONS[(number + 1) % 3])
                await send_answer(client, token, OPTIONS[number % 3])  # they change their mind

            await asyncio.gather(*(one(n, t) for n, t in enumerate(tokens)))

    killer = threading.Thread(target=kill_twice)
    killer.start()
    try:
        asyncio.run(everybody())
        killer.join(240)
        assert answered() == 60
        with app.store.read() as work:
            seats = [work.groups.seat_by_token(app.vault.token_hash(token)) for token in tokens]
            given = [work.group_answers.of_thread(group.id, seat[0].thread_id)[STEP] for seat in seats if seat]
            published = work.group_answers.published(group.id)[STEP]
        assert given == [(OPTIONS[n % 3],) for n in range(60)]
        assert published.answered == 60 and len(publish_one(OPTIONS, [g[0] for g in given]).counts) == len(published.counts)
        assert len(running) == 3, "it was killed twice"
    finally:
        running[-1].terminate()
        running[-1].wait(20)
        app.store.close()
