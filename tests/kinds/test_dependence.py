"""Layers that mix numbers along axes or by means over positions: their reads, against torch's gradients."""

import warnings
from itertools import product

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.facts import FEATURES, IDENTITY, AxisRead, Reads, Tensor
from archcalc.layers.registry import kind
from tests.kinds.drawing import Shape
from tests.kinds.samples import SAMPLES
from tests.kinds.test_against_torch import inferred
from tests.kinds.test_moves import positions
from tests.kinds.torch_modules import BATCH, module, run

MIXING = [
    *(f"{norm}Norm{rank}d" for norm in ("Batch", "Instance") for rank in (1, 2, 3)),
    "GroupNorm",
    "LocalResponseNorm",
    "LayerNorm",
    "RMSNorm",
    "Scale",
    "LayerScale",
    "LayerScale2d",
    "Mean",
    "Sum",
    "MatMul",
    "Linear",
    "Bilinear",
    "Softmax",
    "LogSoftmax",
    "Softmin",
    "Softmax2d",
    "GLU",
]
Place = tuple[int, ...]
NOISE = 1e-12


def said(reads: Reads, unit: Place, shape: Shape) -> set[Place]:
    """The places that an output unit reads, as the kind states it, means over positions included."""

    def along(axis: int, read: AxisRead) -> set[int]:
        if read.statistic:
            return set(range(shape[axis]))
        return positions(read, unit[read.to] if read.to is not None else 0, shape[axis])

    return set(product(*(along(axis, read) for axis, read in enumerate(reads))))


def found(layer: nn.Module, shapes: tuple[Shape, ...], unit: Place) -> list[set[Place]]:
    """The places of every input where the unit's gradient is not 0."""
    inputs = [torch.rand(BATCH, *shape, dtype=torch.float64).add(0.5).requires_grad_() for shape in shapes]
    value = run(layer, *(tensor * 1 for tensor in inputs))[0][(0, *unit)]
    gradients = torch.autograd.grad(value, inputs)
    return [
        {at for at in product(*map(range, shape)) if abs(gradient[(0, *at)].item()) > NOISE}
        for gradient, shape in zip(gradients, shapes, strict=True)
    ]


@pytest.mark.parametrize("name", MIXING)
@given(data=st.data())
@settings(max_examples=80, deadline=None, print_blob=True)
def test_a_unit_depends_on_what_the_reads_say(name: str, data: st.DataObject) -> None:
    drawn = data.draw(SAMPLES[name], label=name)._replace(dtypes=())
    if "eps" in kind(name).model_fields:  # large, so that no derivative comes close to 0
        drawn.arguments["eps"] = 0.5
    facts = inferred(name, drawn)
    assume(not isinstance(facts, str))
    assert not isinstance(facts, str)
    output = next(iter(facts.outputs.values()))
    unit = tuple(data.draw(st.integers(0, n - 1), label="unit") for n in output.shape)
    layer = module(name, drawn).double().eval()
    for weight in layer.parameters():
        nn.init.uniform_(weight, 0.5, 1.5)
    with warnings.catch_warnings(action="ignore"):
        seen = found(layer, drawn.shapes, unit)
    for reads, shape, places in zip(facts.reads, drawn.shapes, seen, strict=True):
        stated = said(reads, unit, shape)
        assert places <= stated
        # Of mixed features a group reads only its own; a number that is its own mean depends on nothing.
        kept = [axis for axis, read in enumerate(reads) if read.reach != FEATURES]
        if places:
            assert {tuple(at[axis] for axis in kept) for at in places} == {
                tuple(at[axis] for axis in kept) for at in stated
            }


def test_reads_by_hand() -> None:
    own, mean = AxisRead(0, IDENTITY), [AxisRead(axis, IDENTITY, statistic=True) for axis in range(3)]
    features = [AxisRead(axis, FEATURES) for axis in range(3)]
    rows: tuple[tuple[str, dict[str, object], Reads], ...] = (
        ("BatchNorm2d", {}, (own, AxisRead(1, IDENTITY), AxisRead(2, IDENTITY))),
        ("BatchNorm2d", {"track_running_stats": False}, (own, *mean[1:])),
        ("InstanceNorm2d", {}, (own, *mean[1:])),
        (
            "InstanceNorm2d",
            {"track_running_stats": True},
            (own, AxisRead(1, IDENTITY), AxisRead(2, IDENTITY)),
        ),
        ("GroupNorm", {"num_groups": 2}, (features[0], *mean[1:])),
        ("GroupNorm", {"num_groups": 4}, (own, *mean[1:])),
        ("LayerNorm", {}, (own, AxisRead(1, IDENTITY), features[2])),
        ("LayerNorm", {"normalized_shape": (5, 6)}, (own, *mean[1:])),
        ("RMSNorm", {"normalized_shape": (4, 5, 6)}, tuple(mean)),
        ("LocalResponseNorm", {"size": 5}, (features[0], AxisRead(1, IDENTITY), AxisRead(2, IDENTITY))),
    )
    for name, arguments, expected in rows:
        (reads,) = kind(name).model_validate(arguments).infer((Tensor((4, 5, 6)),)).reads
        assert reads == expected, name
