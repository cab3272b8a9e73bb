"""Values and shapes as people write them, and what becomes of them."""

import pytest

from archcalc import loads
from archcalc.errors import Fault
from archcalc.sweeping.asked import space_of
from archcalc.sweeping.ranges import values_tried

MODEL = loads(
    "vars: {w: 1, act: ReLU}\ninputs: {x: [3, 8, 8], y: [4]}\n"
    "layers: [{type: ReLU, from: x}, {type: GELU, from: y}]"
)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        (["32..64:8"], (32, 40, 48, 56, 64)),
        (["32..63:8"], (32, 40, 48, 56)),
        (["32..512*2"], (32, 64, 128, 256, 512)),
        (["3..5", 4, 9], (3, 4, 5, 9)),
        (["5..3:-1"], (5, 4, 3)),
        (["-2..2:2"], (-2, 0, 2)),
        (["0.25..1:0.25"], (0.25, 0.5, 0.75, 1)),
        (["1k..2k:500"], (1000, 1500, 2000)),
        ([range(2, 9, 3)], (2, 5, 8)),
        ([1, True, 1.0, "1", 1], (1, True, 1.0, "1")),
        (["relu", "a..b", [32, 64], None], ("relu", "a..b", [32, 64], None)),
    ],
)
def test_values(written: list[object], values: tuple[object, ...]) -> None:
    found = values_tried(written)
    assert found == values
    assert list(map(type, found)) == list(map(type, values))


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("64..32:8", "leads from 64 away from 32"),
        ("1..9:0", "leads from 1"),
        ("0..9*2", "never ends"),
        ("1..9*1", "never ends"),
        ("1..9q", "no number"),
        ("0..1:0.0000001", "more than 1,000,000 values"),
    ],
)
def test_ranges_that_are_none(written: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        values_tried([written])


@pytest.mark.parametrize(
    ("inputs", "axes", "count"),
    [
        ({"x": ["3,8..16:4,8"]}, ["x[1]"], 3),
        ({"x": ["3,8..16:4,8..10"]}, ["x[1]", "x[2]"], 9),
        ({"x": ["3,8,8", "3,8..10,9"]}, ["x"], 4),
        ({"x": ["3,9,9"]}, [], 1),
        ({"y": ["4..8:2:int64"], "x": [(1, 2, 3), (4, 5, 6)]}, ["y[0]", "x"], 6),
    ],
)
def test_inputs(inputs: dict[str, list[object]], axes: list[str], count: int) -> None:
    space = space_of(MODEL, {}, inputs)
    assert [axis.name for axis in space.axes] == axes
    assert space.count == count


@pytest.mark.parametrize(
    ("settings", "inputs", "why"),
    [
        ({}, {}, "nothing to sweep"),
        ({"v": [1]}, {}, "no variable 'v'"),
        ({}, {"z": ["3"]}, "no input 'z'"),
        ({"w": []}, {}, "'w' has no values"),
        ({}, {"x": ["3,0..4,8"]}, "at least 1, got 0"),
        ({}, {"x": ["3,a,8"]}, "needs sizes"),
        ({"w": ["1..1000000"], "act": ["1..1000000"]}, {"x": ["1..1000000,3,3"]}, "candidates are too many"),
    ],
)
def test_what_is_no_space(
    settings: dict[str, list[object]], inputs: dict[str, list[object]], why: str
) -> None:
    with pytest.raises(Fault, match=why):
        space_of(MODEL, settings, inputs)
