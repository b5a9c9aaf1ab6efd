"""No arithmetic gives a small cell away: held by walking through every poll there can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator

import pytest

from bot.groups.suppression import Published, due, publish_many, publish_one

LETTERS = "abcde"
Counts = tuple[int, ...]


def every_way(people: int, options: int) -> Iterator[Counts]:
    """Every way in which so many people can answer."""
    if options == 1:
        yield (people,)
        return
    for first in range(people + 1):
        yield from ((first, *rest) for rest in every_way(people - first, options - 1))


def published(counts: Counts, before: Published | None = None) -> Published:
    """What everybody sees of a poll with these counts."""
    answers = [letter for letter, count in zip(LETTERS, counts, strict=False) for _ in range(count)]
    return publish_one(LETTERS[: len(counts)], answers, before)


def seen(found: Published) -> Hashable:
    return (found.answered, tuple(found.counts.items()), found.shown)


def told_exactly(ways: set[Counts]) -> list[int]:
    """The cells under five that somebody who knows these are the only ways now knows exactly."""
    return [i for i in range(len(next(iter(ways)))) if len({w[i] for w in ways}) == 1 and next(iter(ways))[i] < 5]


def test_a_count_under_five_is_never_shown_as_a_number() -> None:
    for options in (2, 3, 4, 5):
        for people in range(5, 26):
            for counts in every_way(people, options):
                answers = [x for x, n in zip(LETTERS, counts, strict=False) for _ in range(n)]
                shown = publish_one(LETTERS[:options], answers).counts
                assert all(value % 5 == 0 and value <= real for value, real in zip(shown.values(), counts, strict=False))


@pytest.mark.parametrize("options", [2, 3, 4, 5])
def test_who_knows_the_rule_and_how_many_answered_still_cannot_tell_a_small_count(options: int) -> None:
    for answered in range(5, 31):
        over = due(answered, 0, closed=True)
        ways = defaultdict(set)
        for counts in every_way(over, options) if over else ():
            ways[seen(published(counts))].add(counts)
        assert not [w for w in ways.values() if told_exactly(w)], (options, answered)


@pytest.mark.parametrize(("options", "most"), [(2, 60), (3, 30), (4, 20)])
def test_looking_at_every_moment_and_taking_one_from_the_other_tells_no_small_count(options: int, most: int) -> None:
    """Somebody looks at each publication and keeps every way that still fits; also of those who came in between."""
    known: dict[frozenset[Counts], Published | None] = {frozenset([(0,) * options]): None}
    for people in range(5, most + 1, 5):
        after: dict[frozenset[Counts], Published | None] = {}
        for before, told in known.items():
            ways: dict[Hashable, set[tuple[Counts, Counts]]] = defaultdict(set)
            shown: dict[Hashable, Published | None] = {None: None}
            for was in before:
                for came in every_way(5, options):
                    now = tuple(a + b for a, b in zip(was, came, strict=True))
                    found = published(now, told) if due(people, people - 5 if people > 10 else 0, closed=False) else None
                    shown[seen(found) if found else None] = found
                    ways[seen(found) if found else None].add((now, came))
            for look, fitting in ways.items():
                assert not told_exactly({now for now, _ in fitting}), (people, told, look)
                assert not told_exactly({came for _, came in fitting}), (people, told, look)
                after[frozenset(now for now, _ in fitting)] = shown[look]
        known = after


def test_nothing_is_published_anew_before_five_more_have_answered() -> None:
    assert [due(n, 10, closed=False) for n in (10, 11, 14, 15, 19)] == [0, 0, 0, 15, 15]
    assert [due(n, 10, closed=True) for n in (11, 14)] == [0, 0]
    assert [due(n, 0, closed=False) for n in (4, 5, 9, 10, 13)] == [0, 0, 0, 10, 10]


def test_a_small_group_sees_its_poll_once_when_it_is_closed() -> None:
    assert [due(n, 0, closed=True) for n in (3, 5, 7, 8, 9)] == [0, 5, 7, 7, 9]
    assert publish_one("ab", "aaaaaab") == Published(5, {"a": 5, "b": 0}, True)


def test_when_everybody_says_the_same_that_is_not_told() -> None:
    assert publish_one("ab", "a" * 10) == publish_one("ab", "aaaaaaabbb") == Published(10, {"a": 5, "b": 0}, True)


def test_picking_many_is_a_table_for_each_option() -> None:
    everybody_a = [frozenset("a")] * 12 + [frozenset("ab")] * 8
    found = publish_many("abc", everybody_a)
    assert found.answered == 20
    assert found.counts["c"] == 0
    assert found.counts["a"] == 15, "that all twenty picked it would tell of each one"
