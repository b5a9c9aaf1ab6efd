"""No arithmetic gives a small cell away: held by walking through every poll there can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from random import Random

import pytest

from bot.groups.suppression import Given, Published, due, publish_many, publish_one, to_tell

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


@pytest.mark.parametrize("options", [2, 3, 4, 5])
def test_who_knows_their_own_answer_too_still_cannot_tell_a_small_count(options: int) -> None:
    """At six they could: shown was that five or more said one thing, and whoever said another knew all five others."""
    for answered in range(5, 31):
        over = due(answered, 0, closed=True)
        ways = defaultdict(set)
        for counts in every_way(over, options):
            ways[seen(published(counts))].add(counts)
        told = [mine for w in ways.values() for mine in range(options) if told_exactly_to_one(w, mine)]
        assert not told, (options, answered)


def told_exactly_to_one(ways: set[Counts], mine: int) -> list[int]:
    """The same to somebody who gave an option themselves, so that nobody gave it is no way."""
    fitting = {w for w in ways if w[mine]}
    return told_exactly(fitting) if fitting else []


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


@pytest.mark.parametrize(("options", "most"), [(2, 60), (3, 30)])
def test_looking_at_every_moment_tells_none_to_one_of_the_first_who_answered_either(options: int, most: int) -> None:
    known: dict[frozenset[Counts], Published | None] = {frozenset([(1,) + (0,) * (options - 1)]): None}
    for people in range(5, most + 1, 5):
        after: dict[frozenset[Counts], Published | None] = {}
        for before, told in known.items():
            ways: dict[Hashable, set[Counts]] = defaultdict(set)
            shown: dict[Hashable, Published | None] = {}
            for now in {
                tuple(a + b for a, b in zip(was, came, strict=True))
                for was in before
                for came in every_way(5 if people > 5 else 4, options)
            }:
                found = published(now, told) if due(people, people - 5 if people > 10 else 0, closed=False) else None
                shown[seen(found) if found else None] = found
                ways[seen(found) if found else None].add(now)
            assert not [look for look, fitting in ways.items() if told_exactly(fitting)], (people, told)
            after.update({frozenset(fitting): shown[look] for look, fitting in ways.items()})
        known = after


def replaced(was: Counts, people: int) -> Iterator[tuple[Counts, Counts, Counts]]:
    """Every way in which so many people can change their answer: the counts then, where they were, where they went."""
    for left in every_way(people, len(was)):
        if all(gone <= count for gone, count in zip(left, was, strict=True)):
            for came in every_way(people, len(was)):
                if all(gone + new <= people for gone, new in zip(left, came, strict=True)):  # nobody goes where they were
                    yield tuple(w - gone + new for w, gone, new in zip(was, left, came, strict=True)), left, came


def known_at(people: int, options: int) -> dict[frozenset[Counts], Published]:
    """What somebody knows of a poll that is published for the first time, and what they were shown."""
    ways: dict[Hashable, set[Counts]] = defaultdict(set)
    for counts in every_way(people, options):
        ways[seen(published(counts))].add(counts)
    return {frozenset(fitting): published(next(iter(fitting))) for fitting in ways.values()}


def cells_told_by(people: int, options: int, changed: Sequence[int], rounds: int = 3) -> int:
    """In how many looks a small cell is told, when one of these numbers change their answer before each new publication."""
    known, told_times = known_at(people, options), 0
    for _ in range(rounds):
        after: dict[frozenset[Counts], Published] = {}
        for before, told in known.items():
            ways: dict[Hashable, set[Counts]] = defaultdict(set)
            shown: dict[Hashable, Published] = {}
            for now in {now for was in before for number in changed for now, _, _ in replaced(was, number)}:
                found = published(now, told)
                shown[seen(found)] = found
                ways[seen(found)].add(now)
            told_times += sum(bool(told_exactly(fitting)) for fitting in ways.values())
            after.update({frozenset(fitting): shown[look] for look, fitting in ways.items()})
        known = after
    return told_times


@pytest.mark.parametrize(("people", "options"), [(10, 2), (15, 2), (20, 2), (30, 2), (40, 2), (10, 3), (15, 3)])
def test_changed_answers_that_are_published_five_at_a_time_tell_no_small_count(people: int, options: int) -> None:
    assert cells_told_by(people, options, changed=[5]) == 0


def test_among_four_options_they_tell_none_either() -> None:
    assert cells_told_by(10, 4, changed=[5], rounds=1) == 0


@pytest.mark.parametrize("people", [10, 15, 20, 30, 40])
def test_of_five_who_change_what_they_picked_of_many_it_is_not_told_how_many_touched_an_option(people: int) -> None:
    """Each option is a table of its own, and of five who changed their picks any number changed this one."""
    assert cells_told_by(people, 2, changed=range(6)) == 0


@pytest.mark.parametrize(("people", "options"), [(10, 2), (20, 2), (15, 3)])
def test_one_changed_answer_alone_would_tell_so_it_waits_even_at_the_close(people: int, options: int) -> None:
    """Why fewer than five changed answers are never published: the walk finds the cells that this would tell."""
    assert cells_told_by(people, options, changed=[1], rounds=1) > 0
    assert [due(people, people, closed=closed, changed=n) for closed in (False, True) for n in (1, 4)] == [0, 0, 0, 0]


@pytest.mark.parametrize("people", [10, 20])
def test_where_some_change_and_five_come_new_only_the_new_are_told(people: int) -> None:
    """Else four changed answers would ride along with five new ones, which the other walk takes for the only difference."""
    old = [Given(frozenset("b"), frozenset("a")) for _ in range(4)] + [Given(frozenset("a"), frozenset("a"))] * (people - 4)
    new = [Given(frozenset("b"))] * 5
    assert [one for told in to_tell([*old, *new]) for one in told] == ["a"] * people + ["b"] * 5


def test_of_changed_answers_whole_fives_are_told_the_first_first() -> None:
    changed = [Given(frozenset("b"), frozenset("a")) for _ in range(7)]
    assert ["".join(told) for told in to_tell(changed)] == ["b"] * 5 + ["a"] * 2
    assert not Given(frozenset("a"), frozenset("a")).changed and not Given(frozenset("a")).changed


def test_five_changed_answers_make_a_publication_due() -> None:
    assert [due(10, 10, closed=False, changed=n) for n in (4, 5, 9)] == [0, 10, 10]
    assert due(9, 0, closed=False, changed=9) == 0, "a small group sees its poll once, when it is closed"


def test_nothing_is_published_anew_before_five_more_have_answered() -> None:
    assert [due(n, 10, closed=False) for n in (10, 11, 14, 15, 19)] == [0, 0, 0, 15, 15]
    assert [due(n, 10, closed=True) for n in (11, 14)] == [0, 0]
    assert [due(n, 0, closed=False) for n in (4, 5, 9, 10, 13)] == [0, 0, 0, 10, 10]


def test_a_small_group_sees_its_poll_once_when_it_is_closed() -> None:
    assert [due(n, 0, closed=True) for n in (3, 5, 6, 7, 8, 9)] == [0, 5, 5, 7, 7, 9]
    assert publish_one("ab", "aaaaaab") == Published(5, {"a": 5, "b": 0}, True)


def test_when_everybody_says_the_same_that_is_not_told() -> None:
    assert publish_one("ab", "a" * 10) == publish_one("ab", "aaaaaaabbb") == Published(10, {"a": 5, "b": 0}, True)


def labels_hold(found: Published, options: str, counts: Mapping[str, int]) -> bool:
    """Whether each label that is shown is true of these real counts."""
    told = [(found.counts[o], counts[o]) for o in options if found.tells(o)]
    return all(real >= least if least else real < 5 for least, real in told)


@pytest.mark.parametrize("many", [False, True], ids=["one", "many"])
@pytest.mark.parametrize("options", ["ab", "abc", "abcde"])
def test_every_label_is_true_of_the_poll_or_of_an_earlier_count_of_it(many: bool, options: str) -> None:
    """Hundreds of polls in which people come and change their minds: a table (an option's own, where many may be picked)
    is true of the real counts when it is told first, and afterwards of one of its counts, as every view says."""
    random = Random(f"{many} {options}")
    kept_from_before = 0
    for _ in range(300):
        likely = [random.random() for _ in options]

        def pick(weights: Sequence[float] = likely) -> frozenset[str]:
            if not many:
                return frozenset(random.choices(options, weights))
            return frozenset(o for o, chance in zip(options, weights, strict=True) if random.random() < chance)

        given = [pick() for _ in range(random.choice([10, 10, 5, 6, 7, 9]))]
        found, counts_so_far = None, []
        for _ in range(6):
            counts_so_far.append({o: sum(o in one for one in given) for o in options})
            found = publish_many(options, given, found) if many else publish_one(options, ["".join(g) for g in given], found)
            if len(counts_so_far) == 1:
                assert labels_hold(found, options, counts_so_far[0]), (found, counts_so_far)
            for table in options if many else [options]:
                assert any(labels_hold(found, table, counts) for counts in counts_so_far), (table, found, counts_so_far)
                kept_from_before += not labels_hold(found, table, counts_so_far[-1])
            if random.random() < 0.5 and len(given) >= 10:
                given = [pick() for _ in range(5)] + given[5:]
            else:
                given = [*given, *(pick() for _ in range(5))]
    assert kept_from_before or not many, "else this walk never met what it is about"


def test_an_option_of_which_nothing_is_known_is_not_called_few() -> None:
    """Five of ten picked it: that both are five cannot be told, and "fewer than 5" would be a lie."""
    found = publish_many("ab", [frozenset("ab")] * 5 + [frozenset("b")] * 5)
    assert found.counts["a"] == 0 and not found.tells("a") and found.tells("b")


def picked(cells: Counts) -> list[frozenset[str]]:
    """The answers of so many who picked both, a, b, neither."""
    return [
        picks
        for picks, n in zip((frozenset("ab"), frozenset("a"), frozenset("b"), frozenset()), cells, strict=True)
        for _ in range(n)
    ]


def margins(cells: Counts) -> tuple[Counts, Counts]:
    """Of each option: how many gave it, and how many did not."""
    both, a, b, neither = cells
    return (both + a, b + neither), (both + b, a + neither)


def test_looking_at_a_poll_of_many_from_one_moment_to_the_next_tells_no_small_count_of_any_option() -> None:
    known: dict[Hashable, list[tuple[Counts, Published]]] = defaultdict(list)
    for cells in every_way(10, 4):
        found = publish_many("ab", picked(cells))
        known[seen(found)].append((cells, found))
    for fitting in known.values():
        for option in (0, 1):
            assert not told_exactly({margins(cells)[option] for cells, _ in fitting})
        later: dict[Hashable, set[tuple[Counts, Counts]]] = defaultdict(set)
        after: dict[Hashable, Published] = {}
        for cells, found in fitting:
            for came in every_way(5, 4):
                now = tuple(x + y for x, y in zip(cells, came, strict=True))
                key = margins(now)
                if key not in after:
                    after[key] = publish_many("ab", picked(now), found)
                later[seen(after[key])].add(key)
        for ways in later.values():
            for option in (0, 1):
                assert not told_exactly({each[option] for each in ways})


def test_picking_many_is_a_table_for_each_option() -> None:
    everybody_a = [frozenset("a")] * 12 + [frozenset("ab")] * 8
    found = publish_many("abc", everybody_a)
    assert found.answered == 20
    assert found.counts["c"] == 0
    assert found.counts["a"] == 15, "that all twenty picked it would tell of each one"
