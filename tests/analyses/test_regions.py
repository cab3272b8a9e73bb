"""Sets of positions and regions against Python's own sets."""

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc import load, trace
from archcalc.analyses import positions as positions_module
from archcalc.analyses.positions import Positions, inside, interval, positions, read_by
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.analyses.regions import Region, region_read
from archcalc.analyses.units import unit_reads
from archcalc.errors import SpecError
from archcalc.facts import Phased, Window

if TYPE_CHECKING:
    from archcalc.facts import Border

SETS = st.frozensets(st.integers(-30, 60), max_size=25)


def of(numbers: "frozenset[int]") -> Positions:
    """A set of positions from a plain one."""
    start = min(numbers, default=0)
    return positions(start, sum(1 << (number - start) for number in numbers))


def plain(found: Positions) -> "set[int]":
    """A plain set."""
    return {position for position in range(found.start, found.stop) if position in found}


def steps(first: int, count: int, by: int) -> range:
    """So many positions from the first on."""
    return range(first, first + count * by, by)


def stands_for(position: int, length: int, border: "Border") -> int:
    """The position inside that one outside means."""
    return position % length if border == "circular" else min(max(position, 0), length - 1)


def windows() -> "st.SearchStrategy[Window | Phased]":
    """Windows and periodic patterns; some phases are empty, some run backwards, some never move."""
    small = st.integers(1, 5)
    sliding = st.builds(Window, small, small, st.integers(-4, 6), small)
    step = st.integers(-3, 3).filter(bool)
    ranges = st.builds(steps, st.integers(-9, 9), st.integers(0, 4), step)
    return sliding | st.builds(Phased, st.integers(0, 4), st.lists(ranges, min_size=1, max_size=4).map(tuple))


@given(one=SETS, other=SETS)
def test_sets_are_sets(one: "frozenset[int]", other: "frozenset[int]") -> None:
    assert plain(of(one)) == one
    assert len(of(one)) == len(one)
    assert plain(of(one) | of(other)) == one | other
    assert (of(one) <= of(other)) == (one <= other)


@given(units=SETS, reach=windows(), few=st.sampled_from((0, positions_module.FEW)))
@settings(max_examples=500, print_blob=True)
def test_reads_of_units(units: "frozenset[int]", reach: "Window | Phased", few: int) -> None:
    expected = {
        unit // len(reach.phases) * reach.shift + at
        for unit in units
        for at in reach.phases[unit % len(reach.phases)]
    }
    with patch.object(positions_module, "FEW", few):  # of more phases units are looked at by themselves
        assert plain(read_by(of(units), reach)) == expected


@given(
    read=SETS,
    length=st.integers(1, 70),
    border=st.sampled_from(["padding", "absent", "replicate", "circular"]),
)
@settings(max_examples=500, print_blob=True)
def test_positions_outside_follow_the_border(read: "frozenset[int]", length: int, border: "Border") -> None:
    own = {position for position in read if 0 <= position < length}
    inward = {stands_for(position, length, border) for position in read}
    expected = inward if border in ("replicate", "circular") else own
    assert plain(inside(of(read), length, border)) == expected


@given(length=st.integers(2, 40), data=st.data())
def test_reflection(length: int, data: st.DataObject) -> None:
    read = data.draw(st.frozensets(st.integers(1 - length, 2 * length - 2)))
    mirrored = [*range(length), *range(length - 2, 0, -1)]
    assert plain(inside(of(read), length, "reflect")) == {mirrored[at % len(mirrored)] for at in read}


@given(products=st.lists(st.tuples(SETS, SETS, SETS), max_size=5))
def test_size_of_a_union_of_products(products: "list[tuple[frozenset[int], ...]]") -> None:
    region = Region((1, 1, 1), tuple(tuple(map(of, product)) for product in products if all(product)))
    cells = {(x, y, z) for one, two, three in products for x in one for y in two for z in three}
    assert region.positions == len(cells)
    assert {z for x, y, z in cells if (x, y) == (0, 1)} == plain(region.row((0, 1)))
    assert region.box() == tuple(
        range(min(c[a] for c in cells), max(c[a] for c in cells) + 1) if cells else range(0) for a in range(3)
    )


CROSS = {
    "inputs": {"image": [2, 9, 9]},
    "layers": [
        {
            "type": "Branches",
            "branches": [
                [{"type": "Conv2d", "out_channels": 2, "kernel_size": [1, 5], "padding": [0, 2]}],
                [{"type": "Conv2d", "out_channels": 2, "kernel_size": [5, 1], "padding": [2, 0]}],
            ],
            "merge": {"type": "Add", "name": "add"},
        }
    ],
}


def test_crossed_branches_read_a_cross() -> None:
    region = region_read(trace(load(CROSS)), "add", {1: 4, 2: 4}, clipped=False)["image"].over((1, 2))
    assert region.box() == (range(2, 7), range(2, 7))
    assert region.positions == 9
    assert plain(region.row((2,))) == {4}
    assert plain(region.row((4,))) == set(range(2, 7))
    corner = region_read(trace(load(CROSS)), "add", {1: 0, 2: 1}, clipped=True)["image"].over((1, 2))
    assert corner.positions == 3 + 3


def test_more_positions_than_a_length_in_python() -> None:
    """Two ways that read all of 2^51 channels, one of them at 4096 positions: joined, and counted."""
    conv = {"type": "Conv1d", "out_channels": 1, "padding": 2000}
    layers = [
        {**conv, "name": "first", "kernel_size": 64},
        {**conv, "name": "far", "kernel_size": 64, "dilation": 64},
        {**conv, "name": "near", "kernel_size": 1, "from": "x"},
        {"type": "Slice", "name": "cut", "dim": 1, "start": 0, "stop": 1},
        {"type": "Add", "name": "sum", "from": ["far", "cut"]},
    ]
    traced = trace(load({"inputs": {"x": [2**51, 100]}, "layers": layers}))
    region = region_read(traced, "sum", {1: 3}, clipped=False)["x"]
    assert region.positions == 2**63
    assert region.along(1).mask.bit_count() == region.positions >> 51


def test_more_than_can_be_followed() -> None:
    wide = {
        "type": "Conv1d",
        "name": "c",
        "out_channels": 1,
        "kernel_size": 3,
        "dilation": 999_999,
        "padding": "same",
    }
    with pytest.raises(SpecError, match="at most 1,000,000 positions, here they span 1,999,999"):
        region_read(trace(load({"inputs": {"x": [1, 50]}, "layers": [wide]})), "c", {1: 0}, clipped=False)


def test_no_product_lies_within_another() -> None:
    small, big = (interval(2, 3), interval(1, 1)), (interval(0, 5), None)
    for blocks in ((small, big), (big, small)):
        assert Region((9, 4), blocks).over((0, 1)).blocks == (big,)


def test_a_unit_of_one_part_reads_nothing_of_the_others() -> None:
    layers = [{"type": "Concat", "name": "both", "dim": 1, "from": ["a", "b"]}]
    traced = trace(load({"inputs": {"a": [2, 5], "b": [2, 4]}, "layers": layers}))
    for clipped in (False, True):
        found = region_read(traced, "both", {1: 6}, clipped=clipped)
        assert [(name, plain(region.along(1))) for name, region in found.items() if region.blocks] == [
            ("both", {6}),
            ("b", {1}),
        ]


@pytest.mark.parametrize(("size", "middle"), [(9, 4), (8, 4), (1, 0)])
def test_a_unit_left_out_is_the_middle_one(size: int, middle: int) -> None:
    layers = [{"type": "Conv1d", "name": "conv", "out_channels": 1, "kernel_size": 1}]
    traced = trace(load({"inputs": {"x": [1, size]}, "layers": layers}))
    assert unit_reads(traced, receptive_fields(traced), "conv").unit == (middle,)
