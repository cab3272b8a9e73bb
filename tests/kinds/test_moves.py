"""Layers that only move numbers: what they say they read, against the place every number came from."""

from typing import TYPE_CHECKING

import pytest

from archcalc import loads, receptive_fields, trace
from archcalc.errors import Fault, SpecError
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Tensor, Window
from archcalc.layers.registry import kind
from tests.kinds.drawing import Shape

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import AxisField
    from archcalc.facts import Reads


def reads(name: str, arguments: dict[str, object], *shapes: Shape) -> "tuple[Reads, ...]":
    """The reads of a kind's first output."""
    return kind(name).model_validate(arguments).infer(tuple(map(Tensor, shapes))).reads


def test_reads_by_hand() -> None:
    split = AxisRead(0, Window(4, 4), sampled=True, divided=(1,), holds="anything")
    assert reads("Reshape", {"shape": (3, 4, 5)}, (12, 5)) == ((split, AxisRead(2, IDENTITY)),)
    joined = AxisRead(None, WHOLE)
    assert reads("Reshape", {"shape": (8, -1)}, (8, 6, 7)) == ((AxisRead(0, IDENTITY), joined, joined),)
    assert reads("Flatten", {}, (8, 1, 1)) == ((AxisRead(0, IDENTITY), *(AxisRead(None, IDENTITY),) * 2),)
    part = Window(stride=2, padding=-3)
    assert reads("Slice", {"start": -5, "stop": 7, "step": 2}, (8,)) == ((AxisRead(0, part),),)
    product = reads("MatMul", {}, (1, 5, 3), (2, 3, 4))
    assert product[0][1:] == (AxisRead(1, IDENTITY), joined)
    assert product[1] == (AxisRead(0, IDENTITY), joined, AxisRead(2, IDENTITY))


def numbers(axis: "AxisField") -> tuple[object, object, object]:
    """Size, stride and start."""
    return axis.size, axis.stride, axis.start


PATCHES = """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 6, kernel_size: 3, padding: 1}
  - {type: Reshape, name: grid, shape: [6, 8, 4, 8, 4]}
  - {type: Permute, name: turned, dims: [1, 3, 0, 2, 4]}
  - {type: Chunk, name: half, chunks: 2}
  - {type: Identity, name: lower, from: half.1}
  - {type: Mean, name: pooled, dim: [0, 1], from: lower}
"""


def test_a_field_runs_through_reshapes_parts_and_means() -> None:
    """Patches of 4 of a 3-tap convolution read 6 positions every 4; the lower half starts at row 16."""
    fields = receptive_fields(trace(loads(PATCHES))).layers
    assert [numbers(axis) for axis in fields["turned"][0].axes] == [(6, 4, -1)] * 2
    assert [numbers(axis) for axis in fields["lower"][0].axes] == [(6, 4, 15), (6, 4, -1)]
    assert fields["pooled"][0].whole_input


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        ("{type: Reshape, shape: [5, -1]}", "64 elements do not divide by the 5 of shape [5, -1]"),
        ("{type: Reshape, shape: [5, 13]}", "shape [5, 13] holds 65 elements, but 64 arrive"),
        ("{type: Reshape, shape: [-1, -1]}", "shape needs at most one -1, got [-1, -1]"),
        (
            "{type: Reshape, shape: [0, 8]}",
            "shape needs sizes of at least 1, or -1 for what is left, got [0, 8]",
        ),
        ("{type: Unflatten, dim: 0, unflattened_size: 2}", "dim 0 is the batch axis, which stays"),
        ("{type: Permute, dims: [0, 0]}", "dims names axis 0 twice"),
        ("{type: Permute, dims: [0]}", "dims names 1 axes, but a sample has 2"),
        ("{type: Permute, dims: [0, 1, 2]}", "dims names 3 axes, but a sample has 2"),
        ("{type: Transpose, dim0: 0, dim1: 2}", "dim1 2 is outside the 2 axes of a sample"),
        ("{type: Unsqueeze, dim: 4}", "dim 4 is outside the 3 axes of the output"),
        ("{type: Slice, start: 6, stop: 3}", "positions 6 to 3 of 8 hold nothing"),
        ("{type: Slice, step: 0}", "step needs at least 1, got 0"),
        ("{type: Split, split_size_or_sections: [3, 4]}", "the sections add up to 7, but axis 0 has 8"),
        ("{type: Mean, dim: [0, 1]}", "no axis of [8, 8] would be left"),
        ("{type: Mean, dim: x}", "dim needs a whole number, or a list of them, got 'x'"),
        ("{type: MatMul, from: [x, y]}", "8 columns meet 3 rows: [8, 8] and [3, 2]"),
        ("{type: Stack, from: [x, y]}", "inputs differ in shape: [8, 8] and [3, 2]"),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    spec = f"inputs: {{x: [8, 8], y: [3, 2]}}\nlayers:\n  - {{type: Identity, from: x}}\n  - {layer}\n"
    with pytest.raises(SpecError) as caught:
        trace(loads(spec))
    assert [problem.what for problem in caught.value.problems] == [what]


def test_giant_numbers_are_refused_at_once() -> None:
    giant = Tensor((10**18,))
    for name, arguments in (("Chunk", {"chunks": 10**12}), ("Split", {"split_size_or_sections": 1})):
        with pytest.raises(Fault, match="outputs, the most is 4,096"):
            kind(name).model_validate(arguments).infer((giant,))
    facts = kind("Reshape").model_validate({"shape": (10**9, -1)}).infer((giant,))
    assert facts.outputs["output"].shape == (10**9, 10**9)
