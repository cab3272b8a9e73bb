"""What every kind says it reads, against torch: the inputs that an output number really depends on.

The dependence is found in two ways that share nothing with the calculators. By gradient, with positive
weights and inputs in double precision, so that nothing cancels. By probing: an input number alone is 1, all
others are 0, and the output number is another than for zeros alone; this needs no smoothness, which pools
that take a maximum lack.
"""

import warnings
from collections.abc import Callable, Iterable
from itertools import product
from math import prod
from typing import TYPE_CHECKING, cast

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.facts import FEATURES, AxisRead, Facts, Neighbours, Past, Reads, Whole
from tests.kinds.drawing import Sample, Shape
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.torch_modules import module

if TYPE_CHECKING:
    from torch import Tensor

Index = tuple[int, ...]
Found = set[Index]
"""Places of one input that an output number depends on."""
NOISE = 1e-9


def ranks(*names: str) -> tuple[str, ...]:
    """Each name for 1d, 2d and 3d."""
    return tuple(f"{name}{rank}d" for name in names for rank in (1, 2, 3))


BY_GRADIENT = (
    *ranks("Conv", "ConvTranspose", "AvgPool", "AdaptiveAvgPool"),
    *ranks("ZeroPad", "ConstantPad", "ReflectionPad", "ReplicationPad", "CircularPad"),
    *ranks("LPPool"),
    *("PixelShuffle", "PixelUnshuffle", "ChannelShuffle", "Unfold", "Fold"),
    *("Crop", "Linear", "Flatten", "Identity", "Sigmoid", "Add", "Multiply", "Concat"),
)
RESAMPLING = ("Upsample", "UpsamplingNearest2d", "UpsamplingBilinear2d")
"""By probing: torch's backward of the nearest and bicubic modes is a copy where the size stays, the
forward is not when the scale is no whole number."""
BY_PROBING = (
    *ranks("MaxPool", "AdaptiveMaxPool"),
    *("FractionalMaxPool2d", "FractionalMaxPool3d"),
    *RESAMPLING,
)
JOINING = ("Flatten",)
"""Kinds that join axes: a unit of the joined axis stands for all of them, and so for all of the input."""


def inside(position: int, length: int, border: str) -> int | None:
    """The position of the axis that a read means; None: it reads nothing that any input holds."""
    if 0 <= position < length:
        return position
    if border == "replicate":
        return min(max(position, 0), length - 1)
    if border == "circular":
        return position % length
    if border == "reflect":
        return -position if position < 0 else 2 * (length - 1) - position
    return None


def positions(read: AxisRead, unit: Index, length: int) -> set[int]:
    """Positions of one input axis that an output unit reads, as the kind states it."""
    if isinstance(read.reach, Whole | Neighbours):
        return set(range(length))
    if isinstance(read.reach, Past):
        return set(range(length if read.to is None else min(unit[read.to] + 1, length)))
    turn, phase = divmod(0 if read.to is None else unit[read.to], len(read.reach.phases))
    offsets = read.reach.phases[phase]
    places = (inside(turn * read.reach.shift + offset, length, read.border) for offset in offsets)
    return {place for place in places if place is not None}


def said(reads: Reads, unit: Index, shape: Shape) -> Found:
    """Places of an input that an output unit reads, as the kind states it."""
    return set(product(*(positions(read, unit, n) for read, n in zip(reads, shape, strict=True))))


def positive(kind: str, sample: Sample) -> nn.Module:
    """The torch module in double precision, its weights positive and different."""
    layer = module(kind, sample).double().eval()
    for weight in layer.parameters():
        nn.init.uniform_(weight, 0.5, 1.5)
    return layer


def first(result: "Tensor | tuple[Tensor, ...]") -> "Tensor":
    """The output whose reads are checked."""
    return result[0] if isinstance(result, tuple) else result


def by_gradient(kind: str, sample: Sample, unit: Index) -> list[Found]:
    """Places of every input where the output number's gradient is not 0."""
    inputs = [(torch.rand(1, *shape, dtype=torch.float64) + 0.5).requires_grad_() for shape in sample.shapes]
    number = first(positive(kind, sample)(*inputs))[(0, *unit)]
    # torch leaves this method untyped.
    number.backward()  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    return [places(tensor.grad[0]) if tensor.grad is not None else set() for tensor in inputs]


def by_probing(kind: str, sample: Sample, unit: Index) -> list[Found]:
    """Places of the only input where a 1 among zeros changes the output number.

    A window that lies in the padding alone has a maximum of minus infinity, whatever the input is.
    """
    (shape,) = sample.shapes
    zeros = torch.zeros(1, *shape, dtype=torch.float64)
    probes = torch.eye(prod(shape), dtype=torch.float64).reshape(-1, *shape)
    *shows, rest = first(positive(kind, sample)(torch.cat([probes, zeros]))).movedim(0, -1)[unit].unbind()
    changes = (torch.stack(shows) - rest).nan_to_num()
    return [places(changes.reshape(shape))]


def places(values: "Tensor") -> Found:
    """Indices of the numbers that are not 0."""
    found = cast("list[list[int]]", torch.nonzero(values.abs() > NOISE).tolist())  # pyright: ignore[reportUnknownMemberType]  # untyped
    return {tuple(index) for index in found}


def undecided(kind: str, sample: Sample, output: Shape) -> bool:
    """Where a gradient does not tell what is read, or torch does not say so itself.

    A pool of norm infinity is a maximum, of which the gradient tells one position. In the nearest mode, where
    the outputs in two dimensions are as many as the inputs, or twice as many, at another scale, the kernel
    for small and for channels-last images takes the ratio of the sizes, the other one the scale.
    """
    if sample.arguments.get("norm_type") == float("inf"):
        return True
    nearest = sample.arguments.get("mode", "bilinear" if "Bilinear" in kind else "nearest") == "nearest"
    scales = sample.arguments.get("scale_factor")
    if kind not in RESAMPLING or len(output) != 3 or not nearest or scales is None:
        return False
    per_axis = cast("tuple[float, ...]", scales if isinstance(scales, tuple) else (scales, scales))
    axes = zip(sample.shapes[0][1:], output[1:], per_axis, strict=True)
    return any(m in (n, 2 * n) and m != n * scale for n, m, scale in axes)


def apart(found: Found, kept: Iterable[int]) -> Found:
    """The indices without the axes of mixed channels, of which a group reads only its own."""
    axes = tuple(kept)
    return {tuple(index[axis] for axis in axes) for index in found}


def compare(kind: str, facts: Facts, unit: Index, sample: Sample, found: list[Found]) -> None:
    """Every input: what is stated is what was found, or holds it where only a part is read."""
    for reads, shape, seen in zip(facts.reads, sample.shapes, found, strict=True):
        stated = said(reads, unit, shape)
        assert seen <= stated
        if kind not in JOINING and not any(read.sampled for read in reads):
            kept = [axis for axis, read in enumerate(reads) if read.reach != FEATURES]
            assert apart(seen, kept) == apart(stated, kept)


@pytest.mark.parametrize(
    ("name", "look"),
    [*((name, by_gradient) for name in BY_GRADIENT), *((name, by_probing) for name in BY_PROBING)],
)
@given(data=st.data())
@settings(
    max_examples=60, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.filter_too_much]
)
def test_reads_are_those_of_the_torch_module(
    name: str, look: Callable[[str, Sample, Index], list[Found]], data: st.DataObject
) -> None:
    sample = data.draw(SAMPLES[name], label=name)
    facts = inferred(name, sample)
    assume(isinstance(facts, Facts))
    assert isinstance(facts, Facts)
    output = next(iter(facts.outputs.values()))
    assume(not undecided(name, sample, output.shape))
    unit = tuple(data.draw(st.integers(0, n - 1), label="unit") for n in output.shape)
    with warnings.catch_warnings(action="ignore"):
        compare(name, facts, unit, sample, look(name, sample, unit))
