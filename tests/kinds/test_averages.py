"""Of what a normalisation takes its means: the numbers on which one output number of torch depends."""

from itertools import product
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import nn

from archcalc.averages import Averages
from archcalc.facts import Tensor
from archcalc.layers.registry import KINDS, kind
from tests.cli.running import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.facts import Shape

SAMPLES = 5
"""Of a batch: more than two, since two numbers less their mean are 1 and -1 whatever they are."""
PLACE = 1
"""Of every axis that is longer, the place of the output that is looked at."""
CASES: "list[tuple[str, Shape, dict[str, object]]]" = [
    ("BatchNorm1d", (3,), {}),
    ("BatchNorm1d", (3, 4), {}),
    ("BatchNorm2d", (3, 4, 5), {}),
    ("BatchNorm2d", (3, 4, 5), {"track_running_stats": False}),
    ("BatchNorm3d", (3, 2, 4, 2), {}),
    ("InstanceNorm1d", (3, 4), {}),
    ("InstanceNorm2d", (3, 4, 5), {}),
    ("InstanceNorm2d", (3, 4, 5), {"track_running_stats": True}),
    ("InstanceNorm3d", (3, 2, 4, 2), {}),
    ("GroupNorm", (6, 4, 5), {"num_groups": 2}),
    ("GroupNorm", (6, 4, 5), {"num_groups": 6}),
    ("GroupNorm", (6, 4, 5), {"num_groups": 1}),
    ("GroupNorm", (6,), {"num_groups": 2}),
    ("LayerNorm", (3, 4, 5), {}),
    ("LayerNorm", (3, 4, 5), {"normalized_shape": (4, 5)}),
    ("LayerNorm", (3, 4, 5), {"normalized_shape": (3, 4, 5)}),
    ("RMSNorm", (3, 4, 5), {}),
    ("RMSNorm", (3, 4, 5), {"normalized_shape": (4, 5)}),
    ("LocalResponseNorm", (7, 4, 5), {"size": 3}),
    ("LocalResponseNorm", (7, 4, 5), {"size": 4}),
    ("LocalResponseNorm", (7, 4, 5), {"size": 1}),
]


def stated(name: str, shape: "Shape", arguments: dict[str, object]) -> Averages:
    found = kind(name).model_validate(arguments).infer((Tensor(shape),)).averages
    assert found is not None
    return found


def made(name: str, shape: "Shape", arguments: dict[str, object]) -> nn.Module:
    facts = kind(name).model_validate(arguments).infer((Tensor(shape),))
    given = {"num_features", "num_channels", "normalized_shape"} & facts.inferred.keys()
    build = cast("Callable[..., nn.Module]", getattr(nn, name))
    return build(**{**arguments, **{key: facts.inferred[key] for key in given}}).double()


def together(found: Averages, shape: "Shape", *, training: bool) -> "Iterator[tuple[int, ...]]":
    """Sample and place of the numbers that have a part in the output of sample 0 at the place."""
    place = tuple(min(PLACE, size - 1) for size in shape)
    if found.running and not training:
        yield (0, *place)
        return
    ranges = [range(SAMPLES) if found.batch else range(1)]
    for axis, size in enumerate(shape):
        whole = axis in found.axes
        ranges.append(range(size) if whole else range(place[axis], place[axis] + 1))
    if found.channels > 1:
        first = place[0] // found.channels * found.channels
        if found.sliding:
            first = place[0] - found.channels // 2
        ranges[1] = range(max(first, 0), min(first + found.channels, shape[0]))
    yield from product(*ranges)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "shape", "arguments"), CASES)
def test_an_output_depends_on_what_is_averaged(
    name: str, shape: "Shape", arguments: dict[str, object], *, training: bool
) -> None:
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves the seed untyped
    layer = made(name, shape, arguments).train(training)
    arriving = torch.randn(SAMPLES, *shape, dtype=torch.float64, requires_grad=True)
    output = cast("torch.Tensor", layer(arriving))[(0, *(min(PLACE, size - 1) for size in shape))]
    (gradient,) = torch.autograd.grad(output, arriving)
    rows = cast("list[list[int]]", (gradient.abs() > 1e-9).nonzero().tolist())  # pyright: ignore[reportUnknownMemberType]  # lists of any depth
    depends = {tuple(place) for place in rows}
    assert depends == set(together(stated(name, shape, arguments), shape, training=training))


def test_every_kind_that_normalises_states_it() -> None:
    assert {name for name in KINDS if kind(name).normalizes is not None} == {name for name, _, _ in CASES}


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ("BatchNorm2d", "3,4,4"),
            [
                "in training: over the batch and axes 1, 2, at each place of axis 0 by itself",
                "in evaluation: none, the running statistics of training are taken",
            ],
        ),
        (
            ("LayerNorm", "3,4,4"),
            ["in training and in evaluation: over axis 2, at each place of axes 0, 1 by itself"],
        ),
        (
            ("LayerNorm", "3,4,4", "normalized_shape=3,4,4"),
            ["in training and in evaluation: over axes 0, 1, 2"],
        ),
        (
            ("GroupNorm", "8,4,4", "num_groups=2"),
            ["in training and in evaluation: over groups of 4 channels (axis 0) and axes 1, 2"],
        ),
        (("Conv2d", "3,4,4", "out_channels=2", "kernel_size=3"), []),
    ],
)
def test_the_command_says_which_axes(
    words: tuple[str, ...], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    out = run(capsys, "layer", *words).out
    assert [line for line in out.splitlines() if "averages" in line] == [
        f"  averages {line}" for line in lines
    ]
