"""Sizes that fit, against traces at every size, and how often layers are asked for them."""

from typing import TYPE_CHECKING

import pytest

from archcalc import loads, receptive_fields, trace
from archcalc.analyses.resizing import JudgedSteps, Resizing, Source
from archcalc.errors import SpecError

if TYPE_CHECKING:
    from archcalc.analyses.demand import Slide
    from archcalc.analyses.resizing import Tensors
    from archcalc.loading import Model

POOL = "{type: MaxPool2d, kernel_size: 2}"
STACKS = [
    (25, 2, [POOL]),
    (25, 4, [POOL, POOL]),
    (50, 6, [POOL, "{type: Conv2d, out_channels: 4, kernel_size: 3, stride: 3}"]),
    (33, 4, ["{type: MaxPool2d, kernel_size: 3, stride: 2, ceil_mode: true}", POOL]),
    (31, 2, [POOL, "{type: AdaptiveAvgPool2d, output_size: [14, 7]}"]),
    (40, 4, ["{type: MaxPool2d, kernel_size: 5, stride: 4}", "{type: Upsample, scale_factor: 3}"]),
    (9, 2, ["{type: Conv2d, out_channels: 4, kernel_size: 8}", POOL]),
]
"""Rows, rows after which the remainders of all strides come again, layers."""


def network(size: int, layers: list[str]) -> "Model":
    return loads(f"inputs: {{image: [3, {size}, 64]}}\nlayers: [{', '.join(layers)}]")


def rows(model: "Model", size: int) -> int:
    """Rows of the output with so many of the input; 1 where it is refused."""
    try:
        return trace(model, {}, {"image": (3, size, 64)}).outputs[0].tensor.shape[1]
    except SpecError:
        return 1


@pytest.mark.parametrize(("size", "period", "layers"), STACKS)
def test_the_nearest_sizes_are_those_of_traces_at_every_size(
    size: int, period: int, layers: list[str]
) -> None:
    """Those with an even number of rows in the output."""
    model = network(size, layers)
    traced = trace(model)
    (out,) = traced.outputs

    def holds(tensors: "Tensors", _: object) -> bool:
        return tensors[out.layer, out.output].shape[1] % 2 == 0

    found = Resizing(traced, receptive_fields(traced)).fitting((out,), Source("image", 1), holds)
    near = range(max(1, size - period), size + period + 1)
    holding = [other for other in near if rows(model, other) % 2 == 0]
    below, over = ([n for n in holding if n < size], [n for n in holding if n > size])
    nearest = max(below, default=None), min(over, default=None)
    assert (found[:2] if found else (None, None)) == nearest


def test_layers_are_asked_once_per_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2,048 sizes: to be a multiple of 1,024 can fail in 10 ways, on both sides of the spec's."""
    traced = trace(network(5000, ["{type: MaxPool2d, kernel_size: [2, 1]}"] * 10))
    asked: list[int] = []
    holds = Resizing._holds  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what asks

    def counted(*arguments: object) -> bool:
        asked.append(1)
        return holds(*arguments)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(Resizing, "_holds", counted)
    network_ = Resizing(traced, receptive_fields(traced))
    places = network_.stepping(traced.layers, Source("image", 1))

    def divides(tensors: "Tensors", facts: object) -> bool:
        del facts
        inputs = (tensors[place.layer.inputs[0].layer, "output"] for place in places)
        return all(tensor.shape[1] % 2 == 0 for tensor in inputs)

    found = network_.fitting(traced.outputs, Source("image", 1), divides)
    assert found == (4096, 5120, 1024)
    assert len(asked) <= 20

    asked.clear()
    steps: list[int] = []

    def passes(slide: "Slide") -> bool:
        steps.append(slide.length)
        return slide.length % 2 == 0

    early = network_.fitting(
        traced.outputs, Source("image", 1), lambda _, __: True, JudgedSteps(places, passes)
    )
    assert early == found
    assert len(asked) <= 20
    assert len(steps) <= 2 * sum(range(1, 11)) + 20, "no layer is asked behind one that leaves a rest"
