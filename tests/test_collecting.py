"""Garbage in cycles: what a walk makes is no burden on later searches, and garbage goes all the same."""

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from archcalc import collecting
from archcalc.analyses.summary import Summary, summary
from archcalc.collecting import LARGE, uncollected
from archcalc.loading import loads
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def thawed() -> None:
    """What a test before has frozen, as the fuzzer does for its forks, would keep all from growing old."""
    gc.unfreeze()


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


def test_garbage_of_many_large_walks_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "MOST", 3 * LARGE)
    garbage = weakref.ref(Cycle())
    rounds = 0
    while garbage() is not None and rounds < 5:
        lasting(2 * LARGE)
        rounds += 1
    assert garbage() is None


def test_a_walk_leaves_no_garbage_for_each_of_its_layers() -> None:
    layers = 200
    block = "  - {type: Sequential, name: body, layers: [{type: ReLU, name: one}]}\n"
    model = loads("inputs: {image: [16, 8, 8]}\nlayers:\n" + block + "  - ReLU\n" * layers)
    trace(model)
    gc.collect()
    gc.disable()
    try:
        network = trace(model)
        assert len(network.layers) == layers + 1
        assert gc.collect() < layers // 2
    finally:
        gc.enable()


ASKED: "dict[str, Callable[[Summary], object]]" = {
    "params": lambda found: found.params,
    "macs": lambda found: found.macs,
    "receptive fields": lambda found: found.fields,
    "bytes": lambda found: found.footprint,
    "torchinfo": lambda found: found.by_torchinfo,
}


@pytest.mark.parametrize("asked", ASKED)
def test_no_analysis_looks_for_garbage_among_what_it_makes(asked: str) -> None:
    lines = "".join(f"  - {{type: Linear, out_features: {16 + n}}}\n" for n in range(3_000))
    found = summary(trace(loads("inputs: {x: [16]}\nlayers:\n" + lines)))
    ASKED[asked](summary(trace(loads("inputs: {x: [16]}\nlayers: [{type: Linear, out_features: 2}]\n"))))
    looked: list[str] = []

    def looks(phase: str, _: dict[str, int]) -> None:
        looked.append(phase)

    before = gc.get_threshold()
    gc.callbacks.append(looks)
    gc.set_threshold(100)
    try:
        ASKED[asked](found)
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(looks)
    assert len(looked) < 10, "a search or two around it, and none for each hundred objects"


def test_what_others_have_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        lasting(2 * LARGE)
        assert gc.get_freeze_count() >= frozen // 2 > 0
    finally:
        gc.unfreeze()


def test_small_walks_behind_a_large_one_count_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    count = gc.get_freeze_count

    def counted() -> int:
        asked.append(1)
        return count()

    monkeypatch.setattr(gc, "get_freeze_count", counted)
    before = gc.get_threshold()
    gc.set_threshold(10 * LARGE)  # commands look seldom for garbage
    gc.freeze()  # what is frozen is counted one by one, and stays so
    try:
        young: list[list[int]] = [[] for _ in range(2 * LARGE)]  # since the last search, but of no walk
        for _ in range(50):
            lasting(3)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
    assert len(young) == 2 * LARGE
    assert not asked
