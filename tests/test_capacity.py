"""The arithmetic of docs/scale.md: it follows from the costs, and the page says what it says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import capacity
from bot.capacity import COSTS, ENGINE, GATEWAY, OUTBOX, Cost, Machines

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scale.md"
PLAIN = {name: replace(cost, ms=10.0) for name, cost in COSTS.items()}
"""Every step takes 10 ms."""


def with_(name: str, ms: float) -> dict[str, Cost]:
    return {**PLAIN, name: replace(PLAIN[name], ms=ms)}


def test_a_text_costs_what_its_steps_cost_by_their_share() -> None:
    assert capacity.text_ms(GATEWAY, PLAIN) == 0.5 * 10 + 0.5 * (10 + 10) + 10
    assert capacity.text_ms(ENGINE, PLAIN) == 10 and capacity.text_ms(OUTBOX, PLAIN) == 10
    assert capacity.whole_ms(PLAIN) == 45
    assert capacity.text_ms(GATEWAY, with_("look at the seam", 50)) == capacity.text_ms(GATEWAY, PLAIN) + 20
    assert capacity.whole_ms(with_("receive choice", 0)) == 40


def test_what_one_core_carries_is_the_other_side_of_what_a_text_costs() -> None:
    assert capacity.a_second(PLAIN) * capacity.whole_ms(PLAIN) == pytest.approx(1000)
    assert capacity.people(PLAIN) == pytest.approx(capacity.a_second(PLAIN) * 30), "two texts a minute each"


def test_processes_are_enough_and_not_one_too_many() -> None:
    assert capacity.machines(0.1, PLAIN) == Machines(1, 1, 1)
    for rate in (20.0, 50.0, 333.0):
        need = capacity.machines(rate, PLAIN)
        for part, count in ((GATEWAY, need.gateways), (ENGINE, need.engines), (OUTBOX, need.outboxes)):
            busy = rate * capacity.text_ms(part, PLAIN) / 1000
            assert busy / count <= capacity.BUSY < busy / (count - 1) if count > 1 else busy <= capacity.BUSY


def test_a_day_has_a_peak_and_takes_room() -> None:
    assert capacity.peak(86_400) == capacity.PEAK and capacity.peak(10) == capacity.LEAST_PEAK
    assert capacity.at_rest(1_000_000) == pytest.approx(7.5)
    assert capacity.most_commits(1.0) == pytest.approx(1000 / 6)


def test_the_page_shows_the_tables_as_they_are_computed() -> None:
    """After a change of a cost: copy what `handrail plan-machines` prints into docs/scale.md."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    for line in (*capacity.costs_table(), *capacity.growth_table()):
        assert line in lines, f"docs/scale.md lacks: {line}"


def test_the_sentences_of_the_page_say_what_is_computed() -> None:
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    for sentence in (
        f"take {capacity.whole_ms():.0f} ms of processor",
        f"one core carries {capacity.a_second():.0f} texts a second, or {round(capacity.people(), -1):.0f} people",
        f"{100 * capacity.text_ms(GATEWAY) / capacity.whole_ms():.0f} % of it is the gateway's",
        f"a million texts a day are about {capacity.at_rest(1_000_000):.1f} GB",
        f"uses {100 * capacity.whole_ms() / 1000 / 2:.1f} % of two cores",
        f"roughly {round(capacity.most_commits(1.0), -1):.0f} texts a second",
    ):
        assert sentence in page, sentence


def test_what_is_not_measured_is_marked() -> None:
    for cost in COSTS.values():
        row = next(line for line in capacity.costs_table() if line.startswith(f"| {cost.part} | {cost.step}"))
        assert ("*(estimate)*" in row) == (not cost.measured)


def test_the_command_prints_it() -> None:
    from bot.cli import main

    done = CliRunner().invoke(main, ["plan-machines", "--texts", "200000"])
    assert done.exit_code == 0, done.output
    assert re.search(r"\| 1,000 times \| 200,000,000 ", done.output) and "people who talk at the same moment" in done.output
