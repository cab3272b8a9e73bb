"""What survives a cut of joined channels, by hand: slices, chunks, stacks, shuffles, groups."""

from itertools import chain

import pytest

from archcalc import coverage, loads, receptive_fields, trace
from archcalc.analyses.demand import Demand
from archcalc.analyses.regions import region_read
from archcalc.rules.engine.checking import check_text
from archcalc.tracing import Port

HEAD = """\
inputs: {x: [2, 9]}
layers:
  - {type: Conv1d, name: conv, out_channels: 2, kernel_size: 3, padding: 1}
  - {type: Concat, name: join, from: [x, conv]}
"""
NORM = "  - BatchNorm1d\n  - ReLU\n"
DEALT = "  - {type: ChannelShuffle, groups: 2}\n"
CHUNK = "  - {{type: Chunk, name: cut, chunks: 2}}\n  - {{type: Identity, name: end, from: cut.{}}}\n"
SPLIT = """\
  - {type: Split, name: cut, split_size_or_sections: [1, 1, 2]}
  - {type: Identity, name: end, from: cut.1}
"""
FIRST = "  - {type: Slice, name: end, stop: 2}\n"
CUTS = {
    "the first part": ("  - {type: Slice, name: end, stop: 2}\n", 1),
    "the other part": ("  - {type: Slice, name: end, start: 2}\n", 3),
    "one of each": ("  - {type: Slice, name: end, start: 1, stop: 3}\n", 3),
    "a chunk": (CHUNK.format(0), 1),
    "the other chunk": (CHUNK.format(1), 3),
    "a section": (SPLIT, 1),
    "behind layers that keep channels": (NORM + "  - {type: Slice, name: end, stop: 2}\n", 1),
    "behind a mean of each group": (
        "  - {type: GroupNorm, num_groups: 2}\n  - {type: Slice, name: end, stop: 2}\n",
        9,
    ),
    "behind a convolution in groups": (
        "  - {type: Conv1d, out_channels: 4, kernel_size: 2, groups: 2}\n" + FIRST,
        2,
    ),
    "behind one of all channels": (
        "  - {type: Conv1d, out_channels: 4, kernel_size: 2}\n  - {type: Slice, name: end, stop: 2}\n",
        4,
    ),
    "every second of dealt channels": (DEALT + "  - {type: Slice, name: end, step: 2}\n", 1),
    "the first of dealt channels": (DEALT + "  - {type: Slice, name: end, stop: 2}\n", 3),
    "along another axis": (
        "  - {type: Transpose, dim0: 0, dim1: 1}\n  - {type: Slice, name: end, dim: 1, stop: 2}\n",
        1,
    ),
    "a layer of a stack": (
        "  - {type: Stack, from: [conv, x], dim: 1}\n  - {type: Slice, name: end, dim: 1, start: 1}\n",
        1,
    ),
    "the gated half": ("  - {type: GLU, dim: 1}\n  - {type: Slice, name: end, stop: 1}\n", 3),
    "positions of one part": (
        "  - {type: Concat, from: [x, conv], dim: 1}\n  - {type: Slice, name: end, dim: 1, stop: 9}\n",
        1,
    ),
}


@pytest.mark.parametrize("cut", CUTS)
def test_only_what_survives_counts(cut: str) -> None:
    text, size = CUTS[cut]
    traced = trace(loads(HEAD + text))
    (field,) = receptive_fields(traced).layers["end"]
    (axis,) = field.axes
    assert (axis.size, axis.exact) == (size, True)
    at = {axis.along or 0: 4}
    assert len(region_read(traced, "end", at, clipped=False)["x"].along(1)) == size
    counted = coverage(traced, "end", axis.along or 0, 4)["x", 1]
    assert (9 if counted is None else counted.span) == size


def test_a_window_over_the_seam_of_positions_is_said_to_be_inexact() -> None:
    """Unit 8 reads position 8 of x, and unit 0 of the convolution behind it."""
    seam = (
        "  - {type: Concat, from: [x, conv], dim: 1}\n"
        "  - {type: AvgPool1d, kernel_size: 2, stride: 1}\n"
        "  - {type: Slice, name: end, dim: 1, start: 8, stop: 9}\n"
    )
    traced = trace(loads(HEAD + seam))
    ((axis,),) = (field.axes for field in receptive_fields(traced).layers["end"])
    box = region_read(traced, "end", {1: 0}, clipped=False)["x"].box()[1]
    assert (box.start, box.stop - 1) == (-1, 8)
    assert axis.spans is None or not axis.exact


C2F = """\
inputs: {x: [8, 16, 16]}
layers:
  - {type: Conv2d, name: cv1, out_channels: 8, kernel_size: 1}
  - {type: Chunk, name: halves, chunks: 2}
  - {type: Conv2d, name: m0, from: halves.1, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: m1, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Concat, name: join, from: [halves.0, halves.1, m0, m1]}
  - {type: BatchNorm2d, name: norm}
  - {type: Split, name: parts, split_size_or_sections: 4}
  - {type: Conv2d, name: all, from: join, out_channels: 8, kernel_size: 1}
"""


def test_every_part_of_a_joined_block_keeps_its_own_field() -> None:
    fields = receptive_fields(trace(loads(C2F))).outputs
    sizes = [fields["parts", str(index)][0].axes[0].size for index in range(4)]
    assert sizes == [1, 1, 3, 5]
    assert [fields[name, "output"][0].axes[0].size for name in ("join", "norm", "all")] == [5, 5, 5]


def test_an_input_that_does_not_survive_is_not_read() -> None:
    text = "inputs: {x: [2, 9], y: [2, 9]}\nlayers:\n  - {type: Concat, from: [x, y]}\n"
    traced = trace(loads(f"{text}  - {{type: Slice, name: end, stop: 2}}\n"))
    assert [field.input for field in receptive_fields(traced).layers["end"]] == ["x"]
    assert region_read(traced, "end", {1: 4}, clipped=True).keys() == {"end", "concat_0", "x"}


def test_a_wanted_field_is_that_of_the_channels_that_survive() -> None:
    """The output reads 1 position; with the convolution's channels it reads 3."""
    for cut, codes in (("stop: 2", ["AC205"]), ("start: 2", [])):
        text = f"min_receptive_field: 3\n{HEAD}  - {{type: Slice, {cut}}}\n"
        found = check_text(text, "a.yaml", frozenset({"AC205"})).findings
        assert [each.code for each in found] == codes


def test_nothing_is_wanted_of_what_does_not_survive() -> None:
    traced = trace(loads(HEAD + "  - {type: Slice, stop: 2}\n"))
    demand = Demand(traced)
    conv = Port("conv", "output", traced.layer("conv").output)
    assert [demand.of(conv, axis).read for axis in (0, 1)] == [0, 0]


SHUFFLED = """\
inputs: {x: [3, 8, 8]}
layers:
  - {type: PixelUnshuffle, name: fold, downscale_factor: 2}
"""
MIXED = "  - {type: Conv2d, name: end, out_channels: 2, kernel_size: 3}\n"


@pytest.mark.parametrize(
    ("behind", "exact"),
    [
        (MIXED, True),
        ("  - {type: Conv2d, name: end, out_channels: 12, kernel_size: 3, groups: 12}\n", True),
        ("  - {type: Slice, name: end, stop: 2}\n", False),
        ("  - {type: Slice, stop: 2}\n" + MIXED, False),
        ("  - {type: ReLU}\n  - {type: ChannelShuffle, name: end, groups: 3}\n", True),
    ],
)
def test_units_leave_holes_where_the_channels_that_fill_them_are_cut(behind: str, *, exact: bool) -> None:
    """A channel holds one pixel of four; all channels at a place hold the four, two of them do not."""
    fields = receptive_fields(trace(loads(SHUFFLED + behind))).layers
    assert {axis.exact for axis in chain(*(field.axes for field in fields["fold"]))} == {True}
    assert {axis.exact for axis in chain(*(field.axes for field in fields["end"]))} == {exact}


@pytest.mark.parametrize(
    "kind",
    ["PixelShuffle, upscale_factor: 2", "PixelUnshuffle, downscale_factor: 2", "ChannelShuffle, groups: 2"],
)
def test_channels_that_are_moved_are_no_positions(kind: str) -> None:
    text = f"inputs: {{x: [12, 8, 8]}}\nlayers:\n  - {{type: {kind}}}\n{MIXED}"
    for (field,) in receptive_fields(trace(loads(text))).layers.values():
        assert [axis.axis for axis in field.axes] == [1, 2]
        assert field.exact
