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


@pytest.mark.parametrize("seed", range(5))
def test_many_differences_are_taken_in_stretches(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)  # noqa: S311  as above
    ours = [random.randrange(20) for _ in range(3_000)]
    theirs = [each for each in ours if random.random() > 0.02]
    left_out = len(ours) - len(theirs)
    for _ in range(50):
        theirs.insert(random.randrange(len(theirs)), 99)
    monkeypatch.setattr(sequences, "MAX_EDITS", 10)
    found = sorted(in_order(ours, theirs))
    assert all(ours[i] == theirs[j] for i, j in found)
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(found))
    assert len(found) > 0.95 * (len(ours) - left_out), (seed, len(found), left_out)


def test_a_longest_ascending_subsequence() -> None:
    assert ascending([3, 0, 4, 1, 2]) == [1, 3, 4]
    assert ascending([]) == []


def test_each_in_turn_takes_equal_keys_in_their_order() -> None:
    assert list(each_in_turn("aabca", "cabad")) == [(0, 1), (1, 3), (2, 2), (3, 0)]
