"""Garbage in cycles: what a walk makes is no burden on later searches, and garbage goes all the same."""

import gc
import weakref
from typing import TYPE_CHECKING

from archcalc import collecting
from archcalc.collecting import LARGE, uncollected

if TYPE_CHECKING:
    import pytest


class Cycle:
    """What only a search for garbage finds."""

    def __init__(self) -> None:
        self.own = self


def lasting(many: int) -> list[list[int]]:
    """So many objects of a walk, which live on."""
    with uncollected():
        return [[] for _ in range(many)]


def test_no_young_search_looks_through_what_a_large_walk_has_made() -> None:
    made = lasting(2 * LARGE)
    young = {id(each) for each in gc.get_objects(0)} | {id(each) for each in gc.get_objects(1)}
    assert not young.intersection(map(id, made))
    assert gc.isenabled()


def test_a_small_walk_is_left_to_the_search_of_python() -> None:
    gc.collect()
    made = lasting(100)
    assert {id(each) for each in gc.get_objects(0)}.issuperset(map(id, made))


def test_garbage_of_many_large_walks_is_found(monkeypatch: "pytest.MonkeyPatch") -> None:
    monkeypatch.setattr(collecting, "MOST", 3 * LARGE)
    garbage = weakref.ref(Cycle())
    rounds = 0
    while garbage() is not None and rounds < 5:
        lasting(2 * LARGE)
        rounds += 1
    assert garbage() is None


def test_what_others_have_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        lasting(2 * LARGE)
        assert gc.get_freeze_count() >= frozen // 2 > 0
    finally:
        gc.unfreeze()
