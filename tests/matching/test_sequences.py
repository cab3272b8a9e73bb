"""Longest common subsequences, against every subsequence that there is."""

from itertools import combinations, pairwise
from random import Random

import pytest

from archcalc.matching import sequences
from archcalc.matching.sequences import ascending, each_in_turn, in_order


def longest(ours: list[int], theirs: list[int]) -> int:
    """Length of the longest common subsequence, by trying all of them."""
    for length in range(min(len(ours), len(theirs)), 0, -1):
        known = set(combinations(theirs, length))
        if any(each in known for each in combinations(ours, length)):
            return length
    return 0


@pytest.mark.parametrize("seed", range(150))
def test_a_longest_common_subsequence(seed: int) -> None:
    random = Random(seed)  # noqa: S311  a test, no secret
    ours, theirs = ([random.randrange(4) for _ in range(random.randrange(9))] for _ in range(2))
    found = sorted(in_order(ours, theirs))
    assert all(ours[i] == theirs[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert len(found) == longest(ours, theirs), (seed, ours, theirs)


@pytest.mark.parametrize("seed", range(150))
def test_long_ones_with_few_differences(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)  # noqa: S311  as above
    ours, theirs = ([random.randrange(4) for _ in range(random.randrange(9))] for _ in range(2))
    monkeypatch.setattr(sequences, "MAX_CELLS", 0)
    found = sorted(in_order(ours, theirs))
    assert all(ours[i] == theirs[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert len(found) == longest(ours, theirs), (seed, ours, theirs)


def test_of_too_much_what_is_there_once_and_what_is_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "MAX_CELLS", 3)
    monkeypatch.setattr(sequences, "MAX_EDITS", 1)
    assert sorted(in_order("abxycd", "abyxcd")) == [(0, 0), (1, 1), (3, 2), (4, 4), (5, 5)]
    assert sorted(in_order("1aaxb2", "3axbb4")) == [(2, 1), (3, 2), (4, 3)]


def test_a_longest_ascending_subsequence() -> None:
    assert ascending([3, 0, 4, 1, 2]) == [1, 3, 4]
    assert ascending([]) == []


def test_each_in_turn_takes_equal_keys_in_their_order() -> None:
    assert list(each_in_turn("aabca", "cabad")) == [(0, 1), (1, 3), (2, 2), (3, 0)]
